/**
 * Further projects: created by the operator of the server, and closed to each other in every
 * operation.
 *
 * @also two-threads, postgresql
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { huaweiRoutes } from '../../../src/dialects/huawei/routes.ts'
import { AdminClient } from '../admin-client.ts'
import { type Answer, type Credentials, HuaweiClient, readCredentials } from '../client.ts'
import { TestServer } from '../server.ts'

/** Operations that name a key by a ciphertext, or two keys: they have tests of their own. */
const elsewhere: readonly string[] = ['decrypt-data', 're-encrypt']

const holdfast = fileURLToPath(new URL('../../../bin/holdfast.js', import.meta.url))
const run = (...args: string[]) =>
  spawnSync(process.execPath, [holdfast, ...args], { encoding: 'utf8' })

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
    assert.match(made.stdout, /created project second/)
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

  test('each administrator signs in, by password over IAM and in the console, though all have the same name', async () => {
    const sent = async (path: string, body: object): Promise<[number, string | undefined]> => {
      const headers = { 'content-type': 'application/json' }
      const answer = await client.send({
        method: 'POST',
        path,
        headers,
        body: JSON.stringify(body),
      })
      return [answer.status, (answer.body.token ?? answer.body).project?.id]
    }
    const iam = (
      { user_name: name, password }: Credentials,
      domain: string | undefined,
      project?: object,
    ) => {
      const user = { name, password, ...(domain !== undefined && { domain: { name: domain } }) }
      const identity = { methods: ['password'], password: { user } }
      return sent('/v3/auth/tokens', {
        auth: { identity, ...(project !== undefined && { scope: { project } }) },
      })
    }
    const console_ = ({ user_name, password }: Credentials, project?: string) =>
      sent('/admin/v1/session', { user_name, password, ...(project !== undefined && { project }) })
    const own = async (credentials: Credentials): Promise<Credentials> => {
      const admin = new AdminClient(server.url)
      const password = await admin.enter(credentials, `the new one of ${credentials.project_name}`)
      admin.close()
      return { ...credentials, password }
    }
    const [first, other] = [await own(client.credentials), await own(second.credentials)]
    const region = { name: 'local' }
    for (const [what, answer, expected] of [
      ['the first, as before there was a second: no place', await iam(first, undefined), first],
      [
        'the region as project, as Terraform and OTC send it',
        await iam(first, undefined, region),
        first,
      ],
      [
        'its domain, and the region as project',
        await iam(first, first.project_name, region),
        first,
      ],
      ['the first in the console, as before', await console_(first), first],
      ['the first in the console, by name', await console_(first, first.project_name), first],
      [
        'the second by its domain, and the region as project',
        await iam(other, 'second', region),
        other,
      ],
      [
        'the second by the name of its project',
        await iam(other, undefined, { name: 'second' }),
        other,
      ],
      [
        'the second by the ID of its project',
        await iam(other, undefined, { id: other.project_id }),
        other,
      ],
      ['the second in the console, by name', await console_(other, 'second'), other],
      ['the second in the console, by ID', await console_(other, other.project_id), other],
    ] as const)
      assert.deepEqual(answer, [201, expected.project_id], what)
    assert.deepEqual(
      (await iam(other, undefined, region))[0],
      401,
      'the region names the first project',
    )
    assert.deepEqual((await console_(other))[0], 401)
  })

  test('they are listed, in JSON too, without any secret', () => {
    const listed = run('project', 'list', ...server.storeFlags, '--json')
    const projects = JSON.parse(listed.stdout) as { name: string; id: string }[]
    assert.deepEqual(projects.map(({ name }) => name).sort(), ['local', 'second'])
    assert.ok(!listed.stdout.includes(second.credentials.secret_key))
    assert.match(run('project', 'list', ...server.storeFlags).stdout, /second/)
  })

  test('what is refused: a name that is taken, an invalid name, an existing file', () => {
    const create = (name: string, credentials: string) =>
      run('project', 'create', name, ...server.storeFlags, '--credentials', credentials)
    for (const [name, path, code, why] of [
      ['second', join(folder, 'again.json'), 1, /already/],
      ['no name', join(folder, 'other.json'), 1, /project name/],
      ['third', file, 2, /already exists/],
      [
        'third',
        join(folder, 'none', 'other.json'),
        2,
        /cannot write \S+: no such file or directory/,
      ],
    ] as const) {
      const before = readdirSync(folder)
      const { status, stderr } = create(name, path)
      assert.equal(status, code)
      assert.match(stderr, why)
      assert.deepEqual(readdirSync(folder), before, 'it leaves no file')
    }
    assert.equal(
      (JSON.parse(run('project', 'list', ...server.storeFlags, '--json').stdout) as unknown[])
        .length,
      2,
    )
  })

  test('to another project, a key is indistinguishable from one that never existed, in every operation, byte for byte', async () => {
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
      ['derive-shared-secret', { key_agreement_algorithm: 'ECDH', public_key: 'AAAA' }],
      ['create-rsa-datakey-pair', { key_spec: 'RSA_2048' }],
      ['create-ec-datakey-pair', { key_spec: 'ECC_NIST_P256' }],
    ]
    const tried = new Set(operations.map(([operation]) => operation))
    const keyed = huaweiRoutes.flatMap(([method, path, { command }]) =>
      method === 'POST' && 'key' in command && command.key !== undefined
        ? [path.replace('/v1.0/:project/kms/', '').replace(/^:\w+/, 'KEY')]
        : [],
    )
    assert.deepEqual(
      keyed.filter((operation) => !tried.has(operation)),
      elsewhere,
      'an operation on a key is missing here',
    )
    await client.call('aliases', { key_id: mine, alias: 'alias/mine' })
    const describeAll = () => Promise.all([mine, pair, mac].map((id) => client.describe(id)))
    const before_ = await describeAll()
    for (const [operation, fields] of operations) {
      const answers = await Promise.all(
        [mine, pair, mac, unknown].map((key_id) =>
          second.call(operation.replace('KEY', key_id), {
            key_id,
            target_key_id: key_id,
            ...fields,
          }),
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
    const of = async (alias: string): Promise<Answer> =>
      second.call('alias/associate', { alias, target_key_id: own })
    const [foreign, none] = [await of('alias/mine'), await of('alias/none')]
    assert.equal(foreign.status, 400)
    assert.equal(
      JSON.stringify(foreign.body).replaceAll('alias/mine', 'alias/none'),
      JSON.stringify(none.body),
    )
    assert.equal(
      (await second.call('aliases', { key_id: own, alias: 'alias/mine' })).status,
      201,
      'the name is free here',
    )
    assert.equal((await client.get('aliases')).body.aliases[0].key_id, mine)
    assert.equal(
      (await second.ok('resource_instances/action', { action: 'count', tags: [{ key: 'mine' }] }))
        .total_count,
      0,
    )
    const { keys } = await second.ok('list-keys', { key_spec: 'ALL', limit: 1000 })
    assert.ok(![mine, pair, mac].some((id) => keys.includes(id)))
  })

  test("to another project, a ciphertext of a project's key is invalid", async () => {
    const id = await client.createKey()
    const cipher_text = await client.encrypt(id, 'mine')
    const foreign = await second.call('decrypt-data', { cipher_text })
    // One that names a key that never existed: the ID is at byte 3 of the header.
    const unknown = Buffer.from(cipher_text, 'base64').fill(0x11, 3, 19).toString('base64')
    const never = await second.call('decrypt-data', { cipher_text: unknown })
    assert.deepEqual([foreign.status, foreign.body], [never.status, never.body])
    const own = await second.createKey()
    const taken = await second.call('re-encrypt', { cipher_text, destination_key_id: own })
    assert.deepEqual([taken.status, taken.body], [never.status, never.body])
  })

  test("nothing is re-encrypted to another project's key", async () => {
    const [mine, unknown] = [await client.createKey(), '00000000-0000-4000-8000-000000000000']
    const cipher_text = await second.encrypt(await second.createKey(), 'theirs')
    const [foreign, never] = await Promise.all(
      [mine, unknown].map(async (destination_key_id) => {
        const { status, body } = await second.call('re-encrypt', {
          cipher_text,
          destination_key_id,
        })
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
