/**
 * Private keys that are a 32-byte seed, from which everything else is derived: Ed25519 (RFC 8410),
 * ML-DSA (RFC 9881).
 */
import { ed25519 } from '@noble/curves/ed25519.js'
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js'
import { seedPkcs8 } from '../../domain/material/private-key-encoding.ts'
import { type FormFault, formFault } from '../../domain/material/private-key-faults.ts'
import type { SeedKind } from '../../domain/material/private-key-ids.ts'
import { seedSpki } from '../../domain/material/public-key-encoding.ts'
import { Wiped } from '../../domain/material/wiped.ts'
import type { PrivateKey } from './private-key.ts'

const seedBytes = 32

type Kind = {
  readonly spec: string
  readonly publicKeyOf: (seed: Uint8Array) => Uint8Array
  readonly signs: (seed: Uint8Array, publicKey: Uint8Array, message: Uint8Array) => boolean
  /** The expanded form that a file may contain in addition to the seed, or instead of it. */
  readonly expandedOf: ((seed: Uint8Array) => Uint8Array) | undefined
}

const kinds: Readonly<Record<SeedKind, Kind>> = {
  ed25519: {
    spec: 'ED25519',
    publicKeyOf: (seed) => ed25519.getPublicKey(seed),
    signs: (seed, publicKey, message) =>
      ed25519.verify(ed25519.sign(message, seed), message, publicKey),
    expandedOf: undefined,
  },
  'ml-dsa-44': mlDsa('ML_DSA_44', ml_dsa44),
  'ml-dsa-65': mlDsa('ML_DSA_65', ml_dsa65),
  'ml-dsa-87': mlDsa('ML_DSA_87', ml_dsa87),
}

const seedKinds = Object.keys(kinds) as SeedKind[]

function mlDsa(spec: string, { keygen, sign, verify }: typeof ml_dsa44): Kind {
  return {
    spec,
    publicKeyOf(seed) {
      const { publicKey, secretKey } = keygen(seed)
      using _secretKey = Wiped.of(secretKey)
      return publicKey
    },
    signs(seed, publicKey, message) {
      using secretKey = Wiped.of(keygen(seed).secretKey)
      return verify(sign(message, secretKey.bytes), message, publicKey)
    },
    expandedOf: (seed) => keygen(seed).secretKey,
  }
}

/** @param publicKeys given with the seed. They and `expanded` must belong to it. */
export function seedKey(
  name: SeedKind,
  seed: Uint8Array,
  expanded: Uint8Array | undefined,
  publicKeys: readonly Uint8Array[],
): PrivateKey | FormFault {
  const { spec, publicKeyOf, expandedOf } = kinds[name]
  if (expanded !== undefined && !isExpandedOf(expandedOf?.(seed), expanded))
    return formFault('other-expanded')
  const publicKey = publicKeyOf(seed)
  const own = publicKey.toHex()
  if (publicKeys.some((one) => one.toHex() !== own)) return formFault('other-public-key')
  return {
    kind: 'key',
    form: 'pkcs8',
    found: spec,
    pkcs8: seedPkcs8(name, seed),
    spki: seedSpki(name, publicKey),
    rsa: undefined,
  }
}

/** @param right wiped. */
function isExpandedOf(right: Uint8Array | undefined, given: Uint8Array): boolean {
  using expanded = Wiped.of(right)
  return (
    expanded.bytes?.length === given.length && expanded.bytes.every((byte, i) => byte === given[i])
  )
}

/**
 * PKCS#8 of a seed with its public key.
 * @returns undefined if the seed does not belong to this public key.
 */
export function pkcs8OfOwnSeed(
  kind: SeedKind,
  seed: Uint8Array,
  publicKey: Uint8Array,
): Uint8Array | undefined {
  if (seed.length !== seedBytes) return undefined
  return kinds[kind].publicKeyOf(seed).toHex() === publicKey.toHex()
    ? seedPkcs8(kind, seed)
    : undefined
}

/** A new key of the spec, in PKCS#8; undefined for a spec of another kind. */
export function makeSeedKey(spec: string): Uint8Array | undefined {
  const kind = ofSpec(spec)
  if (kind === undefined) return undefined
  using seed = Wiped.of(crypto.getRandomValues(new Uint8Array(seedBytes)))
  return seedPkcs8(kind, seed.bytes)
}

/**
 * Whether a key makes signatures that its public key verifies; undefined for a spec of another
 * kind.
 * @param pkcs8 in the form produced here.
 */
export function seedKeySigns(
  spec: string,
  pkcs8: Uint8Array,
  message: Uint8Array,
): boolean | undefined {
  const kind = ofSpec(spec)
  if (kind === undefined) return undefined
  const { signs, publicKeyOf } = kinds[kind]
  const seed = pkcs8.subarray(-seedBytes)
  return signs(seed, publicKeyOf(seed), message)
}

function ofSpec(spec: string): SeedKind | undefined {
  return seedKinds.find((kind) => kinds[kind].spec === spec)
}
