/**
 * Sign-in with a password or with an access key's secret. Neither the answer nor its timing tells a
 * stranger whether a user exists, and passwords cannot be guessed quickly: failures delay the next
 * try (domain/access/sign-in-limits.ts).
 */
import { createSecretKey } from 'node:crypto'
import { HeldBack, KmsError, type KmsErrorCode } from '../domain/errors.ts'
import { Wiped } from '../domain/material/wiped.ts'
import type { UserRow } from '../domain/rows.ts'
import { isText } from '../domain/rules.ts'
import type { Turn } from '../domain/turns.ts'
import type { PasswordHashes } from '../ports/password-hashes.ts'
import { addressBlock } from '../wire/addresses.ts'
import { openedHash } from './password-hashes.ts'
import { callerOf, type PrincipalSources, type UserCaller, userCaller } from './principals.ts'
import type { Count, SignInFailures } from './sign-in-failures.ts'
import type { StatedPlaces, UserLookup } from './user-lookup.ts'

export type PasswordInput = {
  readonly userName: string
  /** Wiped here. */
  readonly password: Uint8Array
  readonly stated: StatedPlaces
  /** Address of the caller. */
  readonly source: string
}

export type SecretInput = { readonly accessKey: string; readonly secret: Uint8Array }

export type SignInParts = PrincipalSources & {
  readonly lookup: UserLookup
  readonly failures: SignInFailures
  readonly hashes: PasswordHashes
  /** Called when a password is not accepted until that much time has passed. */
  readonly onHeldBack: (waitMs: number) => void
}

export class SignIn {
  readonly #parts: SignInParts
  /** Outcomes are processed one at a time, so each sees the failures before it. */
  #judged: Promise<unknown> = Promise.resolve()

  constructor(parts: SignInParts) {
    this.#parts = parts
  }

  /**
   * @throws SignInRefused credentials-invalid.
   * @throws SignInHeldBack.
   * @throws KmsError busy, audit-unavailable.
   */
  async withPassword({ userName, password, stated, source }: PasswordInput): Promise<UserCaller> {
    const { failures, lookup } = this.#parts
    using _password = Wiped.of(password)
    const { found, place } = await lookup.find(userName, stated)
    const { counts, shown } = await failures.countsOf({
      place,
      userName,
      source,
      userId: found?.user.id,
    })
    const turn = turnOf(counts, userName, source)
    const projectId = found?.project.row.id
    return await this.#judge(
      { turn, password, hashed: found && openedHash(found.project.keys, found.user), counts },
      async (matches) => {
        // The same for every name: even if this user need not wait, a wrong password gets the
        // answer that others get.
        const waitMs = await failures.waitMs(shown)
        if (matches === 'must-wait') throw this.#heldBack(waitMs, projectId)
        if (found === undefined || !matches || found.user.disabled === 1) {
          await failures.fail(counts)
          throw waitMs > 0 ? this.#heldBack(waitMs, projectId) : new SignInRefused(projectId)
        }
        await failures.succeed(counts, found.user.id, source)
        return userCaller(found.user, found.project)
      },
    )
  }

  /**
   * A secret of 40 random characters cannot be guessed, so its tries are not counted and delay
   * nobody.
   * @throws SignInRefused credentials-invalid.
   */
  async withSecret({ accessKey: id, secret }: SecretInput): Promise<UserCaller> {
    // Before anything is waited for.
    const given = Wiped.spend(secret, (bytes) =>
      createSecretKey(bytes.length === 0 ? new Uint8Array(1) : bytes),
    )
    const accessKey = isText(id) ? await this.#parts.accessKeys.load(id) : undefined
    const user = accessKey && (await this.#parts.users.load(accessKey.row.userId))
    const project = accessKey && (await this.#parts.projects.load(accessKey.row.projectId))
    if (accessKey === undefined || user === undefined || project === undefined)
      throw new SignInRefused(undefined)
    if (!accessKey.secret.equals(given) || accessKey.row.disabled === 1 || user.row.disabled === 1)
      throw new SignInRefused(project.row.id)
    return callerOf(accessKey, user, project)
  }

  /**
   * Whether a signed-in caller knows their user's password. It is checked before lasting changes
   * and is as hard to guess as at sign-in. Tries are counted per session and apart from sign-ins,
   * so nobody without the session can delay its owner.
   * @throws HeldBack. @throws KmsError busy, audit-unavailable.
   */
  async confirms(
    { sessionId, project }: Pick<UserCaller, 'sessionId' | 'project'>,
    user: UserRow,
    password: Uint8Array,
  ): Promise<boolean> {
    const { failures, onHeldBack } = this.#parts
    const counts = failures.countOfSignedIn(user.id, sessionId ?? '')
    return this.#judge(
      { turn: turnOfSignedIn(user), password, hashed: openedHash(project.keys, user), counts },
      async (matches) => {
        if (matches === 'must-wait') {
          const waitMs = await failures.waitMs(counts)
          onHeldBack(waitMs)
          throw new HeldBack(waitMs)
        }
        if (matches) await failures.forget(counts)
        else await failures.fail(counts)
        return matches
      },
    )
  }

  #heldBack(waitMs: number, projectId: string | undefined): SignInHeldBack {
    this.#parts.onHeldBack(waitMs)
    return new SignInHeldBack(waitMs, projectId)
  }

  /**
   * Hash of the new password of a signed-in user; the password is not wiped.
   * @throws KmsError busy.
   */
  hash(user: UserRow, password: Uint8Array): Promise<string> {
    return this.#parts.hashes.hash(turnOfSignedIn(user), password)
  }

  /**
   * Whether a password matches, or the try must wait.
   * @param outcome counts the result before the next one is processed.
   * @throws KmsError busy.
   */
  async #judge<T>(
    { turn, password, hashed, counts }: Guess,
    outcome: (matches: boolean | 'must-wait') => Promise<T>,
  ): Promise<T> {
    const { failures, hashes } = this.#parts
    // A try that must wait takes no place in the queue.
    if ((await failures.waitMs(counts)) > 0) return outcome('must-wait')
    const matches = await hashes.matches(turn, password, hashed)
    // Earlier tries in the queue may have failed since: then the answer does not reveal whether
    // this password was right.
    const judged = this.#judged.then(async () =>
      outcome((await failures.waitMs(counts)) > 0 ? 'must-wait' : matches),
    )
    this.#judged = judged.catch(() => undefined)
    return judged
  }
}

