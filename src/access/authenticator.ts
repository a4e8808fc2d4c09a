/**
 * Verifies SDK-HMAC-SHA256 request signatures in both forms, tokens, and the sessions of consoles. A stranger learns nothing from the
 * answer or its timing.
 */
import { createHmac, createSecretKey, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { KmsError } from '../domain/errors.ts'
import {
  type Authorization,
  canonicalRequest,
  parseAuthorization,
  payloadHash,
  type SignedRequest,
  stringToSign,
} from '../wire/canonical-request.ts'
import { parseBasicTimestamp } from '../wire/timestamp.ts'
import { WireError } from '../wire/wire-error.ts'
import { openAuthToken, projectOfToken } from './auth-token.ts'
import {
  type Caller,
  callerOf,
  type LoadedAccessKey,
  type LoadedUser,
  type PrincipalSources,
  sessionCaller,
  userCaller,
} from './principals.ts'
import { csrfTokenOf, openSessionToken, projectOfSession, sealSessionToken } from './session-token.ts'

/** How far a request's time may be from this server's. */
const clockWindowMs = 15 * 60_000
const derivedKeysCached = 1000

/** Stands in for the secret of an access key that is not there, so that the same work is done. */
const nobody: KeyObject = createSecretKey(randomBytes(40))

export type VerifyInput = SignedRequest & { readonly now: number }

/** Name of the cookie; the prefix has browsers keep it to this host, over TLS or loopback only, from every path. */
export const sessionCookie = '__Host-holdfast'
/** The header Set-Cookie for a session's token. */
export function sessionCookieOf(token: string): string {
  return `${sessionCookie}=${token}; Path=/; Secure; HttpOnly; SameSite=Strict`
}

export const csrfHeader = 'x-holdfast-csrf'
/** A page that looks again by itself says so: that keeps nobody signed in. */
const backgroundHeader = 'x-holdfast-background'
/** A token is renewed at most this often. */
const renewalMs = 60_000

export type SessionSettings = {
  /** Without a call for so long, a session has ended. */
  readonly idleMs: number
  readonly fresh: (sizeBytes: number) => Uint8Array
}

export class Authenticator {
  readonly #sources: PrincipalSources
  readonly #sessions: SessionSettings
  readonly #derived = new LRUCache<string, { readonly from: KeyObject; readonly key: KeyObject }>({ max: derivedKeysCached })

  constructor(sources: PrincipalSources, sessions: SessionSettings) {
    this.#sources = sources
    this.#sessions = sessions
  }

  /**
   * Who sends this. Synchronous for signatures while the principal is cached. @throws KmsError credentials-missing, credentials-invalid,
   * credentials-expired, token-expired, session-ended, session-forged, project-mismatch.
   */
  verify(input: VerifyInput): Caller | Promise<Caller> {
    const header = input.headers.get('authorization')
    if (header === undefined) {
      const token = input.headers.get('x-auth-token')
      if (token !== undefined) return this.#verifyToken(token, input.now)
      const session = cookieOf(input.headers.get('cookie'))
      if (session !== undefined) return this.#verifySession(session, input)
      throw new KmsError(
        'credentials-missing',
        'the request carries no credentials; sign it with SDK-HMAC-SHA256 or send X-Auth-Token',
      )
    }
    const authorization = asInvalid(() => parseAuthorization(header))
    checkTime(authorization, input)
    const near = this.#sources.accessKeys.peek(authorization.accessKey)
    const user = near && this.#sources.users.peek(near.row.userId)
    const project = near && this.#sources.projects.peek(near.row.projectId)
    if (near === undefined || user === undefined || project === undefined) return this.#load(input, authorization)
    this.#check(input, authorization, near)
    return admit(callerOf(near, user, project), near, user, { input, authorization })
  }

  async #verifyToken(text: string, now: number): Promise<Caller> {
    const projectId = projectOfToken(text)
    const project = projectId === undefined ? undefined : await this.#sources.projects.load(projectId)
    const token = project && openAuthToken(project, text)
    if (project === undefined || token === undefined)
      throw new KmsError('credentials-invalid', 'X-Auth-Token is not a token of this service')
    const user = await this.#sources.users.load(token.userId)
    const accessKey = token.accessKeyId === null ? undefined : await this.#sources.accessKeys.load(token.accessKeyId)
    const stands =
      now < token.expiresAt &&
      user?.row.disabled === 0 &&
      user.row.revision === token.userRevision &&
      (token.accessKeyId === null || accessKey?.row.disabled === 0)
    if (!stands) throw new KmsError('token-expired', 'X-Auth-Token has expired; get another one')
    return accessKey === undefined ? userCaller(user.row, project) : callerOf(accessKey, user, project)
  }

  async #verifySession(text: string, { method, headers, now }: VerifyInput): Promise<Caller> {
    const projectId = projectOfSession(text)
    const project = projectId === undefined ? undefined : await this.#sources.projects.load(projectId)
    const token = project && openSessionToken(project, text)
    if (project === undefined || token === undefined) throw sessionEnded()
    checkOrigin(method, headers.get('sec-fetch-site'), headers.get(csrfHeader), token.sessionId)
    const session = await this.#sources.sessions.load(token.sessionId)
    const user = session && (await this.#sources.users.load(session.row.userId))
    const { idleMs, fresh } = this.#sessions
    if (session === undefined || user === undefined || user.row.disabled === 1) throw sessionEnded()
    if (now >= session.row.expiresAt || now - token.seenAt > idleMs || session.row.projectId !== project.row.id)
      throw sessionEnded()
    const { sessionId, seenAt } = token
    const isPerson = headers.get(backgroundHeader) === undefined
    const renewed = !isPerson || now - seenAt < renewalMs ? null : sealSessionToken(project, { sessionId, seenAt: now }, fresh)
    return sessionCaller(session.row, user.row, project, renewed)
  }

  async #load(input: VerifyInput, authorization: Authorization): Promise<Caller> {
    const accessKey = await this.#sources.accessKeys.load(authorization.accessKey)
    this.#check(input, authorization, accessKey)
    const user = accessKey && (await this.#sources.users.load(accessKey.row.userId))
    const project = accessKey && (await this.#sources.projects.load(accessKey.row.projectId))
    if (accessKey === undefined || user === undefined || project === undefined) throw invalid()
    return admit(callerOf(accessKey, user, project), accessKey, user, { input, authorization })
  }

  #check(input: VerifyInput, authorization: Authorization, accessKey: LoadedAccessKey | undefined): void {
    const date = input.headers.get('x-sdk-date') ?? ''
    const canonical = asInvalid(() => canonicalRequest(input, authorization))
    const key = this.#signingKey(authorization, accessKey?.secret ?? nobody)
    const expected = createHmac('sha256', key)
      .update(stringToSign(authorization, date, canonical))
      .digest()
    const given = Buffer.from(authorization.signature, 'hex')
    const matches = timingSafeEqual(expected, given)
    if (!matches || accessKey === undefined) throw invalid()
    checkContentHash(input, authorization)
  }

  /** The secret itself, or in the Credential form a key derived from it for one day, region and service. */
  #signingKey(authorization: Authorization, secret: KeyObject): KeyObject {
    if (authorization.form === 'access') return secret
    const { accessKey, date, region, service } = authorization
    const name = `${accessKey}/${date}/${region}/${service}`
    const known = this.#derived.get(name)
    if (known?.from === secret) return known.key
    const raw = secret.export()
    let chained = Buffer.concat([Buffer.from('SDK'), raw])
    raw.fill(0)
    for (const part of [date, region, service, 'sdk_request']) {
      const next = createHmac('sha256', chained).update(part).digest()
      chained.fill(0)
      chained = next
    }
    const key = createSecretKey(chained)
    chained.fill(0)
    if (secret !== nobody) this.#derived.set(name, { from: secret, key })
    return key
  }
}

