/** A way for a request to prove who sends it. */

import type { HeaderBag } from '../../wire/headers.ts'
import type { SignedRequest } from '../../wire/signing/sdk-hmac.ts'
import type { UserCaller } from '../principals.ts'

export interface Scheme {
  /** Advice for a client that sent no credentials; undefined for what only the console uses. */
  readonly advice?: string
  /**
   * What the headers claim under this scheme, before the body is read; undefined if they claim
   * nothing.
   * @throws KmsError credentials-invalid, credentials-expired.
   */
  read(headers: HeaderBag): Claim | undefined
}

/** What the head of a request claims about its sender; not trusted until it is verified. */
export interface Claim {
  /**
   * Whether it names credentials in use here. A stranger must not learn this, so it only decides
   * who waits when room is scarce.
   */
  readonly isKnown: boolean
  /**
   * What was sent as proof: the record of the call holds its digest. If undefined, the ID of the
   * session takes its place.
   */
  readonly proof: string | undefined
  /**
   * The sender; synchronous if everything it needs is cached.
   * @throws KmsError credentials-invalid, token-expired, session-ended, session-forged,
   * payload-unsigned, project-mismatch.
   */
  verify(request: SignedRequest): UserCaller | Promise<UserCaller>
}
