/** A slot whose private key comes out of a passphrase: Argon2id (RFC 9106), then DeriveKeyPair of RFC 9180. */
import { type Argon2Cost, argon2id } from '../crypto/password.ts'
import type { Secret } from '../crypto/secret.ts'
import type { RootSlotRow } from '../domain/rows.ts'
import type { Random } from '../ports/random.ts'
import { RootUnavailable, type SlotKeeper, type SlotKeyPair } from '../ports/root.ts'
import { hpke } from './slots.ts'

/** Spent once a start, so it may be dear: 256 MiB and three passes. */
const defaultCost: Argon2Cost = { memoryKib: 262_144, passes: 3, lanes: 4 }
const saltBytes = 16
const shortestPassphrase = 12

export class PassphraseKeeper implements SlotKeeper {
  readonly kind = 'passphrase'
  readonly #passphrase: (isNew: boolean) => Promise<Secret>
  readonly #random: Random
  readonly #cost: Argon2Cost

  /** @param parts.passphrase asks for it, each time it is needed; the answer is wiped after use. */
  constructor(parts: { passphrase: (isNew: boolean) => Promise<Secret>; random: Random; cost?: Argon2Cost }) {
    this.#passphrase = parts.passphrase
    this.#random = parts.random
    this.#cost = parts.cost ?? defaultCost
  }

  async create(): Promise<SlotKeyPair & { parameters: string }> {
    const salt = this.#random.bytes(saltBytes)
    const pair = await this.#derive(salt, this.#cost, true)
    return { ...pair, parameters: JSON.stringify({ salt: salt.toHex(), ...this.#cost }) }
  }

  async recover(slot: RootSlotRow): Promise<SlotKeyPair> {
    const { salt, memoryKib, passes, lanes } = JSON.parse(slot.parameters ?? '{}') as Argon2Cost & { salt: string }
    return this.#derive(Uint8Array.fromHex(salt), { memoryKib, passes, lanes }, false)
  }

  async #derive(salt: Uint8Array, cost: Argon2Cost, isNew: boolean): Promise<SlotKeyPair> {
    using passphrase = await this.#passphrase(isNew)
    if (isNew && passphrase.sizeBytes < shortestPassphrase) {
      throw new RootUnavailable(`a root passphrase is at least ${shortestPassphrase} bytes long`)
    }
    const stretched = await passphrase.use((bytes) => argon2id(bytes, salt, cost))
    const pair = await hpke.DeriveKeyPair(stretched, true)
    stretched.fill(0)
    return {
      privateKey: await hpke.SerializePrivateKey(pair.privateKey),
      publicKey: await hpke.SerializePublicKey(pair.publicKey),
    }
  }
}
