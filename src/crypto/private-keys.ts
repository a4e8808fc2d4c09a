/**
 * Private keys as they come in: made here, or vetted before an import takes them. OpenSSL loads keys that are none (it vets
 * nothing but n = p q), so everything is checked here. What this leaves on a heap must end with its thread: see the worker that
 * runs it.
 */
import { createECDH, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { KmsError } from '../domain/errors.ts'
import type { AsymmetricSpec, EcSpec, EdSpec, MlDsaSpec, PrivateKeyPair, RsaSpec } from '../domain/key-specs.ts'
import type { RsaNumbers } from '../domain/rsa-numbers.ts'
import { der } from './der.ts'
import { ecEncodings, ecNumbers, namesCurve } from './ec-encodings.ts'
import { decryptOaep, encryptOaep } from './oaep.ts'
import { rsaFault } from './rsa-checks.ts'
import { isSignatureOf, signatureOf } from './signatures.ts'

/** Longest PKCS#8 that is looked at: RSA_4096 takes 2.4 KB. */
const pkcs8Limit = 16_384

/** A new key of the spec, tried once before it is given out. */
export function generatePrivateKey(spec: AsymmetricSpec): PrivateKeyPair {
  const privateKey = made(spec)
  const fault = roundTripFault(privateKey, spec)
  if (fault !== undefined) throw new TypeError(`a key that was just made is unusable: ${fault}`)
  return exported(privateKey)
}

function made(spec: AsymmetricSpec): KeyObject {
  switch (spec.kind) {
    case 'rsa':
      return generateKeyPairSync('rsa', { modulusLength: spec.modulusBits, publicExponent: 65_537 }).privateKey
    case 'ec':
      return generateKeyPairSync('ec', { namedCurve: spec.curve }).privateKey
    case 'ed':
      return generateKeyPairSync(spec.openSsl).privateKey
    case 'ml-dsa':
      return generateKeyPairSync(spec.openSsl).privateKey
  }
}

/**
 * A key that somebody brings. @returns its canonical form, every check passed.
 * @throws KmsError private-key-invalid that says what is wrong.
 */
export function vetPrivateKey(spec: AsymmetricSpec, pkcs8: Uint8Array): PrivateKeyPair {
  const fault = (why: string): KmsError =>
    new KmsError('private-key-invalid', `this private key cannot be a key of ${spec.name}: ${why}`)
  if (pkcs8.length > pkcs8Limit) throw fault(`it is longer than ${pkcs8Limit} bytes`)
  const privateKey = load(pkcs8)
  if (privateKey === undefined) throw fault('it is not the DER of a PKCS#8 private key')
  const vetted = vet(privateKey, spec, pkcs8)
  if (typeof vetted === 'string') throw fault(vetted)
  const unusable = roundTripFault(vetted, spec)
  if (unusable !== undefined) throw fault(unusable)
  return exported(vetted)
}

/** @returns the key in the encoding that is kept, or what is wrong with it. */
function vet(key: KeyObject, spec: AsymmetricSpec, given: Uint8Array): KeyObject | string {
  switch (spec.kind) {
    case 'rsa':
      return vetRsa(key, spec, given)
    case 'ec':
      return vetEc(key, spec, given)
    case 'ed':
      return vetEd(key, spec, given)
    case 'ml-dsa':
      return vetMlDsa(key, spec, given)
  }
}

function load(pkcs8: Uint8Array): KeyObject | undefined {
  try {
    const key = Buffer.from(pkcs8.buffer, pkcs8.byteOffset, pkcs8.byteLength)
    return createPrivateKey({ key, format: 'der', type: 'pkcs8' })
  } catch {
    return undefined
  }
}

function vetRsa(key: KeyObject, spec: RsaSpec, given: Uint8Array): KeyObject | string {
  if (key.asymmetricKeyType !== 'rsa') return 'it is no RSA key'
  const encoded = key.export({ format: 'der', type: 'pkcs8' })
  const same = encoded.equals(given)
  encoded.fill(0)
  if (!same) return 'its DER is not the one encoding of this key, or bytes follow it'
  const jwk = key.export({ format: 'jwk' })
  const number = (name: keyof RsaNumbers): bigint =>
    BigInt(`0x${Buffer.from(jwk[name] as string, 'base64url').toString('hex') || '0'}`)
  const names = ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'] as const
  return rsaFault(Object.fromEntries(names.map((name) => [name, number(name)])) as RsaNumbers, spec.modulusBits) ?? key
}

/** OpenSSL would keep and repeat whatever form it was given. */
function vetEc(key: KeyObject, spec: EcSpec, given: Uint8Array): KeyObject | string {
  // node:crypto has no name for the kind of an SM2 key that it loads; the curve tells.
  if (key.asymmetricKeyType !== 'ec' && key.asymmetricKeyType !== undefined) return 'it is no EC key'
  const spki = spkiOf(key)
  if (spki === undefined) return 'it has no public key'
  if (!namesCurve(spec.curve, spki)) return `it is not on the named curve ${spec.curve}`
  const numbers = ecNumbers(spec.curve, given)
  if (numbers === undefined) return 'its DER is none of the encodings of this key, or bytes follow it'
  const point = pointOf(spec, numbers.scalar)
  if (point === undefined) return 'its private number is not between 0 and the order of the curve'
  // Another form of the same point is no other key: that is for the comparison of the whole.
  if (numbers.point !== undefined && !point.subarray(1).equals(numbers.point.subarray(1)))
    return 'its public key does not belong to its private key'
  const [full, ...others] = ecEncodings(spec.curve, numbers.scalar, point)
  numbers.scalar.fill(0)
  const found = [full, ...others].some((one) => one.equals(given))
  const canonical = load(full)
  for (const one of [full, ...others]) one.fill(0)
  if (!found || canonical === undefined) return 'its DER is none of the encodings of this key, or bytes follow it'
  return canonical
}

/** RFC 8410: without its public key, as OpenSSL writes it and as it is kept, or with it (version 2, RFC 5958), which must be its own. */
function vetEd(key: KeyObject, spec: EdSpec, given: Uint8Array): KeyObject | string {
  if (key.asymmetricKeyType !== spec.openSsl) return `it is no ${spec.name} key`
  const full = key.export({ format: 'der', type: 'pkcs8' })
  const point = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-edKeyBytes)
  // Algorithm and private key stand behind the head and the version, five bytes.
  const withPoint = der(0x30, Buffer.of(2, 1, 1), full.subarray(5), der(0x81, Buffer.of(0), point))
  const found = [full, withPoint].some((one) => one.equals(given))
  full.fill(0)
  withPoint.fill(0)
  return found ? key : 'its DER is none of the encodings of this key, or bytes follow it'
}
const edKeyBytes = 32

