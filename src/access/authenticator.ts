/**
 * Finds the sender of a request: the first scheme that its headers claim something under decides.
 */
import { KmsError } from '../domain/errors.ts'
import type { HeaderBag } from '../wire/headers.ts'
import type { AuthTokens } from './schemes/auth-tokens.ts'
import type { Claim, Scheme } from './schemes/scheme.ts'
import type { SdkHmac } from './schemes/sdk-hmac.ts'
import type { Sessions } from './schemes/sessions.ts'

/** Every scheme of a deployment. A dialect lists those that it accepts. */
export type Schemes = {
  readonly sdkHmac: SdkHmac
  readonly authToken: AuthTokens
  readonly session: Sessions
}
export type SchemeName = keyof Schemes

export class Authenticator {
  readonly #schemes: readonly Scheme[]

  /** @param schemes in the order in which they are tried. */
  constructor(schemes: readonly Scheme[]) {
    this.#schemes = schemes
  }

  /**
   * What the head of a request claims, before its body is read.
   * @throws KmsError credentials-missing, credentials-invalid, credentials-expired.
   */
  read(headers: HeaderBag): Claim {
    for (const scheme of this.#schemes) {
      const claim = scheme.read(headers)
      if (claim !== undefined) return claim
    }
    const ways = this.#schemes.map(({ advice }) => advice).filter((advice) => advice !== undefined)
    throw new KmsError(
      'credentials-missing',
      `the request carries no credentials; ${ways.join(' or ')}`,
    )
  }
}
