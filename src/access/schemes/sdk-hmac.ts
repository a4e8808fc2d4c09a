/**
 * Verifies SDK-HMAC-SHA256 request signatures in both forms. A stranger learns nothing from the
 * answer or its timing.
 */
import {
  createHmac,
  createSecretKey,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { KmsError } from '../../domain/errors.ts'
import { Wiped } from '../../domain/material/wiped.ts'
import type { Clock } from '../../ports/clock.ts'
import type { HeaderBag } from '../../wire/headers.ts'
import {
  type Authorization,
  canonicalRequest,
  contentHashHeader,
  isPayloadUnsigned,
  parseAuthorization,
  payloadHash,
  type SignedRequest,
  stringToSign,
} from '../../wire/signing/sdk-hmac.ts'
import { parseBasicTimestamp } from '../../wire/timestamp.ts'
import { WireError } from '../../wire/wire-error.ts'
import {
  callerOf,
  type LoadedAccessKey,
  type LoadedUser,
  type PrincipalSources,
  type UserCaller,
} from '../principals.ts'
import type { Claim, Scheme } from './scheme.ts'

/** How far a request's time may differ from this server's. */
const clockWindowMs = 15 * 60_000
const derivedKeysCached = 1000

/** Takes the place of the secret of an unknown access key, so that the same work is done. */
const nobody: KeyObject = createSecretKey(randomBytes(40))

export type SdkHmacSettings = {
  /**
   * Whether a signature may leave out the body; only a server that itself serves TLS may allow it.
   */
  readonly unsignedPayload: boolean
}

type Sources = Pick<PrincipalSources, 'accessKeys' | 'users' | 'projects'>

export class SdkHmac implements Scheme {
  readonly advice = 'sign it with SDK-HMAC-SHA256'
  readonly #clock: Pick<Clock, 'wallNow'>
  readonly #sources: Sources
  readonly #settings: SdkHmacSettings
  readonly #derived = new LRUCache<string, { readonly from: KeyObject; readonly key: KeyObject }>({
    max: derivedKeysCached,
  })

  /**
   * @param clock decides whether a signature is fresh, by comparing this machine's clock with the
   * client's.
   */
  constructor(clock: Pick<Clock, 'wallNow'>, sources: Sources, settings: SdkHmacSettings) {
    this.#clock = clock
    this.#sources = sources
    this.#settings = settings
  }

  /** @throws KmsError credentials-invalid, credentials-expired. */
  read(headers: HeaderBag): Claim | undefined {
    const header = headers.get('authorization')
    if (header === undefined) return undefined
    const authorization = asInvalid(() => parseAuthorization(header))
    checkTime(authorization, headers, this.#clock.wallNow())
    return new SignatureClaim(this, authorization, header)
  }

  isInUse({ accessKey }: Authorization): boolean {
    return this.#sources.accessKeys.peek(accessKey) !== undefined
  }

  verify(input: SignedRequest, authorization: Authorization): UserCaller | Promise<UserCaller> {
    const near = this.#sources.accessKeys.peek(authorization.accessKey)
    const user = near && this.#sources.users.peek(near.row.userId)
    const project = near && this.#sources.projects.peek(near.row.projectId)
    if (near === undefined || user === undefined || project === undefined)
      return this.#load(input, authorization)
    try {
      this.#check(input, authorization, near)
    } catch (error) {
      return this.#refuseAsUnknown(authorization, error)
    }
    return this.#admit(callerOf(near, user, project), near, user, { input, authorization })
  }

  async #load(input: SignedRequest, authorization: Authorization): Promise<UserCaller> {
    const wasNear = this.isInUse(authorization)
    const accessKey = await this.#sources.accessKeys.load(authorization.accessKey)
    try {
      this.#check(input, authorization, accessKey)
    } catch (error) {
      if (wasNear) return this.#refuseAsUnknown(authorization, error)
      throw error
    }
    const user = accessKey && (await this.#sources.users.load(accessKey.row.userId))
    const project = accessKey && (await this.#sources.projects.load(accessKey.row.projectId))
    if (accessKey === undefined || user === undefined || project === undefined) throw invalid()
    return this.#admit(callerOf(accessKey, user, project), accessKey, user, {
      input,
      authorization,
    })
  }

  /**
   * A wrong signature for a cached access key is refused only after the store lookup that an
   * unknown one costs. Waiting for a clock tick instead would only add noise: the difference would
   * remain in the mean.
   */
  async #refuseAsUnknown({ accessKey }: Authorization, error: unknown): Promise<never> {
    // No ID contains this character.
    await this.#sources.accessKeys.load(`${accessKey}?`)
    throw error
  }

  #check(
    input: SignedRequest,
    authorization: Authorization,
    accessKey: LoadedAccessKey | undefined,
  ): void {
    const date = input.headers.get('x-sdk-date') ?? ''
    const canonical = asInvalid(() => canonicalRequest(input, authorization))
    const secret = accessKey?.secret ?? nobody
    const derived = this.#derivedBefore(authorization, secret)
    const key = derived ?? signingKey(authorization, secret)
    const expected = createHmac('sha256', key)
      .update(stringToSign(authorization, date, canonical))
      .digest()
    const given = Buffer.from(authorization.signature, 'hex')
    const matches = timingSafeEqual(expected, given)
    if (!matches || accessKey === undefined) {
      // That the derived key was cached must not show in the timing either.
      if (derived !== undefined) signingKey(authorization, nobody)
      throw invalid()
    }
    // Only now: a caller without the secret can neither add to the cache nor evict from it.
    if (derived === undefined && authorization.form === 'credential')
      this.#derived.set(scopeName(authorization), { from: secret, key })
    checkContentHash(input, authorization)
  }

  /**
   * The signature is valid; this checks whether it is sufficient. What a stranger must not learn is
   * said only from here on.
   */
  #admit(
    caller: UserCaller,
    accessKey: LoadedAccessKey,
    user: LoadedUser,
    { input, authorization }: Verified,
  ): UserCaller {
    if (accessKey.row.disabled === 1 || user.row.disabled === 1) throw invalid()
    const payloadUnsigned = isPayloadUnsigned(input, authorization)
    if (payloadUnsigned && !this.#settings.unsignedPayload) {
      throw new KmsError(
        'payload-unsigned',
        'the signature does not cover the body (x-sdk-content-sha256: UNSIGNED-PAYLOAD); the server accepts that only over TLS, with --unsigned-payload',
      )
    }
    const project = input.headers.get('x-project-id')
    // An unsigned header is ignored, since anyone on the way may have added it; a signed one must
    // match.
    if (
      project !== undefined &&
      project !== caller.project.row.id &&
      authorization.signedHeaders.includes('x-project-id')
    ) {
      throw new KmsError(
        'project-mismatch',
        'the signed header x-project-id names another project than the credentials',
      )
    }
    return payloadUnsigned ? { ...caller, payloadUnsigned } : caller
  }

  /** The cached signing key of a scope, in the Credential form. */
  #derivedBefore(authorization: Authorization, secret: KeyObject): KeyObject | undefined {
    if (authorization.form === 'access') return undefined
    const known = this.#derived.get(scopeName(authorization))
    return known?.from === secret ? known.key : undefined
  }
}

