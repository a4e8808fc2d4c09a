/** Verifies SDK-HMAC-SHA256 request signatures in both forms, and tokens. A stranger learns nothing from the answer or its timing. */
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
import { type Caller, callerOf, type LoadedAccessKey, type LoadedUser, type PrincipalSources, userCaller } from './principals.ts'

/** How far a request's time may be from this server's. */
const clockWindowMs = 15 * 60_000
const derivedKeysCached = 1000

/** Stands in for the secret of an access key that is not there, so that the same work is done. */
const nobody: KeyObject = createSecretKey(randomBytes(40))

export type VerifyInput = SignedRequest & { readonly now: number }

export class Authenticator {
  readonly #sources: PrincipalSources
  readonly #derived = new LRUCache<string, { readonly from: KeyObject; readonly key: KeyObject }>({ max: derivedKeysCached })

  constructor(sources: PrincipalSources) {
    this.#sources = sources
  }

  /**
   * Who sends this. Synchronous for signatures while the principal is cached. @throws KmsError credentials-missing, credentials-invalid,
   * credentials-expired, token-expired, project-mismatch.
   */
  verify(input: VerifyInput): Caller | Promise<Caller> {
    const header = input.headers.get('authorization')
    if (header === undefined) {
      const token = input.headers.get('x-auth-token')
      if (token !== undefined) return this.#verifyToken(token, input.now)
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
