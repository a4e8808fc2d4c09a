/**
 * Sealed envelope v1: the one format of symmetric ciphertexts and stored secrets. SP 800-108r1
 * (counter mode, HMAC), SP 800-38D; layout in docs/ciphertext-format.md. This is the only module
 * that calls an AEAD cipher.
 */
import {
  type CipherGCMTypes,
  createCipheriv,
  createDecipheriv,
  createHmac,
  hash,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto'
import { uuidFromBytes } from '../domain/ids.ts'
import { secretBytes, secretCopy } from '../domain/material/secret-bytes.ts'
import { Wiped } from '../domain/material/wiped.ts'
import { isPurpose, labels, type Purpose } from './formats/labels.ts'

const format = 1
const headerBytes = 87
const derivedFromBytes = 55
const commitmentBytes = 32
const tagBytes = 16
export const saltBytes = 32
/** What sealing adds to a plaintext. */
export const envelopeOverheadBytes = headerBytes + tagBytes

const ivBytes = 12
/** A derived key encrypts one message, so its IV may be constant. */
const zeroIv = new Uint8Array(ivBytes)

type Suite = {
  readonly cipher: CipherGCMTypes
  readonly hash: 'sha512' | 'sm3'
  readonly hashBytes: number
  readonly materialBytes: number
  readonly keyBytes: number
  /** With a constant IV, 128-bit keys could be brute-forced across many envelopes at once. */
  readonly derivesIv: boolean
  /** L of SP 800-108r1: the derived length, in bits and in blocks of the hash. */
  readonly derivedBits: number
  readonly blocks: number
}

/** Suite 2 was SM4 with a constant IV. No release ever sealed with it, and none opens it. */
export type SuiteNumber = 1 | 3
const suites: Readonly<Record<SuiteNumber, Suite>> = {
  1: {
    cipher: 'aes-256-gcm',
    hash: 'sha512',
    hashBytes: 64,
    materialBytes: 32,
    keyBytes: 32,
    derivesIv: false,
    derivedBits: 512,
    blocks: 1,
  },
  // Node's types know only the GCM ciphers of AES; OpenSSL 3.5 also has this one.
  3: {
    cipher: 'sm4-gcm' as CipherGCMTypes,
    hash: 'sm3',
    hashBytes: 32,
    materialBytes: 16,
    keyBytes: 16,
    derivesIv: true,
    derivedBits: 480,
    blocks: 2,
  },
}

/**
 * Key of an envelope: borrowed bytes of a `Secret`, or a KeyObject for keys that live as long as
 * the process.
 */
export type SealingKey = Uint8Array | KeyObject

export type Header = {
  readonly suite: SuiteNumber
  readonly purpose: Purpose
  /** 16 bytes: the custom key, the project or the deployment whose key seals. */
  readonly keyId: Uint8Array
  readonly version: number
}

/**
 * Seals `plaintext`. Plaintext and key are left unchanged.
 * @param salt 32 bytes fresh from the operating system, never used before.
 * @param context bytes of `contextBytes`.
 * @returns fresh bytes, 103 longer than the plaintext.
 */
export function seal(
  key: SealingKey,
  header: Header,
  salt: Uint8Array,
  context: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  const suite = suites[header.suite]
  if (keyLength(key) !== suite.materialBytes)
    throw new TypeError('the sealing key has the wrong length for its suite')
  if (salt.length !== saltBytes || header.keyId.length !== 16)
    throw new TypeError('a salt must be 32 bytes and a key ID 16')
  const out = Buffer.allocUnsafe(envelopeOverheadBytes + plaintext.length)
  out[0] = format
  out[1] = header.suite
  out[2] = header.purpose
  out.set(header.keyId, 3)
  out.writeUInt32BE(header.version, 19)
  out.set(salt, 23)
  using derived = Wiped.of(derive(key, suite, out, context))
  const { encryptionKey, commitment, iv } = partsOf(suite, derived.bytes)
  out.set(commitment, derivedFromBytes)
  const cipher = createCipheriv(suite.cipher, encryptionKey, iv, { authTagLength: tagBytes })
  cipher.setAAD(out.subarray(0, headerBytes))
  cipher.setAAD(context)
  out.set(cipher.update(plaintext), headerBytes)
  cipher.final()
  out.set(cipher.getAuthTag(), headerBytes + plaintext.length)
  return out
}

/**
 * Reads the plaintext header.
 * @returns undefined for anything that is not an envelope of a known format, suite and purpose.
 */
export function readHeader(
  sealed: Uint8Array,
): (Header & { readonly keyUuid: string }) | undefined {
  if (sealed.length < envelopeOverheadBytes || sealed[0] !== format) return undefined
  const [, suite, purpose] = sealed
  if ((suite !== 1 && suite !== 3) || purpose === undefined || !isPurpose(purpose)) return undefined
  const keyId = sealed.subarray(3, 19)
  return {
    suite,
    purpose,
    keyId,
    keyUuid: uuidFromBytes(keyId),
    version: Buffer.from(sealed.buffer, sealed.byteOffset + 19, 4).readUInt32BE(),
  }
}

/**
 * Opens what `seal` made with the same key, header and context. The commitment is compared in
 * constant time before any decryption, and plaintext is returned only after the tag has been
 * verified.
 * @returns fresh bytes in their own memory, which the caller wipes; undefined for every failure.
 */
export function open(
  key: SealingKey,
  expected: Header,
  context: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  const header = readHeader(sealed)
  const suite = suites[expected.suite]
  if (
    header === undefined ||
    header.suite !== expected.suite ||
    header.purpose !== expected.purpose ||
    header.version !== expected.version ||
    Buffer.compare(header.keyId, expected.keyId) !== 0 ||
    keyLength(key) !== suite.materialBytes
  ) {
    return undefined
  }
  using derived = Wiped.of(derive(key, suite, sealed, context))
  const { encryptionKey, commitment, iv } = partsOf(suite, derived.bytes)
  if (!timingSafeEqual(commitment, sealed.subarray(derivedFromBytes, headerBytes))) return undefined
  const decipher = createDecipheriv(suite.cipher, encryptionKey, iv, { authTagLength: tagBytes })
  decipher.setAAD(sealed.subarray(0, headerBytes))
  decipher.setAAD(context)
  decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes))
  using unverified = Wiped.of(
    decipher.update(sealed.subarray(headerBytes, sealed.length - tagBytes)),
  )
  try {
    decipher.final()
  } catch {
    return undefined
  }
  return secretCopy(unverified.bytes)
}

