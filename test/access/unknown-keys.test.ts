/**
 * A refusal costs the same whether or not an access key exists: its timing tells a stranger
 * nothing.
 */
import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import type { LoadedAccessKey, LoadedProject, LoadedUser } from '../../src/access/principals.ts'
import { SdkHmac } from '../../src/access/schemes/sdk-hmac.ts'
import { KmsError } from '../../src/domain/errors.ts'
import type { Source } from '../../src/ports/source.ts'
import { HeaderBag } from '../../src/wire/headers.ts'
import { parseTarget } from '../../src/wire/target.ts'
import { formatBasicTimestamp } from '../../src/wire/timestamp.ts'

const now = 1_800_000_000_000
const known = 'KNOWNACCESSKEY000000'

/** What is cached, and how often the store was asked for what is not. */
class Counting<V> implements Source<V> {
  readonly #near: ReadonlyMap<string, V>
  looks = 0

  constructor(near: readonly (readonly [string, V])[]) {
    this.#near = new Map(near)
  }
  peek(id: string): V | undefined {
    return this.#near.get(id)
  }
  load(id: string): Promise<V | undefined> {
    if (!this.#near.has(id)) this.looks++
    return Promise.resolve(this.#near.get(id))
  }
  drop(): void {}
}

function setUp(near: { user: boolean }) {
  const key = {
    row: { id: known, userId: 'u', projectId: 'p', disabled: 0 },
    secret: createSecretKey(Buffer.alloc(40)),
  }
  const accessKeys = new Counting([[known, key as unknown as LoadedAccessKey]])
  const users = new Counting(
    near.user ? [['u', { row: { id: 'u', disabled: 0 } } as unknown as LoadedUser]] : [],
  )
  const projects = new Counting([['p', { row: { id: 'p' } } as unknown as LoadedProject]])
  const scheme = new SdkHmac(
    { wallNow: () => now },
    { accessKeys, users, projects },
    { unsignedPayload: false },
  )
  return { accessKeys, scheme }
}

function signedBy(accessKey: string, signedHeaders = 'host;x-sdk-date') {
  const authorization = `SDK-HMAC-SHA256 Access=${accessKey}, SignedHeaders=${signedHeaders}, Signature=${'0'.repeat(64)}`
  const headers = {
    Host: 'kms',
    'X-Sdk-Date': formatBasicTimestamp(now),
    Authorization: authorization,
  }
  const bag = new HeaderBag(Object.entries(headers).flat())
  return {
    method: 'POST',
    target: parseTarget('/v1.0/p/kms/list-keys'),
    headers: bag,
    body: new Uint8Array(),
  }
}

const wrongs: readonly [
  what: string,
  key: string,
  near: { user: boolean },
  signedHeaders?: string,
][] = [
  ['an unknown access key', 'NOBODYHASTHISKEY0000', { user: true }],
  ['a wrong signature of a cached one', known, { user: true }],
  ['the same, while its user is not cached', known, { user: false }],
  ['a signature over a missing header', known, { user: true }, 'host;x-none;x-sdk-date'],
  [
    'the same with an unknown access key',
    'NOBODYHASTHISKEY0000',
    { user: true },
    'host;x-none;x-sdk-date',
  ],
]
for (const [what, key, near, signedHeaders] of wrongs) {
  test(`${what} is refused after one store lookup`, async () => {
    const { accessKeys, scheme } = setUp(near)
    const request = signedBy(key, signedHeaders)
    const answer = scheme.read(request.headers)?.verify(request)
    assert.ok(answer instanceof Promise)
    await assert.rejects(
      answer,
      (error) => error instanceof KmsError && error.code === 'credentials-invalid',
    )
    assert.equal(accessKeys.looks, 1)
  })
}

test('the head of a request does not reveal whether an access key exists', () => {
  const { scheme, accessKeys } = setUp({ user: true })
  for (const key of [known, 'NOBODYHASTHISKEY0000']) scheme.read(signedBy(key).headers)
  assert.equal(accessKeys.looks, 0)
})
