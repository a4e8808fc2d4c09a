/**
 * A slot whose private key is derived from a passphrase: Argon2id (RFC 9106), then DeriveKeyPair of
 * RFC 9180.
 */
import { type Argon2Cost, argon2id } from '../crypto/password.ts'
import type { Secret } from '../crypto/secret.ts'
import { Wiped, wipe } from '../domain/material/wiped.ts'
import type { RootSlotRow } from '../domain/rows.ts'
import type { Random } from '../ports/random.ts'
import { RootUnavailable, type SlotKeeper, type SlotKeyPair } from '../ports/root.ts'
import { hpke } from './slots.ts'

/** Spent once per start, so it may be expensive: 256 MiB and three passes. */
const defaultCost: Argon2Cost = { memoryKib: 262_144, passes: 3, lanes: 4 }
const saltBytes = 16
const shortestPassphrase = 12

export class PassphraseKeeper implements SlotKeeper {
  readonly kind = 'passphrase'
  readonly #passphrase: (isNew: boolean) => Promise<Secret>
  readonly #earlier: () => Secret | undefined
  readonly #random: Random
  readonly #cost: Argon2Cost

  /**
   * @param parts.passphrase prompts for it each time it is needed; the answer is wiped after use.
   * @param parts.earlier how earlier releases read the passphrase, where that differs, so that
   * stricter parsing locks nobody out. It opens only roots that were closed with it.
   */
  constructor(parts: {
    passphrase: (isNew: boolean) => Promise<Secret>
    earlier?: () => Secret | undefined
    random: Random
    cost?: Argon2Cost
  }) {
    this.#passphrase = parts.passphrase
    this.#earlier = parts.earlier ?? (() => undefined)
    this.#random = parts.random
    this.#cost = parts.cost ?? defaultCost
  }

  async create(): Promise<SlotKeyPair & { parameters: string }> {
    const salt = this.#random.bytes(saltBytes)
    using passphrase = await this.#passphrase(true)
    if (passphrase.sizeBytes < shortestPassphrase) {
      throw new RootUnavailable(
        `a root passphrase must be at least ${shortestPassphrase} bytes long`,
      )
    }
    const pair = await derived(passphrase, salt, this.#cost)
    return { ...pair, parameters: JSON.stringify({ salt: salt.toHex(), ...this.#cost }) }
  }

  /** Returns a key pair other than the slot's if the passphrase is wrong. */
  async recover(slot: RootSlotRow): Promise<SlotKeyPair> {
    const { salt, ...cost } = JSON.parse(slot.parameters ?? '{}') as Argon2Cost & { salt: string }
    const pairOf = async (secret: Secret): Promise<SlotKeyPair> => {
      using passphrase = secret
      return await derived(passphrase, Uint8Array.fromHex(salt), cost)
    }
    const isOwn = ({ publicKey }: SlotKeyPair): boolean =>
      Buffer.compare(publicKey, slot.publicKey) === 0
    const [given] = await Promise.allSettled([this.#passphrase(false).then(pairOf)])
    if (given.status === 'fulfilled' && isOwn(given.value)) return given.value
    const earlier = this.#earlier()
    const other = earlier && (await pairOf(earlier))
    if (other !== undefined && isOwn(other)) {
      if (given.status === 'fulfilled') wipe(given.value.privateKey)
      return other
    }
    wipe(other?.privateKey)
    if (given.status === 'rejected') throw given.reason
    return given.value
  }
}

async function derived(
  passphrase: Secret,
  salt: Uint8Array,
  { memoryKib, passes, lanes }: Argon2Cost,
): Promise<SlotKeyPair> {
  using stretched = Wiped.of(
    await passphrase.use((bytes) => argon2id(bytes, salt, { memoryKib, passes, lanes })),
  )
  const pair = await hpke.DeriveKeyPair(stretched.bytes, true)
  return {
    privateKey: await hpke.SerializePrivateKey(pair.privateKey),
    publicKey: await hpke.SerializePublicKey(pair.publicKey),
  }
}
