/**
 * Signatures, tokens and sessions against the contract of all schemes; and the order in which the
 * authenticator tries them.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { sealAuthToken } from '../../src/access/auth-token.ts'
import { Authenticator } from '../../src/access/authenticator.ts'
import { AuthTokens } from '../../src/access/schemes/auth-tokens.ts'
import type { Claim, Scheme } from '../../src/access/schemes/scheme.ts'
import { SdkHmac } from '../../src/access/schemes/sdk-hmac.ts'
import { Sessions, sessionCookie } from '../../src/access/schemes/sessions.ts'
import { csrfTokenOf, sealSessionToken } from '../../src/access/session-token.ts'
import { KmsError } from '../../src/domain/errors.ts'
import { HeaderBag } from '../../src/wire/headers.ts'
import { parseTarget } from '../../src/wire/target.ts'
import { formatBasicTimestamp } from '../../src/wire/timestamp.ts'
import {
  accessKeyId,
  describeScheme,
  now,
  secret,
  sessionId,
  userId,
  World,
} from '../contracts/scheme.ts'

type Headers = Readonly<Record<string, string>>
type Signer = {
  AKSKSigner: {
    sign(request: object, credential: { getAk(): string; getSk(): string }): Record<string, string>
  }
}
const { AKSKSigner } = createRequire(import.meta.url)(
  '@huaweicloud/huaweicloud-sdk-core/auth/AKSKSigner.js',
) as Signer
/**
 * All worlds of this process share one keyring: what is made in one can be opened in the others.
 */
const elsewhere = new World(true)
const fresh = (bytes: number): Uint8Array => randomBytes(bytes)

const signed =
  (ms: number, ak = accessKeyId) =>
  (
    _: World,
    { method, target, body }: { method: string; target: { rawPath: string }; body: Uint8Array },
  ) =>
    AKSKSigner.sign(
      {
        method,
        endpoint: `https://kms.test${target.rawPath}`,
        headers: { 'X-Sdk-Date': formatBasicTimestamp(ms), 'content-type': 'application/json' },
        data: JSON.parse(Buffer.from(body).toString()) as object,
      },
      { getAk: () => ak, getSk: () => secret },
    )
const asked = {
  method: 'POST',
  target: { rawPath: `/v1.0/${'b'.repeat(32)}/kms/list-keys` },
  body: Buffer.from('{"limit":1}'),
}

describeScheme('SDK-HMAC-SHA256', {
  of: (world) => new SdkHmac(world.clock, world, { unsignedPayload: false }),
  good: signed(now),
  guards: [`accessKeys ${accessKeyId} 5`],
  ended: 'credentials-invalid',
  wrong: {
    'no Authorization': [({ Authorization: _, ...rest }) => rest, undefined],
    'a different signature': [
      (headers) => ({
        ...headers,
        Authorization: (headers.Authorization ?? '').replace(/.$/, (digit) =>
          digit === '0' ? '1' : '0',
        ),
      }),
      'credentials-invalid',
    ],
    'an unknown access key': [
      (headers) => ({
        ...headers,
        Authorization: (headers.Authorization ?? '').replace(accessKeyId, 'NOBODYHASTHISKEY0000'),
      }),
      'credentials-invalid',
    ],
    'a changed header': [
      (headers) => ({ ...headers, 'content-type': 'text/plain' }),
      'credentials-invalid',
    ],
    'a time too far in the past': [
      (_) => signed(now - 16 * 60_000)({} as World, asked),
      'credentials-expired',
    ],
    'a time too far in the future': [
      (_) => signed(now + 16 * 60_000)({} as World, asked),
      'credentials-expired',
    ],
    'a different algorithm': [
      (headers) => ({ ...headers, Authorization: 'Basic YTpi' }),
      'credentials-invalid',
    ],
  },
})

test('a disabled access key signs nothing', async () => {
  for (const isNear of [true, false]) {
    const world = new World(isNear)
    const known = await world.accessKeys.load(accessKeyId)
    assert.ok(known !== undefined)
    world.accessKeys.put(accessKeyId, { ...known, row: { ...known.row, disabled: 1 } })
    const scheme = new SdkHmac(world.clock, world, { unsignedPayload: false })
    const request = { ...asked, target: parseTarget(asked.target.rawPath) }
    const headers = new HeaderBag(Object.entries(signed(now)(world, request)).flat())
    const claim = scheme.read(headers)
    assert.ok(claim !== undefined)
    await assert.rejects(async () => claim.verify({ ...request, headers }), {
      code: 'credentials-invalid',
    })
  }
})

