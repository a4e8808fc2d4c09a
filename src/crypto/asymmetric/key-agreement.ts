/**
 * Elliptic curve Diffie-Hellman: SP 800-56A, section 5.7.1.2, whose cofactor is 1 on every curve
 * here. OpenSSL also accepts other point formats, other encodings of a curve, and trailing bytes;
 * here a peer's key has exactly one form.
 */
import { diffieHellman, type KeyObject } from 'node:crypto'
import { contentOf, derTag, firstElement, parts, wholeBits } from '../../domain/material/der.ts'
import { secretCopy } from '../../domain/material/secret-bytes.ts'
import { Wiped } from '../../domain/material/wiped.ts'
import { importPublicKey } from './key-objects.ts'

/**
 * @param ownSpki DER SubjectPublicKeyInfo of the private key, as this service keeps it.
 * @param peerSpki the same for the other side; untrusted.
 * @returns the x-coordinate of the shared point, padded to the field length; the caller wipes it;
 * undefined when the peer's key is not the DER of an uncompressed point on the same named curve.
 */
export function sharedSecret(
  privateKey: KeyObject,
  ownSpki: Uint8Array,
  peerSpki: Uint8Array,
): Uint8Array | undefined {
  const head = lengthBeforePoint(ownSpki)
  if (peerSpki.length !== ownSpki.length) return undefined
  // Algorithm, curve, lengths and the 04 of an uncompressed point: the same bytes for every key on
  // a curve.
  if (Buffer.compare(peerSpki.subarray(0, head), ownSpki.subarray(0, head)) !== 0) return undefined
  const publicKey = load(peerSpki)
  if (publicKey === undefined) return undefined
  using made = Wiped.of(diffieHellman({ privateKey, publicKey }))
  return secretCopy(made.bytes)
}

/** @returns undefined for a point that is not on the curve. */
function load(spki: Uint8Array): KeyObject | undefined {
  try {
    return importPublicKey(spki)
  } catch {
    return undefined
  }
}

const uncompressed = 0x04

/** How long a SubjectPublicKeyInfo is before x: SEQUENCE { algorithm, BIT STRING { 04, x, y } }. */
function lengthBeforePoint(spki: Uint8Array): number {
  const [, bits] = parts(firstElement(spki), 2) ?? []
  const point = wholeBits(contentOf(bits, derTag.bits))
  if (point?.[0] !== uncompressed) throw new TypeError('this key is not an EC key')
  return spki.length - point.length + 1
}