class SignatureClaim implements Claim {
  readonly proof: string
  readonly #scheme: SdkHmac
  readonly #authorization: Authorization

  constructor(scheme: SdkHmac, authorization: Authorization, header: string) {
    this.#scheme = scheme
    this.#authorization = authorization
    this.proof = header
  }

  get isKnown(): boolean {
    return this.#scheme.isInUse(this.#authorization)
  }

  verify(request: SignedRequest): UserCaller | Promise<UserCaller> {
    return this.#scheme.verify(request, this.#authorization)
  }
}

function scopeName({
  accessKey,
  date,
  region,
  service,
}: Authorization & { form: 'credential' }): string {
  return `${accessKey}/${date}/${region}/${service}`
}

/**
 * The secret itself, or in the Credential form a key derived from it for one day, region and
 * service.
 */
function signingKey(authorization: Authorization, secret: KeyObject): KeyObject {
  if (authorization.form === 'access') return secret
  const { date, region, service } = authorization
  using raw = Wiped.of(secret.export())
  using first = Wiped.of(Buffer.concat([Buffer.from('SDK'), raw.bytes]))
  let key = createSecretKey(first.bytes)
  for (const part of [date, region, service, 'sdk_request']) {
    using derived = Wiped.of(createHmac('sha256', key).update(part).digest())
    key = createSecretKey(derived.bytes)
  }
  return key
}

function checkTime(authorization: Authorization, headers: HeaderBag, wallNow: number): void {
  const date = headers.get('x-sdk-date')
  if (date === undefined || !authorization.signedHeaders.includes('x-sdk-date')) {
    throw new KmsError('credentials-invalid', 'the header x-sdk-date is missing or not signed')
  }
  const time = asInvalid(() => parseBasicTimestamp(date))
  if (authorization.form === 'credential' && !date.startsWith(authorization.date)) {
    throw new KmsError(
      'credentials-invalid',
      'the date of the credential scope does not match x-sdk-date',
    )
  }
  if (Math.abs(time - wallNow) > clockWindowMs) {
    throw new KmsError(
      'credentials-expired',
      'the signature has expired: x-sdk-date is more than 15 minutes from the time of this server',
    )
  }
}

/**
 * A hash that the client states must be that of the received bytes, unless the signature says that
 * it covers none.
 */
function checkContentHash(input: SignedRequest, authorization: Authorization): void {
  const stated = input.headers.get(contentHashHeader)
  if (stated === undefined || isPayloadUnsigned(input, authorization)) return
  if (stated !== payloadHash(input, authorization.form)) {
    throw new KmsError('credentials-invalid', `${contentHashHeader} is not the SHA-256 of the body`)
  }
}

type Verified = { readonly input: SignedRequest; readonly authorization: Authorization }

function invalid(): KmsError {
  return new KmsError(
    'credentials-invalid',
    'the access key is unknown or the signature does not match',
  )
}

function asInvalid<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof WireError) throw new KmsError('credentials-invalid', error.message)
    throw error
  }
}
