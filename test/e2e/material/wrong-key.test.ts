/**
 * An import is permanent, so nothing goes to the wrong key: what was made for one key is refused
 * for another, and the message says where it belongs.
 *
 * @also two-threads
 * @deep
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { AdminClient } from '../admin-client.ts'
import { type Answer, type Body, HuaweiClient, readCredentials, wrap } from '../client.ts'
import { accepted } from '../expect.ts'
import { TestServer } from '../server.ts'

const holdfast = fileURLToPath(new URL('../../../bin/holdfast.js', import.meta.url))
const algorithm = { wrapping_algorithm: 'RSAES_OAEP_SHA_256' }

describe('nothing goes to the wrong key', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  let server: TestServer
  let client: HuaweiClient
  let admin: AdminClient
  before(async () => {
    server = await TestServer.start({ data: join(folder, 'holdfast-data') })
    const credentials = readCredentials(join(server.data, 'bootstrap.json'))
    // While a command runs, this process is blocked.
    client = new HuaweiClient(server.url, credentials, 64, false)
    admin = new AdminClient(server.url)
    await admin.enter(credentials)
    const file = join(folder, 'holdfast-data', 'bootstrap.json')
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace(/"endpoint": "[^"]*"/, `"endpoint": "${server.url}"`),
    )
  })
  after(async () => {
    client.close()
    admin.close()
    await server[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  const external = (): Promise<string> => client.createKey({ origin: 'external' })
  const parameters = (keyId: string): Promise<Body> =>
    client.ok('get-parameters-for-import', { key_id: keyId, ...algorithm })
  const send = (keyId: string, { import_token, public_key }: Body): Promise<Answer> =>
    client.call('import-key-material', {
      key_id: keyId,
      import_token,
      encrypted_key_material: wrap(public_key, randomBytes(32)),
    })
  const stateOf = async (keyId: string): Promise<string> => (await client.describe(keyId)).key_state
  const imports = async (): Promise<number> =>
    (await admin.ok('GET', '/audit?operation=import-key-material&limit=100')).records.length

  describe('on the server', () => {
    const refusal = ({ status, body }: Answer): string => `${status} ${body.error?.error_msg}`

    test('a token of another key is refused with both names, nothing changes, and the token stays valid', async () => {
      const [one, other] = [await external(), await external()]
      const answer = await parameters(one)
      const tokens = () =>
        server.select('SELECT id, failed_attempts, revision FROM import_tokens ORDER BY id')
      const before = await tokens()
      assert.equal(
        refusal(await send(other, answer)),
        `400 the token was made for key ${one}, not for ${other}; it is still valid for that one, and nothing was done`,
      )
      assert.deepEqual(await tokens(), before)
      assert.deepEqual([await stateOf(one), await stateOf(other)], ['5', '5'])
      accepted(await send(one, answer))
      assert.deepEqual([await stateOf(one), await stateOf(other)], ['2', '5'])
    })

    const tokens: readonly (readonly [
      what: string,
      token: (keyId: string) => Promise<Body>,
      sentence: string,
    ])[] = [
      [
        'damaged',
        async (id) => {
          const answer = await parameters(id)
          return { ...answer, import_token: `${answer.import_token.slice(0, -8)}AAAAAAA=` }
        },
        '400 the token is damaged, or was made in another project or by another Holdfast server; get new parameters',
      ],
      [
        'of a drill',
        async (id) => {
          accepted(await send(id, await parameters(id)))
          const { token, public_key } = await admin.ok('POST', `/keys/${id}/drill-parameters`, {})
          accepted(await client.call('delete-imported-key-material', { key_id: id }))
          return { import_token: token, public_key }
        },
        '400 the token is gone: 8 newer ones replaced it, 10 attempts failed, or the material of its key was deleted since; get new parameters',
      ],
      [
        'older than eight others',
        async (id) => {
          const first = await parameters(id)
          for (let i = 0; i < 8; i++) await parameters(id)
          return first
        },
        '400 the token is gone: 8 newer ones replaced it, 10 attempts failed, or the material of its key was deleted since; get new parameters',
      ],
    ]
    for (const [what, make, sentence] of tokens) {
      test(`a token that is ${what}`, async () => {
        const id = await external()
        assert.equal(refusal(await send(id, await make(id))), sentence)
        assert.equal(await stateOf(id), '5')
      })
    }

    test('a token of an import is invalid for a drill, and a used one is invalid for everything', async () => {
      const id = await external()
      const [used, other] = [await parameters(id), await parameters(id)]
      accepted(await send(id, used))
      const drill = (token: string): Promise<Answer> =>
        admin.call('POST', `/keys/${id}/drill`, {
          token,
          wrapped_material: wrap(other.public_key, randomBytes(32)),
        })
      assert.match(
        JSON.stringify((await drill(other.import_token)).body),
        /was made for an import, not for a drill; get new parameters/,
      )
      assert.equal(
        refusal(await send(id, used)),
        '400 the token was already used; get new parameters',
      )
    })
  })

  describe('on the command line', () => {
    const shell = (command: string) =>
      spawnSync(
        'bash',
        ['-c', `holdfast() { "${process.execPath}" "${holdfast}" "$@"; }\n${command}`],
        {
          cwd: folder,
          encoding: 'utf8',
        },
      )
    const wrapFor = async (keyId: string, name: string): Promise<void> => {
      writeFileSync(join(folder, 'material.key'), randomBytes(32), { mode: 0o600 })
      writeFileSync(join(folder, `parameters of ${name}`), JSON.stringify(await parameters(keyId)))
      const done = shell(
        `holdfast material wrap --spec AES_256 --material material.key --parameters 'parameters of ${name}' --out '${name}'`,
      )
      assert.equal(done.status, 0, done.stderr)
    }

    test('a file that was wrapped for one key is not sent to another: both names, and the command that works', async () => {
      const [one, other] = [await external(), await external()]
      const [own, wrong] = [
        (await client.describe(one)).key_alias,
        (await client.describe(other)).key_alias,
      ]
      await wrapFor(one, 'for one.json')
      const before = await imports()
      const { status, stderr } = shell(`holdfast key import ${wrong} --wrapped 'for one.json'`)
      const command = `holdfast key import ${one} --wrapped 'for one.json'`
      assert.deepEqual(
        [status, stderr.trim()],
        [
          2,
          `holdfast: for one.json was wrapped for ${own} (${one}), not for ${wrong} (${other}); nothing was sent. To import it into its own key: ${command}`,
        ],
      )
      assert.deepEqual(
        [await stateOf(one), await stateOf(other), await imports()],
        ['5', '5', before],
      )
      const done = shell(command)
      assert.equal(done.status, 0, done.stderr)
      assert.deepEqual([await stateOf(one), await stateOf(other)], ['2', '5'])
    })

    test('for a key that does not exist the message has its ID', async () => {
      const other = await external()
      await wrapFor(await external(), 'gone.json')
      const gone = '00000000-0000-4000-8000-000000000000'
      const file = join(folder, 'gone.json')
      writeFileSync(
        file,
        JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), key_id: gone }),
      )
      const { status, stderr } = shell(`holdfast key import ${other} --wrapped gone.json`)
      assert.equal(status, 2)
      const alias = (await client.describe(other)).key_alias
      assert.equal(
        stderr.trim(),
        `holdfast: gone.json was wrapped for another key, not for ${alias} (${other}); nothing was sent. ` +
          `This project has no key ${gone}: wrap the material again with parameters of ${other}`,
      )
    })

    test('wrong files in the right field: one line, exit code 2, and nothing is sent', async () => {
      const id = await external()
      const good = await parameters(id)
      const spki = (key: KeyObject): string =>
        key.export({ format: 'der', type: 'spki' }).toString('base64')
      const short = spki(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey)
      const elliptic = spki(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey)
      await wrapFor(id, 'wrapped.json')
      const files: Readonly<Record<string, unknown>> = {
        'parameters.json': good,
        'two.json': [good, good],
        'text.json': 'holdfast',
        'number.json': { ...good, import_token: 5 },
        'no-key.json': { ...good, key_id: 'orders' },
        'damaged.json': { ...good, public_key: good.public_key.slice(0, -8) },
        'line.json': { ...good, public_key: `${good.public_key}\n` },
        'short.json': { ...good, public_key: short },
        'elliptic.json': { ...good, public_key: elliptic },
      }
      for (const [name, content] of Object.entries(files))
        writeFileSync(join(folder, name), JSON.stringify(content))
      // As PowerShell writes what a command prints, and two answers in one file.
      writeFileSync(
        join(folder, 'wide.json'),
        Buffer.from(`\ufeff${JSON.stringify(good)}`, 'utf16le'),
      )
      writeFileSync(join(folder, 'marked.json'), `\ufeff${JSON.stringify(good)}\r\n`)
      writeFileSync(
        join(folder, 'twice.json'),
        JSON.stringify(good).replace('{', `{"key_id":"${await external()}",`),
      )
      const wide =
        'is UTF-16, as PowerShell and some Windows editors save text; save it as UTF-8 (in PowerShell 7: Set-Content -Encoding utf8)'
      const noAnswer = (name: string): string =>
        `${name} is not a response of get-parameters-for-import, which is a JSON object with key_id, import_token, public_key`
      const notWrapped = (name: string): string =>
        `${name} is not output of holdfast material wrap, which is a JSON object with key_id, import_token, encrypted_key_material`
      const before = await imports()
      for (const [command, sentence] of [
        ['wrap two.json', noAnswer('two.json')],
        ['wrap wide.json', `wide.json ${wide}`],
        [
          'wrap twice.json',
          'twice.json: the JSON text is not valid at character 57: duplicate key in an object',
        ],
        ['send wide.json', `wide.json ${wide}`],
        [
          'send twice.json',
          'twice.json: the JSON text is not valid at character 57: duplicate key in an object',
        ],
        [
          'send marked.json',
          'marked.json contains the parameters of an import; wrap the material with them first: holdfast material wrap --parameters marked.json ...',
        ],
        ['wrap text.json', noAnswer('text.json')],
        ['wrap number.json', noAnswer('number.json')],
        ['wrap no-key.json', noAnswer('no-key.json')],
        ['wrap material.key', noAnswer('material.key')],
        [
          'wrap wrapped.json',
          'wrapped.json is already wrapped material, not the parameters to wrap it with',
        ],
        ['wrap damaged.json', 'the public_key of the parameters is damaged; get new parameters'],
        ['wrap line.json', 'the public_key of the parameters is damaged; get new parameters'],
        [
          'wrap short.json',
          'the wrapping key of these parameters has only 1024 bits, which is too short',
        ],
        [
          'wrap elliptic.json',
          'the wrapping key of these parameters is not an RSA key; get new ones with wrapping_algorithm=RSAES_OAEP_SHA_256',
        ],
        [
          'send parameters.json',
          'parameters.json contains the parameters of an import; wrap the material with them first: holdfast material wrap --parameters parameters.json ...',
        ],
        ['send two.json', notWrapped('two.json')],
        ['send text.json', notWrapped('text.json')],
        ['send number.json', notWrapped('number.json')],
        ['send material.key', notWrapped('material.key')],
      ] as const) {
        const [verb, name] = command.split(' ')
        const { status, stdout, stderr } = shell(
          verb === 'wrap'
            ? `holdfast material wrap --spec AES_256 --material material.key --parameters ${name} --out not-made.json`
            : `holdfast key import ${id} --wrapped ${name}`,
        )
        assert.deepEqual([status, stdout, stderr.trim()], [2, '', `holdfast: ${sentence}`], command)
      }
      assert.deepEqual([await stateOf(id), await imports()], ['5', before])
    })

    describe('a successor', () => {
      const file = (name: string, content: Uint8Array): void =>
        writeFileSync(join(folder, name), content, { mode: 0o600 })
      const keys = async (): Promise<number> => (await admin.ok('GET', '/keys?limit=1')).total
      const old = async (): Promise<string> => {
        const id = await external()
        accepted(await send(id, await parameters(id)))
        return id
      }

      test('is not created before its material and its expiry were read', async () => {
        const id = await old()
        file('short.key', randomBytes(31))
        file('long.key', randomBytes(32))
        const before = await keys()
        for (const flags of [
          '--material short.key',
          '--material gone.key',
          '--material long.key --expires 2027-02-30T00:00:00Z',
        ]) {
          const { status, stderr } = shell(`holdfast key succeed ${id} ${flags}`)
          assert.deepEqual([status, stderr.trim().split('\n').length], [2, 1], stderr)
          assert.equal(await keys(), before, flags)
        }
      })

      test('that an earlier run gave its material does not take other material', async () => {
        const id = await old()
        const alias = (await client.describe(id)).key_alias
        const [first, second] = [randomBytes(32), randomBytes(32)]
        file('first.key', first)
        file('second.key', second)
        const successor = (await admin.ok('POST', `/keys/${id}/successor`, {})).id
        accepted(await client.import(successor, first))
        const wrong = shell(`holdfast key succeed ${id} --material second.key`)
        assert.deepEqual(
          [wrong.status, wrong.stderr.trim().replace(/ \(request .*/, '')],
          [
            1,
            `holdfast: an earlier run already gave the successor ${successor} its material, and second.key could not be verified as the same: ` +
              `drill-mismatch: this backup does not contain the material of key ${successor}; look for another one now`,
          ],
        )
        assert.deepEqual(
          [await stateOf(successor), (await client.describe(id)).key_alias],
          ['2', alias],
        )
        const right = shell(`holdfast key succeed ${id} --material first.key`)
        assert.equal(right.status, 0, right.stderr)
        assert.equal((await client.describe(successor)).key_alias, alias)
      })
    })

    test('two sources, or a flag given twice: none of them is accepted', async () => {
      const id = await external()
      for (const [command, sentence] of [
        [
          `key import ${id} --material a --wrapped b`,
          "option '--material <file>' cannot be used with option '--wrapped <file>'",
        ],
        [
          `key import ${id} --material a --material b`,
          "option '--material <file>' argument 'b' is invalid. It was already given as a; give it only once.",
        ],
        [
          `material drill ${id} --material a --backup b`,
          "option '--backup <file>' cannot be used with option '--material <file>'",
        ],
        [
          `material drill ${id} --material a --share b`,
          "option '--share <file...>' cannot be used with option '--material <file>'",
        ],
        [
          'material restore --backup a --share b --out c',
          "option '--backup <file>' cannot be used with option '--share <file...>'",
        ],
        [
          'material restore --backup a --backup b --out c',
          "option '--backup <file>' argument 'b' is invalid. It was already given as a; give it only once.",
        ],
        [
          'material restore --backup a --identity b --passphrase-file c --out d',
          "option '--passphrase-file <file>' cannot be used with option '--identity <file>'",
        ],
        [
          'material backup --material a --out b --recipient c --passphrase-file d',
          "option '--passphrase-file <file>' cannot be used with option '--recipient <recipient...>'",
        ],
        [
          'material backup --material a --out b --recipient c --shares 5',
          "option '--recipient <recipient...>' cannot be used with option '--shares <n>'",
        ],
      ] as const) {
        const { status, stderr } = shell(`holdfast ${command}`)
        assert.deepEqual([status, stderr.trim()], [2, `error: ${sentence}`], command)
      }
      assert.equal(await stateOf(id), '5')
    })
  })
})
