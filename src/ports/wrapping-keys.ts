/**
 * Key pairs that wrap imported material, generated in a thread of their own; RSA pairs in advance.
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
  /** A pair that nobody else gets. @throws KmsError busy if too many are waiting already. */
  take(turn: Turn, kind: WrappingKeyKind): Promise<WrappingKey>
  /** Returns a pair that was taken and that nobody has seen: the same party gets it next. */
  giveBack(turn: Turn, kind: WrappingKeyKind, pair: WrappingKey): void
}