const tokenOf = (
  world: World,
  change: { issuedAt?: number; expiresAt?: number; userRevision?: number } = {},
): string => {
  const content = {
    userId,
    userRevision: 4,
    accessKeyId: null,
    issuedAt: now - 1000,
    expiresAt: now + 1000,
    ...change,
  }
  return sealAuthToken(world.project, content, fresh)
}
const withToken = (change: Parameters<typeof tokenOf>[1]) => (headers: Headers) => ({
  ...headers,
  'X-Auth-Token': tokenOf(elsewhere, change),
})

describeScheme('X-Auth-Token', {
  of: (world) => new AuthTokens(world.clock, world),
  good: (world) => ({ 'X-Auth-Token': tokenOf(world) }),
  guards: [],
  ended: 'token-expired',
  wrong: {
    'no token': [() => ({}), undefined],
    'a token not issued here': [() => ({ 'X-Auth-Token': 'AAAA' }), 'credentials-invalid'],
    'one with a changed character': [
      (headers) => ({
        'X-Auth-Token': (headers['X-Auth-Token'] ?? '').replace(/.(?=.$)/, (c) =>
          c === 'A' ? 'B' : 'A',
        ),
      }),
      'credentials-invalid',
    ],
    'an expired one': [withToken({ expiresAt: now }), 'token-expired'],
    'one issued ahead of this clock': [
      withToken({ issuedAt: now + 3_600_000, expiresAt: now + 7_200_000 }),
      'token-expired',
    ],
    'one from before the user changed': [withToken({ userRevision: 3 }), 'token-expired'],
  },
})

const idleMs = 600_000
const cookieOf = (world: World, seenAt = now - 1000): string =>
  `${sessionCookie}=${sealSessionToken(world.project, { sessionId, seenAt }, fresh)}`
const inPage = { 'X-Holdfast-Csrf': csrfTokenOf(sessionId), 'Sec-Fetch-Site': 'same-origin' }

describeScheme('session', {
  of: (world) => new Sessions(world.clock, world, { idleMs, fresh }),
  good: (world) => ({ ...inPage, Cookie: cookieOf(world) }),
  guards: [`sessions ${sessionId} 5`],
  ended: 'session-ended',
  wrong: {
    'no cookie': [({ Cookie: _, ...rest }) => rest, undefined],
    'a different cookie': [(headers) => ({ ...headers, Cookie: 'theme=dark' }), undefined],
    'two of them': [
      (headers) => ({ ...headers, Cookie: `${headers.Cookie}; ${headers.Cookie}` }),
      undefined,
    ],
    'one that is not a session': [
      (headers) => ({ ...headers, Cookie: `${sessionCookie}=AAAA` }),
      'session-ended',
    ],
    'one idle for too long': [
      (headers) => ({ ...headers, Cookie: cookieOf(elsewhere, now - idleMs - 1) }),
      'session-ended',
    ],
    'one last seen ahead of this clock': [
      (headers) => ({ ...headers, Cookie: cookieOf(elsewhere, now + 3_600_000) }),
      'session-ended',
    ],
    'a change without the token that only our page knows': [
      ({ 'X-Holdfast-Csrf': _, ...rest }) => rest,
      'session-forged',
    ],
    'a change from a page of another origin': [
      (headers) => ({ ...headers, 'Sec-Fetch-Site': 'cross-site' }),
      'session-forged',
    ],
  },
})

test('schemes are tried in order, and the first with a claim decides', () => {
  const headers = new HeaderBag(['Host', 'kms.test'])
  const claiming = (proof: string): Claim => ({
    isKnown: false,
    proof,
    verify: () => assert.fail('nothing is verified yet'),
  })
  const [none, first, second]: Scheme[] = [
    { read: () => undefined },
    { read: () => claiming('1') },
    { read: () => claiming('2') },
  ]
  assert.equal(new Authenticator([none, first, second] as Scheme[]).read(headers).proof, '1')
  assert.equal(new Authenticator([second, first] as Scheme[]).read(headers).proof, '2')
})

test('if no scheme has a claim, the refusal says how to authenticate', () => {
  const schemes: Scheme[] = [
    { advice: 'sign it', read: () => undefined },
    { read: () => undefined },
    { advice: 'send a token', read: () => undefined },
  ]
  assert.throws(
    () => new Authenticator(schemes).read(new HeaderBag(['Host', 'kms.test'])),
    (error) =>
      error instanceof KmsError &&
      error.code === 'credentials-missing' &&
      error.message === 'the request carries no credentials; sign it or send a token',
  )
})