/** Lengths of the expanded private key: FIPS 204, table 2. */
const expandedBytes = { 'ml-dsa-44': 2560, 'ml-dsa-65': 4032, 'ml-dsa-87': 4896 } as const
const seedBytes = 32
const seedFormBytes = 54

/**
 * RFC 9881: the seed alone, as OpenSSL writes it and as it is kept, or with the expanded key, which OpenSSL makes anew from the seed
 * and compares when it loads them. An expanded key alone is refused: its seed cannot be had back.
 */
function vetMlDsa(key: KeyObject, spec: MlDsaSpec, given: Uint8Array): KeyObject | string {
  if (key.asymmetricKeyType !== spec.openSsl) return `it is no ${spec.name} key`
  const full = key.export({ format: 'der', type: 'pkcs8' })
  if (full.length !== seedFormBytes) return 'it holds no seed: an expanded key alone is not taken'
  // Head, version and algorithm; then the seed in an element with two bytes before it, in an octet string with two more.
  const seedAt = full.length - seedBytes
  const algorithm = full.subarray(2, seedAt - 4)
  const expanded = given.subarray(-expandedBytes[spec.openSsl])
  const both = der(0x30, algorithm, der(0x04, der(0x30, der(0x04, full.subarray(seedAt)), der(0x04, expanded))))
  const found = [full, both].some((one) => one.equals(given))
  full.fill(0)
  both.fill(0)
  return found ? key : 'its DER is none of the encodings of this key, or bytes follow it'
}

/** Undefined for a key whose point is none, which shows only now. */
function spkiOf(key: KeyObject): Buffer | undefined {
  try {
    return createPublicKey(key).export({ format: 'der', type: 'spki' })
  } catch {
    return undefined
  }
}

/** The point that belongs to a private number; undefined when that is 0 or not below the order. */
function pointOf(spec: EcSpec, scalar: Uint8Array): Buffer | undefined {
  const ecdh = createECDH(spec.curve)
  try {
    ecdh.setPrivateKey(scalar)
    return ecdh.getPublicKey()
  } catch {
    return undefined
  }
}

/** Signs and verifies, and for RSA encrypts and decrypts: numbers that fit may still be no working key. */
function roundTripFault(key: KeyObject, spec: AsymmetricSpec): string | undefined {
  const message = { kind: 'message', bytes: randomBytes(32) } as const
  const publicKey = createPublicKey(key)
  const algorithm = spec.signing[0]
  if (algorithm === undefined) throw new TypeError(`keys of ${spec.name} sign nothing`)
  try {
    if (!isSignatureOf(publicKey, algorithm, message, signatureOf(key, publicKey, algorithm, message)))
      return 'its signatures do not verify'
    if (spec.kind !== 'rsa') return undefined
    const opened = decryptOaep(key, encryptOaep(publicKey, message.bytes))
    return opened !== undefined && message.bytes.equals(opened) ? undefined : 'it does not decrypt what its public key encrypts'
  } catch {
    return 'it does not sign or decrypt'
  }
}

function exported(key: KeyObject): PrivateKeyPair {
  const pkcs8 = key.export({ format: 'der', type: 'pkcs8' })
  const copy = new Uint8Array(pkcs8)
  pkcs8.fill(0)
  const publicKey = createPublicKey(key)
  return { pkcs8: copy, spki: new Uint8Array(publicKey.export({ format: 'der', type: 'spki' })) }
}
