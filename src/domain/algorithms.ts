/**
 * What keys compute with besides the envelope, one row per algorithm: RFC 8017 (RSA), FIPS 186-5
 * (ECDSA), GB/T 32918.2 (SM2), RFC 8032 (Ed25519), FIPS 204 (ML-DSA), RFC 2104 (HMAC).
 */

export type DigestName = 'sha256' | 'sha384' | 'sha512'

export type SigningAlgorithmName =
  | 'RSASSA_PSS_SHA_256'
  | 'RSASSA_PSS_SHA_384'
  | 'RSASSA_PSS_SHA_512'
  | 'RSASSA_PKCS1_V1_5_SHA_256'
  | 'RSASSA_PKCS1_V1_5_SHA_384'
  | 'RSASSA_PKCS1_V1_5_SHA_512'
  | 'ECDSA_SHA_256'
  | 'ECDSA_SHA_384'
  | 'ECDSA_SHA_512'
  | 'SM2DSA_SM3'
  | 'ED25519_SHA_512'
  | 'ML_DSA_SHAKE_256'

/**
 * What is signed: a message of any length, or its digest of exactly the algorithm's length. The
 * digest of SM2 covers the public key too.
 */
export type ToSign = { readonly kind: 'message' | 'digest'; readonly bytes: Uint8Array }

/**
 * `digestBytes`: length of a message digest that the caller supplies, and of a PSS salt; null if
 * only whole messages are signed.
 */
export type SigningAlgorithm =
  | {
      readonly scheme: 'rsa-pss' | 'rsa-pkcs1'
      readonly digest: DigestName
      readonly digestBytes: number
    }
  | { readonly scheme: 'ecdsa'; readonly digest: DigestName; readonly digestBytes: number }
  | { readonly scheme: 'sm2'; readonly digest: 'sm3'; readonly digestBytes: number }
  | { readonly scheme: 'eddsa' | 'ml-dsa'; readonly digest: null; readonly digestBytes: null }

export const signingAlgorithms: Readonly<Record<SigningAlgorithmName, SigningAlgorithm>> = {
  RSASSA_PSS_SHA_256: { scheme: 'rsa-pss', digest: 'sha256', digestBytes: 32 },
  RSASSA_PSS_SHA_384: { scheme: 'rsa-pss', digest: 'sha384', digestBytes: 48 },
  RSASSA_PSS_SHA_512: { scheme: 'rsa-pss', digest: 'sha512', digestBytes: 64 },
  RSASSA_PKCS1_V1_5_SHA_256: { scheme: 'rsa-pkcs1', digest: 'sha256', digestBytes: 32 },
  RSASSA_PKCS1_V1_5_SHA_384: { scheme: 'rsa-pkcs1', digest: 'sha384', digestBytes: 48 },
  RSASSA_PKCS1_V1_5_SHA_512: { scheme: 'rsa-pkcs1', digest: 'sha512', digestBytes: 64 },
  ECDSA_SHA_256: { scheme: 'ecdsa', digest: 'sha256', digestBytes: 32 },
  ECDSA_SHA_384: { scheme: 'ecdsa', digest: 'sha384', digestBytes: 48 },
  ECDSA_SHA_512: { scheme: 'ecdsa', digest: 'sha512', digestBytes: 64 },
  SM2DSA_SM3: { scheme: 'sm2', digest: 'sm3', digestBytes: 32 },
  ED25519_SHA_512: { scheme: 'eddsa', digest: null, digestBytes: null },
  ML_DSA_SHAKE_256: { scheme: 'ml-dsa', digest: null, digestBytes: null },
}

export type EncryptionAlgorithmName = 'SYMMETRIC_DEFAULT' | 'RSAES_OAEP_SHA_256'

/** How much of a modulus RSAES-OAEP with SHA-256 uses up: two digests and two bytes. */
export const oaepOverheadBytes = 66

/** What keys of usage KEY_AGREEMENT compute with, on any curve: SP 800-56A, x-coordinate alone. */
export const keyAgreementAlgorithms = ['ECDH'] as const
export type KeyAgreementAlgorithmName = (typeof keyAgreementAlgorithms)[number]

export type MacAlgorithmName = 'HMAC_SHA_256' | 'HMAC_SHA_384' | 'HMAC_SHA_512' | 'HMAC_SM3'

export type MacAlgorithm = {
  readonly digest: DigestName | 'sm3'
  /** Length of a MAC: it is never truncated. */
  readonly macBytes: number
}

export const macAlgorithms: Readonly<Record<MacAlgorithmName, MacAlgorithm>> = {
  HMAC_SHA_256: { digest: 'sha256', macBytes: 32 },
  HMAC_SHA_384: { digest: 'sha384', macBytes: 48 },
  HMAC_SHA_512: { digest: 'sha512', macBytes: 64 },
  HMAC_SM3: { digest: 'sm3', macBytes: 32 },
}
