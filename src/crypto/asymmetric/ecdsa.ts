/**
 * ECDSA, FIPS 186-5: messages are signed by OpenSSL; precomputed digests, which node:crypto does
 * not sign, by @noble/curves.
 */
import { type KeyObject, randomBytes, sign, verify } from 'node:crypto'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import type { SigningAlgorithm, ToSign } from '../../domain/algorithms.ts'
import type { CurveName } from '../../domain/material/curves.ts'
import { Wiped } from '../../domain/material/wiped.ts'
import { privateScalar, publicPoint } from './ec-encodings.ts'

export type EcdsaAlgorithm = Extract<SigningAlgorithm, { readonly scheme: 'ecdsa' }>
type EcdsaCurve = Exclude<CurveName, 'SM2'>

const groups: Readonly<Record<EcdsaCurve, typeof p256>> = {
  prime256v1: p256,
  secp384r1: p384,
  secp521r1: p521,
  secp256k1,
}

/** @returns DER. */
export function signEcdsa(
  privateKey: KeyObject,
  { digest }: EcdsaAlgorithm,
  { kind, bytes }: ToSign,
): Uint8Array {
  return kind === 'message' ? sign(digest, bytes, privateKey) : signDigest(privateKey, bytes)
}

export function isEcdsaSignature(
  publicKey: KeyObject,
  { digest }: EcdsaAlgorithm,
  { kind, bytes }: ToSign,
  signature: Uint8Array,
): boolean {
  if (kind === 'message') return verify(digest, bytes, publicKey, signature)
  const curve = curveOf(publicKey)
  const point = publicPoint(curve, publicKey)
  try {
    return groups[curve].verify(signature, bytes, point, {
      prehash: false,
      lowS: false,
      format: 'der',
    })
  } catch {
    return false
  }
}

/**
 * RFC 6979 with fresh randomness mixed in, so that neither a bad random source nor a fault can
 * repeat a nonce. Computed twice and compared.
 */
function signDigest(privateKey: KeyObject, digest: Uint8Array): Uint8Array {
  const curve = curveOf(privateKey)
  using scalar = Wiped.of(privateScalar(curve, privateKey))
  const extraEntropy = randomBytes(scalar.bytes.length)
  const how = { prehash: false, lowS: false, format: 'der', extraEntropy } as const
  const make = (): Uint8Array => groups[curve].sign(digest, scalar.bytes, how)
  const [signature, again] = [make(), make()]
  if (Buffer.compare(signature, again) !== 0)
    throw new TypeError('computing a signature twice gave two different results')
  return signature
}

function curveOf(key: KeyObject): EcdsaCurve {
  const name = key.asymmetricKeyDetails?.namedCurve ?? ''
  if (!Object.hasOwn(groups, name))
    throw new TypeError('no signing algorithm here supports the curve of this key')
  return name as EcdsaCurve
}
