/**
 * Signatures that do not cover the body, as every PHP client of Huawei makes them: refused by
 * default, accepted with a setting and over TLS only, and marked in the log. What such a client
 * signs is written down here from its source, so that no code of ours signs for it.
 */
import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { request as requestPlain } from 'node:http'
import { request as requestTls } from 'node:https'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { missing } from '../../tools.ts'
import { newCertificate } from '../certificate.ts'
import type { Answer, Body, Credentials } from '../client.ts'
import { readCredentials } from '../client.ts'
import { accepted, refused } from '../expect.ts'
import { newFolder, TestServer } from '../server.ts'

const unsigned = 'UNSIGNED-PAYLOAD'
type Form = 'Access' | 'Credential'
type Request = {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}
type Wanted = {
  readonly form: Form
  readonly operation: string
  readonly method?: string
  readonly query?: string
  readonly body?: string
  /** Whether the header that says so is signed itself. */
  readonly said?: boolean
}

const sha256 = (data: string): string => createHash('sha256').update(data).digest('hex')
const hmac = (key: string | Buffer, data: string): Buffer =>
  createHmac('sha256', key).update(data).digest()

/**
 * Accept, content type, user agent, project, content hash and date are signed; the content hash is
 * a fixed word.
 */
function sign(credentials: Credentials, wanted: Wanted): Request {
  const { form, operation, method = 'POST', query = '', body = '{}', said = true } = wanted
  const { access_key, secret_key, project_id } = credentials
  const path = operation.startsWith('/') ? operation : `/v1.0/${project_id}/kms/${operation}`
  const date = `${new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
  const headers: Record<string, string> = {
    accept: 'application/json',
    'content-type': 'application/json',
    'user-agent': 'huaweicloud-usdk-php/3.0',
    'x-project-id': project_id,
    'x-sdk-content-sha256': unsigned,
    'x-sdk-date': date,
  }
  const names = Object.keys(headers).filter((name) => said || name !== 'x-sdk-content-sha256')
  const lines = names.map((name) => `${name}:${headers[name]}\n`).join('')
  const digest = sha256(`${method}\n${path}/\n${query}\n${lines}\n${names.join(';')}\n${unsigned}`)
  const scope = `${date.slice(0, 8)}///sdk_request`
  const [subject, signature] =
    form === 'Access'
      ? [access_key, hmac(secret_key, `SDK-HMAC-SHA256\n${date}\n${digest}`)]
      : [
          `${access_key}/${scope}`,
          hmac(
            scope
              .split('/')
              .reduce((key, part) => hmac(key, part), Buffer.from(`SDK${secret_key}`) as Buffer),
            `SDK-HMAC-SHA256\n${date}\n${scope}\n${digest}`,
          ),
        ]
  const Authorization = `SDK-HMAC-SHA256 ${form}=${subject}, SignedHeaders=${names.join(';')}, Signature=${signature.toString('hex')}`
  return { method, path, query, headers: { ...headers, Authorization }, body }
}

