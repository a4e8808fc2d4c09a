/**
 * Symmetric material that no sound random source makes. A closed list, and each case says what is
 * wrong. A false alarm has a chance below 2^-40 on 32 random bytes and below 2^-22 on 16 (SM4);
 * draw again in that case. Material that matches the key's association is never checked.
 */

/** The checks, in the order in which they run. */
export const materialChecks = ['one-byte', 'pattern', 'counting', 'text', 'published'] as const
export type MaterialCheck = (typeof materialChecks)[number]

export type MaterialFault = {
  readonly check: MaterialCheck
  /** In words for the owner. */
  readonly reason: string
  /** Length of what is repeated, where that is the fault; 0 otherwise. */
  readonly period: number
}

/** Keys published in standards and manuals, where everyone can read them. */
const published: readonly Uint8Array[] = [
  '603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4', // SP 800-38A, AES-256 examples
  '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f', // FIPS 197, AES-256 example
  'feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308', // GCM specification, test cases 13 to 18
  '808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f', // RFC 8439
  'c47b0294dbbbee0fec4757f22ffeee3587ca4730c3d33b691df38bab076bc558', // NIST GCM and Wycheproof lists
  '0123456789abcdeffedcba98765432100123456789abcdeffedcba9876543210', // GB/T 32907 (SM4) example, twice
  '0123456789abcdeffedcba9876543210', // the same, once; RFC 8998 too
  'fedcba98765432100123456789abcdef', // GB/T 32907, second example
  '2b7e151628aed2a6abf7158809cf4f3c', // SP 800-38A and FIPS 197, AES-128 examples
  'feffe9928665731c6d6a8f9467308308', // GCM specification, test cases 3 to 6
  '92e11dcdaa866f5ce790fd24501f92509aacf4cb8b1339d50c9c1240935dd08b', // Wycheproof, AES-GCM 256
].map((hex) => Uint8Array.fromHex(hex))

/** A period up to this length is not an accident. */
const longestPeriod = 8

/** What is wrong with `material`, or undefined. */
export function materialFault(material: Uint8Array): MaterialFault | undefined {
  const fault = (check: MaterialCheck, reason: string, period = 0): MaterialFault => ({
    check,
    reason,
    period,
  })
  const first = material[0]
  if (material.every((byte) => byte === first)) return fault('one-byte', 'it repeats one byte', 1)
  for (let period = 2; period <= longestPeriod; period++) {
    if (hasPeriod(material, period))
      return fault('pattern', `it repeats a pattern of ${period} bytes`, period)
  }
  const half = material.length / 2
  if (Number.isInteger(half) && hasPeriod(material, half))
    return fault('pattern', 'its second half repeats its first', half)
  if (isArithmetic(material)) return fault('counting', 'its bytes form an arithmetic sequence')
  if (material.every((byte) => byte >= 0x20 && byte <= 0x7e))
    return fault(
      'text',
      'it is printable text; decode it if it is hexadecimal or base64, or generate random bytes',
    )
  if (published.some((key) => isEqual(key, material)))
    return fault('published', 'it is an example key that was published')
  return undefined
}

function hasPeriod(bytes: Uint8Array, period: number): boolean {
  return bytes.every((byte, i) => i < period || byte === bytes[i - period])
}

function isArithmetic(bytes: Uint8Array): boolean {
  const step = ((bytes[1] ?? 0) - (bytes[0] ?? 0)) & 0xff
  return bytes.every((byte, i) => i === 0 || byte === (((bytes[i - 1] ?? 0) + step) & 0xff))
}

/** Compares every byte, so that its timing does not reveal where two keys differ. */
function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0)
  return difference === 0
}
