/**
 * Key pairs that wrap imported material, made in a thread of their own; those of RSA ahead of need.
 */
import type { KeyObject } from 'node:crypto'
import type { WrappingAlgorithm } from '../domain/material/wrapping-algorithms.ts'
import type { Turn } from '../domain/turns.ts'

export type WrappingKeyKind = WrappingAlgorithm['wrappingKey']

export type WrappingKey = {
  readonly privateKey: KeyObject
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
}

export interface WrappingKeys {
  /** A pair that nobody else gets. @throws KmsError busy when too many wait already. */
  take(turn: Turn, kind: WrappingKeyKind): Promise<WrappingKey>
  /** A pair that was taken and that nobody has seen: the next one that the same party takes. */
  giveBack(turn: Turn, kind: WrappingKeyKind, pair: WrappingKey): void
}
