/** A way in which a request shows who sends it. */

import type { HeaderBag } from '../../wire/headers.ts'
import type { SignedRequest } from '../../wire/signing/sdk-hmac.ts'
import type { UserCaller } from '../principals.ts'

export interface Scheme {
  /** What somebody is told who sent no credentials; undefined for what only the console uses. */
  readonly advice?: string
  /**
   * What the headers claim in the terms of this scheme, before the body is read; undefined where
   * they claim nothing.
   * @throws KmsError credentials-invalid, credentials-expired.
   */
  read(headers: HeaderBag): Claim | undefined
}

/** What the head of a request says of its sender: nobody believes it before it is verified. */
export interface Claim {
  /**
   * Whether it names credentials in use here. A stranger must not learn it, so it decides nothing
   * but who waits when room is scarce.
   */
  readonly isKnown: boolean
  /**
   * What was sent as proof: the record of the call holds its digest. Undefined where the ID of the
   * session stands for it.
   */
  readonly proof: string | undefined
  /**
   * Who sends this; synchronous while everything that it takes is cached.
   * @throws KmsError credentials-invalid, token-expired, session-ended, session-forged,
   * payload-unsigned, project-mismatch.
   */
  verify(request: SignedRequest): UserCaller | Promise<UserCaller>
}
