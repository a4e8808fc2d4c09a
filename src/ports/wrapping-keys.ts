/** RSA key pairs that wrap imported material, made ahead of need in a thread of their own. */
import type { KeyObject } from 'node:crypto'

export type WrappingKey = {
  readonly privateKey: KeyObject
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
}

export interface WrappingKeys {
  /** A pair that nobody else gets. @throws KmsError busy when too many wait already. */
  take(): Promise<WrappingKey>
}
