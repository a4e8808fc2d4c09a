/**
 * Verifies console sessions: a cookie and, for calls that change something, a token that only our
 * own pages can read.
 */
import { timingSafeEqual } from 'node:crypto'
import { KmsError } from '../../domain/errors.ts'
import { isMadeAhead } from '../../domain/skew.ts'
import type { Journal } from '../../ports/journal.ts'
import type { HeaderBag } from '../../wire/headers.ts'
import type { SignedRequest } from '../../wire/signing/sdk-hmac.ts'
import { type PrincipalSources, sessionCaller, type UserCaller } from '../principals.ts'
import {
  csrfTokenOf,
  openSessionToken,
  projectOfSession,
  sealSessionToken,
} from '../session-token.ts'
import type { Claim, Scheme } from './scheme.ts'

/**
 * Name of the cookie; the prefix makes browsers bind it to this host, send it for every path, and
 * accept it over TLS or loopback only.
 */
export const sessionCookie = '__Host-holdfast'
/** The header Set-Cookie for a session's token. */
export function sessionCookieOf(token: string): string {
  return `${sessionCookie}=${token}; Path=/; Secure; HttpOnly; SameSite=Strict`
}

export const csrfHeader = 'x-holdfast-csrf'
/** Sent by a page that refreshes itself: such calls do not keep the user signed in. */
const backgroundHeader = 'x-holdfast-background'
/** A token is renewed at most this often. */
const renewalMs = 60_000

export type SessionSettings = {
  /** A session ends after this long without a call. */
  readonly idleMs: number
  readonly fresh: (sizeBytes: number) => Uint8Array
}

type Sources = Pick<PrincipalSources, 'sessions' | 'users' | 'projects'>

export class Sessions implements Scheme {
  readonly #clock: Pick<Journal, 'decidingNow'>
  readonly #sources: Sources
  readonly #settings: SessionSettings

  /**
   * @param clock for times set by this service: what has expired does not become valid again when a
   * clock is set back.
   */
  constructor(clock: Pick<Journal, 'decidingNow'>, sources: Sources, settings: SessionSettings) {
    this.#clock = clock
    this.#sources = sources
    this.#settings = settings
  }

  read(headers: HeaderBag): Claim | undefined {
    const cookie = cookieOf(headers.get('cookie'))
    if (cookie === undefined) return undefined
    return { isKnown: false, proof: undefined, verify: (request) => this.#verify(cookie, request) }
  }

  async #verify(text: string, { method, headers }: SignedRequest): Promise<UserCaller> {
    const projectId = projectOfSession(text)
    const project =
      projectId === undefined ? undefined : await this.#sources.projects.load(projectId)
    const token = project && openSessionToken(project, text)
    if (project === undefined || token === undefined) throw sessionEnded()
    checkOrigin(method, headers.get('sec-fetch-site'), headers.get(csrfHeader), token.sessionId)
    const session = await this.#sources.sessions.load(token.sessionId)
    const user = session && (await this.#sources.users.load(session.row.userId))
    const { idleMs, fresh } = this.#settings
    if (session === undefined || user === undefined || user.row.disabled === 1) throw sessionEnded()
    const now = this.#clock.decidingNow()
    const isOver =
      now >= session.row.expiresAt || now - token.seenAt > idleMs || isMadeAhead(token.seenAt, now)
    if (isOver || session.row.projectId !== project.row.id) throw sessionEnded()
    const { sessionId, seenAt } = token
    const isPerson = headers.get(backgroundHeader) === undefined
    const renewed =
      !isPerson || now - seenAt < renewalMs
        ? null
        : sealSessionToken(project, { sessionId, seenAt: now }, fresh)
    return sessionCaller(session.row, user.row, project, renewed)
  }
}

/** The value of the session's cookie; undefined unless there is exactly one. */
function cookieOf(header: string | undefined): string | undefined {
  const values = (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${sessionCookie}=`))
  return values.length === 1 ? values[0]?.slice(sessionCookie.length + 1) : undefined
}

/**
 * Reads are safe with the cookie alone, since no other origin sees the answer; changes require a
 * token that only our own pages know.
 */
function checkOrigin(
  method: string,
  site: string | undefined,
  given: string | undefined,
  sessionId: string,
): void {
  const expected = Buffer.from(csrfTokenOf(sessionId))
  const sent = Buffer.from(given ?? '')
  const isKnown = sent.length === expected.length && timingSafeEqual(sent, expected)
  const isOurs =
    site === undefined || site === 'same-origin' || (method === 'GET' && site === 'none')
  if (!isOurs || (method !== 'GET' && !isKnown))
    throw new KmsError(
      'session-forged',
      'a call with a session must come from the console and carry its CSRF token',
    )
}

function sessionEnded(): KmsError {
  return new KmsError('session-ended', 'the session has ended; sign in again')
}
