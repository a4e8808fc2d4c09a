/**
 * U+0000 in every text that a client sends: PostgreSQL cannot store such a text, so none may reach
 * it, from any caller.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { adminRoutes } from '../../../src/dialects/admin/routes.ts'
import { huaweiRoutes } from '../../../src/dialects/huawei/routes.ts'
import { PostgresServer, withoutPostgres } from '../../fakes/postgres.ts'
import { AdminClient } from '../admin-client.ts'
import type { HuaweiClient } from '../client.ts'
import { filled, textsOf } from '../samples.ts'
import { TestServer } from '../server.ts'

describe('texts that PostgreSQL cannot hold', { skip: withoutPostgres }, () => {
  let postgres: PostgresServer
  let server: TestServer
  let client: HuaweiClient
  before(async () => {
    postgres = await PostgresServer.start()
    const url = await postgres.database()
    server = await TestServer.start({ flags: ['--database-url', url] })
    client = server.client()
  })
  after(async () => {
    client?.close()
    await server?.[Symbol.asyncDispose]()
    await postgres.stop()
  })

  test('a description and the place of a backup are refused, and the server goes on', async () => {
    const created = await client.call('create-key', { key_alias: 'zero', key_description: 'a\0b' })
    assert.deepEqual([created.status, created.body.error.reason], [400, 'description-invalid'])
    const id = await client.createKey({ origin: 'external' })
    const described = await client.call('update-key-description', {
      key_id: id,
      key_description: '\0',
    })
    assert.deepEqual([described.status, described.body.error.reason], [400, 'description-invalid'])
    const edit = (fields: object) =>
      client.send(client.sign('PATCH', `/admin/v1/keys/${id}`, { revision: 1, ...fields }))
    assert.equal((await edit({ description: 'a\0' })).body.error.code, 'description-invalid')
    assert.equal((await edit({ backup_place: 'a\0' })).body.error.code, 'parameter-invalid')
    const draft = { step: 'backup', choices: { place: 'a\0b' } }
    assert.equal(
      (await client.send(client.sign('PUT', `/admin/v1/imports/${id}`, draft))).status,
      200,
    )
    const { imports } = (await client.send(client.sign('GET', '/admin/v1/imports'))).body
    assert.equal(imports[0].choices.place, 'a\0b')
    const plain = await client.createKey()
    assert.equal(
      await client.decrypt(await client.encrypt(plain, 'a\0b')),
      'a\0b',
      'a plaintext is any text',
    )
    assert.ok(!server.hasEnded)
  })

  test('in any text of any operation of both APIs: refused or not found, never a defect', async () => {
    const id = await client.createKey()
    let tried = 0
    for (const [method, path, { fields }] of [...huaweiRoutes, ...adminRoutes])
      for (const leaf of textsOf(fields)) {
        const values = filled(fields, id, leaf) as Record<string, unknown>
        const named = path.replaceAll(/[:*](\w+)/g, (_, name: string) => {
          const value =
            name === 'project' ? client.credentials.project_id : String(values[name] ?? 'x')
          delete values[name]
          return encodeURIComponent(value)
        })
        const query =
          method === 'GET' ? `?${new URLSearchParams(values as Record<string, string>)}` : ''
        const body = method === 'GET' ? undefined : values
        const answer = await client.send(client.sign(method, named + query, body))
        const what = `${method} ${path} ${leaf.join('.')}: ${answer.status} ${JSON.stringify(answer.body)}`
        assert.ok(answer.status < 500, what)
        tried++
      }
    assert.ok(tried > 150, `${tried} texts were tried`)
    assert.ok(!server.hasEnded)
    assert.doesNotMatch(server.output, /"level":50/)
  })

  test('a stranger’s names are unknown names', async () => {
    const stranger = new AdminClient(server.url)
    for (const name of ['\0', 'admin\0', 'a\0b'])
      assert.equal(
        (await stranger.signIn(name, 'x')).body.error.code,
        'credentials-invalid',
        JSON.stringify(name),
      )
    const tokens = (identity: object) =>
      stranger.send('POST', '/v3/auth/tokens', { auth: { identity } })
    const byPassword = await tokens({
      methods: ['password'],
      password: { user: { name: 'admin\0', password: 'x', domain: { name: 'x\0' } } },
    })
    assert.equal(byPassword.status, 401, JSON.stringify(byPassword.body))
    const bySecret = await tokens({
      methods: ['hw_ak_sk'],
      hw_ak_sk: { access: { key: 'A\0' }, secret: { key: 'x\0' } },
    })
    assert.equal(bySecret.status, 401, JSON.stringify(bySecret.body))
    stranger.close()
    assert.ok(!server.hasEnded)
    assert.doesNotMatch(server.output, /"level":50/)
    assert.equal((await client.call('list-keys')).status, 200)
  })
})
