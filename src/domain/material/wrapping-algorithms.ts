/**
 * How material is wrapped for an import, one row per algorithm: under a key pair that is made for
 * this one import.
 */

export type WrappingAlgorithmName =
  | 'RSAES_OAEP_SHA_256'
  | 'SM2_ENCRYPT'
  | 'RSA_AES_KEY_WRAP_SHA_256'

/**
 * What a temporary key wraps with, by its length: RFC 5649 over the block cipher AES or SM4; RFC
 * 3394 over AES is accepted too.
 */
export type KeyWrapCipher = 'aes' | 'sm4'

export type WrappingAlgorithm = {
  readonly name: WrappingAlgorithmName
  /** Appears in import tokens: docs/ciphertext-format.md. */
  readonly number: number
  /** Kind of the wrapping key. */
  readonly wrappingKey: 'rsa' | 'sm2'
  /**
   * In one part: a temporary key under the wrapping key, immediately followed by the material under
   * the temporary key. In two parts: a secret is under the wrapping key itself, and a private key
   * is in a part of its own, under a temporary key.
   */
  readonly parts: 1 | 2
  /** Accepted lengths of a temporary key, and what it wraps with at each. */
  readonly temporaryKeys: Readonly<Record<number, KeyWrapCipher>>
  /** Tells a caller whose material did not unwrap how it should have been wrapped. */
  readonly described: string
}

export const wrappingAlgorithms: Readonly<Record<WrappingAlgorithmName, WrappingAlgorithm>> = {
  RSAES_OAEP_SHA_256: {
    name: 'RSAES_OAEP_SHA_256',
    number: 1,
    wrappingKey: 'rsa',
    parts: 2,
    temporaryKeys: { 16: 'aes', 32: 'aes' },
    described:
      'RSAES-OAEP with SHA-256 for hash and MGF1 under the wrapping key; a private key with AES-KWP under the temporary key',
  },
  SM2_ENCRYPT: {
    name: 'SM2_ENCRYPT',
    number: 2,
    wrappingKey: 'sm2',
    parts: 2,
    temporaryKeys: { 16: 'sm4', 32: 'aes' },
    described:
      'SM2 encryption under the wrapping key, in DER or C1 C3 C2; a private key under the temporary key, with SM4-KWP if that has 16 bytes and AES-KWP if it has 32',
  },
  RSA_AES_KEY_WRAP_SHA_256: {
    name: 'RSA_AES_KEY_WRAP_SHA_256',
    number: 3,
    wrappingKey: 'rsa',
    parts: 1,
    temporaryKeys: { 32: 'aes' },
    described:
      'RSAES-OAEP with SHA-256 for hash and MGF1 of a temporary AES-256 key under the wrapping key, immediately followed by the material with AES-KWP under the temporary key',
  },
}

/** @param name from a row. @throws TypeError for an unknown one. */
export function wrappingAlgorithm(name: string): WrappingAlgorithm {
  const found = Object.hasOwn(wrappingAlgorithms, name)
    ? wrappingAlgorithms[name as WrappingAlgorithmName]
    : undefined
  if (found === undefined) throw new TypeError(`no wrapping algorithm is named ${name}`)
  return found
}
