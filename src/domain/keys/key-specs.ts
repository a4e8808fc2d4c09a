/**
 * What a key can be, one row per spec. After this lookup, code takes the row and never lists names
 * again.
 */
import type {
  EncryptionAlgorithmName,
  MacAlgorithmName,
  SigningAlgorithmName,
} from '../algorithms.ts'

export type SymmetricSpecName = 'AES_256' | 'SM4'
export type HmacSpecName = 'HMAC_256' | 'HMAC_384' | 'HMAC_512' | 'HMAC_SM3'
export type RsaSpecName = 'RSA_2048' | 'RSA_3072' | 'RSA_4096'
export type EcSpecName = 'EC_P256' | 'EC_P384' | 'EC_P521' | 'SECP256K1' | 'SM2'
export type EdSpecName = 'ED25519'
export type MlDsaSpecName = 'ML_DSA_44' | 'ML_DSA_65' | 'ML_DSA_87'
export type AsymmetricSpecName = RsaSpecName | EcSpecName | EdSpecName | MlDsaSpecName
export type KeySpecName = SymmetricSpecName | HmacSpecName | AsymmetricSpecName

/** What a key may be for. */
export const keyUsages = [
  'ENCRYPT_DECRYPT',
  'SIGN_VERIFY',
  'GENERATE_VERIFY_MAC',
  'KEY_AGREEMENT',
] as const
export type KeyUsage = (typeof keyUsages)[number]

/** Where the material of a key comes from. */
export const keyOrigins = ['made-here', 'external'] as const
export type Origin = (typeof keyOrigins)[number]

type Common = {
  readonly name: KeySpecName
  /**
   * What its keys may be for. The usage of a key never changes; it is the first one here if its
   * creator names none.
   */
  readonly usages: readonly [KeyUsage, ...KeyUsage[]]
  readonly encryption: readonly EncryptionAlgorithmName[]
  readonly signing: readonly SigningAlgorithmName[]
  readonly macs: readonly MacAlgorithmName[]
}

export type SymmetricSpec = Common & {
  readonly kind: 'symmetric'
  readonly name: SymmetricSpecName
  /** Length of its material. */
  readonly materialBytes: number
  /** Suite of the sealed envelope: see docs/ciphertext-format.md. */
  readonly suite: 1 | 3
  /** Digest that a caller sends with a data key to be sealed: `dataKeyDigestBytes` long. */
  readonly dataKeyDigest: 'sha256' | 'sm3'
}

/** A secret that generates and verifies MACs, and never encrypts. */
export type HmacSpec = Common & {
  readonly kind: 'hmac'
  readonly name: HmacSpecName
  /** Length of its material: that of the digest, as RFC 2104 recommends. */
  readonly materialBytes: number
}

export type RsaSpec = Common & {
  readonly kind: 'rsa'
  readonly name: RsaSpecName
  readonly modulusBits: number
}

export type EcSpec = Common & {
  readonly kind: 'ec'
  readonly name: EcSpecName
  /** OpenSSL's name of the curve. */
  readonly curve: 'prime256v1' | 'secp384r1' | 'secp521r1' | 'secp256k1' | 'SM2'
}

/** A key on a twisted Edwards curve: RFC 8410. */
export type EdSpec = Common & {
  readonly kind: 'ed'
  readonly name: EdSpecName
  /** Name of the kind as OpenSSL has it. */
  readonly openSsl: 'ed25519'
}

/** A key of one of the parameter sets of FIPS 204; RFC 9881. */
export type MlDsaSpec = Common & {
  readonly kind: 'ml-dsa'
  readonly name: MlDsaSpecName
  /** Name of the kind as OpenSSL has it. */
  readonly openSsl: 'ml-dsa-44' | 'ml-dsa-65' | 'ml-dsa-87'
}

export type AsymmetricSpec = RsaSpec | EcSpec | EdSpec | MlDsaSpec
/** Specs whose material is raw secret bytes, without a public half. */
export type SecretSpec = SymmetricSpec | HmacSpec
export type KeySpec = SecretSpec | AsymmetricSpec

function symmetric(
  name: SymmetricSpecName,
  materialBytes: number,
  suite: SymmetricSpec['suite'],
  dataKeyDigest: SymmetricSpec['dataKeyDigest'],
): SymmetricSpec {
  return {
    name,
    kind: 'symmetric',
    materialBytes,
    suite,
    dataKeyDigest,
    usages: ['ENCRYPT_DECRYPT'],
    encryption: ['SYMMETRIC_DEFAULT'],
    signing: [],
    macs: [],
  }
}

