/** The root of trust: recovers the root key from one of the slots that seal it. */
import type { KeyObject } from 'node:crypto'
import type { RootSlotRow, RowValues } from '../domain/rows.ts'

/** Keeper of a slot's private key: a file, a passphrase, later a token or shares. */
export interface SlotKeeper {
  readonly kind: string
  /** Creates the private key of a new slot or, after a start that did not complete, finds it. */
  create(): Promise<SlotKeyPair & { readonly parameters: string | null }>
  /**
   * The private key of an existing slot.
   * @throws RootUnavailable if this keeper does not have it.
   */
  recover(slot: RootSlotRow): Promise<SlotKeyPair>
}

/** X25519, as RFC 9180 serializes it: 32 bytes each. The caller wipes the private key. */
export type SlotKeyPair = { readonly publicKey: Uint8Array; readonly privateKey: Uint8Array }

/**
 * The root key is unavailable: missing, wrong or damaged. The message says which file or setting to
 * check.
 */
export class RootUnavailable extends Error {}

export interface Root {
  /** Seals a new root key in a first slot. */
  create(
    deployment: string,
  ): Promise<{ readonly rootKey: KeyObject; readonly slot: RowValues<'rootSlots'> }>
  /** Opens the root key with the slot of this kind. @throws RootUnavailable. */
  open(deployment: string, slots: readonly RootSlotRow[]): Promise<KeyObject>
}
