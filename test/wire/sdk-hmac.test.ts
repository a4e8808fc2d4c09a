/**
 * SDK-HMAC-SHA256: the strings of both forms, compared with the real signer and with values
 * computed elsewhere.
 */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import fc from 'fast-check'
import { HeaderBag } from '../../src/wire/headers.ts'
import {
  canonicalRequest,
  parseAuthorization,
  stringToSign,
} from '../../src/wire/signing/sdk-hmac.ts'
import { parseTarget } from '../../src/wire/target.ts'
import { WireError } from '../../src/wire/wire-error.ts'

const accessKey = 'AKEXAMPLE'
const secret = 'a secret key'
type Signed = {
  method: string
  endpoint: string
  headers: Record<string, string>
  data?: unknown
  queryParams: Record<string, string>
}
const { AKSKSigner } = createRequire(import.meta.url)(
  '@huaweicloud/huaweicloud-sdk-core/auth/AKSKSigner.js',
) as {
  AKSKSigner: {
    sign(request: Signed, credential: { getAk(): string; getSk(): string }): Record<string, string>
  }
}

/** Signature over what a server sees of a request. */
function signatureOf(
  method: string,
  rawTarget: string,
  headers: Record<string, string>,
  body: string,
): string {
  const authorization = parseAuthorization(headers.Authorization ?? '')
  const bag = new HeaderBag(Object.entries(headers).flat())
  const request = { method, target: parseTarget(rawTarget), headers: bag, body: Buffer.from(body) }
  const text = stringToSign(
    authorization,
    bag.get('x-sdk-date') ?? '',
    canonicalRequest(request, authorization),
  )
  return createHmac('sha256', secret).update(text).digest('hex')
}