function send(
  url: string,
  { method, path, query, headers, body }: Request,
  ca?: Buffer,
): Promise<Answer> {
  const target = `${url}${path}${query === '' ? '' : `?${query}`}`
  const options = {
    method,
    headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    agent: false,
    ...(ca && { ca }),
  }
  return new Promise((resolve, reject) => {
    const outgoing = (ca === undefined ? requestPlain : requestTls)(target, options, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => {
        resolve({
          status: response.statusCode ?? 0,
          body: JSON.parse(text) as Body,
          headers: response.headers,
        })
      })
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/**
 * What somebody on the way, or without the secret, makes of a request. None of it is covered by a
 * signature.
 */
const forgeries: readonly (readonly [what: string, change: (request: Request) => Request])[] = [
  [
    'another path',
    (request) => ({ ...request, path: request.path.replace('list-keys', 'describe-key') }),
  ],
  ['another query', (request) => ({ ...request, query: 'limit=1' })],
  ['no query and no body', (request) => ({ ...request, query: '', body: '' })],
  ['another query and no body', (request) => ({ ...request, query: 'limit=9', body: '' })],
  ['another method', (request) => ({ ...request, method: 'PUT' })],
  [
    'another secret',
    (request) => edited(request, 'Authorization', /[0-9a-f]{64}$/, '0'.repeat(64)),
  ],
  [
    'the header taken out of the signature',
    (request) => edited(request, 'Authorization', 'x-sdk-content-sha256;', ''),
  ],
  [
    'the header in small letters',
    (request) => edited(request, 'x-sdk-content-sha256', unsigned, unsigned.toLowerCase()),
  ],
  [
    'the hash of the body in the header',
    (request) => edited(request, 'x-sdk-content-sha256', unsigned, sha256(request.body)),
  ],
]

function edited(request: Request, header: string, from: string | RegExp, to: string): Request {
  return {
    ...request,
    headers: { ...request.headers, [header]: request.headers[header]?.replace(from, to) as string },
  }
}

describe('a signature without the body, to a server with default settings', () => {
  let server: TestServer
  let credentials: Credentials
  before(async () => {
    server = await TestServer.start()
    credentials = readCredentials(join(server.data, 'bootstrap.json'))
  })
  after(() => server[Symbol.asyncDispose]())

  for (const form of ['Access', 'Credential'] as const)
    test(`${form}: refused with a message that names the setting, once the signature holds and not before`, async () => {
      for (const method of ['POST', 'GET']) {
        const answer = await send(
          server.url,
          sign(credentials, { form, operation: 'list-keys', method, body: '' }),
        )
        refused(answer, 403, 'KMS.0302')
        assert.equal(answer.body.error.reason, 'payload-unsigned')
        assert.match(answer.body.error_msg, /--unsigned-payload/)
      }
      const stranger = sign(
        { ...credentials, access_key: 'AKUNKNOWN00000000000' },
        { form, operation: 'list-keys' },
      )
      const signed = sign(credentials, { form, operation: 'list-keys', query: 'limit=2' })
      for (const forged of [stranger, ...forgeries.map(([, change]) => change(signed))]) {
        const answer = await send(server.url, forged)
        refused(answer, 403, 'KMS.0302')
        assert.doesNotMatch(JSON.stringify(answer.body), /unsigned/)
      }
    })
})

describe('a signature without the body, over TLS and with --unsigned-payload', {
  skip: missing('openssl'),
}, () => {
  const folder = newFolder()
  let server: TestServer
  let credentials: Credentials
  let ca: Buffer
  const call = (wanted: Wanted): Promise<Answer> => send(server.url, sign(credentials, wanted), ca)

  before(async () => {
    const { cert, key } = newCertificate(folder)
    server = await TestServer.start({
      flags: ['--tls-cert', cert, '--tls-key', key, '--unsigned-payload'],
    })
    credentials = readCredentials(join(server.data, 'bootstrap.json'))
    ca = readFileSync(cert)
  })
  after(async () => {
    await server[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  })

  for (const form of ['Access', 'Credential'] as const)
    describe(form, () => {
      test('it accepts calls with a body, without one, and reads', async () => {
        const { body } = await call({
          form,
          operation: 'create-key',
          body: JSON.stringify({ key_alias: `php-${form}` }),
        })
        const { key_id } = body.key_info
        const plain_text = '4711 anvils'
        const sealed = await call({
          form,
          operation: 'encrypt-data',
          body: JSON.stringify({ key_id, plain_text }),
        })
        accepted(sealed)
        const { cipher_text } = sealed.body
        const opened = await call({
          form,
          operation: 'decrypt-data',
          body: JSON.stringify({ cipher_text }),
        })
        assert.equal(opened.body.plain_text, plain_text)
        accepted(await call({ form, operation: 'list-keys', query: 'limit=2', body: '' }))
        accepted(await call({ form, operation: 'user-instances', method: 'GET', body: '' }))
      })

      test('the body, and nothing else, may differ from what the client sent', async () => {
        const signed = sign(credentials, { form, operation: 'list-keys', query: 'limit=2' })
        accepted(await send(server.url, { ...signed, body: '{"limit":"3"}' }, ca))
        for (const [what, change] of forgeries) {
          const answer = await send(server.url, change(signed), ca)
          assert.equal(`${answer.status} ${answer.body.error?.error_code}`, '403 KMS.0302', what)
        }
        refused(await call({ form, operation: 'list-keys', said: false }), 403, 'KMS.0302')
      })

      test('the records of such calls say so, allowed or refused; those of others do not', async () => {
        accepted(await call({ form, operation: 'list-keys' }))
        refused(await call({ form, operation: 'make-coffee' }), 400, 'KMS.0201')
        const unknown = JSON.stringify({ key_id: '00000000-0000-4000-8000-000000000000' })
        refused(await call({ form, operation: 'describe-key', body: unknown }), 404, 'KMS.0207')
        const { body } = await call({
          form,
          operation: '/admin/v1/audit',
          method: 'GET',
          query: 'limit=3',
          body: '',
        })
        assert.deepEqual(
          body.records.map(({ operation, outcome, detail }: Body) => [operation, outcome, detail]),
          [
            ['describe-key', 'key-not-found', 'payload not signed'],
            ['unknown', 'operation-unknown', 'payload not signed'],
            ['list-keys', 'ok', 'payload not signed'],
          ],
        )
      })
    })

  test('a request whose body is signed is as safe as before', async () => {
    const { access_key, secret_key, project_id } = credentials
    const path = `/v1.0/${project_id}/kms/list-keys`
    const date = `${new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
    const digest = sha256(`POST\n${path}/\n\nx-sdk-date:${date}\n\nx-sdk-date\n${sha256('{}')}`)
    const signature = hmac(secret_key, `SDK-HMAC-SHA256\n${date}\n${digest}`).toString('hex')
    const Authorization = `SDK-HMAC-SHA256 Access=${access_key}, SignedHeaders=x-sdk-date, Signature=${signature}`
    const signed = {
      method: 'POST',
      path,
      query: '',
      headers: { 'x-sdk-date': date, Authorization },
      body: '{}',
    }
    accepted(await send(server.url, signed, ca))
    refused(await send(server.url, { ...signed, body: '{"limit":"1"}' }, ca), 403, 'KMS.0302')
    // Added in transit, the word removes nothing from a signature.
    const added = { ...signed, headers: { ...signed.headers, 'x-sdk-content-sha256': unsigned } }
    refused(await send(server.url, added, ca), 403, 'KMS.0302')
    refused(await send(server.url, { ...added, body: '{"limit":"1"}' }, ca), 403, 'KMS.0302')
    const { body } = await call({
      form: 'Access',
      operation: '/admin/v1/audit',
      method: 'GET',
      query: 'limit=1&operation=list-keys&outcome=ok',
      body: '',
    })
    assert.equal(body.records[0].detail, null)
  })
})
