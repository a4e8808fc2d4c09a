/** Verifies tokens for X-Auth-Token, which POST /v3/auth/tokens issues. */
import { KmsError } from '../../domain/errors.ts'
import { isMadeAhead } from '../../domain/skew.ts'
import type { Journal } from '../../ports/journal.ts'
import type { HeaderBag } from '../../wire/headers.ts'
import { openAuthToken, projectOfToken } from '../auth-token.ts'
import {
  callerOf,
  loadSince,
  type PrincipalSources,
  type UserCaller,
  userCaller,
} from '../principals.ts'
import type { Claim, Scheme } from './scheme.ts'

type Sources = Pick<PrincipalSources, 'accessKeys' | 'users' | 'projects'>

export class AuthTokens implements Scheme {
  readonly advice = 'send X-Auth-Token'
  readonly #clock: Pick<Journal, 'decidingNow'>
  readonly #sources: Sources

  /**
   * @param clock for times set by this service: what has expired does not become valid again when a
   * clock is set back.
   */
  constructor(clock: Pick<Journal, 'decidingNow'>, sources: Sources) {
    this.#clock = clock
    this.#sources = sources
  }

  read(headers: HeaderBag): Claim | undefined {
    const proof = headers.get('x-auth-token')
    if (proof === undefined) return undefined
    return { isKnown: false, proof, verify: () => this.open(proof).then(({ caller }) => caller) }
  }

  /**
   * The user that a token authenticates, and the instant from which it no longer does.
   * @throws KmsError credentials-invalid, token-expired.
   */
  async open(text: string): Promise<{ readonly caller: UserCaller; readonly expiresAt: number }> {
    const projectId = projectOfToken(text)
    const project =
      projectId === undefined ? undefined : await this.#sources.projects.load(projectId)
    const token = project && openAuthToken(project, text)
    if (project === undefined || token === undefined)
      throw new KmsError('credentials-invalid', 'the token was not issued by this service')
    const user = await loadSince(this.#sources.users, token.userId, token.userRevision)
    const accessKey =
      token.accessKeyId === null
        ? undefined
        : await this.#sources.accessKeys.load(token.accessKeyId)
    const now = this.#clock.decidingNow()
    const isValid =
      now < token.expiresAt &&
      !isMadeAhead(token.issuedAt, now) &&
      user?.row.disabled === 0 &&
      user.row.revision === token.userRevision &&
      (token.accessKeyId === null || accessKey?.row.disabled === 0)
    if (!isValid) throw new KmsError('token-expired', 'the token has expired; get another one')
    const caller =
      accessKey === undefined ? userCaller(user.row, project) : callerOf(accessKey, user, project)
    return { caller, expiresAt: token.expiresAt }
  }
}