test('signatures match the real signer (2,000 requests)', () => {
  const part = fc.string({
    unit: fc.constantFrom(...'abzAZ09-_.~ :@!$&()*+,;=äé☂'),
    minLength: 1,
    maxLength: 8,
  })
  const segment = part.filter((text) => text !== '.' && text !== '..')
  const query = fc.dictionary(
    fc.string({ unit: fc.constantFrom(...'abc_-'), minLength: 1, maxLength: 4 }),
    part,
    { maxKeys: 3 },
  )
  const body = fc.option(fc.record({ key_id: part, plain_text: fc.string({ unit: 'grapheme' }) }), {
    nil: undefined,
  })
  const value = fc
    .string({ unit: fc.constantFrom(...'abc /;=.0'), minLength: 1, maxLength: 10 })
    .map((text) => text.trim())
    .filter((text) => text !== '')
  let compared = 0
  fc.assert(
    fc.property(
      fc.constantFrom('GET', 'POST', 'DELETE'),
      fc.array(segment, { maxLength: 4 }),
      query,
      body,
      value,
      (method, segments, queryParams, data, agent) => {
        const path = `/${segments.map(encodeURIComponent).join('/')}`
        const raw = {
          method,
          endpoint: `http://127.0.0.1:8320${segments.length === 0 ? '/' : `/${segments.join('/')}`}`,
        }
        // The SDK hands its signer the path as it will be decoded; only what survives its URL
        // parser can be compared.
        if (/[\s?#&ä-☂]/u.test(segments.join(''))) return
        compared++
        const headers = { 'content-type': 'application/json', 'user-agent': agent }
        const credential = { getAk: () => accessKey, getSk: () => secret }
        const signed = AKSKSigner.sign(
          { ...raw, headers, queryParams, ...(data && { data }) },
          credential,
        )
        const search = Object.entries(queryParams)
          .map(([name, text]) => `${name}=${encodeURIComponent(text)}`)
          .join('&')
        const given = parseAuthorization(signed.Authorization ?? '').signature
        assert.equal(
          signatureOf(
            method,
            path + (search && `?${search}`),
            signed,
            data === undefined ? '' : JSON.stringify(data),
          ),
          given,
        )
      },
    ),
    { numRuns: 2_000 },
  )
  assert.ok(compared > 500, `only ${compared} requests were compared`)
})

test('the Access form: path decoded and re-encoded with a slash at its end, query sorted, an empty line after the headers', () => {
  const authorization = parseAuthorization(
    `SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;x-sdk-date, Signature=${'0'.repeat(64)}`,
  )
  const headers = new HeaderBag([
    'Host',
    ' h:1 ',
    'X-Sdk-Date',
    '20261124T001100Z',
    'X-Unsigned',
    'x',
  ])
  const target = parseTarget('/kms/x/tags/a%2Fb%20c~%2A?b=2&a=%2F~&a2=')
  const canonical = canonicalRequest(
    { method: 'GET', target, headers, body: Buffer.alloc(0) },
    authorization,
  )
  const emptyHash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
  assert.equal(
    canonical,
    `GET\n/kms/x/tags/a/b%20c~%2A/\na=%2F~&a2=&b=2\nhost:h:1\nx-sdk-date:20261124T001100Z\n\nhost;x-sdk-date\n${emptyHash}`,
  )
})

test('the Credential form: white space runs are one space, a POST without body hashes its query instead', () => {
  const authorization = parseAuthorization(
    `SDK-HMAC-SHA256 Credential=AK/20261124///sdk_request, SignedHeaders=user-agent, Signature=${'0'.repeat(64)}`,
  )
  const headers = new HeaderBag(['Host', 'h', 'User-Agent', ' a  b\tc '])
  const request = {
    method: 'POST',
    target: parseTarget('/v1.0/p?x=1'),
    headers,
    body: Buffer.alloc(0),
  }
  const lines = canonicalRequest(request, authorization).split('\n')
  assert.deepEqual(lines.slice(0, 6), [
    'POST',
    '/v1.0/p/',
    '',
    'user-agent:a b c',
    '',
    'user-agent',
  ])
  // SHA-256 of the three bytes x=1, from sha256sum.
  assert.equal(lines[6], '1f206b11c23e28cc250ded7fc0098d3823a8467a54340f1ac4e535cb8544493f')
  assert.match(
    stringToSign(authorization, '20261124T001100Z', 'x'),
    /^SDK-HMAC-SHA256\n20261124T001100Z\n20261124\/\/\/sdk_request\n[0-9a-f]{64}$/,
  )
})

const zero = '0'.repeat(64)
const badAuthorizations: readonly [what: string, header: string][] = [
  ['another algorithm', `AWS4-HMAC-SHA256 Access=AK, SignedHeaders=host, Signature=${zero}`],
  ['no algorithm', `Access=AK, SignedHeaders=host, Signature=${zero}`],
  [
    'an upper-case signature',
    `SDK-HMAC-SHA256 Access=AK, SignedHeaders=host, Signature=${'A'.repeat(64)}`,
  ],
  [
    'a short signature',
    `SDK-HMAC-SHA256 Access=AK, SignedHeaders=host, Signature=${'0'.repeat(63)}`,
  ],
  ['no signed header', `SDK-HMAC-SHA256 Access=AK, SignedHeaders=, Signature=${zero}`],
  [
    'a signed header twice',
    `SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;host, Signature=${zero}`,
  ],
  [
    'an empty header name',
    `SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;;date, Signature=${zero}`,
  ],
  ['an upper-case header name', `SDK-HMAC-SHA256 Access=AK, SignedHeaders=Host, Signature=${zero}`],
  [
    'an access key with other characters',
    `SDK-HMAC-SHA256 Access=A/K, SignedHeaders=host, Signature=${zero}`,
  ],
  [
    'a scope without its end',
    `SDK-HMAC-SHA256 Credential=AK/20261124//, SignedHeaders=host, Signature=${zero}`,
  ],
  [
    'a scope of another service',
    `SDK-HMAC-SHA256 Credential=AK/20261124/r/s/aws4_request, SignedHeaders=host, Signature=${zero}`,
  ],
  ['something after it', `SDK-HMAC-SHA256 Access=AK, SignedHeaders=host, Signature=${zero}, X=1`],
  [
    '5000 characters',
    `SDK-HMAC-SHA256 Access=AK, SignedHeaders=${'a'.repeat(5000)}, Signature=${zero}`,
  ],
]

for (const [what, header] of badAuthorizations) {
  test(`an authorization with ${what} is refused`, () => {
    assert.throws(
      () => parseAuthorization(header),
      (error) => error instanceof WireError && error.code === 'bad-authorization',
    )
  })
}
