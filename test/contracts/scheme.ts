/** The contract of every authentication scheme, independent of what it verifies. */
import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import type {
  LoadedAccessKey,
  LoadedProject,
  LoadedSession,
  LoadedUser,
} from '../../src/access/principals.ts'
import type { Scheme } from '../../src/access/schemes/scheme.ts'
import { Keyring } from '../../src/crypto/keyring.ts'
import { KmsError } from '../../src/domain/errors.ts'
import { systemRandom } from '../../src/ports/random.ts'
import type { Source } from '../../src/ports/source.ts'
import { newDeployment } from '../../src/server/first-start.ts'
import { HeaderBag } from '../../src/wire/headers.ts'
import type { SignedRequest } from '../../src/wire/signing/sdk-hmac.ts'
import { parseTarget } from '../../src/wire/target.ts'

export const now = 1_800_000_000_000
export const secret = 'the-secret-of-the-access-key-in-the-test'
export const [userId, projectId, sessionId, accessKeyId] = [
  'a'.repeat(32),
  'b'.repeat(32),
  'c'.repeat(32),
  'KNOWNACCESSKEY000000',
]

/** Values that may be cached or not; lookups in the store are counted. */
class Shelf<V> implements Source<V> {
  readonly #values = new Map<string, V>()
  isNear = false
  looks = 0

  put(id: string, value: V | undefined): void {
    if (value === undefined) this.#values.delete(id)
    else this.#values.set(id, value)
  }
  peek(id: string): V | undefined {
    return this.isNear ? this.#values.get(id) : undefined
  }
  load(id: string): Promise<V | undefined> {
    if (!this.isNear) this.looks++
    return Promise.resolve(this.#values.get(id))
  }
  drop(): void {}
}

const rootKey = createSecretKey(randomBytes(32))
const deployment = 'd'.repeat(32)
const keyring = new Keyring(rootKey, newDeployment(rootKey, deployment, 0, systemRandom))
const own = keyring.createProject(projectId, (bytes) => randomBytes(bytes))

/** Of every row. */
const mac = new Uint8Array(32)

/** One user of one project, with an access key and a session. */
export class World {
  readonly accessKeys = new Shelf<LoadedAccessKey>()
  readonly users = new Shelf<LoadedUser>()
  readonly projects = new Shelf<LoadedProject>()
  readonly sessions = new Shelf<LoadedSession>()
  readonly clock = { wallNow: () => now, decidingNow: () => now }
  readonly project = { row: { id: projectId, revision: 3, mac }, keys: own.keys } as LoadedProject

  constructor(isNear: boolean) {
    for (const shelf of this.#shelves) shelf.isNear = isNear
    const frame = { revision: 5, mac, userId, projectId, disabled: 0 }
    this.accessKeys.put(accessKeyId, {
      row: { ...frame, id: accessKeyId },
      secret: createSecretKey(Buffer.from(secret)),
    } as LoadedAccessKey)
    this.setUser({})
    this.projects.put(projectId, this.project)
    this.sessions.put(sessionId, {
      row: { ...frame, id: sessionId, expiresAt: now + 1000 },
    } as unknown as LoadedSession)
  }

  get #shelves() {
    return [this.accessKeys, this.users, this.projects, this.sessions]
  }

  /** @param change null removes the user. */
  setUser(change: { readonly disabled?: number; readonly revision?: number } | null): void {
    const row = {
      id: userId,
      revision: 4,
      mac,
      role: 'key-user',
      disabled: 0,
      passwordIsInitial: 0,
      projectId,
      ...change,
    }
    this.users.put(userId, change === null ? undefined : ({ row } as LoadedUser))
  }