function checkTime(authorization: Authorization, { headers, now }: VerifyInput): void {
  const date = headers.get('x-sdk-date')
  if (date === undefined || !authorization.signedHeaders.includes('x-sdk-date')) {
    throw new KmsError('credentials-invalid', 'the header x-sdk-date is missing or not signed')
  }
  const time = asInvalid(() => parseBasicTimestamp(date))
  if (authorization.form === 'credential' && !date.startsWith(authorization.date)) {
    throw new KmsError('credentials-invalid', 'the date of the credential scope is not that of x-sdk-date')
  }
  if (Math.abs(time - now) > clockWindowMs) {
    throw new KmsError(
      'credentials-expired',
      'the signature has expired: x-sdk-date is more than 15 minutes from the time of this server',
    )
  }
}

/** A hash that the client states must be that of the bytes which came; nothing may be left unsigned. */
function checkContentHash(input: VerifyInput, { form }: Authorization): void {
  const stated = input.headers.get('x-sdk-content-sha256')
  if (stated !== undefined && stated !== payloadHash(input, form)) {
    throw new KmsError('credentials-invalid', 'x-sdk-content-sha256 is not the SHA-256 of the body')
  }
}

type Verified = { readonly input: VerifyInput; readonly authorization: Authorization }

function admit(caller: Caller, accessKey: LoadedAccessKey, user: LoadedUser, { input, authorization }: Verified): Caller {
  if (accessKey.row.disabled === 1 || user.row.disabled === 1) throw invalid()
  const project = input.headers.get('x-project-id')
  // Unsigned it is not looked at: somebody on the way may have added it. Signed it must agree.
  if (project !== undefined && project !== caller.project.row.id && authorization.signedHeaders.includes('x-project-id')) {
    throw new KmsError('project-mismatch', 'the signed header x-project-id names another project than the credentials')
  }
  return caller
}

/** The value of the session's cookie; undefined when there is none, or more than one. */
function cookieOf(header: string | undefined): string | undefined {
  const values = (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${sessionCookie}=`))
  return values.length === 1 ? values[0]?.slice(sessionCookie.length + 1) : undefined
}

/** Reading is safe with the cookie alone, since no other origin sees an answer; changing asks for what only a page of ours knows. */
function checkOrigin(method: string, site: string | undefined, given: string | undefined, sessionId: string): void {
  const expected = Buffer.from(csrfTokenOf(sessionId))
  const sent = Buffer.from(given ?? '')
  const isKnown = sent.length === expected.length && timingSafeEqual(sent, expected)
  const isOurs = site === undefined || site === 'same-origin' || (method === 'GET' && site === 'none')
  if (!isOurs || (method !== 'GET' && !isKnown))
    throw new KmsError('session-forged', 'a call with a session comes from the console itself and carries its token')
}

function sessionEnded(): KmsError {
  return new KmsError('session-ended', 'the session has ended; sign in again')
}

function invalid(): KmsError {
  return new KmsError('credentials-invalid', 'the access key is unknown or the signature does not match')
}

function asInvalid<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof WireError) throw new KmsError('credentials-invalid', error.message)
    throw error
  }
}
