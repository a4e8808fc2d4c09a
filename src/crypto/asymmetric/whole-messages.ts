/**
 * Signatures that take a whole message, never its digest: Ed25519 (RFC 8032), ML-DSA with an empty
 * context (FIPS 204). Implemented by OpenSSL.
 */
import { type KeyObject, sign, verify } from 'node:crypto'

export function signWhole(privateKey: KeyObject, message: Uint8Array): Uint8Array {
  return sign(null, message, privateKey)
}

export function isWholeSignature(
  publicKey: KeyObject,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  return verify(null, message, publicKey, signature)
}
