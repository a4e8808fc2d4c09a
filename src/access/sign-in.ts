/**
 * Sign-in with a password or with an access key's secret. A stranger learns neither from the answer nor from its time whether a
 * user exists, and cannot guess fast: failures put off the next try, by user and by address.
 */
import { createSecretKey } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { verifyPassword } from '../crypto/password.ts'
import { KmsError } from '../domain/errors.ts'
import type { UserRow } from '../domain/rows.ts'
import type { Clock } from '../ports/clock.ts'
import { type Caller, callerOf, type LoadedProject, type PrincipalSources, userCaller } from './principals.ts'

export type PasswordInput = {
  readonly userName: string
  /** Wiped here. */
  readonly password: Uint8Array
  /** Name or ID of domain or project, as far as the client gave any; each must fit. */
  readonly places: readonly string[]
  readonly source: string
}

export type SecretInput = { readonly accessKey: string; readonly secret: Uint8Array; readonly source: string }

export type SignInParts = PrincipalSources & {
  /** Users of that name, whatever their project; unverified rows. */
  readonly usersNamed: (name: string) => Promise<readonly Pick<UserRow, 'id' | 'projectId'>[]>
  readonly clock: Clock
}

/** Tries that are free of waiting; each further one doubles the wait. */
const freeTries = 4
const longestWaitMs = 900_000
const countedPlaces = 10_000
/** Password hashes take 64 MiB and a good part of a second of a processor each. */
const hashesAtOnce = 2
const hashesWaiting = 32

/** Hash of no password: what a user who is not there is compared with, so that it takes as long. */
const nobodysHash = '$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'

type Failures = { count: number; until: number }

export class SignIn {
  readonly #parts: SignInParts
  readonly #failures = new LRUCache<string, Failures>({ max: countedPlaces })
  #hashing = 0
  readonly #waiting: (() => void)[] = []

  constructor(parts: SignInParts) {
    this.#parts = parts
  }

  /** @throws KmsError credentials-invalid, busy. */
  async withPassword({ userName, password, places, source }: PasswordInput): Promise<Caller> {
    const counted = [`user ${userName.normalize('NFKC').toLowerCase()}`, `address ${source}`]
    this.#checkWait(counted)
    try {
      const found = await this.#find(userName, places)
      const matches = await this.#hash(() => verifyPassword(password, found?.user.passwordHash ?? nobodysHash))
      if (found === undefined || !matches || found.user.disabled === 1) throw this.#failed(counted)
      for (const place of counted) this.#failures.delete(place)
      return userCaller(found.user, found.project)
    } finally {
      password.fill(0)
    }
  }

  /** @throws KmsError credentials-invalid. */
  async withSecret({ accessKey: id, secret, source }: SecretInput): Promise<Caller> {
    const counted = [`address ${source}`]
    this.#checkWait(counted)
    const given = createSecretKey(secret.length === 0 ? new Uint8Array(1) : secret)
    secret.fill(0)
    const accessKey = await this.#parts.accessKeys.load(id)
    const user = accessKey && (await this.#parts.users.load(accessKey.row.userId))
    const project = accessKey && (await this.#parts.projects.load(accessKey.row.projectId))
    if (accessKey === undefined || user === undefined || project === undefined) throw this.#failed(counted)
    if (!accessKey.secret.equals(given) || accessKey.row.disabled === 1 || user.row.disabled === 1) throw this.#failed(counted)
    for (const place of counted) this.#failures.delete(place)
    return callerOf(accessKey, user, project)
  }

  /** The one user whom name and places name; none if several do. */
  async #find(userName: string, places: readonly string[]): Promise<{ user: UserRow; project: LoadedProject } | undefined> {
    const found: { user: UserRow; project: LoadedProject }[] = []
    for (const { id, projectId } of await this.#parts.usersNamed(userName)) {
      const user = await this.#parts.users.load(id)
      const project = await this.#parts.projects.load(projectId)
      if (user === undefined || project === undefined) continue
      const { name, domainId, region } = project.row
      if (places.every((place) => [name, project.row.id, domainId, region].includes(place)))
        found.push({ user: user.row, project })
    }
    return found.length === 1 ? found[0] : undefined
  }

  #checkWait(places: readonly string[]): void {
    const now = this.#parts.clock.monotonic()
    if (places.some((place) => (this.#failures.get(place)?.until ?? 0) > now)) throw refusal()
  }

  #failed(places: readonly string[]): KmsError {
    const now = this.#parts.clock.monotonic()
    for (const place of places) {
      const count = (this.#failures.get(place)?.count ?? 0) + 1
      const wait = count < freeTries ? 0 : Math.min(longestWaitMs, 1000 * 2 ** (count - freeTries))
      this.#failures.set(place, { count, until: now + wait })
    }
    return refusal()
  }

  async #hash(work: () => Promise<boolean>): Promise<boolean> {
    if (this.#hashing >= hashesAtOnce) {
      if (this.#waiting.length >= hashesWaiting) throw new KmsError('busy', 'too many sign in at once; try again in a moment')
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    this.#hashing++
    try {
      return await work()
    } finally {
      this.#hashing--
      this.#waiting.shift()?.()
    }
  }
}

function refusal(): KmsError {
  return new KmsError(
    'credentials-invalid',
    'the user name, password, access key or secret is wrong, or there were too many tries',
  )
}
