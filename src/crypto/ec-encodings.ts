/**
 * Keys on named curves in bytes: RFC 5480, RFC 5915. One encoding of a private key is kept, so everything in it stands at a fixed
 * place.
 */
import type { KeyObject } from 'node:crypto'
import type { EcSpec } from '../domain/key-specs.ts'
import { der } from './der.ts'

export type Curve = EcSpec['curve']

/** DER object identifiers (RFC 5480, SEC 2, GB/T 33560), and the length of a private number. */
const curves: Readonly<Record<Curve, { readonly id: Buffer; readonly scalarBytes: number }>> = {
  prime256v1: { id: Buffer.from('06082a8648ce3d030107', 'hex'), scalarBytes: 32 },
  secp384r1: { id: Buffer.from('06052b81040022', 'hex'), scalarBytes: 48 },
  secp521r1: { id: Buffer.from('06052b81040023', 'hex'), scalarBytes: 66 },
  secp256k1: { id: Buffer.from('06052b8104000a', 'hex'), scalarBytes: 32 },
  SM2: { id: Buffer.from('06082a811ccf5501822d', 'hex'), scalarBytes: 32 },
}
const ecPublicKeyId = Buffer.from('06072a8648ce3d0201', 'hex')

/**
 * RFC 5915 leaves it to a writer whether the inner key repeats the curve and holds the public point: Java leaves the point out,
 * some repeat the curve. All four are the same key; the first, which OpenSSL writes, is the one that is kept.
 */
export function ecEncodings(curve: Curve, scalar: Uint8Array, point: Uint8Array): [Buffer, ...Buffer[]] {
  const { id } = curves[curve]
  const parameters = der(0xa0, id)
  const publicKey = pointElement(point)
  const write = (...optional: readonly Buffer[]): Buffer => {
    const inner = der(0x30, Buffer.of(2, 1, 1), der(0x04, scalar), ...optional)
    return der(0x30, Buffer.of(2, 1, 0), algorithmId(curve), der(0x04, inner))
  }
  return [write(publicKey), write(), write(parameters), write(parameters, publicKey)]
}

/**
 * The private number in PKCS#8 that has the length of one of the four encodings, and the point where there is one. Nothing is
 * checked: compare the whole with what `ecEncodings` makes of it. @returns undefined for bytes of any other length.
 */
export function ecNumbers(curve: Curve, pkcs8: Uint8Array): { scalar: Uint8Array; point: Uint8Array | undefined } | undefined {
  const { scalarBytes } = curves[curve]
  // On each of these curves the field is as long as the order.
  const [scalar, point] = [new Uint8Array(scalarBytes), new Uint8Array(1 + 2 * scalarBytes)]
  const lengths = ecEncodings(curve, scalar, point).map(({ length }) => length)
  const form = lengths.indexOf(pkcs8.length)
  if (form < 0) return undefined
  const withPoint = form === 0 || form === 3
  const afterScalar = (withPoint ? pointElement(point).length : 0) + (form >= 2 ? der(0xa0, curves[curve].id).length : 0)
  const end = pkcs8.length - afterScalar
  return {
    scalar: new Uint8Array(pkcs8.subarray(end - scalarBytes, end)),
    point: withPoint ? pkcs8.subarray(pkcs8.length - point.length) : undefined,
  }
}

/** The private number of a key in the encoding that is kept; the caller wipes it. @throws TypeError for any other key. */
export function privateScalar(curve: Curve, privateKey: KeyObject): Uint8Array {
  const { scalarBytes } = curves[curve]
  const point = new Uint8Array(1 + 2 * scalarBytes)
  const [shape] = ecEncodings(curve, new Uint8Array(scalarBytes), point)
  const at = shape.length - pointElement(point).length - scalarBytes
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' })
  try {
    if (pkcs8.length !== shape.length || !pkcs8.subarray(0, at).equals(shape.subarray(0, at)))
      throw new TypeError(`this is no key on ${curve} in the encoding that is kept`)
    return new Uint8Array(pkcs8.subarray(at, at + scalarBytes))
  } finally {
    pkcs8.fill(0)
  }
}

/** The uncompressed point of a public key. */
export function publicPoint(curve: Curve, publicKey: KeyObject): Uint8Array {
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  return spki.subarray(spki.length - (1 + 2 * curves[curve].scalarBytes))
}

/** Whether a SubjectPublicKeyInfo names this curve. */
export function namesCurve(curve: Curve, spki: Buffer): boolean {
  const identifier = algorithmId(curve)
  const at = spki[1] === 0x81 ? 3 : 2
  return spki.subarray(at, at + identifier.length).equals(identifier)
}

function algorithmId(curve: Curve): Buffer {
  return der(0x30, ecPublicKeyId, curves[curve].id)
}

function pointElement(point: Uint8Array): Buffer {
  return der(0xa1, der(0x03, Buffer.of(0), point))
}