/** Views of what `derive` returns. The IV follows the commitment, if the suite derives one. */
function partsOf({ keyBytes, derivesIv }: Suite, derived: Uint8Array) {
  const committed = keyBytes + commitmentBytes
  return {
    encryptionKey: derived.subarray(0, keyBytes),
    commitment: derived.subarray(keyBytes, committed),
    iv: derivesIv ? derived.subarray(committed, committed + ivBytes) : zeroIv,
  }
}

/**
 * K(1) || ... of SP 800-108r1: encryption key, commitment, and the IV of suite 3. The caller wipes
 * it.
 */
function derive(
  key: SealingKey,
  suite: Suite,
  header: Uint8Array,
  context: Uint8Array,
): Uint8Array {
  const label = labels.envelope
  const fixed = 4 + label.length + 1 + derivedFromBytes
  const input = Buffer.alloc(fixed + suite.hashBytes + 4)
  input.set(label, 4)
  input.set(header.subarray(0, derivedFromBytes), 4 + label.length + 1)
  input.set(contextHash(suite.hash, context), fixed)
  input.writeUInt32BE(suite.derivedBits, fixed + suite.hashBytes)
  if (suite.blocks === 1) {
    input.writeUInt32BE(1, 0)
    return createHmac(suite.hash, key).update(input).digest()
  }
  const derived = secretBytes(suite.blocks * suite.hashBytes)
  for (let block = 0; block < suite.blocks; block++) {
    input.writeUInt32BE(block + 1, 0)
    using part = Wiped.of(createHmac(suite.hash, key).update(input).digest())
    derived.set(part.bytes, block * suite.hashBytes)
  }
  return derived
}

/** Hashes of the empty context, which most calls use. */
const emptyContextHashes = new Map<string, Uint8Array>()

function contextHash(name: Suite['hash'], context: Uint8Array): Uint8Array {
  if (context.length !== 4 || context.some((byte) => byte !== 0))
    return hash(name, context, 'buffer')
  let known = emptyContextHashes.get(name)
  if (known === undefined) {
    known = hash(name, new Uint8Array(4), 'buffer')
    emptyContextHashes.set(name, known)
  }
  return known
}

function keyLength(key: SealingKey): number | undefined {
  return key instanceof Uint8Array ? key.length : key.symmetricKeySize
}
