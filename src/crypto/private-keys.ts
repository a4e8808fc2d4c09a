/**
 * Private keys as they come in: made here, or vetted before an import takes them. OpenSSL loads keys that are none (it vets
 * nothing but n = p q), so everything is checked here. What this leaves on a heap must end with its thread: see the worker that
 * runs it.
 */
import { createECDH, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { KmsError } from '../domain/errors.ts'
import type { AsymmetricSpec, EcSpec, PrivateKeyPair, RsaSpec } from '../domain/key-specs.ts'
import type { RsaNumbers } from '../domain/rsa-numbers.ts'
import { decryptOaep, encryptOaep } from './oaep.ts'
import { rsaFault } from './rsa-checks.ts'
import { isSignatureOf, signatureOf } from './signatures.ts'

/** Longest PKCS#8 that is looked at: RSA_4096 takes 2.4 KB. */
const pkcs8Limit = 16_384

/** A new key of the spec, tried once before it is given out. */
export function generatePrivateKey(spec: AsymmetricSpec): PrivateKeyPair {
  const { privateKey } =
    spec.kind === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: spec.modulusBits, publicExponent: 65_537 })
      : generateKeyPairSync('ec', { namedCurve: spec.curve })
  const fault = roundTripFault(privateKey, spec)
  if (fault !== undefined) throw new TypeError(`a key that was just made is unusable: ${fault}`)
  return exported(privateKey)
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
  const vetted = spec.kind === 'rsa' ? vetRsa(privateKey, spec, pkcs8) : vetEc(privateKey, spec, pkcs8)
  if (typeof vetted === 'string') throw fault(vetted)
  const unusable = roundTripFault(vetted, spec)
  if (unusable !== undefined) throw fault(unusable)
  return exported(vetted)
}

function load(pkcs8: Uint8Array): KeyObject | undefined {
  try {
    const key = Buffer.from(pkcs8.buffer, pkcs8.byteOffset, pkcs8.byteLength)
    return createPrivateKey({ key, format: 'der', type: 'pkcs8' })
  } catch {
    return undefined
  }
}

/** @returns the key, or what is wrong with it. */
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

/** @returns the key out of its full encoding, or what is wrong with it. OpenSSL would keep and repeat whatever form it was given. */
function vetEc(key: KeyObject, spec: EcSpec, given: Uint8Array): KeyObject | string {
  if (key.asymmetricKeyType !== 'ec') return 'it is no EC key'
  if (key.asymmetricKeyDetails?.namedCurve !== spec.curve) return `it is not on the named curve ${spec.curve}`
  const numbers = ecNumbers(key)
  const recomputed = numbers && publicPoint(spec, numbers.scalar)
  if (numbers === undefined || recomputed === undefined) return 'its private number is not between 0 and the order of the curve'
  if (!recomputed.equals(numbers.point)) return 'its public key does not belong to its private key'
  const [full, ...others] = encodings(spec, numbers.scalar, numbers.point)
  numbers.scalar.fill(0)
  const found = [full, ...others].some((one) => one.equals(given))
  const canonical = load(full)
  for (const one of [full, ...others]) one.fill(0)
  if (!found || canonical === undefined) return 'its DER is none of the encodings of this key, or bytes follow it'
  return canonical
}

function ecNumbers(key: KeyObject): { scalar: Buffer; point: Buffer } | undefined {
  try {
    const { d = '', x = '', y = '' } = key.export({ format: 'jwk' })
    const point = Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')])
    return { scalar: Buffer.from(d, 'base64url'), point }
  } catch {
    return undefined
  }
}

/** The point that belongs to a private number; undefined when that is 0 or not below the order. */
function publicPoint(spec: EcSpec, scalar: Uint8Array): Buffer | undefined {
  const ecdh = createECDH(spec.curve)
  try {
    ecdh.setPrivateKey(scalar)
    return ecdh.getPublicKey()
  } catch {
    return undefined
  }
}

/** DER object identifiers of the curves: RFC 5480. */
const curveIds = { prime256v1: '06082a8648ce3d030107', secp384r1: '06052b81040022' } as const
const ecPublicKeyId = '06072a8648ce3d0201'

/**
 * RFC 5915 leaves it to a writer whether the inner key repeats the curve and holds the public point: Java leaves the point out,
 * some repeat the curve. All four are the same key; the first, which OpenSSL writes, is the one that is kept.
 */
function encodings({ curve }: EcSpec, scalar: Uint8Array, point: Uint8Array): [Buffer, ...Buffer[]] {
  const curveId = Buffer.from(curveIds[curve], 'hex')
  const algorithm = der(0x30, Buffer.from(ecPublicKeyId, 'hex'), curveId)
  const parameters = der(0xa0, curveId)
  const publicKey = der(0xa1, der(0x03, Buffer.of(0), point))
  const write = (...optional: readonly Buffer[]): Buffer => {
    const inner = der(0x30, Buffer.of(2, 1, 1), der(0x04, scalar), ...optional)
    return der(0x30, Buffer.of(2, 1, 0), algorithm, der(0x04, inner))
  }
  return [write(publicKey), write(), write(parameters), write(parameters, publicKey)]
}

/** One DER element of at most 255 bytes: X.690 section 8.1. */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  const length = content.length < 0x80 ? [content.length] : [0x81, content.length]
  return Buffer.concat([Buffer.of(tag, ...length), content])
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
