/**
 * Sign-in with a password or with an access key's secret. A stranger learns neither from the answer nor from its time whether a
 * user exists, and cannot guess fast: failures put off the next try, by user and by address.
 */
import { createSecretKey } from 'node:crypto'
import { hashPassword, verifyPassword } from '../crypto/password.ts'
import { KmsError } from '../domain/errors.ts'
import type { UserRow } from '../domain/rows.ts'
import { isText } from '../domain/rules.ts'
import type { Random } from '../ports/random.ts'
import { type Caller, callerOf, type LoadedProject, type PrincipalSources, userCaller } from './principals.ts'
import type { SignInFailures } from './sign-in-failures.ts'

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
  readonly failures: SignInFailures
  readonly random: Random
}

/** Password hashes take 64 MiB and a good part of a second of a processor each. */
const hashesAtOnce = 2
const hashesWaiting = 32
const saltBytes = 16

/** Hash of no password: what a user who is not there is compared with, so that it takes as long. */
const nobodysHash = '$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'

export class SignIn {
  readonly #parts: SignInParts
  #hashing = 0
  readonly #waiting: (() => void)[] = []

  constructor(parts: SignInParts) {
    this.#parts = parts
  }

  /** @throws KmsError credentials-invalid, busy, audit-unavailable. */
  async withPassword({ userName, password, places, source }: PasswordInput): Promise<Caller> {
    const counted = [userPlace(userName), addressPlace(source)]
    try {
      const found = await this.#find(userName, places)
      const matches = await this.#matches(password, found?.user.passwordHash, counted)
      if (matches === 'must-wait') throw refusal()
      if (found === undefined || !matches || found.user.disabled === 1) throw await this.#failed(counted)
      await this.#parts.failures.forget(counted)
      return userCaller(found.user, found.project)
    } finally {
      password.fill(0)
    }
  }

  /** @throws KmsError credentials-invalid, audit-unavailable. */
  async withSecret({ accessKey: id, secret, source }: SecretInput): Promise<Caller> {
    const counted = [addressPlace(source)]
    if (await this.#parts.failures.mustWait(counted)) throw refusal()
    const given = createSecretKey(secret.length === 0 ? new Uint8Array(1) : secret)
    secret.fill(0)
    const accessKey = isText(id) ? await this.#parts.accessKeys.load(id) : undefined
    const user = accessKey && (await this.#parts.users.load(accessKey.row.userId))
    const project = accessKey && (await this.#parts.projects.load(accessKey.row.projectId))
    if (accessKey === undefined || user === undefined || project === undefined) throw await this.#failed(counted)
    if (!accessKey.secret.equals(given) || accessKey.row.disabled === 1 || user.row.disabled === 1)
      throw await this.#failed(counted)
    await this.#parts.failures.forget(counted)
    return callerOf(accessKey, user, project)
  }

  /**
   * Whether a user knows their password: asked before it is replaced, and as hard to guess as a sign-in. No for whom must wait: their
   * credentials are good, and what opened this call is not in doubt. @throws KmsError busy, audit-unavailable.
   */
  async confirms(user: UserRow, password: Uint8Array, source: string): Promise<boolean> {
    const counted = [userPlace(user.name), addressPlace(source)]
    const matches = await this.#matches(password, user.passwordHash, counted)
    if (matches === false) await this.#parts.failures.fail(counted)
    return matches === true
  }

  /** Hash of a new password, which is left unchanged. @throws KmsError busy. */
  hash(password: Uint8Array): Promise<string> {
    return this.#inTurn(() => hashPassword(password, this.#parts.random.bytes(saltBytes)))
  }

  /** The one user whom name and places name; none if several do. */
  async #find(userName: string, places: readonly string[]): Promise<{ user: UserRow; project: LoadedProject } | undefined> {
    const found: { user: UserRow; project: LoadedProject }[] = []
    if (!isText(userName)) return undefined
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

  async #failed(places: readonly string[]): Promise<KmsError> {
    await this.#parts.failures.fail(places)
    return refusal()
  }

  /** @param hashed undefined for a user who is not there: the same work is done. @throws KmsError busy. */
  #matches(password: Uint8Array, hashed: string | undefined, places: readonly string[]): Promise<boolean | 'must-wait'> {
    return this.#inTurn(async () => {
      // Those who came before in the queue may have failed meanwhile.
      if (await this.#parts.failures.mustWait(places)) return 'must-wait'
      return verifyPassword(password, hashed ?? nobodysHash)
    })
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
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

/** Names that look alike are one: nobody gets more tries by spelling theirs in another way. */
function userPlace(name: string): string {
  return `user ${name.normalize('NFKC').toLowerCase()}`
}

function addressPlace(source: string): string {
  return `address ${source}`
}

function refusal(): KmsError {
  return new KmsError(
    'credentials-invalid',
    'the user name, password, access key or secret is wrong, or there were too many tries',
  )
}
