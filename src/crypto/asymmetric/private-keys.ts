/**
 * New private keys: generated here, or vetted before an import accepts them. OpenSSL loads invalid
 * keys (it checks nothing but n = p q), so everything is checked here, and OpenSSL sees only what
 * was encoded here. Copies that this leaves on the heap must end with its thread: see the worker
 * that runs it.
 */
import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { KmsError } from '../../domain/errors.ts'
import type {
  AsymmetricSpec,
  EcSpec,
  EdSpec,
  MlDsaSpec,
  PrivateKeyPair,
  RsaSpec,
} from '../../domain/keys/key-specs.ts'
import type { CurveName } from '../../domain/material/curves.ts'
import {
  ecPkcs8,
  expandedPkcs8,
  rsaPkcs8,
  seedPkcs8,
} from '../../domain/material/private-key-encoding.ts'
import { faultReason, formFault } from '../../domain/material/private-key-faults.ts'
import {
  isPoint,
  type PrivateKeyParts,
  readPrivateKeyForm,
} from '../../domain/material/private-key-form.ts'
import type { RsaNumbers } from '../../domain/material/rsa-numbers.ts'
import { secretCopy } from '../../domain/material/secret-bytes.ts'
import { Wiped } from '../../domain/material/wiped.ts'
import { decryptOaep, encryptOaep } from './oaep.ts'
import { rsaFault } from './rsa-checks.ts'
import { isSignatureOf, signatureOf } from './signatures.ts'

/** A new key of the spec, tested once before it is returned. */
export function generatePrivateKey(spec: AsymmetricSpec): PrivateKeyPair {
  const privateKey = made(spec)
  const fault = roundTripFault(privateKey, spec)
  if (fault !== undefined) throw new TypeError(`a newly generated key is unusable: ${fault}`)
  return exported(privateKey)
}

function made(spec: AsymmetricSpec): KeyObject {
  switch (spec.kind) {
    case 'rsa':
      return generateKeyPairSync('rsa', { modulusLength: spec.modulusBits, publicExponent: 65_537 })
        .privateKey
    case 'ec':
      return generateKeyPairSync('ec', { namedCurve: spec.curve }).privateKey
    case 'ed':
      return generateKeyPairSync(spec.openSsl).privateKey
    case 'ml-dsa':
      return generateKeyPairSync(spec.openSsl).privateKey
  }
}

/**
 * A key supplied by a caller, in any of the forms of domain/material/private-key-form.ts.
 * @returns its canonical form, once every check has passed: all forms of one key give the same
 * bytes.
 * @throws KmsError private-key-invalid that explains what is wrong.
 */
export function vetPrivateKey(spec: AsymmetricSpec, given: Uint8Array): PrivateKeyPair {
  const fault = (why: string): KmsError =>
    new KmsError('private-key-invalid', `this private key cannot be a key of ${spec.name}: ${why}`)
  const parts = readPrivateKeyForm(given)
  if (parts === undefined)
    throw fault('it is not the DER of a private key, in PKCS#8, PKCS#1 or SEC 1')
  if (parts.kind === 'fault') throw fault(faultReason(parts))
  const vetted = vet(parts, spec)
  if (typeof vetted === 'string') throw fault(vetted)
  const unusable = roundTripFault(vetted, spec)
  if (unusable !== undefined) throw fault(unusable)
  return exported(vetted)
}

/** @returns the key in the stored encoding, or what is wrong with it. */
function vet(parts: PrivateKeyParts, spec: AsymmetricSpec): KeyObject | string {
  using _scalar = Wiped.of(parts.kind === 'ec' ? parts.scalar : undefined)
  if (parts.kind === 'rsa' && spec.kind === 'rsa') return vetRsa(parts.numbers, spec)
  if (parts.kind === 'ec' && spec.kind === 'ec') return vetEc(parts, spec)
  if (parts.kind === 'ed' && spec.kind === 'ed')
    return vetSeed(spec.openSsl, parts.seed, parts.publicKeys)
  if (parts.kind === 'ml-dsa' && spec.kind === 'ml-dsa' && parts.name === spec.openSsl)
    return vetMlDsa(parts)
  const wanted =
    spec.kind === 'rsa'
      ? 'an RSA key'
      : spec.kind === 'ec'
        ? `an EC key on the named curve ${spec.curve}`
        : `a key of ${spec.name}`
  return `it is ${calledOf(parts)}, not ${wanted}`
}

