/**
 * Encryption of any bytes by the admin API: bound to a context, opened by the Huawei API, refused
 * with the reasons of the domain.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { AdminClient } from '../admin-client.ts'
import type { Answer, Body, HuaweiClient } from '../client.ts'
import { TestServer } from '../server.ts'

const symmetric = 'SYMMETRIC_DEFAULT'
const oaep = 'RSAES_OAEP_SHA_256'
const base64 = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString('base64')

function code({ status, body }: Answer): string {
  return `${status} ${body?.error?.code}`
}

describe('encryption by the admin API', () => {
  let server: TestServer
  let client: HuaweiClient
  let admin: AdminClient
  let id: string

  before(async () => {
    server = await TestServer.start()
    client = server.client()
    admin = new AdminClient(server.url)
    await admin.enter(client.credentials)
    id = await client.createKey()
  })
  after(async () => {
    client.close()
    admin.close()
    await server[Symbol.asyncDispose]()
  })

  const encrypt = (key: string, fields: object): Promise<Answer> =>
    admin.call('POST', `/keys/${key}/encrypt`, { algorithm: symmetric, ...fields })
  const sealed = async (key: string, fields: object): Promise<string> => {
    const answer = await encrypt(key, fields)
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    assert.deepEqual(Object.keys(answer.body), ['ciphertext'])
    return answer.body.ciphertext as string
  }
  const opened = (ciphertext: string, fields: object = {}): Promise<Body> =>
    client.ok('decrypt-data', { cipher_text: ciphertext, ...fields })

  test('1 to 4096 bytes of any value come back from the Huawei API', async () => {
    for (const bytes of [
      randomBytes(1),
      randomBytes(4096),
      Uint8Array.of(0),
      Uint8Array.of(0xff, 0xfe),
      Buffer.from('四个铁砧'),
    ]) {
      const ciphertext = await sealed(id, { plaintext: base64(bytes) })
      const { plain_text_base64, key_id } = await opened(ciphertext)
      assert.deepEqual([plain_text_base64, key_id], [base64(bytes), id])
    }
    const plaintext = base64('same')
    assert.notEqual(
      await sealed(id, { plaintext }),
      await sealed(id, { plaintext }),
      'no two ciphertexts are alike',
    )
  })

  test('bytes that are not text are returned in base64 only', async () => {
    const { plain_text, plain_text_base64 } = await opened(await sealed(id, { plaintext: '//4=' }))
    assert.deepEqual([plain_text, plain_text_base64], ['', '//4='])
  })

  test('the context of both APIs is one: a map, or the one string under its name; another one opens nothing', async () => {
    const plaintext = base64('bound')
    const pairs = { order: '4711', 顾客: '张三' }
    const mapped = await sealed(id, { plaintext, context: pairs })
    const single = await sealed(id, { plaintext, context: { additional_authenticated_data: 'a' } })
    const none = await sealed(id, { plaintext, context: {} })
    for (const [ciphertext, fields] of [
      [mapped, { encryption_context: { 顾客: '张三', order: '4711' } }],
      [single, { additional_authenticated_data: 'a' }],
      [single, { encryption_context: { additional_authenticated_data: 'a' } }],
      [none, {}],
      [await sealed(id, { plaintext }), { encryption_context: {} }],
    ] as const)
      assert.equal((await opened(ciphertext, fields)).plain_text, 'bound', JSON.stringify(fields))
    for (const [ciphertext, fields] of [
      [mapped, {}],
      [mapped, { encryption_context: { order: '4711' } }],
      [mapped, { encryption_context: { ...pairs, more: '' } }],
      [mapped, { encryption_context: { order: '4712', 顾客: '张三' } }],
      [single, {}],
      [single, { additional_authenticated_data: 'b' }],
      [none, { additional_authenticated_data: '' }],
    ] as const) {
      const { status, body } = await client.call('decrypt-data', {
        cipher_text: ciphertext,
        ...fields,
      })
      assert.deepEqual([status, body.error_code], [400, 'KMS.2201'], JSON.stringify(fields))
    }
    const imported = await client.createKey({ origin: 'external' })
    assert.equal((await client.import(imported, randomBytes(32))).status, 200)
    assert.equal((await opened(await sealed(imported, { plaintext }))).plain_text, 'bound')
  })

  test('an RSA key encrypts with OAEP what fits into it, and binds no context', async () => {
    const rsa = await client.createKey({ key_spec: 'RSA_2048', key_usage: 'ENCRYPT_DECRYPT' })
    const named = { key_id: rsa, encryption_algorithm: oaep }
    const largest = randomBytes(256 - 66)
    // The console always sends a context; an empty one counts as no context.
    for (const context of [undefined, {}]) {
      const ciphertext = await sealed(rsa, { plaintext: base64(largest), context, algorithm: oaep })
      assert.equal((await opened(ciphertext, named)).plain_text_base64, base64(largest))
    }
    const refused = (fields: object): Promise<Answer> =>
      encrypt(rsa, { plaintext: 'eA==', algorithm: oaep, ...fields })
    assert.equal(
      code(await refused({ plaintext: base64(randomBytes(191)) })),
      '400 plaintext-too-long',
    )
    assert.equal(code(await refused({ context: { a: 'b' } })), '400 context-invalid')
    assert.equal(code(await refused({ context: { '': '' } })), '400 context-invalid')
    assert.equal(code(await refused({ algorithm: symmetric })), '400 algorithm-unsupported-by-rsa')
  })

  test('what cannot encrypt refuses with its reason, and the log names user, key and reason', async () => {
    const signing = await client.createKey({ key_spec: 'RSA_2048', key_usage: 'SIGN_VERIFY' })
    const curve = await client.createKey({ key_spec: 'EC_P256' })
    const disabled = await client.createKey()
    await client.ok('disable-key', { key_id: disabled })
    const ending = await client.createKey()
    await client.ok('schedule-key-deletion', { key_id: ending, pending_days: '7' })
    const empty = await client.createKey({ origin: 'external' })
    const { user } = await admin.ok('GET', '/session')
    for (const [key, fields, expected] of [
      [signing, { algorithm: oaep }, 'key-does-not-encrypt'],
      [curve, {}, 'spec-does-not-encrypt'],
      [disabled, {}, 'key-disabled'],
      [ending, {}, 'key-pending-deletion'],
      [empty, {}, 'key-pending-import'],
      [id, { algorithm: oaep }, 'algorithm-unsupported'],
      [id, { algorithm: '' }, 'algorithm-unsupported'],
      [id, { context: { a: 'x'.repeat(8192) } }, 'context-invalid'],
    ] as const) {
      assert.equal(code(await encrypt(key, { plaintext: 'eA==', ...fields })), `400 ${expected}`)
      const { records } = await admin.ok('GET', `/audit?key_id=${key}&operation=encrypt&limit=1`)
      const [{ outcome, caller, dialect }] = records
      assert.deepEqual([outcome, caller, dialect], [expected, user.id, 'admin'])
    }
    assert.equal(
      code(await encrypt('00000000-0000-4000-8000-000000000000', { plaintext: 'eA==' })),
      '404 key-not-found',
    )
  })

  test('a success is in the log, and nothing of the plaintext or the context is', async () => {
    const canary = randomBytes(24)
    const key = await client.createKey()
    await sealed(key, { plaintext: base64(canary), context: { canary: 'of the context' } })
    const { records } = await admin.ok('GET', `/keys/${key}/activity`)
    assert.deepEqual(
      records.map((record: Body) => [record.operation, record.outcome]),
      [
        ['encrypt', 'ok'],
        ['create-key', 'ok'],
      ],
    )
    const told = JSON.stringify(records)
    for (const secret of [
      canary.toString('hex'),
      base64(canary),
      'of the context',
      canary.toString('latin1'),
    ])
      assert.ok(!told.includes(secret) && !server.output.includes(secret))
  })

  test('an invalid plaintext is refused', async () => {
    const wrong: readonly (readonly [what: string, fields: object, expected: string])[] = [
      ['no bytes', { plaintext: '' }, '400 plaintext-invalid'],
      ['4097 bytes', { plaintext: base64(randomBytes(4097)) }, '400 plaintext-invalid'],
      ['20,000 bytes', { plaintext: base64(randomBytes(20_000)) }, '400 plaintext-invalid'],
      ['no base64', { plaintext: '!!!!' }, '400 plaintext-invalid'],
      ['no padding', { plaintext: 'eA' }, '400 plaintext-invalid'],
      ['bits beyond the last byte', { plaintext: 'eB==' }, '400 plaintext-invalid'],
      ['base64url', { plaintext: '__-_' }, '400 plaintext-invalid'],
      ['a line break', { plaintext: 'eHh4\n' }, '400 plaintext-invalid'],
      ['a number', { plaintext: 1 }, '400 parameter-invalid'],
      ['nothing', {}, '400 parameter-missing'],
      ['a context of numbers', { plaintext: 'eA==', context: { a: 1 } }, '400 parameter-invalid'],
      ['half a character', { plaintext: 'eA==', context: { '\ud800': 'x' } }, '400 body-malformed'],
      [
        'a context that is a list',
        { plaintext: 'eA==', context: [['a', 'b']] },
        '400 parameter-invalid',
      ],
    ]
    for (const [what, fields, expected] of wrong)
      assert.equal(code(await encrypt(id, fields)), expected, what)
    const named = await admin.call('POST', `/keys/${id}/encrypt`, { plaintext: 'eA==' })
    assert.equal(code(named), '400 parameter-missing', 'the algorithm is always named')
    const long = await encrypt(id, { plaintext: base64(randomBytes(50_000)) })
    assert.equal(code(long), '413 request-too-large')
    assert.equal(
      code(
        await admin.call('POST', '/keys/x/encrypt', { plaintext: 'eA==', algorithm: symmetric }),
      ),
      '400 parameter-invalid',
    )
  })

  test('nobody encrypts without credentials, nor from another page', async () => {
    const fields = { plaintext: 'eA==', algorithm: symmetric }
    const nobody = new AdminClient(server.url)
    assert.equal(
      code(await nobody.call('POST', `/keys/${id}/encrypt`, fields)),
      '401 credentials-missing',
    )
    const forged = await admin.call('POST', `/keys/${id}/encrypt`, fields, {
      'x-holdfast-csrf': '',
    })
    assert.equal(code(forged), '403 session-forged')
    nobody.close()
    const signed = await client.send(client.sign('POST', `/admin/v1/keys/${id}/encrypt`, fields))
    assert.equal(signed.status, 200, 'a signature opens it as a session does')
  })
})
