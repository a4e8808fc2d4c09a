/**
 * Decryption of SM2 public-key encryption: GB/T 32918.4, in the encodings of GM/T 0009 and of the
 * standard itself. OpenSSL implements it, but node:crypto does not expose it. The curve comes from
 * @noble/curves and the digest from OpenSSL; this module combines them. For the one-time keys of
 * imports.
 */
import { hash, type KeyObject, timingSafeEqual } from 'node:crypto'
import {
  contentOf,
  derTag,
  type Element,
  firstElement,
  numberOf,
  parts,
} from '../../domain/material/der.ts'
import { secretBytes, secretCopy } from '../../domain/material/secret-bytes.ts'
import { Wiped } from '../../domain/material/wiped.ts'
import { privateScalar } from './ec-encodings.ts'
import { Sm2Point, sm2Bytes } from './sm2-curve.ts'

/**
 * C1, C3 and C2 of the standard: a point (04, x, y), a digest over point and plaintext, and the
 * plaintext under a mask.
 */
type Parts = {
  readonly point: Uint8Array
  readonly digest: Uint8Array
  readonly masked: Uint8Array
}

const pointBytes = 1 + 2 * sm2Bytes
const digestBytes = 32
const uncompressed = 0x04

/**
 * @param ciphertext DER of SEQUENCE { x, y, C3, C2 }, or 04, x, y, C3, C2 concatenated.
 * @returns fresh bytes in memory of their own that the caller wipes; undefined for every failure.
 * @throws TypeError for a key that is not one of SM2.
 */
export function decryptSm2(privateKey: KeyObject, ciphertext: Uint8Array): Uint8Array | undefined {
  const read = ciphertext[0] === uncompressed ? plainParts(ciphertext) : derParts(ciphertext)
  if (read === undefined) return undefined
  using shared = Wiped.of(sharedPoint(privateKey, read.point))
  if (shared.bytes === undefined) return undefined
  const point = shared.bytes.subarray(1)
  using mask = Wiped.of(maskOf(point, read.masked.length))
  using plaintext = Wiped.of(secretCopy(read.masked))
  for (const [i, byte] of mask.bytes.entries())
    plaintext.bytes[i] = (plaintext.bytes[i] as number) ^ byte
  // With a mask of zeros the plaintext would be in the clear; the standard rejects it.
  const isMasked = mask.bytes.some((byte) => byte !== 0)
  const [x, y] = [point.subarray(0, sm2Bytes), point.subarray(sm2Bytes)]
  using digested = Wiped.of(joined(x, plaintext.bytes, y))
  const isWhole = timingSafeEqual(hash('sm3', digested.bytes, 'buffer'), read.digest)
  return isMasked && isWhole ? plaintext.release() : undefined
}

/**
 * @returns undefined for a point that is not on the curve: a point on another curve would leak the
 * private key.
 */
function sharedPoint(privateKey: KeyObject, point: Uint8Array): Uint8Array | undefined {
  using scalar = Wiped.of(privateScalar('SM2', privateKey))
  try {
    return Sm2Point.fromBytes(point).multiply(Sm2Point.Fn.fromBytes(scalar.bytes)).toBytes(false)
  } catch {
    return undefined
  }
}

/** The KDF of GB/T 32918.4, section 5.4.3: SM3 over the shared point and a counter from 1. */
function maskOf(shared: Uint8Array, sizeBytes: number): Uint8Array {
  const mask = secretBytes(Math.ceil(sizeBytes / digestBytes) * digestBytes)
  const counter = new Uint8Array(4)
  for (let at = 0; at < mask.length; at += digestBytes) {
    new DataView(counter.buffer).setUint32(0, at / digestBytes + 1)
    using input = Wiped.of(joined(shared, counter))
    mask.set(hash('sm3', input.bytes, 'buffer'), at)
  }
  return mask.subarray(0, sizeBytes)
}

function plainParts(bytes: Uint8Array): Parts | undefined {
  const digestEnd = pointBytes + digestBytes
  if (bytes.length <= digestEnd) return undefined
  return {
    point: bytes.subarray(0, pointBytes),
    digest: bytes.subarray(pointBytes, digestEnd),
    masked: bytes.subarray(digestEnd),
  }
}

/**
 * GM/T 0009: SEQUENCE { INTEGER, INTEGER, OCTET STRING (32), OCTET STRING }, in DER without
 * trailing bytes.
 */
function derParts(bytes: Uint8Array): Parts | undefined {
  const outer = firstElement(bytes)
  if (outer?.whole.length !== bytes.length) return undefined
  const [x, y, digestPart, maskedPart] = parts(outer, 4) ?? []
  const digest = contentOf(digestPart, derTag.octets)
  const masked = contentOf(maskedPart, derTag.octets)
  if (digest?.length !== digestBytes || masked === undefined) return undefined
  const point = secretBytes(pointBytes)
  point[0] = uncompressed
  const isPoint =
    writeNumber(point.subarray(1, 1 + sm2Bytes), x) && writeNumber(point.subarray(1 + sm2Bytes), y)
  return isPoint && masked.length > 0 ? { point, digest, masked } : undefined
}

/** A non-negative INTEGER, right-aligned in `into`. @returns whether it is one and fits. */
function writeNumber(into: Uint8Array, element: Element | undefined): boolean {
  const number = numberOf(element)
  const hex = number?.toString(16).padStart(2 * into.length, '0')
  if (hex?.length !== 2 * into.length) return false
  into.setFromHex(hex)
  return true
}

/** In its own memory, so that it can be wiped. */
function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = secretBytes(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
