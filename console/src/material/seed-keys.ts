/** Private keys that are a seed of 32 bytes, from which all the rest follows: Ed25519 (RFC 8410), ML-DSA (RFC 9881). */
import { ed25519 } from '@noble/curves/ed25519.js'
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js'
import { children, type Node, octets, oids, parse, pkcs8OfSeed, spkiOf, taggedBytes } from './der.ts'
import type { PrivateKey } from './private-key.ts'

const seedBytes = 32

type Kind = {
  readonly spec: string
  /** Tag of the seed in its PKCS#8. */
  readonly seedTag: number
  readonly publicKeyOf: (seed: Uint8Array) => Uint8Array
  readonly signs: (seed: Uint8Array, publicKey: Uint8Array, message: Uint8Array) => boolean
  /** The long form that may stand beside the seed, or in its place. */
  readonly expandedOf: ((seed: Uint8Array) => Uint8Array) | undefined
  readonly numbers: 'ec' | 'seed'
}

const kinds: Readonly<Record<string, Kind>> = {
  [oids.ed25519]: {
    spec: 'ED25519',
    seedTag: 0x04,
    publicKeyOf: (seed) => ed25519.getPublicKey(seed),
    signs: (seed, publicKey, message) => ed25519.verify(ed25519.sign(message, seed), message, publicKey),
    expandedOf: undefined,
    numbers: 'ec',
  },
  [oids.mlDsa44]: mlDsa('ML_DSA_44', ml_dsa44),
  [oids.mlDsa65]: mlDsa('ML_DSA_65', ml_dsa65),
  [oids.mlDsa87]: mlDsa('ML_DSA_87', ml_dsa87),
}

function mlDsa(spec: string, { keygen, sign, verify }: typeof ml_dsa44): Kind {
  return {
    spec,
    seedTag: 0x80,
    publicKeyOf: (seed) => keygen(seed).publicKey,
    signs: (seed, publicKey, message) => verify(sign(message, keygen(seed).secretKey), message, publicKey),
    expandedOf: (seed) => keygen(seed).secretKey,
    numbers: 'seed',
  }
}

export function isSeedKind(id: string): boolean {
  return Object.hasOwn(kinds, id)
}

/** @param inner the private key of a PKCS#8. @param parts its elements. @returns undefined for what cannot be read. */
export function seedKey(id: string, inner: Uint8Array, parts: readonly Node[]): PrivateKey | undefined {
  const kind = kinds[id] as Kind
  const seed = seedIn(kind, inner)
  if (seed === undefined) return undefined
  try {
    const publicKey = kind.publicKeyOf(seed)
    // RFC 5958: a bit string of whole bytes, so a zero stands before the key.
    const given = parts.map((part) => taggedBytes(part, 1)).find((one) => one !== undefined)
    const isOwn = given === undefined || given.toHex() === `00${publicKey.toHex()}`
    return {
      form: 'pkcs8',
      found: kind.spec,
      pkcs8: pkcs8OfSeed(id, kind.seedTag, seed),
      spki: spkiOf(id, publicKey),
      numbers: kind.numbers === 'ec' ? { kind: 'ec', point: isOwn ? 'right' : 'other' } : { kind: 'seed' },
    }
  } finally {
    seed.fill(0)
  }
}

/** @returns a copy; undefined for a key without its seed, and for one whose long form is of another. */
function seedIn({ seedTag, expandedOf }: Kind, inner: Uint8Array): Uint8Array | undefined {
  if (inner.length === 2 + seedBytes && inner[0] === seedTag && inner[1] === seedBytes) return inner.slice(2)
  const [seed, expanded] = children(parse(inner)).map(octets)
  if (expandedOf === undefined || seed?.length !== seedBytes || expanded === undefined) return undefined
  const right = expandedOf(seed)
  const isOwn = right.length === expanded.length && right.every((byte, i) => byte === expanded[i])
  right.fill(0)
  return isOwn ? Uint8Array.from(seed) : undefined
}

/** A new one of the spec, in PKCS#8; undefined for a spec of another kind. */
export function makeSeedKey(spec: string): Uint8Array | undefined {
  const found = ofSpec(spec)
  if (found === undefined) return undefined
  const [id, { seedTag }] = found
  const seed = crypto.getRandomValues(new Uint8Array(seedBytes))
  try {
    return pkcs8OfSeed(id, seedTag, seed)
  } finally {
    seed.fill(0)
  }
}

/** Whether a key signs what its public key verifies; undefined for a spec of another kind. @param pkcs8 in the form that is made here. */
export function seedKeySigns(spec: string, pkcs8: Uint8Array, message: Uint8Array): boolean | undefined {
  const kind = ofSpec(spec)?.[1]
  const seed = pkcs8.subarray(-seedBytes)
  return kind?.signs(seed, kind.publicKeyOf(seed), message)
}

function ofSpec(spec: string) {
  return Object.entries(kinds).find(([, kind]) => kind.spec === spec)
}
