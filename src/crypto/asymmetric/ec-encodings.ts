/**
 * Keys on named curves in the encodings that are stored: RFC 5480, RFC 5915. Every field is at a
 * fixed offset.
 */
import type { KeyObject } from 'node:crypto'
import { type CurveName, namedCurves } from '../../domain/material/curves.ts'
import { firstElement, parts } from '../../domain/material/der.ts'
import { ecPkcs8, scalarAt } from '../../domain/material/private-key-encoding.ts'
import { ecAlgorithm } from '../../domain/material/public-key-encoding.ts'
import { secretCopy } from '../../domain/material/secret-bytes.ts'
import { Wiped } from '../../domain/material/wiped.ts'

/**
 * The private scalar of a key in the stored encoding; the caller wipes it.
 * @throws TypeError for any other key.
 */
export function privateScalar(curve: CurveName, privateKey: KeyObject): Uint8Array {
  const { sizeBytes } = namedCurves[curve]
  const shape = ecPkcs8(curve, new Uint8Array(sizeBytes), new Uint8Array(1 + 2 * sizeBytes))
  const at = scalarAt(curve)
  using pkcs8 = Wiped.of(privateKey.export({ format: 'der', type: 'pkcs8' }))
  const { bytes } = pkcs8
  if (bytes.length !== shape.length || !bytes.subarray(0, at).equals(shape.subarray(0, at)))
    throw new TypeError(`this is not a key on ${curve} in the stored encoding`)
  return secretCopy(bytes.subarray(at, at + sizeBytes))
}

/** The uncompressed point of a public key. */
export function publicPoint(curve: CurveName, publicKey: KeyObject): Uint8Array {
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  return spki.subarray(spki.length - (1 + 2 * namedCurves[curve].sizeBytes))
}

/** Whether a SubjectPublicKeyInfo names this curve. */
export function namesCurve(curve: CurveName, spki: Uint8Array): boolean {
  const [algorithm] = parts(firstElement(spki), 2) ?? []
  return algorithm !== undefined && Buffer.compare(algorithm.whole, ecAlgorithm(curve)) === 0
}
