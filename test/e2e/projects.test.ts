/** Further projects: made by whoever runs the server, and closed to each other in every operation. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Answer, HuaweiClient, readCredentials } from './client.ts'
import { TestServer } from './server.ts'

const holdfast = fileURLToPath(new URL('../../bin/holdfast.js', import.meta.url))
const run = (...args: string[]) => spawnSync(process.execPath, [holdfast, ...args], { encoding: 'utf8' })

describe('projects', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  const file = join(folder, 'second.json')
  let server: TestServer
  let client: HuaweiClient
  let second: HuaweiClient

  before(async () => {
    server = await TestServer.start()
    client = server.client()
    const made = run('project', 'create', 'second', ...server.storeFlags, '--credentials', file)
    assert.equal(made.status, 0, made.stderr)
    assert.match(made.stdout, /project second is made/)
    second = new HuaweiClient(server.url, readCredentials(file))
  })
  after(async () => {
    await server[Symbol.asyncDispose]()
    client.close()
    second?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  test('while the server runs: its credentials work at once, and are for their owner alone', async () => {
    const id = await second.createKey()
    assert.equal(await second.decrypt(await second.encrypt(id, 'x')), 'x')
    if (process.platform !== 'win32') assert.equal(statSync(file).mode & 0o777, 0o600)
    const { endpoint } = JSON.parse(readFileSync(file, 'utf8'))
    assert.equal(endpoint, server.url)
  })

  test('they are listed, in JSON too, without any secret', () => {
    const listed = run('project', 'list', ...server.storeFlags, '--json')
    const projects = JSON.parse(listed.stdout) as { name: string; id: string }[]
    assert.deepEqual(projects.map(({ name }) => name).sort(), ['local', 'second'])
    assert.ok(!listed.stdout.includes(second.credentials.secret_key))
    assert.match(run('project', 'list', ...server.storeFlags).stdout, /second/)
  })

  test('what is refused: a name that is taken, a name that is none, a file that is there', () => {
    const create = (name: string, credentials: string) =>
      run('project', 'create', name, ...server.storeFlags, '--credentials', credentials)
    for (const [name, path, why] of [
      ['second', join(folder, 'again.json'), /already/],
      ['no name', join(folder, 'other.json'), /project name/],
      ['third', file, /there already/],
    ] as const) {
      const { status, stderr } = create(name, path)
      assert.equal(status, 1)
      assert.match(stderr, why)
    }
    assert.equal((JSON.parse(run('project', 'list', ...server.storeFlags, '--json').stdout) as unknown[]).length, 2)
  })

  test('a key of one project is for the other as one that never was, in every operation, byte for byte', async () => {
    const mine = await client.createKey({ origin: 'external' })
    await client.import(mine, randomBytes(32))
    const pair = await client.createKey({ key_spec: 'EC_P256' })
    const mac = await client.createKey({ key_spec: 'HMAC_256' })
    const unknown = '00000000-0000-4000-8000-000000000000'
    const token = 'A'.repeat(400)
    const operations: readonly (readonly [operation: string, fields: object])[] = [
      ['describe-key', {}],
      ['enable-key', {}],
      ['disable-key', {}],
      ['schedule-key-deletion', { pending_days: '7' }],
      ['cancel-key-deletion', {}],
      ['update-key-alias', { key_alias: 'other' }],
      ['update-key-description', { key_description: 'other' }],
      ['encrypt-data', { plain_text: 'x' }],
      ['get-parameters-for-import', { wrapping_algorithm: 'RSAES_OAEP_SHA_256' }],
      ['import-key-material', { import_token: token, encrypted_key_material: token }],
      ['delete-imported-key-material', {}],
      ['enable-key-rotation', {}],
      ['disable-key-rotation', {}],
      ['update-key-rotation-interval', { rotation_interval: 30 }],
      ['get-key-rotation-status', {}],
      ['rotate-on-demand', {}],
      ['create-datakey', {}],
      ['create-datakey-without-plaintext', {}],
      ['encrypt-datakey', { plain_text: '00'.repeat(33), datakey_plain_length: 1 }],
      ['decrypt-datakey', { cipher_text: '00', datakey_cipher_length: 1 }],
      ['sign', { message: 'AAAA', signing_algorithm: 'ECDSA_SHA_256' }],
      ['verify', { message: 'AAAA', signature: 'AAAA', signing_algorithm: 'ECDSA_SHA_256' }],
      ['get-publickey', {}],
      ['KEY/tags', { tag: { key: 'a' } }],
      ['KEY/tags/action', { action: 'create', tags: [{ key: 'a' }] }],
      ['KEY/tags/action', { action: 'delete', tags: [{ key: 'a' }] }],
      ['aliases', { alias: 'alias/theirs' }],
      ['alias/associate', { alias: 'alias/mine' }],
      ['create-grant', { grantee_principal: 'somebody', operations: ['sign'] }],
      ['list-grants', {}],
      ['revoke-grant', { grant_id: '0'.repeat(64) }],
      ['retire-grant', { grant_id: '0'.repeat(64) }],
      ['generate-mac', { message: 'AAAA', mac_algorithm: 'HMAC_SHA_256' }],
      ['verify-mac', { message: 'AAAA', mac: '00'.repeat(32), mac_algorithm: 'HMAC_SHA_256' }],
    ]
    await client.call('aliases', { key_id: mine, alias: 'alias/mine' })
    const describeAll = () => Promise.all([mine, pair, mac].map((id) => client.describe(id)))
    const before_ = await describeAll()
    for (const [operation, fields] of operations) {
      const answers = await Promise.all(
        [mine, pair, mac, unknown].map((key_id) =>
          second.call(operation.replace('KEY', key_id), { key_id, target_key_id: key_id, ...fields }),
        ),
      )
      for (const { status, body } of answers) {
        assert.ok(status >= 400 && status < 500, `${operation}: ${status}`)
        const text = JSON.stringify(body)
        const same = [mine, pair, mac].reduce((all, id) => all.replaceAll(id, unknown), text)
        assert.equal(same, JSON.stringify(answers.at(-1)?.body), operation)
      }
    }
    assert.deepEqual(await describeAll(), before_)
    await client.ok(`${mine}/tags`, { tag: { key: 'mine', value: 'alone' } })
    for (const ask of [
      (id: string) => second.get(`${id}/tags`),
      (id: string) => second.get(`aliases?key_id=${id}`),
      (id: string) => second.delete('aliases', { key_id: id, aliases: ['alias/mine'] }),
    ]) {
      const [foreign, none] = await Promise.all([mine, unknown].map(ask))
      assert.equal(foreign?.status, 404)
      assert.deepEqual(foreign, {
        ...none,
        headers: foreign?.headers,
        body: JSON.parse(JSON.stringify(none?.body).replaceAll(unknown, mine)),
      })
    }
    assert.deepEqual((await second.get('tags')).body, { tags: [] })
    assert.deepEqual((await second.get('aliases')).body.aliases, [])
    const own = await second.createKey()
    const of = async (alias: string): Promise<Answer> => second.call('alias/associate', { alias, target_key_id: own })
    const [foreign, none] = [await of('alias/mine'), await of('alias/none')]
    assert.equal(foreign.status, 400)
    assert.equal(JSON.stringify(foreign.body).replaceAll('alias/mine', 'alias/none'), JSON.stringify(none.body))
    assert.equal((await second.call('aliases', { key_id: own, alias: 'alias/mine' })).status, 201, 'the name is free here')
    assert.equal((await client.get('aliases')).body.aliases[0].key_id, mine)
    assert.equal((await second.ok('resource_instances/action', { action: 'count', tags: [{ key: 'mine' }] })).total_count, 0)
    const { keys } = await second.ok('list-keys', { key_spec: 'ALL', limit: 1000 })
    assert.ok(![mine, pair, mac].some((id) => keys.includes(id)))
  })

  test("a ciphertext of one project's key is for the other an invalid one", async () => {
    const id = await client.createKey()
    const cipher_text = await client.encrypt(id, 'mine')
    const foreign = await second.call('decrypt-data', { cipher_text })
    const garbled = await second.call('decrypt-data', { cipher_text: Buffer.alloc(130).toString('base64') })
    assert.deepEqual([foreign.status, foreign.body], [garbled.status, garbled.body])
    const own = await second.createKey()
    const taken = await second.call('re-encrypt', { cipher_text, destination_key_id: own })
    assert.deepEqual([taken.status, taken.body], [garbled.status, garbled.body])
  })

  test("nothing is re-encrypted to another project's key", async () => {
    const [mine, unknown] = [await client.createKey(), '00000000-0000-4000-8000-000000000000']
    const cipher_text = await second.encrypt(await second.createKey(), 'theirs')
    const [foreign, never] = await Promise.all(
      [mine, unknown].map(async (destination_key_id) => {
        const { status, body } = await second.call('re-encrypt', { cipher_text, destination_key_id })
        return [status, JSON.stringify(body).replaceAll(destination_key_id, unknown)]
      }),
    )
    assert.deepEqual(foreign, never)
  })

  test('an alias of one project is free in the other', async () => {
    await client.createKey({ key_alias: 'shared-name' })
    await second.createKey({ key_alias: 'shared-name' })
  })

  test('while no server runs, on the folder itself', async () => {
    client.close()
    second.close()
    await server.stop()
    const path = join(folder, 'third.json')
    const made = run('project', 'create', 'third', ...server.storeFlags, '--credentials', path)
    assert.equal(made.status, 0, made.stderr)
    server = await TestServer.start({ data: server.data })
    client = server.client()
    const third = new HuaweiClient(server.url, readCredentials(path))
    await third.createKey()
    third.close()
    assert.match(run('project', 'list', ...server.storeFlags).stdout, /third/)
  })
})