function calledOf(parts: PrivateKeyParts): string {
  switch (parts.kind) {
    case 'rsa':
      return 'an RSA key'
    case 'ec':
      return `an EC key on ${parts.curve}`
    case 'ed':
      return 'an Ed25519 key'
    case 'ml-dsa':
      return `an ${parts.name.toUpperCase()} key`
    case 'other':
      return parts.called
  }
}

/** @param canonical wiped. */
function loaded(canonical: Uint8Array<ArrayBuffer>): KeyObject | undefined {
  using key = Wiped.of(Buffer.from(canonical.buffer))
  try {
    return createPrivateKey({ key: key.bytes, format: 'der', type: 'pkcs8' })
  } catch {
    return undefined
  }
}

const unloadable = 'it does not load as a key'
const otherPublicKey = faultReason(formFault('other-public-key'))

function vetRsa(numbers: RsaNumbers, spec: RsaSpec): KeyObject | string {
  return rsaFault(numbers, spec.modulusBits) ?? loaded(rsaPkcs8(numbers)) ?? unloadable
}

function vetEc(
  { curve, scalar, points }: Extract<PrivateKeyParts, { kind: 'ec' }>,
  spec: EcSpec,
): KeyObject | string {
  if (curve !== spec.curve) return `it is on ${curve}, not on the named curve ${spec.curve}`
  const point = pointOf(curve, scalar)
  if (point === undefined) return faultReason(formFault('private-number'))
  if (!points.every((one) => isPoint(one, point))) return otherPublicKey
  return loaded(ecPkcs8(curve, scalar, point)) ?? unloadable
}

/** @param publicKeys that came with it. */
function vetSeed(
  kind: EdSpec['openSsl'] | MlDsaSpec['openSsl'],
  seed: Uint8Array,
  publicKeys: readonly Uint8Array[],
): KeyObject | string {
  const key = loaded(seedPkcs8(kind, seed))
  if (key === undefined) return unloadable
  // The public key is at the end of a SubjectPublicKeyInfo, and its length is fixed.
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
  const isOwn = publicKeys.every(
    (one) => one.length === publicKeyBytes[kind] && spki.subarray(-one.length).equals(one),
  )
  return isOwn ? key : otherPublicKey
}

/** RFC 8032; FIPS 204, table 2. */
const publicKeyBytes = {
  ed25519: 32,
  'ml-dsa-44': 1312,
  'ml-dsa-65': 1952,
  'ml-dsa-87': 2592,
} as const

/** OpenSSL derives the expanded key from the seed and compares them when it loads both. */
function vetMlDsa({
  name,
  seed,
  expanded,
  publicKeys,
}: Extract<PrivateKeyParts, { kind: 'ml-dsa' }>): KeyObject | string {
  if (expanded !== undefined && loaded(expandedPkcs8(name, seed, expanded)) === undefined)
    return faultReason(formFault('other-expanded'))
  return vetSeed(name, seed, publicKeys)
}

/** The point that belongs to a private scalar; undefined when that is 0 or not below the order. */
function pointOf(curve: CurveName, scalar: Uint8Array): Buffer | undefined {
  const ecdh = createECDH(curve)
  try {
    ecdh.setPrivateKey(scalar)
    return ecdh.getPublicKey()
  } catch {
    return undefined
  }
}

/**
 * Signs and verifies, and for RSA encrypts and decrypts: consistent numbers may still not be a
 * working key.
 */
function roundTripFault(key: KeyObject, spec: AsymmetricSpec): string | undefined {
  const message = { kind: 'message', bytes: randomBytes(32) } as const
  const publicKey = createPublicKey(key)
  const algorithm = spec.signing[0]
  if (algorithm === undefined) throw new TypeError(`keys of ${spec.name} cannot sign`)
  try {
    if (
      !isSignatureOf(publicKey, algorithm, message, signatureOf(key, publicKey, algorithm, message))
    )
      return 'its signatures do not verify'
    if (spec.kind !== 'rsa') return undefined
    const opened = decryptOaep(key, encryptOaep(publicKey, message.bytes))
    return opened !== undefined && message.bytes.equals(opened)
      ? undefined
      : 'it does not decrypt what its public key encrypts'
  } catch {
    return 'it does not sign or decrypt'
  }
}

function exported(key: KeyObject): PrivateKeyPair {
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
  using pkcs8 = Wiped.of(key.export({ format: 'der', type: 'pkcs8' }))
  return { pkcs8: secretCopy(pkcs8.bytes), spki: new Uint8Array(spki) }
}
