/**
 * RSA signatures, RFC 8017: messages are signed by OpenSSL; precomputed digests, which node:crypto
 * does not sign, use the encodings of rsa-encoding.ts and OpenSSL's raw RSA operation.
 */
import {
  constants,
  type KeyObject,
  privateEncrypt,
  publicDecrypt,
  randomBytes,
  sign,
  verify,
} from 'node:crypto'
import type { SigningAlgorithm, ToSign } from '../../domain/algorithms.ts'
import { encodePkcs1, encodePss, verifyPss } from './rsa-encoding.ts'

export type RsaAlgorithm = Extract<SigningAlgorithm, { readonly scheme: 'rsa-pss' | 'rsa-pkcs1' }>

/** @returns as long as the modulus. */
export function signRsa(
  privateKey: KeyObject,
  algorithm: RsaAlgorithm,
  { kind, bytes }: ToSign,
): Uint8Array {
  if (kind === 'message')
    return sign(algorithm.digest, bytes, { key: privateKey, ...padding(algorithm) })
  const size = modulusBytes(privateKey)
  const encoded =
    algorithm.scheme === 'rsa-pss'
      ? encodePss(algorithm.digest, bytes, randomBytes(algorithm.digestBytes), size)
      : encodePkcs1(algorithm.digest, bytes, size)
  return privateEncrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, encoded)
}

export function isRsaSignature(
  publicKey: KeyObject,
  algorithm: RsaAlgorithm,
  { kind, bytes }: ToSign,
  signature: Uint8Array,
): boolean {
  if (kind === 'message')
    return verify(algorithm.digest, bytes, { key: publicKey, ...padding(algorithm) }, signature)
  const encoded = recover(publicKey, signature)
  if (encoded === undefined) return false
  if (algorithm.scheme === 'rsa-pss') return verifyPss(algorithm.digest, bytes, encoded)
  return Buffer.compare(encoded, encodePkcs1(algorithm.digest, bytes, encoded.length)) === 0
}

/** The salt is as long as the digest, both when signing and when verifying. */
function padding({ scheme, digestBytes }: RsaAlgorithm): { padding: number; saltLength?: number } {
  if (scheme === 'rsa-pss')
    return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: digestBytes }
  return { padding: constants.RSA_PKCS1_PADDING }
}

/** The encoded message inside a signature; undefined for anything that cannot be one. */
function recover(publicKey: KeyObject, signature: Uint8Array): Uint8Array | undefined {
  if (signature.length !== modulusBytes(publicKey)) return undefined
  try {
    return publicDecrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, signature)
  } catch {
    return undefined
  }
}

function modulusBytes(key: KeyObject): number {
  return (key.asymmetricKeyDetails?.modulusLength ?? 0) / 8
}
