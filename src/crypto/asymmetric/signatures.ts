/**
 * Signatures of asymmetric keys: RFC 8017 (RSA), FIPS 186-5 (ECDSA), GB/T 32918.2 (SM2), RFC 8032
 * (Ed25519), FIPS 204 (ML-DSA). Every signature is checked before it is returned: a wrong one,
 * caused by a hardware fault, could reveal the private key. For RSA, OpenSSL checks it itself (RFC
 * 8017 with CRT: the result is raised to the public exponent and compared, rsa_ossl_mod_exp). An
 * ECDSA signature of a digest, computed in JavaScript, is computed twice, which detects the same
 * faults in half the time. All others are verified here.
 */
import type { KeyObject } from 'node:crypto'
import {
  type SigningAlgorithm,
  type SigningAlgorithmName,
  signingAlgorithms,
  type ToSign,
} from '../../domain/algorithms.ts'
import { Wiped } from '../../domain/material/wiped.ts'
import { namesCurve, privateScalar, publicPoint } from './ec-encodings.ts'
import { isEcdsaSignature, signEcdsa } from './ecdsa.ts'
import { isRsaSignature, signRsa } from './rsa-signatures.ts'
import { signSm2, sm2Digest, verifySm2 } from './sm2.ts'
import { isWholeSignature, signWhole } from './whole-messages.ts'

/**
 * @returns a signature in the format of its scheme: DER for ECDSA and SM2.
 * @throws TypeError for a key that does not fit.
 */
export function signatureOf(
  privateKey: KeyObject,
  publicKey: KeyObject,
  name: SigningAlgorithmName,
  what: ToSign,
): Uint8Array {
  const algorithm = signingAlgorithms[name]
  checkFit(publicKey, algorithm, what)
  const signature = made(privateKey, publicKey, algorithm, what)
  if (!isCheckedAlready(algorithm, what) && !holds(publicKey, algorithm, what, signature))
    throw new TypeError('a newly made signature does not verify')
  return signature
}

/**
 * Whether `signature` is a signature by this key over `what`; false for every kind of mismatch.
 */
export function isSignatureOf(
  publicKey: KeyObject,
  name: SigningAlgorithmName,
  what: ToSign,
  signature: Uint8Array,
): boolean {
  const algorithm = signingAlgorithms[name]
  checkFit(publicKey, algorithm, what)
  return holds(publicKey, algorithm, what, signature)
}

function isCheckedAlready({ scheme }: SigningAlgorithm, { kind }: ToSign): boolean {
  return scheme === 'rsa-pss' || scheme === 'rsa-pkcs1' || (scheme === 'ecdsa' && kind === 'digest')
}

function made(
  privateKey: KeyObject,
  publicKey: KeyObject,
  algorithm: SigningAlgorithm,
  what: ToSign,
): Uint8Array {
  switch (algorithm.scheme) {
    case 'rsa-pss':
    case 'rsa-pkcs1':
      return signRsa(privateKey, algorithm, what)
    case 'ecdsa':
      return signEcdsa(privateKey, algorithm, what)
    case 'sm2': {
      using scalar = Wiped.of(privateScalar('SM2', privateKey))
      return signSm2(scalar.bytes, digestForSm2(publicKey, what))
    }
    case 'eddsa':
    case 'ml-dsa':
      return signWhole(privateKey, what.bytes)
  }
}

function holds(
  publicKey: KeyObject,
  algorithm: SigningAlgorithm,
  what: ToSign,
  signature: Uint8Array,
): boolean {
  switch (algorithm.scheme) {
    case 'rsa-pss':
    case 'rsa-pkcs1':
      return isRsaSignature(publicKey, algorithm, what, signature)
    case 'ecdsa':
      return isEcdsaSignature(publicKey, algorithm, what, signature)
    case 'sm2':
      return verifySm2(publicPoint('SM2', publicKey), digestForSm2(publicKey, what), signature)
    case 'eddsa':
    case 'ml-dsa':
      return isWholeSignature(publicKey, what.bytes, signature)
  }
}

function digestForSm2(publicKey: KeyObject, { kind, bytes }: ToSign): Uint8Array {
  return kind === 'digest' ? bytes : sm2Digest(publicPoint('SM2', publicKey), bytes)
}

function checkFit(
  publicKey: KeyObject,
  algorithm: SigningAlgorithm,
  { kind, bytes }: ToSign,
): void {
  if (!isOfKind(publicKey, algorithm))
    throw new TypeError('the key is of a different kind than the algorithm')
  if (kind === 'digest' && bytes.length !== algorithm.digestBytes)
    throw new TypeError(
      `the algorithm takes digests of ${algorithm.digestBytes ?? 'no'} bytes; this is ${bytes.length}`,
    )
}

function isOfKind(publicKey: KeyObject, { scheme }: SigningAlgorithm): boolean {
  switch (scheme) {
    case 'rsa-pss':
    case 'rsa-pkcs1':
      return publicKey.asymmetricKeyType === 'rsa'
    case 'ecdsa':
      return publicKey.asymmetricKeyType === 'ec'
    case 'sm2':
      return namesCurve('SM2', publicKey.export({ format: 'der', type: 'spki' }))
    case 'eddsa':
      return publicKey.asymmetricKeyType === 'ed25519'
    case 'ml-dsa':
      return publicKey.asymmetricKeyType?.startsWith('ml-dsa-') === true
  }
}
