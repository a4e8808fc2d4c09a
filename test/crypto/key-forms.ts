/**
 * The parts from which programs and HSMs assemble private keys: attributes, public keys, explicit
 * curves.
 */
import { createPublicKey, type KeyObject } from 'node:crypto'
import type { AsymmetricSpecName } from '../../src/domain/keys/key-specs.ts'
import { type CurveName, type CurveNumbers, namedCurves } from '../../src/domain/material/curves.ts'
import { bits, der, explicit, integer, octets, oid, sequence } from './der.ts'

/** The attribute with which Windows CNG restricts the use of a key: key usage (2.5.29.15). */
const keyUsage = sequence(oid('551d0f'), der(0x31, der(0x03, Buffer.of(7, 0x80))))
export const attributes = der(0xa0, keyUsage)

/** Everything in a PKCS#8 after its version. */
export function behindVersion(whole: Buffer): Buffer {
  const head = whole[1] === 0x82 ? 4 : whole[1] === 0x81 ? 3 : 2
  return whole.subarray(head + 3)
}

/** RFC 5958 around the same algorithm and private key. */
export const version2 = (whole: Buffer, ...rest: readonly Uint8Array[]): Buffer =>
  sequence(integer(1n), behindVersion(whole), ...rest)
export const version1 = (whole: Buffer, ...rest: readonly Uint8Array[]): Buffer =>
  sequence(integer(0n), behindVersion(whole), ...rest)
export const implicitKey = (key: Uint8Array): Buffer => der(0x81, Buffer.of(0), key)
export const explicitKey = (key: Uint8Array): Buffer => explicit(1, bits(key))

/** The content of the bit string in a SubjectPublicKeyInfo. */
export function publicBytes(key: KeyObject, spec: AsymmetricSpecName): Buffer {
  const lengths: Partial<Record<AsymmetricSpecName, number>> = {
    EC_P256: 65,
    EC_P384: 97,
    EC_P521: 133,
    SECP256K1: 65,
    SM2: 65,
    ED25519: 32,
    ML_DSA_44: 1312,
    ML_DSA_65: 1952,
    ML_DSA_87: 2592,
  }
  const length = lengths[spec]
  const open = createPublicKey(key)
  return length === undefined
    ? open.export({ format: 'der', type: 'pkcs1' })
    : open.export({ format: 'der', type: 'spki' }).subarray(-length)
}

/** SEC 1, appendix C.2. */
export function spelledOut(
  curve: CurveName,
  changed: Partial<CurveNumbers> = {},
  more: { seed?: Buffer; h?: false; compress?: true } = {},
): Buffer {
  const { numbers, sizeBytes } = namedCurves[curve]
  const { p, a, b, Gx, Gy, n, h } = { ...numbers, ...changed }
  const bytes = (value: bigint): Buffer =>
    Buffer.from(value.toString(16).padStart(sizeBytes * 2, '0'), 'hex')
  const base = more.compress
    ? Buffer.concat([Buffer.of(2 + Number(Gy & 1n)), bytes(Gx)])
    : Buffer.concat([Buffer.of(4), bytes(Gx), bytes(Gy)])
  return sequence(
    integer(1n),
    sequence(oid('2a8648ce3d0101'), integer(p)),
    sequence(octets(bytes(a)), octets(bytes(b)), ...(more.seed ? [bits(more.seed)] : [])),
    octets(base),
    integer(n),
    ...(more.h === false ? [] : [integer(h)]),
  )
}