  get looks(): number {
    return this.#shelves.reduce((sum, { looks }) => sum + looks, 0)
  }
}

export type SchemeUnderTest = {
  readonly of: (world: World) => Scheme
  /** Headers of a request that proves who sends it. */
  readonly good: (
    world: World,
    request: Omit<SignedRequest, 'headers'>,
  ) => Readonly<Record<string, string>>
  /** Rows of its own that the caller is decided on, besides user and project. */
  readonly guards: readonly string[]
  /**
   * What is wrong, derived from the good headers, and the refusal; undefined if the scheme makes no
   * claim.
   */
  readonly wrong: Readonly<
    Record<
      string,
      readonly [
        (headers: Readonly<Record<string, string>>) => Record<string, string>,
        string | undefined,
      ]
    >
  >
  /** The refusal once the user is disabled or missing. */
  readonly ended: string
}

const asked = {
  method: 'POST',
  target: parseTarget(`/v1.0/${projectId}/kms/list-keys`),
  body: Buffer.from('{"limit":1}'),
}

function requestWith(headers: Readonly<Record<string, string>>): SignedRequest {
  const hasHost = Object.keys(headers).some((name) => name.toLowerCase() === 'host')
  return {
    ...asked,
    headers: new HeaderBag(
      Object.entries({ ...(!hasHost && { Host: 'kms.test' }), ...headers }).flat(),
    ),
  }
}

export function describeScheme(name: string, scheme: SchemeUnderTest): void {
  describe(`scheme ${name}`, () => {
    const verified = async (world: World, headers: Readonly<Record<string, string>>) => {
      const request = requestWith(headers)
      return scheme.of(world).read(request.headers)?.verify(request)
    }
    const refusalOf = async (
      world: World,
      headers: Readonly<Record<string, string>>,
    ): Promise<KmsError | undefined> => {
      try {
        const caller = await verified(world, headers)
        assert.equal(caller, undefined, 'nobody is accepted')
        return undefined
      } catch (error) {
        assert.ok(error instanceof KmsError, String(error))
        return error
      }
    }

    test('headers without a claim for it are not its own', () => {
      const world = new World(false)
      assert.equal(scheme.of(world).read(requestWith({ 'X-Other': 'x' }).headers), undefined)
      assert.equal(world.looks, 0)
    })

    for (const isNear of [true, false])
      test(`a valid proof yields the caller, with all rows the decision is based on; principals ${isNear ? 'cached' : 'in the store'}`, async () => {
        const world = new World(isNear)
        const caller = await verified(world, scheme.good(world, asked))
        assert.deepEqual(
          [caller?.principal, caller?.role, caller?.project.row.id],
          [userId, 'key-user', projectId],
        )
        const guards = caller?.guards.map((guard) => guard.join(' ')).toSorted()
        assert.deepEqual(
          guards,
          [...scheme.guards, `projects ${projectId} 3`, `users ${userId} 4`]
            .map((guard) => `${guard} ${mac.toHex()}`)
            .toSorted(),
        )
      })

    test('a head is read without a store lookup', () => {
      const world = new World(false)
      assert.ok(scheme.of(world).read(requestWith(scheme.good(world, asked)).headers) !== undefined)
      assert.equal(world.looks, 0)
    })

    for (const isNear of [true, false])
      for (const [what, [change, code]] of Object.entries(scheme.wrong))
        test(`${what}: ${code ?? 'not its own'}; principals ${isNear ? 'cached' : 'in the store'}`, async () => {
          const world = new World(isNear)
          const error = await refusalOf(world, change(scheme.good(world, asked)))
          assert.equal(error?.code, code)
          for (const part of Object.values(scheme.good(world, asked)))
            assert.ok(
              error === undefined || !error.message.includes(part),
              'a refusal repeats nothing of the input',
            )
          assert.ok(error === undefined || !error.message.includes(secret))
        })

    for (const [what, change] of [
      ['disabled', { disabled: 1 }],
      ['missing', null],
    ] as const)
      test(`a user who is ${what}: ${scheme.ended}`, async () => {
        for (const isNear of [true, false]) {
          const world = new World(isNear)
          const headers = scheme.good(world, asked)
          world.setUser(change)
          assert.equal((await refusalOf(world, headers))?.code, scheme.ended)
        }
      })
  })
}
