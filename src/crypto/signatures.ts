/**
 * Signatures of RSA and EC keys: RFC 8017, FIPS 186-5. A message is hashed and signed by OpenSSL; a digest that is handed in
 * ready-made takes another way, because node:crypto signs no digests. No signature leaves unchecked: a wrong one, by a fault of
 * the machine, would tell the private key. For RSA OpenSSL does that itself (RFC 8017 with CRT: the result is raised to the public
 * exponent and compared, rsa_ossl_mod_exp); for ECDSA it is done here: a signature of OpenSSL's is verified, one made in
 * JavaScript is made twice, which finds the same faults in half the time.
 */
import { constants, type KeyObject, privateEncrypt, publicDecrypt, randomBytes, sign, verify } from 'node:crypto'
import { p256, p384 } from '@noble/curves/nist.js'
import {
  type DigestName,
  type SigningAlgorithm,
  type SigningAlgorithmName,
  signingAlgorithms,
  type ToSign,
} from '../domain/algorithms.ts'
import { encodePkcs1, encodePss, verifyPss } from './rsa-encoding.ts'

/** ECDSA over digests: its group operations are in JavaScript, outside of OpenSSL. */
const curves: Readonly<Record<string, typeof p256>> = { prime256v1: p256, secp384r1: p384 }

/** @returns an RSA signature as long as the modulus, or DER of an ECDSA signature. @throws TypeError for a key that does not fit. */
export function signatureOf(privateKey: KeyObject, publicKey: KeyObject, name: SigningAlgorithmName, what: ToSign): Uint8Array {
  const algorithm = signingAlgorithms[name]
  checkKey(privateKey, algorithm)
  const signature =
    what.kind === 'message' ? signMessage(privateKey, algorithm, what.bytes) : signDigest(privateKey, algorithm, what.bytes)
  if (algorithm.scheme === 'ecdsa' && what.kind === 'message' && !isSignatureOf(publicKey, name, what, signature))
    throw new TypeError('a signature that was just made does not verify')
  return signature
}

/** Whether `signature` is one of the key over what was signed. Every way in which it is not gives false. */
export function isSignatureOf(publicKey: KeyObject, name: SigningAlgorithmName, what: ToSign, signature: Uint8Array): boolean {
  const algorithm = signingAlgorithms[name]
  checkKey(publicKey, algorithm)
  if (what.kind === 'message') return verify(algorithm.digest, what.bytes, { key: publicKey, ...padding(algorithm) }, signature)
  checkDigest(algorithm, what.bytes)
  if (algorithm.scheme === 'ecdsa') return verifyEcdsa(publicKey, what.bytes, signature)
  const encoded = recover(publicKey, signature)
  if (encoded === undefined) return false
  if (algorithm.scheme === 'rsa-pss') return verifyPss(algorithm.digest, what.bytes, encoded)
  return Buffer.compare(encoded, encodePkcs1(algorithm.digest, what.bytes, encoded.length)) === 0
}

function signMessage(privateKey: KeyObject, algorithm: SigningAlgorithm, message: Uint8Array): Uint8Array {
  return sign(algorithm.digest, message, { key: privateKey, ...padding(algorithm) })
}

function signDigest(privateKey: KeyObject, algorithm: SigningAlgorithm, digest: Uint8Array): Uint8Array {
  checkDigest(algorithm, digest)
  if (algorithm.scheme === 'ecdsa') return signEcdsa(privateKey, digest)
  const size = modulusBytes(privateKey)
  const encoded =
    algorithm.scheme === 'rsa-pss'
      ? encodePss(algorithm.digest, digest, randomBytes(algorithm.digestBytes), size)
      : encodePkcs1(algorithm.digest, digest, size)
  return privateEncrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, encoded)
}

/** The salt is as long as the digest, made and demanded. */
function padding({ scheme, digestBytes }: SigningAlgorithm): { padding?: number; saltLength?: number } {
  if (scheme === 'rsa-pss') return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: digestBytes }
  return scheme === 'rsa-pkcs1' ? { padding: constants.RSA_PKCS1_PADDING } : {}
}

/** The encoded message under an RSA signature; undefined for what cannot be one. */
function recover(publicKey: KeyObject, signature: Uint8Array): Uint8Array | undefined {
  if (signature.length !== modulusBytes(publicKey)) return undefined
  try {
    return publicDecrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, signature)
  } catch {
    return undefined
  }
}

/** RFC 6979 with fresh randomness mixed in, so that neither a bad source nor a fault repeats a nonce. */
function signEcdsa(privateKey: KeyObject, digest: Uint8Array): Uint8Array {
  const scalar = privateScalar(privateKey)
  const extraEntropy = randomBytes(scalar.length)
  const make = (): Uint8Array =>
    curveOf(privateKey).sign(digest, scalar, { prehash: false, lowS: false, format: 'der', extraEntropy })
  try {
    const [signature, again] = [make(), make()]
    if (Buffer.compare(signature, again) !== 0) throw new TypeError('a signature that was made twice came out in two ways')
    return signature
  } finally {
    scalar.fill(0)
  }
}

function verifyEcdsa(publicKey: KeyObject, digest: Uint8Array, signature: Uint8Array): boolean {
  const curve = curveOf(publicKey)
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  const point = spki.subarray(spki.length - (curve.lengths.publicKeyUncompressed ?? 0))
  try {
    return curve.verify(signature, digest, point, { prehash: false, lowS: false, format: 'der' })
  } catch {
    return false
  }
}

/** Bytes of the private scalar out of SEC 1 DER (version, octet string, ...); the caller wipes them. */
function privateScalar(privateKey: KeyObject): Uint8Array {
  const der = privateKey.export({ format: 'der', type: 'sec1' })
  const size = curveOf(privateKey).lengths.secretKey ?? 0
  // The outer sequence of a P-384 key is longer than 127 bytes and has one more byte of length.
  const at = (der[1] === 0x81 ? 3 : 2) + 3 + 2
  const scalar = new Uint8Array(der.subarray(at, at + size))
  der.fill(0)
  return scalar
}

function curveOf(key: KeyObject): typeof p256 {
  const curve = curves[key.asymmetricKeyDetails?.namedCurve ?? '']
  if (curve === undefined) throw new TypeError('this key is on no curve that signs here')
  return curve
}

function modulusBytes(key: KeyObject): number {
  return (key.asymmetricKeyDetails?.modulusLength ?? 0) / 8
}

function checkKey(key: KeyObject, { scheme }: SigningAlgorithm): void {
  if (key.asymmetricKeyType !== (scheme === 'ecdsa' ? 'ec' : 'rsa'))
    throw new TypeError('the key is not of the kind of the algorithm')
}

function checkDigest({ digest, digestBytes }: { digest: DigestName; digestBytes: number }, bytes: Uint8Array): void {
  if (bytes.length !== digestBytes) throw new TypeError(`a digest of ${digest} is ${digestBytes} bytes`)
}
