/**
 * RFC 8017 section 9: the encodings under an RSA signature, for precomputed digests, which
 * node:crypto cannot sign. The RSA operation itself is OpenSSL's. Digests and encodings are not
 * secret.
 */
import { hash, timingSafeEqual } from 'node:crypto'
import type { DigestName } from '../../domain/algorithms.ts'

/** DER of DigestInfo up to the digest itself: notes to section 9.2. */
const digestInfoPrefixes: Readonly<Record<DigestName, Uint8Array>> = {
  sha256: Uint8Array.fromHex('3031300d060960864801650304020105000420'),
  sha384: Uint8Array.fromHex('3041300d060960864801650304020205000430'),
  sha512: Uint8Array.fromHex('3051300d060960864801650304020305000440'),
}

/** EMSA-PKCS1-v1_5 of a digest, `sizeBytes` long: the length of the modulus. */
export function encodePkcs1(
  digestName: DigestName,
  digest: Uint8Array,
  sizeBytes: number,
): Uint8Array {
  const info = Buffer.concat([digestInfoPrefixes[digestName], digest])
  const encoded = new Uint8Array(sizeBytes).fill(0xff)
  encoded[0] = 0
  encoded[1] = 1
  encoded[sizeBytes - info.length - 1] = 0
  encoded.set(info, sizeBytes - info.length)
  return encoded
}

/**
 * EMSA-PSS of a digest with a salt as long as the digest. The modulus is a whole number of bytes,
 * so its top bit is masked.
 */
export function encodePss(
  digestName: DigestName,
  digest: Uint8Array,
  salt: Uint8Array,
  sizeBytes: number,
): Uint8Array {
  const hashed = saltedHash(digestName, digest, salt)
  const block = new Uint8Array(sizeBytes - hashed.length - 1)
  block[block.length - salt.length - 1] = 1
  block.set(salt, block.length - salt.length)
  applyMask(digestName, hashed, block)
  block[0] = (block[0] ?? 0) & 0x7f
  return Uint8Array.from([...block, ...hashed, 0xbc])
}

/**
 * Whether `encoded` is an EMSA-PSS encoding of the digest with a salt of the same length: section
 * 9.1.2, step by step.
 */
export function verifyPss(
  digestName: DigestName,
  digest: Uint8Array,
  encoded: Uint8Array,
): boolean {
  const block = encoded.slice(0, encoded.length - digest.length - 1)
  const hashed = encoded.subarray(block.length, encoded.length - 1)
  if (encoded.at(-1) !== 0xbc || ((encoded[0] ?? 0) & 0x80) !== 0) return false
  applyMask(digestName, hashed, block)
  block[0] = (block[0] ?? 0) & 0x7f
  const saltAt = block.length - digest.length
  if (block[saltAt - 1] !== 1 || block.subarray(0, saltAt - 1).some((byte) => byte !== 0))
    return false
  return timingSafeEqual(hashed, saltedHash(digestName, digest, block.subarray(saltAt)))
}

function saltedHash(digestName: DigestName, digest: Uint8Array, salt: Uint8Array): Uint8Array {
  return hash(digestName, Buffer.concat([new Uint8Array(8), digest, salt]), 'buffer')
}

/** XORs MGF1 of `seed` over `block`: appendix B.2.1. */
function applyMask(digestName: DigestName, seed: Uint8Array, block: Uint8Array): void {
  const counter = new Uint8Array(4)
  for (let at = 0, i = 0; at < block.length; i++) {
    counter[3] = i
    const mask = hash(digestName, Buffer.concat([seed, counter]), 'buffer')
    for (let j = 0; j < mask.length && at < block.length; j++, at++)
      block[at] = (block[at] ?? 0) ^ (mask[j] ?? 0)
  }
}