function rsa(name: RsaSpecName, modulusBits: number): RsaSpec {
  return {
    name,
    kind: 'rsa',
    modulusBits,
    usages: ['SIGN_VERIFY', 'ENCRYPT_DECRYPT'],
    encryption: ['RSAES_OAEP_SHA_256'],
    signing: [
      'RSASSA_PSS_SHA_256',
      'RSASSA_PSS_SHA_384',
      'RSASSA_PSS_SHA_512',
      'RSASSA_PKCS1_V1_5_SHA_256',
      'RSASSA_PKCS1_V1_5_SHA_384',
      'RSASSA_PKCS1_V1_5_SHA_512',
    ],
    macs: [],
  }
}

function ec(
  name: EcSpecName,
  curve: EcSpec['curve'],
  signing: SigningAlgorithmName,
  ...more: readonly KeyUsage[]
): EcSpec {
  return {
    name,
    kind: 'ec',
    curve,
    usages: ['SIGN_VERIFY', ...more],
    encryption: [],
    signing: [signing],
    macs: [],
  }
}

function ed(name: EdSpecName, openSsl: EdSpec['openSsl'], signing: SigningAlgorithmName): EdSpec {
  return {
    name,
    kind: 'ed',
    openSsl,
    usages: ['SIGN_VERIFY'],
    encryption: [],
    signing: [signing],
    macs: [],
  }
}

function mlDsa(name: MlDsaSpecName, openSsl: MlDsaSpec['openSsl']): MlDsaSpec {
  return {
    name,
    kind: 'ml-dsa',
    openSsl,
    usages: ['SIGN_VERIFY'],
    encryption: [],
    signing: ['ML_DSA_SHAKE_256'],
    macs: [],
  }
}

function hmac(name: HmacSpecName, materialBytes: number, mac: MacAlgorithmName): HmacSpec {
  return {
    name,
    kind: 'hmac',
    materialBytes,
    usages: ['GENERATE_VERIFY_MAC'],
    encryption: [],
    signing: [],
    macs: [mac],
  }
}

export const keySpecs: Readonly<Record<KeySpecName, KeySpec>> = {
  AES_256: symmetric('AES_256', 32, 1, 'sha256'),
  SM4: symmetric('SM4', 16, 3, 'sm3'),
  RSA_2048: rsa('RSA_2048', 2048),
  RSA_3072: rsa('RSA_3072', 3072),
  RSA_4096: rsa('RSA_4096', 4096),
  EC_P256: ec('EC_P256', 'prime256v1', 'ECDSA_SHA_256', 'KEY_AGREEMENT'),
  EC_P384: ec('EC_P384', 'secp384r1', 'ECDSA_SHA_384', 'KEY_AGREEMENT'),
  EC_P521: ec('EC_P521', 'secp521r1', 'ECDSA_SHA_512', 'KEY_AGREEMENT'),
  SECP256K1: ec('SECP256K1', 'secp256k1', 'ECDSA_SHA_256'),
  SM2: ec('SM2', 'SM2', 'SM2DSA_SM3'),
  ED25519: ed('ED25519', 'ed25519', 'ED25519_SHA_512'),
  ML_DSA_44: mlDsa('ML_DSA_44', 'ml-dsa-44'),
  ML_DSA_65: mlDsa('ML_DSA_65', 'ml-dsa-65'),
  ML_DSA_87: mlDsa('ML_DSA_87', 'ml-dsa-87'),
  HMAC_256: hmac('HMAC_256', 32, 'HMAC_SHA_256'),
  HMAC_384: hmac('HMAC_384', 48, 'HMAC_SHA_384'),
  HMAC_512: hmac('HMAC_512', 64, 'HMAC_SHA_512'),
  HMAC_SM3: hmac('HMAC_SM3', 32, 'HMAC_SM3'),
}

/** Both in DER, each in its own memory. The caller wipes the private one. */
export type PrivateKeyPair = {
  /** PKCS#8, RFC 5208. */
  readonly pkcs8: Uint8Array
  /** SubjectPublicKeyInfo, RFC 5280. */
  readonly spki: Uint8Array
}

/**
 * The spec of a stored key.
 * @throws TypeError for an unknown name, which only a damaged row could hold.
 */
export function keySpec(name: string): KeySpec {
  const spec = Object.hasOwn(keySpecs, name) ? keySpecs[name as KeySpecName] : undefined
  if (spec === undefined) throw new TypeError(`no key spec is named ${name}`)
  return spec
}

/**
 * Whether a key of this spec is a pair: its private key is permanent, its public one can be shown.
 */
export function isAsymmetric(spec: KeySpec): spec is AsymmetricSpec {
  return spec.kind !== 'symmetric' && spec.kind !== 'hmac'
}

/** The spec of a stored key that must be asymmetric. @throws TypeError. */
export function asymmetricSpec(name: string): AsymmetricSpec {
  const spec = keySpec(name)
  if (isAsymmetric(spec)) return spec
  throw new TypeError(`${name} is not an asymmetric key spec`)
}
