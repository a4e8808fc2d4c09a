/**
 * Whether a file is unwrapped material, in any form. Wrapped material looks like random bytes:
 * fewer than one in a million such files matches a rule here. The rules recognise the formats that
 * people have, even damaged, padded to whole blocks, or with something before or after the key.
 */

import type { KeySpec } from '../domain/keys/key-specs.ts'
import { type CurveNumbers, namedCurves } from '../domain/material/curves.ts'
import { derTag, firstElement, parts, unsigned } from '../domain/material/der.ts'

/** Private keys of ML-DSA written out: FIPS 204, table 2. */
const expandedSizes: readonly number[] = [2560, 4032, 4896]
/**
 * Seed followed by public key, the format of Ed25519 keys in libraries without PKCS#8. No wrapped
 * PKCS#8 has this length.
 */
const edwardsPairSize = 64
/** First bytes of private keys of Windows CNG, key stores of Java and OpenSSH. */
const heads: readonly string[] = [
  'RSA2',
  'RSA3',
  'ECS2',
  'ECS4',
  'ECS6',
  'ECK2',
  'ECK4',
  'ECK6',
  '\xfe\xed\xfe\xed',
  '\xce\xce\xce\xce',
  'open',
]
/** Of random bytes, 38% are printable ASCII and 1 in 256 is 0. */
const [leastPrintable, leastZeros] = [0.9, 0.25]
const mostElements = 16

/** @param bytes of a file, at least as long as a wrapped key. */
export function isBareMaterial(bytes: Uint8Array, spec: KeySpec): boolean {
  const head = String.fromCharCode(...bytes.subarray(0, 4))
  if (heads.includes(head) || looksWritten(bytes) || isDer(bytes) || beginsLikeKey(bytes))
    return true
  if (spec.kind === 'ml-dsa') return expandedSizes.includes(bytes.length)
  return spec.kind === 'ed'
    ? bytes.length === edwardsPairSize
    : spec.kind === 'ec' && holdsPoint(bytes)
}

/** Text in any encoding, such as PEM after a name with an umlaut. */
function looksWritten(bytes: Uint8Array): boolean {
  const share = (fits: (byte: number) => boolean): number =>
    bytes.reduce((sum, byte) => sum + Number(fits(byte)), 0) / bytes.length
  const isPrintable = (byte: number): boolean =>
    (byte >= 0x20 && byte <= 0x7e) || byte === 0x09 || byte === 0x0a || byte === 0x0d
  return (
    share((byte) => byte === 0) >= leastZeros ||
    share(isPrintable) >= leastPrintable ||
    isUtf8(bytes)
  )
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}

/** A DER structure that fills the bytes, except for zeros at the end. */
function isDer(bytes: Uint8Array): boolean {
  const outer = firstElement(bytes)
  if (outer === undefined || parts(outer, mostElements) === undefined) return false
  return bytes.subarray(outer.whole.length).every((byte) => byte === 0)
}

/**
 * A SEQUENCE that begins with a small version, as private keys and key stores do, or with an object
 * identifier in a nested SEQUENCE, as encrypted keys do. Its length and what follows it are
 * ignored. BER counts too.
 */
function beginsLikeKey(bytes: Uint8Array): boolean {
  const outer = bytes.subarray(bytes.findIndex((byte) => byte !== 0))
  const inner = insideSequence(outer)
  if (inner === undefined) return false
  const [tag, length, version = 0xff] = inner
  return (
    (tag === derTag.integer && length === 1 && version <= 3) ||
    insideSequence(inner)?.[0] === derTag.oid
  )
}

function insideSequence(bytes: Uint8Array): Uint8Array | undefined {
  const [tag, length = 0xff] = bytes
  if (tag !== derTag.sequence || length > 0x84) return undefined
  return bytes.subarray(length < 0x80 ? 2 : 2 + (length & 0x7f))
}

/** Private scalar and point of a curve, concatenated in either order. */
function holdsPoint(bytes: Uint8Array): boolean {
  return Object.values(namedCurves).some(
    ({ sizeBytes, numbers }) =>
      bytes.length === 3 * sizeBytes &&
      [0, sizeBytes].some((at) =>
        isOnCurve(
          numbers,
          bytes.subarray(at, at + sizeBytes),
          bytes.subarray(at + sizeBytes, at + 2 * sizeBytes),
        ),
      ),
  )
}

function isOnCurve({ p, a, b }: CurveNumbers, first: Uint8Array, second: Uint8Array): boolean {
  const [x, y] = [unsigned(first), unsigned(second)]
  return (y * y - (x * x * x + a * x + b)) % p === 0n
}
