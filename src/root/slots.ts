/**
 * Root-key slots: the root key sealed by HPKE to a slot's public key, so that sealing to a slot
 * needs no secret. RFC 9180.
 */
import { createSecretKey, type KeyObject } from 'node:crypto'
import { AEAD_AES_256_GCM, CipherSuite, KDF_HKDF_SHA256, KEM_DHKEM_X25519_HKDF_SHA256 } from 'hpke'
import { encodeCanonical } from '../crypto/formats/canonical.ts'
import { labels } from '../crypto/formats/labels.ts'
import { keyBytes } from '../crypto/keyring.ts'
import { randomUuid } from '../domain/ids.ts'
import { Wiped } from '../domain/material/wiped.ts'
import type { RootSlotRow, RowValues } from '../domain/rows.ts'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import { type Root, RootUnavailable, type SlotKeeper } from '../ports/root.ts'

export const hpke = new CipherSuite(KEM_DHKEM_X25519_HKDF_SHA256, KDF_HKDF_SHA256, AEAD_AES_256_GCM)

const firstGeneration = 1

/** The root that one keeper opens. */
export class SlottedRoot implements Root {
  readonly #keeper: SlotKeeper
  readonly #clock: Clock
  readonly #random: Random

  constructor(parts: { keeper: SlotKeeper; clock: Clock; random: Random }) {
    this.#keeper = parts.keeper
    this.#clock = parts.clock
    this.#random = parts.random
  }

  async create(deployment: string): Promise<{ rootKey: KeyObject; slot: RowValues<'rootSlots'> }> {
    const { publicKey, privateKey, parameters } = await this.#keeper.create()
    using _privateKey = Wiped.of(privateKey)
    const id = randomUuid(this.#random.bytes(16))
    const { kind } = this.#keeper
    using root = Wiped.of(this.#random.bytes(keyBytes))
    const info = slotInfo(deployment, id, kind, firstGeneration)
    const sealed = await hpke.Seal(await hpke.DeserializePublicKey(publicKey), root.bytes, { info })
    const rootKey = createSecretKey(root.bytes)
    const slot = {
      id,
      kind,
      generation: firstGeneration,
      publicKey,
      encapsulatedKey: sealed.encapsulatedSecret,
      sealedRoot: sealed.ciphertext,
      parameters,
      createdAt: this.#clock.wallNow(),
    }
    return { rootKey, slot }
  }

  async open(deployment: string, slots: readonly RootSlotRow[]): Promise<KeyObject> {
    const slot = slots.find(({ kind }) => kind === this.#keeper.kind)
    if (slot === undefined) {
      const kinds = slots.map(({ kind }) => kind).join(', ')
      throw new RootUnavailable(
        `this deployment has no root slot of kind ${this.#keeper.kind}; it has: ${kinds || 'none'}`,
      )
    }
    const { publicKey, privateKey } = await this.#keeper.recover(slot)
    using _privateKey = Wiped.of(privateKey)
    try {
      if (Buffer.compare(publicKey, slot.publicKey) !== 0) {
        throw new RootUnavailable(
          `the ${slot.kind} root does not belong to this deployment, or the passphrase is wrong; nothing was changed`,
        )
      }
      const info = slotInfo(deployment, slot.id, slot.kind, slot.generation)
      const key = await hpke.DeserializePrivateKey(privateKey)
      using root = Wiped.of(await hpke.Open(key, slot.encapsulatedKey, slot.sealedRoot, { info }))
      return createSecretKey(root.bytes)
    } catch (error) {
      if (error instanceof RootUnavailable) throw error
      throw new RootUnavailable(
        `the root slot ${slot.id} does not open: its record or key is damaged; nothing was changed`,
        {
          cause: error,
        },
      )
    }
  }
}

function slotInfo(deployment: string, id: string, kind: string, generation: number): Uint8Array {
  return encodeCanonical([labels.rootSlot, deployment, id, kind, generation])
}
