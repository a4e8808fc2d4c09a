/**
 * The one form in which private keys are stored: PKCS#8 (RFC 5208) as OpenSSL writes it. All
 * intermediate bytes are wiped.
 */
import { type CurveName, namedCurves } from './curves.ts'
import { der, derNumber, derTag } from './der.ts'
import type { MlDsaName, SeedKind } from './private-key-ids.ts'
import { ecAlgorithm, rsaAlgorithm, seedAlgorithm } from './public-key-encoding.ts'
import type { RsaNumbers } from './rsa-numbers.ts'
import { Wiped } from './wiped.ts'

/** RFC 8017, appendix A.1.2. @returns fresh bytes that the caller wipes, here and below. */
export function rsaPkcs8({ n, e, d, p, q, dp, dq, qi }: RsaNumbers): Uint8Array<ArrayBuffer> {
  const numbers = [0n, n, e, d, p, q, dp, dq, qi].map(derNumber)
  using _numbers = Wiped.each(numbers)
  return pkcs8(rsaAlgorithm(), der(derTag.sequence, ...numbers))
}

/**
 * RFC 5915, with the curve in the outer structure and the point in the inner one.
 * @param scalar as long as numbers of the curve are.
 * @param point uncompressed.
 */
export function ecPkcs8(
  curve: CurveName,
  scalar: Uint8Array,
  point: Uint8Array,
): Uint8Array<ArrayBuffer> {
  using privateKey = Wiped.of(der(derTag.octets, scalar))
  return pkcs8(
    ecAlgorithm(curve),
    der(derTag.sequence, derNumber(1n), privateKey.bytes, pointElement(point)),
  )
}

/** Where the private number of `ecPkcs8` begins: every field has a fixed offset. */
export function scalarAt(curve: CurveName): number {
  const { sizeBytes } = namedCurves[curve]
  const point = new Uint8Array(1 + 2 * sizeBytes)
  return (
    ecPkcs8(curve, new Uint8Array(sizeBytes), point).length - pointElement(point).length - sizeBytes
  )
}

/** RFC 8410 and RFC 9881: the seed alone. */
export function seedPkcs8(kind: SeedKind, seed: Uint8Array): Uint8Array<ArrayBuffer> {
  return pkcs8(seedAlgorithm(kind), der(kind === 'ed25519' ? derTag.octets : 0x80, seed))
}

/**
 * ML-DSA with the expanded key (RFC 9881), which OpenSSL compares with the seed when it loads them;
 * this form is not stored.
 */
export function expandedPkcs8(kind: MlDsaName, seed: Uint8Array, expanded: Uint8Array) {
  using first = Wiped.of(der(derTag.octets, seed))
  using second = Wiped.of(der(derTag.octets, expanded))
  return pkcs8(seedAlgorithm(kind), der(derTag.sequence, first.bytes, second.bytes))
}

/** @param inner wiped. */
function pkcs8(algorithm: Uint8Array, inner: Uint8Array): Uint8Array<ArrayBuffer> {
  using privateKey = Wiped.of(inner)
  using octets = Wiped.of(der(derTag.octets, privateKey.bytes))
  return der(derTag.sequence, derNumber(0n), algorithm, octets.bytes)
}

function pointElement(point: Uint8Array): Uint8Array {
  return der(0xa1, der(derTag.bits, Uint8Array.of(0), point))
}
