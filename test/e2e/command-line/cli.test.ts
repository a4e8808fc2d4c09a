/**
 * The command line, typed as docs/cli.md has it, and its messages and exit codes when something is
 * wrong.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { missing } from '../../tools.ts'
import { type Body, HuaweiClient, readCredentials } from '../client.ts'
import { TestServer } from '../server.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const holdfast = join(root, 'bin/holdfast.js')

describe('the command line', () => {
  /** The user's working folder, next to the data folder. */
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  let server: TestServer
  let client: HuaweiClient

  before(async () => {
    server = await TestServer.start({ data: join(folder, 'holdfast-data') })
    // While a command runs, this process is blocked.
    client = new HuaweiClient(
      server.url,
      readCredentials(join(server.data, 'bootstrap.json')),
      64,
      false,
    )
    // bootstrap.json names the address that was asked for; this server took a free port.
    const file = join(folder, 'holdfast-data', 'bootstrap.json')
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace(/"endpoint": "[^"]*"/, `"endpoint": "${server.url}"`),
    )
  })
  after(async () => {
    client.close()
    await server[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  const run = (...args: string[]) =>
    spawnSync(process.execPath, [holdfast, ...args], { cwd: folder, encoding: 'utf8' })
  const json = (...args: string[]) => {
    const { status, stdout, stderr } = run(...args, '--json')
    assert.equal(status, 0, stderr)
    return JSON.parse(stdout)
  }

  test('docs/cli.md, typed as it is, takes keys through their lives', {
    timeout: 120_000,
    skip: missing('openssl'),
  }, async () => {
    const blocks = [
      ...readFileSync(join(root, 'docs/cli.md'), 'utf8').matchAll(/```sh\n([\s\S]*?)```/g),
    ].map(([, block]) => block)
    assert.equal(blocks.length, 4)
    const script = [
      'set -euo pipefail',
      `holdfast() { "${process.execPath}" "${holdfast}" "$@"; }`,
      ...blocks,
    ].join('\n')
    const { status, stdout, stderr } = spawnSync('bash', ['-c', script], {
      cwd: folder,
      encoding: 'utf8',
    })
    assert.equal(status, 0, `${stdout}\n${stderr}`)
    assert.match(stdout, /ready/)
    assert.match(stdout, /delete the file/)
    assert.match(stdout, /check value: [0-9a-f]{16}\nno problems found/)
    assert.match(stdout, /is pending import/)
    assert.match(stdout, /material expires: 2099-01-31T12:00:00Z/)
    assert.match(stdout, /is pending deletion, deletion 20/)
    const { keys } = await client.ok('list-keys', { key_spec: 'ALL', limit: 100 })
    assert.equal(keys.length, 4)
    const byAlias = Object.fromEntries(
      await Promise.all(
        keys.map(async (id: string) => [
          (await client.describe(id)).key_alias,
          await client.describe(id),
        ]),
      ),
    )
    assert.equal(byAlias.orders.key_state, '2')
    const { aliases } = (await client.get('aliases')).body
    assert.deepEqual(
      aliases.map((one: Body) => [one.alias, one.key_id]),
      [['alias/shop/orders', byAlias.orders.key_id]],
      'the alias went over to the successor',
    )
    const old = Object.keys(byAlias).find((alias) => alias.startsWith('orders/until-'))
    assert.ok(old, 'the old key is kept under another name')
    assert.equal(byAlias.signing.key_state, '2')
    const { number_of_rotations } = await client.ok('get-key-rotation-status', {
      key_id: byAlias.sessions.key_id,
    })
    assert.equal(number_of_rotations, 1)
    // What the import took is what the file holds: the owner's public key verifies what the key
    // signs.
    const message = Buffer.from('signed').toString('base64')
    const fields = {
      key_id: byAlias.signing.key_id,
      message,
      message_type: 'RAW',
      signing_algorithm: 'ECDSA_SHA_256',
    }
    const { signature } = await client.ok('sign', fields)
    writeFileSync(join(folder, 'signature'), Buffer.from(signature, 'base64'))
    writeFileSync(join(folder, 'message'), 'signed')
    const verified = spawnSync(
      'bash',
      [
        '-c',
        'openssl pkey -in signing.pem -pubout -out public.pem && openssl dgst -sha256 -verify public.pem -signature signature message',
      ],
      {
        cwd: folder,
        encoding: 'utf8',
      },
    )
    assert.equal(verified.status, 0, verified.stderr)
  })

  test('an alias is added, moved, names its key, and is removed; a name that means two keys is refused', async () => {
    const [one, two] = [
      await client.createKey({ key_alias: 'alias/cli' }),
      await client.createKey(),
    ]
    assert.equal(json('key', 'alias', 'add', one, 'alias/cli').key_id, one)
    assert.equal(json('key', 'show', 'alias/cli').key_id, one)
    assert.equal(json('key', 'alias', 'move', 'alias/cli', two).key_id, two)
    const listed = json('key', 'alias', 'list', two)
    assert.deepEqual(
      listed.map(({ alias }: Body) => alias),
      ['alias/cli'],
    )
    assert.deepEqual(json('key', 'alias', 'list', one), [])
    const torn = run('key', 'disable', 'alias/cli')
    assert.equal(torn.status, 2)
    assert.match(torn.stderr, /two keys/)
    const foreign = run('key', 'alias', 'remove', one, 'alias/cli')
    assert.equal(foreign.status, 1)
    assert.match(foreign.stderr, /KMS.1101.*an alias of key/)
    assert.equal(json('key', 'alias', 'add', two, 'alias/cli-too').key_id, two)
    assert.equal(json('key', 'show', 'alias/cli-too').key_id, two)
    json('key', 'alias', 'remove', two, 'alias/cli', 'alias/cli-too')
    assert.equal(json('key', 'show', 'alias/cli').key_id, one)
  })

  test('material wrapped on another machine is imported', async () => {
    const id = await client.createKey({ origin: 'external' })
    const parameters = await client.ok('get-parameters-for-import', {
      key_id: id,
      wrapping_algorithm: 'RSAES_OAEP_SHA_256',
    })
    writeFileSync(join(folder, 'parameters.json'), JSON.stringify(parameters))
    json('material', 'generate', '--spec', 'AES_256', '--out', 'other.key')
    json(
      'material',
      'wrap',
      '--spec',
      'AES_256',
      '--material',
      'other.key',
      '--parameters',
      'parameters.json',
      '--out',
      'wrapped.json',
    )
    assert.equal(json('key', 'import', id, '--wrapped', 'wrapped.json').key_state, '2')
    const sent = readFileSync(join(folder, 'wrapped.json'), 'utf8')
    const material = readFileSync(join(folder, 'other.key'))
    for (const form of ['hex', 'base64', 'base64url'] as const)
      assert.ok(!sent.includes(material.toString(form)))
  })

  test('a check tells what an import would refuse, and gives the same value as the service keeps', async () => {
    const id = await client.createKey({ origin: 'external' })
    writeFileSync(join(folder, 'weak.key'), Buffer.alloc(32, 7), { mode: 0o600 })
    const weak = run(
      'material',
      'check',
      '--key-id',
      id,
      '--spec',
      'AES_256',
      '--material',
      'weak.key',
    )
    assert.equal(weak.status, 1)
    assert.match(weak.stdout, /repeats one byte/)
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    writeFileSync(join(folder, 'rsa.pem'), privateKey.export({ format: 'pem', type: 'pkcs8' }), {
      mode: 0o600,
    })
    const { value } = json(
      'material',
      'check',
      '--key-id',
      id,
      '--spec',
      'RSA_2048',
      '--material',
      'rsa.pem',
    )
    assert.equal(
      value,
      createHash('sha256')
        .update(publicKey.export({ format: 'der', type: 'spki' }))
        .digest('hex'),
    )
    const wrongSize = run(
      'material',
      'check',
      '--key-id',
      id,
      '--spec',
      'RSA_4096',
      '--material',
      'rsa.pem',
    )
    assert.equal(wrongSize.status, 1)
    assert.match(wrongSize.stderr, /This is a RSA_2048 key; the key you made is RSA_4096/)
  })

  test('generated material: for its owner alone, of the right size, never over another file', () => {
    for (const [spec, size] of [
      ['AES_256', 32],
      ['EC_P384', undefined],
      ['SM4', 16],
      ['SM2', undefined],
      ['ED25519', 48],
      ['ML_DSA_65', 54],
      ['RSA_2048', undefined],
    ] as const) {
      const file = `made-${spec}`
      json('material', 'generate', '--spec', spec, '--out', file)
      const { mode, size: found } = statSync(join(folder, file))
      if (process.platform !== 'win32') assert.equal(mode & 0o777, 0o600)
      if (size !== undefined) assert.equal(found, size)
      const again = run('material', 'generate', '--spec', spec, '--out', file)
      assert.equal(again.status, 2)
      assert.match(again.stderr, /nothing is overwritten/)
    }
  })

  test('material without a proved backup is deleted only with a flag that says so', async () => {
    const id = await client.createKey({ origin: 'external' })
    writeFileSync(join(folder, 'undrilled.key'), randomBytes(32), { mode: 0o600 })
    json('key', 'import', id, '--material', 'undrilled.key')
    const refused = run('key', 'delete-material', id, '--yes')
    assert.equal(refused.status, 1)
    assert.match(refused.stderr, /no backup of this material has been verified.*--without-drill/)
    assert.equal((await client.describe(id)).key_state, '2')
    assert.equal(json('key', 'delete-material', id, '--yes', '--without-drill').key_state, '5')
    const other = run('material', 'drill', id, '--material', 'undrilled.key')
    assert.match(other.stdout, /holds the material/)
  })

  test('a backup opens with its passphrase alone; shares with enough of them', () => {
    writeFileSync(join(folder, 'kept.key'), randomBytes(32), { mode: 0o600 })
    writeFileSync(join(folder, 'short.txt'), 'too short\n', { mode: 0o600 })
    const short = run(
      'material',
      'backup',
      '--material',
      'kept.key',
      '--out',
      'kept.age',
      '--passphrase-file',
      'short.txt',
    )
    assert.deepEqual([short.status, /16 characters/.test(short.stderr)], [2, true])
    const { passphrase } = json('material', 'backup', '--material', 'kept.key', '--out', 'kept.age')
    writeFileSync(join(folder, 'right.txt'), `${passphrase}\n`, { mode: 0o600 })
    writeFileSync(join(folder, 'other.txt'), `${passphrase}x\n`, { mode: 0o600 })
    const wrong = run(
      'material',
      'restore',
      '--backup',
      'kept.age',
      '--passphrase-file',
      'other.txt',
      '--out',
      'no.key',
    )
    assert.deepEqual([wrong.status, wrong.stderr.includes(passphrase)], [1, false])
    json(
      'material',
      'restore',
      '--backup',
      'kept.age',
      '--passphrase-file',
      'right.txt',
      '--out',
      'back.key',
    )
    assert.deepEqual(readFileSync(join(folder, 'back.key')), readFileSync(join(folder, 'kept.key')))
    const { files } = json(
      'material',
      'backup',
      '--material',
      'kept.key',
      '--out',
      'kept',
      '--shares',
      '3',
      '--threshold',
      '2',
    )
    const few = run('material', 'restore', '--share', files[0], '--out', 'few.key')
    assert.deepEqual(
      [few.status, few.stderr.includes('1 of 2 shares. Give more shares of this set.')],
      [1, true],
    )
    json('material', 'restore', '--share', files[2], files[0], '--out', 'shared.key')
    assert.deepEqual(
      readFileSync(join(folder, 'shared.key')),
      readFileSync(join(folder, 'kept.key')),
    )
    for (const [flags, says] of [
      [['--shares', '1'], /2 to 16/],
      [['--shares', '3', '--threshold', '4'], /threshold 2 to that number/],
      [['--shares', 'many'], /whole number/],
    ] as const) {
      const { status, stderr } = run(
        'material',
        'backup',
        '--material',
        'kept.key',
        '--out',
        'never',
        ...flags,
      )
      assert.equal(status, 2)
      assert.match(stderr, says)
    }
  })

  test('listings page over everything, filter by state, and come as JSON on request', async () => {
    const before_ = json('key', 'list').length as number
    const ids = await Promise.all(Array.from({ length: 25 }, () => client.createKey()))
    assert.equal(json('key', 'list').length, before_ + 25)
    await client.ok('disable-key', { key_id: ids[0] })
    const disabled = json('key', 'list', '--state', 'disabled') as { key_id: string }[]
    assert.ok(disabled.some(({ key_id }) => key_id === ids[0]))
    assert.ok(!disabled.some(({ key_id }) => key_id === ids[1]))
    const text = run('key', 'list').stdout
    for (const id of ids) assert.ok(text.includes(id))
  })

  const exits: readonly (readonly [
    what: string,
    args: readonly string[],
    code: number,
    says: RegExp,
  ])[] = [
    ['no such key', ['key', 'show', 'nothing-of-that-name'], 5, /nothing-of-that-name/],
    [
      'no such key ID',
      ['key', 'show', '00000000-0000-4000-8000-000000000000'],
      5,
      /KMS\.0207.*request [0-9a-f]{32}/,
    ],
    ['an unknown command', ['key', 'explode'], 2, /unknown command/],
    ['an unknown flag', ['key', 'list', '--nonsense'], 2, /unknown option/],
    ['a flag that is missing', ['key', 'create'], 2, /--alias/],
    ['an unknown spec', ['material', 'generate', '--spec', 'DES', '--out', 'x'], 2, /AES_256/],
    ['an unknown state', ['key', 'list', '--state', 'happy'], 2, /pending-import/],
    [
      'a server that is not there',
      ['key', 'list', '--endpoint', 'http://127.0.0.1:9'],
      3,
      /cannot be reached/,
    ],
    [
      'no server to ask for its status',
      ['status', '--endpoint', 'http://127.0.0.1:9'],
      3,
      /cannot be reached/,
    ],
    ['an invalid address', ['key', 'list', '--endpoint', 'kms'], 2, /must be an http or https URL/],
    ['no credentials', ['key', 'list', '--credentials', 'nowhere.json'], 2, /nowhere\.json/],
    ['a refusal', ['key', 'create', '--alias', 'no good'], 1, /KMS\.1101/],
    [
      'a command that asks, with nobody to ask',
      ['key', 'schedule-deletion', 'twice', '--days', '7'],
      2,
      /--yes/,
    ],
    [
      'an invalid time',
      ['key', 'import', 'twice', '--material', 'x', '--expires', 'soon'],
      2,
      /2027-01-31T12:00:00Z/,
    ],
  ]
  for (const [what, args, code, says] of exits) {
    test(`${what}: exit code ${code}`, () => {
      if (args.includes('twice') && run('key', 'show', 'twice').status === 5)
        json('key', 'create', '--alias', 'twice', '--external')
      const { status, stderr } = run(...args)
      assert.equal(status, code, stderr)
      assert.match(stderr, says)
      assert.ok(!stderr.includes('    at '), 'no stack')
    })
  }

  test('wrong credentials: exit code 4; credentials that others can read are not used', () => {
    const source = join(folder, 'holdfast-data', 'bootstrap.json')
    const wrong = readFileSync(source, 'utf8').replace(
      /"secret_key": ".{5}/,
      '"secret_key": "wrong',
    )
    writeFileSync(join(folder, 'wrong.json'), wrong, { mode: 0o600 })
    const refused = run('key', 'list', '--credentials', 'wrong.json')
    assert.equal(refused.status, 4)
    assert.match(refused.stderr, /KMS\.0302/)
    if (process.platform === 'win32') return
    copyFileSync(source, join(folder, 'open.json'))
    chmodSync(join(folder, 'open.json'), 0o644)
    const open = run('key', 'list', '--credentials', 'open.json')
    assert.equal(open.status, 2)
    assert.match(open.stderr, /chmod 600/)
  })

  test('no secret is ever printed', () => {
    const { secret_key, password } = client.credentials
    const outputs = [
      run('status'),
      run('key', 'list', '--json'),
      run('key', 'show', 'nothing'),
      run('project', 'list'),
    ]
    for (const { stdout, stderr } of outputs)
      for (const secret of [secret_key, password]) assert.ok(!`${stdout}${stderr}`.includes(secret))
  })

  test('help everywhere, and a version', () => {
    const commands = [
      [],
      ['server'],
      ['status'],
      ['project', 'create'],
      ['key'],
      ['key', 'import'],
      ['material', 'wrap'],
      ['completion'],
    ]
    for (const command of commands) {
      const { status, stdout } = run(...command, '--help')
      assert.equal(status, 0)
      assert.match(stdout, /Usage: holdfast/)
    }
    assert.match(run('--version').stdout, /^\d+\.\d+\.\d+\n$/)
  })

  test('completion scripts that shells accept, and that complete', () => {
    mkdirSync(join(folder, 'completion'))
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { status, stdout } = run('completion', shell)
      assert.equal(status, 0)
      assert.match(stdout, /schedule-deletion/)
      writeFileSync(join(folder, 'completion', shell), stdout)
    }
    assert.equal(spawnSync('bash', ['-n', join(folder, 'completion/bash')]).status, 0)
    const typed =
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's.
      'source completion/bash; COMP_WORDS=(holdfast key sch); COMP_CWORD=2; _holdfast_complete; echo "${COMPREPLY[@]}"'
    assert.equal(
      spawnSync('bash', ['-c', typed], { cwd: folder, encoding: 'utf8' }).stdout,
      'schedule-deletion\n',
    )
    assert.equal(run('completion', 'tcsh').status, 2)
  })
})
