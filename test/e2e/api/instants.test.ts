/**
 * Instants of calls end with the year 9999, over both APIs and the command line; a later one that
 * is stored already causes no failure.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { latestInstant } from '../../../src/domain/instants.ts'
import { storeExpiry } from '../../fakes/stored-row.ts'
import { AdminClient } from '../admin-client.ts'
import { type Answer, type HuaweiClient, readCredentials, wrap } from '../client.ts'
import { newFolder, TestServer } from '../server.ts'

const tooLate = [latestInstant + 1, 8.64e15 + 1000, 9_007_199_254_740_000]

describe('instants', () => {
  const data = newFolder()
  let server: TestServer
  let client: HuaweiClient
  let admin: AdminClient
  before(async () => {
    server = await TestServer.start({ data })
    client = server.client()
    admin = new AdminClient(server.url)
    await admin.enter(readCredentials(join(data, 'bootstrap.json')))
  })
  after(async () => {
    client.close()
    admin.close()
    await server[Symbol.asyncDispose]()
  })

  const reason = ({ status, body }: Answer): string =>
    `${status} ${body.error?.reason ?? body.reason ?? body.error?.code}`
  const newKey = (): Promise<string> => client.createKey({ origin: 'external' })

  test('expiration_time of the Huawei API', async () => {
    const id = await newKey()
    for (const ms of tooLate) {
      const answer = await client.import(id, randomBytes(32), {
        expiration_time: Math.ceil(ms / 1000),
      })
      assert.equal(answer.status, 400)
      assert.match(
        JSON.stringify(answer.body),
        /expiration_time must be an instant from 1970-01-01T00:00:00Z to 9999-12-31T23:59:59.999Z/,
      )
    }
    assert.equal((await client.describe(id)).key_state, '5', 'nothing has changed')
    const last = Math.floor(latestInstant / 1000)
    assert.equal(
      (await client.import(id, randomBytes(32), { expiration_time: String(last) })).status,
      200,
    )
    assert.equal((await client.describe(id)).expiration_time, String(last * 1000))
  })

  test('expires_at of the admin API', async () => {
    const id = await newKey()
    for (const ms of [...tooLate, latestInstant]) {
      const parameters = await admin.ok('POST', `/keys/${id}/import-parameters`, {
        wrapping_algorithm: 'RSAES_OAEP_SHA_256',
      })
      const answer = await admin.call('POST', `/keys/${id}/import`, {
        token: parameters.token,
        wrapped_material: wrap(parameters.public_key, randomBytes(32)),
        expires_at: ms,
      })
      assert.equal(
        reason(answer),
        ms === latestInstant ? '200 undefined' : '400 parameter-invalid',
        JSON.stringify(answer.body),
      )
    }
  })

  test('from and to of a search in the audit log', async () => {
    for (const field of ['from', 'to']) {
      for (const ms of tooLate) {
        const answer = await admin.call('GET', `/audit?${field}=${ms}`)
        assert.equal(reason(answer), '400 parameter-invalid')
        assert.match(
          JSON.stringify(answer.body),
          new RegExp(`${field} must be an instant from 1970`),
        )
      }
      assert.equal((await admin.call('GET', `/audit?${field}=${latestInstant}`)).status, 200)
    }
  })

  test('what describe-key answers in milliseconds is not accepted as seconds, and the value that the message proposes is', async () => {
    const id = await newKey()
    const refusal = await client.import(id, randomBytes(32), { expiration_time: '4070908800000' })
    assert.deepEqual(
      [refusal.status, refusal.body.error.error_msg],
      [
        400,
        'expiration_time: 4070908800000 is the year 130971; was it milliseconds? expiration_time takes seconds: 4070908800',
      ],
    )
    assert.equal((await client.describe(id)).key_state, '5')
    assert.equal(
      (await client.import(id, randomBytes(32), { expiration_time: 4070908800 })).status,
      200,
    )
    assert.equal((await client.describe(id)).expiration_time, '4070908800000')
  })

  test('seconds are not accepted as milliseconds by the admin API', async () => {
    const id = await newKey()
    const parameters = await admin.ok('POST', `/keys/${id}/import-parameters`, {
      wrapping_algorithm: 'RSAES_OAEP_SHA_256',
    })
    const wrapped = {
      token: parameters.token,
      wrapped_material: wrap(parameters.public_key, randomBytes(32)),
    }
    const says = (name: string): string =>
      `${name}: 4070908800 is the year 1970; was it seconds? ${name} takes milliseconds: 4070908800000`
    const answers = [
      [
        'expires_at',
        await admin.call('POST', `/keys/${id}/import`, { ...wrapped, expires_at: 4070908800 }),
      ],
      ['from', await admin.call('GET', '/audit?from=4070908800')],
      ['to', await admin.call('GET', '/audit?to=4070908800')],
    ] as const
    for (const [name, { status, body }] of answers) {
      assert.equal(status, 400)
      assert.ok(JSON.stringify(body).includes(says(name)), JSON.stringify(body))
    }
    assert.equal(
      (await admin.call('POST', `/keys/${id}/import`, { ...wrapped, expires_at: 4070908800000 }))
        .status,
      200,
    )
  })

  test('a time span in place of an instant: the refusal shows which instant that is', async () => {
    const { status, body } = await client.import(await newKey(), randomBytes(32), {
      expiration_time: 3600,
    })
    assert.equal(status, 400)
    assert.match(
      body.error.error_msg,
      /^the expiry must be in the future: it is 1970-01-01T01:00:00Z, and the time is 20/,
    )
  })

  test('--expires of the command line', async () => {
    const id = await newKey()
    const file = join(data, 'material.key')
    writeFileSync(file, randomBytes(32), { mode: 0o600 })
    const run = (expires: string) =>
      spawnSync(
        process.execPath,
        ['src/main.ts', 'key', 'import', id, '--material', file, '--expires', expires].concat([
          '--credentials',
          join(data, 'bootstrap.json'),
          '--endpoint',
          server.url,
        ]),
        { encoding: 'utf8' },
      )
    for (const [expires, why] of [
      ['2099-02-30T12:00:00Z', 'February 2099 has 28 days'],
      ['2099-01-31T12:00:00', 'it has no time zone: add Z for UTC, or an offset such as +08:00'],
      ['4070908800000', 'a number is not a date: 2099-01-01T00:00:00Z, if these are milliseconds'],
    ] as const) {
      const { status, stderr } = run(expires)
      assert.deepEqual([status, stderr.trim()], [2, `holdfast: --expires ${expires}: ${why}`])
    }
    assert.equal((await client.describe(id)).key_state, '5')
    assert.equal(run('2099-01-01T08:00:00+08:00').status, 0)
    assert.equal((await client.describe(id)).expiration_time, '4070908800000')
  })

  test('a row with a later expiry, as an older version stored it, is served, listed and shown by the command line', {
    skip:
      process.env.HOLDFAST_TEST_DATABASE !== undefined &&
      'the row is changed in the file of SQLite',
  }, async () => {
    const id = await newKey()
    assert.equal(
      (await client.import(id, randomBytes(32), { expiration_time: 4_000_000_000 })).status,
      200,
    )
    await server.stop()
    const stored = 9_007_199_254_740_000
    await storeExpiry(data, id, stored)
    server = await TestServer.start({ data })
    client.close()
    client = server.client()
    assert.equal((await client.describe(id)).expiration_time, String(stored))
    await client.encrypt(id, 'goes on')
    const credentials = join(data, 'bootstrap.json')
    const args = [
      'src/main.ts',
      'key',
      'show',
      id,
      '--credentials',
      credentials,
      '--endpoint',
      server.url,
    ]
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    assert.equal(status, 0, stderr)
    assert.match(stdout, /material expires: +9007199254740000 ms/)
  })
})
