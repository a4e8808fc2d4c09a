/**
 * A dialect is a folder: one that a test adds is served by a real server, whose other files know
 * nothing of it.
 *
 * @also two-threads
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { hooksModule } from '../../fakes/toy-dialect/dialect.ts'
import type { HuaweiClient } from '../client.ts'
import { TestServer } from '../server.ts'

describe('a dialect of its own', () => {
  let server: TestServer
  let client: HuaweiClient
  let keyId: string

  before(async () => {
    server = await TestServer.start({ hooks: { module: hooksModule, data: {} } })
    client = server.client()
    keyId = await client.createKey({ key_alias: 'chest' })
    assert.equal(
      (await client.call('aliases', { key_id: keyId, alias: 'alias/drawer' })).status,
      201,
    )
  })
  after(async () => {
    client.close()
    await server[Symbol.asyncDispose]()
  })

  const play = (operation: string, fields: object, path = '/') =>
    client.send(client.sign('POST', path, fields, { 'x-toy-do': operation }))

  for (const alias of ['chest', 'alias/drawer'])
    test(`what is sealed under ${alias} is opened again, by a header and at any path`, async () => {
      const sealed = await play('Seal', { under: alias, text: '四个铁砧' })
      assert.deepEqual([sealed.status, sealed.body.toy.by], [200, keyId])
      assert.equal(sealed.headers['content-type'], 'application/x-toy+json')
      assert.match(String(sealed.headers['x-toy-request']), /^[0-9a-f]{32}$/)
      assert.equal(sealed.headers['x-request-id'], undefined)
      const opened = await play(
        'Open',
        { under: alias, sealed: sealed.body.toy.sealed },
        '/v1.0/anything',
      )
      assert.deepEqual([opened.status, opened.body], [200, { toy: { text: '四个铁砧' } }])
    })

  const refusals: readonly (readonly [
    what: string,
    operation: string,
    fields: object,
    code: string,
  ])[] = [
    ['an operation that does not exist', 'Smash', {}, 'operation-unknown'],
    ['a field that is missing', 'Seal', { under: 'chest' }, 'parameter-missing'],
    ['a field of another form', 'Open', { under: 'chest', sealed: 5 }, 'ciphertext-invalid'],
    ['an alias of no key', 'Seal', { under: 'attic', text: 'x' }, 'key-not-found'],
    ['a ciphertext of another key', 'Open', { under: 'chest', sealed: '00' }, 'ciphertext-invalid'],
  ]
  for (const [what, operation, fields, code] of refusals)
    test(`${what}: ${code}, in its own words`, async () => {
      const { status, headers, body } = await play(operation, fields)
      assert.deepEqual([status, headers['x-toy-refused'], body], [422, code, { toy: 'broken' }])
    })

  test('a caller without credentials, or with those of a scheme that it does not accept, is refused in its words', async () => {
    for (const headers of [{}, { 'x-auth-token': 'MIIB' }, { cookie: '__Host-holdfast=AAAA' }]) {
      const answer = await fetch(server.url, {
        method: 'POST',
        headers: { 'x-toy-do': 'Seal', ...headers },
      })
      assert.deepEqual(
        [answer.status, answer.headers.get('x-toy-refused')],
        [422, 'credentials-missing'],
      )
    }
  })

  test('an alias that was moved names its new key from the answer on', async () => {
    const other = await client.createKey({ key_alias: 'cupboard' })
    await client.ok('alias/associate', { alias: 'alias/drawer', target_key_id: other })
    assert.equal((await play('Seal', { under: 'alias/drawer', text: 'x' })).body.toy.by, other)
    await client.ok('alias/associate', { alias: 'alias/drawer', target_key_id: keyId })
    assert.equal((await play('Seal', { under: 'alias/drawer', text: 'x' })).body.toy.by, keyId)
  })

  test('its calls are in the log under its name, with the key that the alias named', async () => {
    await play('Seal', { under: 'alias/drawer', text: 'logged' })
    const { records } = (
      await client.send(client.sign('GET', '/admin/v1/audit?operation=encrypt&limit=1'))
    ).body
    assert.deepEqual(
      [records[0].dialect, records[0].key_id, records[0].outcome],
      ['toy', keyId, 'ok'],
    )
  })
})
