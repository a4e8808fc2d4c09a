/**
 * Who gets in: both signature forms as clients send them, and everything that is not a good
 * signature.
 *
 * @also two-threads
 */
import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { HuaweiClient, SignedRequest } from '../client.ts'
import { accepted, refused } from '../expect.ts'
import { TestServer } from '../server.ts'

const minute = 60_000
const sha256 = (data: string): string => createHash('sha256').update(data).digest('hex')
const hmac = (key: string | Buffer, data: string): Buffer =>
  createHmac('sha256', key).update(data).digest()
const basic = (ms: number): string =>
  `${new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`

describe('credentials', () => {
  let server: TestServer
  let client: HuaweiClient
  let path: string

  before(async () => {
    server = await TestServer.start()
    client = server.client()
    path = `/v1.0/${client.credentials.project_id}/kms/list-keys`
  })
  after(async () => {
    client.close()
    await server[Symbol.asyncDispose]()
  })

  /** The form that clients descended from OpenStack send: same name, a scope, a chain of keys. */
  function signScoped(
    fields: { date?: string; day?: string; body?: string; region?: string; secret?: string } = {},
  ): SignedRequest {
    const { access_key, secret_key } = client.credentials
    const { date = basic(Date.now()), body = '{}', region = '', secret = secret_key } = fields
    const day = fields.day ?? date.slice(0, 8)
    const headers: Record<string, string> = {
      accept: 'application/json',
      'content-type': 'application/json',
      host: new URL(client.url).host,
      'user-agent': 'golangsdk/2.0.0  x',
      'x-sdk-date': date,
    }
    const names = Object.keys(headers).sort()
    const lines = names
      .map((name) => `${name}:${headers[name]?.replaceAll(/\s+/g, ' ')}\n`)
      .join('')
    const canonical = `POST\n${path}/\n\n${lines}\n${names.join(';')}\n${sha256(body)}`
    const scope = `${day}/${region}//sdk_request`
    let key: Buffer = Buffer.from(`SDK${secret}`)
    for (const part of scope.split('/')) key = hmac(key, part)
    const signature = hmac(
      key,
      `SDK-HMAC-SHA256\n${date}\n${scope}\n${sha256(canonical)}`,
    ).toString('hex')
    const Authorization = `SDK-HMAC-SHA256 Credential=${access_key}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`
    return { method: 'POST', path, headers: { ...headers, Authorization }, body }
  }

  test('a request in the Access form, signed by the real signer, gets in', async () => {
    accepted(await client.call('list-keys'))
  })

  test('a request in the Credential form, with an empty region and service, gets in', async () => {
    accepted(await client.send(signScoped()))
    accepted(await client.send(signScoped({ region: 'eu-de' })))
  })

  test('a Credential whose day is not that of the request is refused', async () => {
    refused(await client.send(signScoped({ day: '20200101' })), 403, 'KMS.0302')
  })

  test('no credentials: KMS.0301, and the request ID is there all the same', async () => {
    const answer = await client.send({ method: 'POST', path, headers: {}, body: '{}' })
    refused(answer, 403, 'KMS.0301')
    assert.match(String(answer.headers['x-request-id']), /^[0-9a-f]{32}$/)
  })

  test('an unknown access key and a wrong secret get the same answer', async () => {
    const { credentials } = client
    const unknown = { ...credentials, access_key: 'AKUNKNOWN00000000000' }
    const wrong = { ...credentials, secret_key: 'x'.repeat(40) }
    const bodies = new Set<string>()
    for (const one of [unknown, wrong]) {
      const other = Object.assign(server.client(), { credentials: one })
      const answer = await other.call('list-keys')
      other.close()
      refused(answer, 403, 'KMS.0302')
      bodies.add(JSON.stringify(answer.body))
    }
    assert.equal(bodies.size, 1)
  })

  for (const [what, ms, good] of [
    ['14:50 ago', -14 * minute - 50_000, true],
    ['14:50 ahead', 14 * minute + 50_000, true],
    ['15:10 ago', -15 * minute - 10_000, false],
    ['15:10 ahead', 15 * minute + 10_000, false],
  ] as const) {
    test(`a request signed ${what} is ${good ? 'let in' : 'refused'}`, async () => {
      const other = server.client()
      other.clock = () => Date.now() + ms
      const answer = await other.call('list-keys')
      other.close()
      if (good) accepted(answer)
      else refused(answer, 403, 'KMS.0303')
    })
  }

  const changes: readonly [what: string, change: (signed: SignedRequest) => SignedRequest][] = [
    ['another body', (signed) => ({ ...signed, body: '{"limit":"1"}' })],
    ['a body with an extra line break', (signed) => ({ ...signed, body: `${signed.body}\n` })],
    [
      'another path',
      (signed) => ({ ...signed, path: signed.path.replace('list-keys', 'describe-key') }),
    ],
    ['a query', (signed) => ({ ...signed, path: `${signed.path}?limit=1` })],
    ['another method', (signed) => ({ ...signed, method: 'PUT' })],
    [
      'another signed header',
      (signed) => ({ ...signed, headers: { ...signed.headers, 'user-agent': 'other' } }),
    ],
    [
      'another host',
      (signed) => ({ ...signed, headers: { ...signed.headers, host: 'elsewhere' } }),
    ],
    [
      'another date',
      (signed) => ({
        ...signed,
        headers: { ...signed.headers, 'X-Sdk-Date': basic(Date.now() + 1000) },
      }),
    ],
    [
      'a signed header removed',
      (signed) => ({ ...signed, headers: without(signed.headers, 'user-agent') }),
    ],
    ['no date', (signed) => ({ ...signed, headers: without(signed.headers, 'X-Sdk-Date') })],
    ['a signature that names no date', (signed) => unsign(signed, 'x-sdk-date')],
    [
      'a stated hash of another body',
      (signed) => ({
        ...signed,
        headers: { ...signed.headers, 'X-Sdk-Content-Sha256': sha256('x') },
      }),
    ],
    [
      'UNSIGNED-PAYLOAD',
      (signed) => ({
        ...signed,
        headers: { ...signed.headers, 'X-Sdk-Content-Sha256': 'UNSIGNED-PAYLOAD' },
      }),
    ],
  ]
  for (const [what, change] of changes) {
    test(`after signing, ${what}: refused`, async () => {
      refused(await client.send(change(client.sign('POST', path, {}))), 403, 'KMS.0302')
    })
  }

  test('an unsigned x-project-id is ignored; a signed one must agree', async () => {
    const other = '0'.repeat(32)
    const signed = client.sign('POST', path, {})
    accepted(
      await client.send({ ...signed, headers: { ...signed.headers, 'X-Project-Id': other } }),
    )
    accepted(
      await client.send(
        client.sign('POST', path, {}, { 'X-Project-Id': client.credentials.project_id }),
      ),
    )
    refused(
      await client.send(client.sign('POST', path, {}, { 'X-Project-Id': other })),
      403,
      'KMS.0321',
    )
  })

  test('the project in the path must be that of the credentials', async () => {
    refused(
      await client.send(client.sign('POST', `/v1.0/${'0'.repeat(32)}/kms/list-keys`, {})),
      403,
      'KMS.0321',
    )
  })

  test('every operation asks for credentials, and so does an unknown operation', async () => {
    const operations = [
      'create-key',
      'describe-key',
      'encrypt-data',
      'decrypt-data',
      'import-key-material',
      'create-grant',
      'no-such-operation',
    ]
    for (const operation of operations) {
      const answer = await client.send({
        method: 'POST',
        path: `/v1.0/${client.credentials.project_id}/kms/${operation}`,
        headers: {},
        body: '{}',
      })
      refused(answer, 403, 'KMS.0301')
    }
  })

  test('a thousand refusals without credentials are answered, and leave few records', {
    timeout: 60_000,
  }, async () => {
    const many = server.client(200)
    const answers = await Promise.all(
      Array.from({ length: 1000 }, () =>
        many.send({ method: 'POST', path, headers: {}, body: '{}' }),
      ),
    )
    many.close()
    assert.ok(answers.every(({ status }) => status === 403))
    accepted(await client.call('list-keys'))
  })
})

function without(headers: Record<string, string>, name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name))
}

/** Takes a name out of SignedHeaders. */
function unsign(signed: SignedRequest, name: string): SignedRequest {
  const Authorization = signed.headers.Authorization?.replace(`;${name}`, '') ?? ''
  return { ...signed, headers: { ...signed.headers, Authorization } }
}
