/**
 * Public keys as SubjectPublicKeyInfo (RFC 5280), and the algorithm identifiers that private keys
 * share with them.
 */
import { type CurveName, namedCurves } from './curves.ts'
import { der, derNumber, derTag } from './der.ts'
import { idOf, type SeedKind } from './private-key-ids.ts'

/** RFC 3279, section 2.3.1. */
export function rsaAlgorithm(): Uint8Array {
  return der(derTag.sequence, oid(idOf.rsa), der(derTag.nothing))
}

/** RFC 5480. */
export function ecAlgorithm(curve: CurveName): Uint8Array {
  return der(derTag.sequence, oid(idOf.ec), oid(namedCurves[curve].id))
}

/** RFC 8410 and RFC 9881: without parameters. */
export function seedAlgorithm(kind: SeedKind): Uint8Array {
  return der(derTag.sequence, oid(idOf[kind]))
}

/** RFC 8017, appendix A.1.1. */
export function rsaSpki(modulus: bigint, exponent: bigint): Uint8Array {
  return spki(rsaAlgorithm(), der(derTag.sequence, derNumber(modulus), derNumber(exponent)))
}

/** @param point uncompressed. */
export function ecSpki(curve: CurveName, point: Uint8Array): Uint8Array {
  return spki(ecAlgorithm(curve), point)
}

export function seedSpki(kind: SeedKind, publicKey: Uint8Array): Uint8Array {
  return spki(seedAlgorithm(kind), publicKey)
}

function spki(algorithm: Uint8Array, publicKey: Uint8Array): Uint8Array {
  return der(derTag.sequence, algorithm, der(derTag.bits, Uint8Array.of(0), publicKey))
}

function oid(hex: string): Uint8Array {
  return der(derTag.oid, Uint8Array.fromHex(hex))
}
