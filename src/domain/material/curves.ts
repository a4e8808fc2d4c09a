/**
 * The named curves of keys: their names and their numbers (FIPS 186-5 and SP 800-186, SEC 2, GB/T
 * 32918.5).
 */
import type { EcSpec, EcSpecName } from '../keys/key-specs.ts'
import { sm2Curve } from './sm2.ts'

export type CurveName = EcSpec['curve']

/** y^2 = x^3 + a x + b modulo p, with a generator G of order n; h is the cofactor. */
export type CurveNumbers = Readonly<Record<'p' | 'a' | 'b' | 'Gx' | 'Gy' | 'n' | 'h', bigint>>

export type NamedCurve = {
  readonly name: CurveName
  readonly spec: EcSpecName
  /** Its object identifier in hex, without tag and length: RFC 5480, SEC 2, GB/T 33560. */
  readonly id: string
  /**
   * Of a private number and of a coordinate: on each of these curves the field is as long as the
   * order.
   */
  readonly sizeBytes: number
  readonly numbers: CurveNumbers
}

const p521 = (1n << 521n) - 1n

export const namedCurves: Readonly<Record<CurveName, NamedCurve>> = {
  prime256v1: {
    name: 'prime256v1',
    spec: 'EC_P256',
    id: '2a8648ce3d030107',
    sizeBytes: 32,
    numbers: {
      p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
      a: 0xffffffff00000001000000000000000000000000fffffffffffffffffffffffcn,
      b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
      Gx: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
      Gy: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
      n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
      h: 1n,
    },
  },
  secp384r1: {
    name: 'secp384r1',
    spec: 'EC_P384',
    id: '2b81040022',
    sizeBytes: 48,
    numbers: {
      p: 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffffn,
      a: 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000fffffffcn,
      b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
      Gx: 0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7n,
      Gy: 0x3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5fn,
      n: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
      h: 1n,
    },
  },
  secp521r1: {
    name: 'secp521r1',
    spec: 'EC_P521',
    id: '2b81040023',
    sizeBytes: 66,
    numbers: {
      p: p521,
      a: p521 - 3n,
      b: 0x51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
      Gx: 0xc6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66n,
      Gy: 0x11839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650n,
      n: 0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
      h: 1n,
    },
  },
  secp256k1: {
    name: 'secp256k1',
    spec: 'SECP256K1',
    id: '2b8104000a',
    sizeBytes: 32,
    numbers: {
      p: 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2fn,
      a: 0n,
      b: 7n,
      Gx: 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n,
      Gy: 0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n,
      n: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
      h: 1n,
    },
  },
  SM2: { name: 'SM2', spec: 'SM2', id: '2a811ccf5501822d', sizeBytes: 32, numbers: sm2Curve },
}

/** @param id object identifier in hex. @returns undefined for a curve that no spec has. */
export function curveOfId(id: string): NamedCurve | undefined {
  return Object.values(namedCurves).find((curve) => curve.id === id)
}
