/** The root of trust: a way to get the root key back from one of the slots that seal it. */
import type { KeyObject } from 'node:crypto'
import type { RootSlotRow, RowValues } from '../domain/rows.ts'

/** Whatever keeps a slot's private key: a file, a passphrase, later a token or shares. */
export interface SlotKeeper {
  readonly kind: string
  /** Makes or, after a start that did not get to its end, finds the private key of a new slot. */
  create(): Promise<SlotKeyPair & { readonly parameters: string | null }>
  /**
   * The private key of a slot that exists.
   * @throws RootUnavailable when this keeper has not got it.
   */
  recover(slot: RootSlotRow): Promise<SlotKeyPair>
}

/**
 * X25519, as RFC 9180 serializes it: 32 bytes each. The private key is wiped by whoever asked for
 * it.
 */
export type SlotKeyPair = { readonly publicKey: Uint8Array; readonly privateKey: Uint8Array }

/** The root key cannot be had: missing, wrong or damaged. Says which file or setting to look at. */
export class RootUnavailable extends Error {}

export interface Root {
  /** Seals a new root key in a first slot. */
  create(
    deployment: string,
  ): Promise<{ readonly rootKey: KeyObject; readonly slot: RowValues<'rootSlots'> }>
  /** Opens the root key with the slot of this kind. @throws RootUnavailable. */
  open(deployment: string, slots: readonly RootSlotRow[]): Promise<KeyObject>
}