type Guess = {
  readonly turn: Turn
  readonly password: Uint8Array
  readonly hashed: string | undefined
  readonly counts: readonly Count[]
}

/**
 * Strangers take turns by address block. A user who has signed in from their block before is a
 * party of their own and goes before strangers.
 */
function turnOf(counts: readonly Count[], userName: string, source: string): Turn {
  const [own, ...elsewhere] = counts
  if (own !== undefined && elsewhere.length === 0)
    return { party: own.id, principal: own.id, isKnown: true }
  return { party: addressBlock(source), principal: userName }
}

function turnOfSignedIn({ id }: UserRow): Turn {
  return { party: id, principal: id, isKnown: true }
}

/** The project that a refused sign-in is about, where one is known. */
export function projectOf(refusal: unknown): string | null {
  return refusal instanceof SignInRefused || refusal instanceof SignInHeldBack
    ? refusal.projectId
    : null
}

/** What the record of a refused sign-in says: one that is held back counts as failed. */
export function recordedOutcome(refusal: unknown): KmsErrorCode | 'internal-error' {
  if (refusal instanceof HeldBack) return 'credentials-invalid'
  return refusal instanceof KmsError ? refusal.code : 'internal-error'
}

/** One answer for every failure. The record says whose sign-in it was; the answer does not. */
export class SignInRefused extends KmsError {
  /** The project of the named user, if there is one. */
  readonly projectId: string | null

  constructor(projectId: string | undefined) {
    super(
      'credentials-invalid',
      'the user name, project, password, access key or secret is wrong; name the project if it is not the first one',
    )
    this.projectId = projectId ?? null
  }
}

/**
 * A sign-in refused without saying whether its password was right; the same for names of no user.
 */
export class SignInHeldBack extends HeldBack {
  /** The project of the named user, if there is one. */
  readonly projectId: string | null

  constructor(waitMs: number, projectId: string | undefined) {
    super(waitMs)
    this.projectId = projectId ?? null
  }
}
