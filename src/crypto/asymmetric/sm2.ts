/**
 * SM2 signatures: GB/T 32918.2. node:crypto signs with SM2 keys, but only whole messages and only
 * for a signer without an identifier, which no other implementation verifies; so the equations are
 * implemented here, over the group of @noble/curves.
 */
import { createHmac, hash, randomBytes } from 'node:crypto'
import { invertCt, mapHashToField } from '@noble/curves/abstract/modular.js'
import { DER } from '@noble/curves/abstract/weierstrass.js'
import { sm2Curve, sm2SignerId } from '../../domain/material/sm2.ts'
import { Sm2Point } from './sm2-curve.ts'

const { Fn } = Sm2Point
/** a, b and the generator, as hashed into every Z. */
const curveBytes = Buffer.concat(
  [sm2Curve.a, sm2Curve.b, sm2Curve.Gx, sm2Curve.Gy].map((value) => Sm2Point.Fp.toBytes(value)),
)

/**
 * The digest that is signed: e = SM3(Z || message), where Z is the SM3 of the signer's identifier,
 * the curve and the public key.
 * @param point uncompressed.
 */
export function sm2Digest(
  point: Uint8Array,
  message: Uint8Array,
  signerId: string = sm2SignerId,
): Uint8Array {
  const id = Buffer.from(signerId)
  const idBits = Buffer.alloc(2)
  idBits.writeUInt16BE(id.length * 8)
  const z = hash('sm3', Buffer.concat([idBits, id, curveBytes, point.subarray(1)]), 'buffer')
  return hash('sm3', Buffer.concat([z, message]), 'buffer')
}

/**
 * @param scalar private key, left unchanged.
 * @param digest e, 32 bytes.
 * @returns DER.
 * @throws Error for an invalid private key.
 */
export function signSm2(scalar: Uint8Array, digest: Uint8Array): Uint8Array {
  const d = Fn.fromBytes(scalar)
  const e = digestNumber(digest)
  for (;;) {
    const k = nonce(scalar, digest)
    const r = Fn.create(e + Sm2Point.BASE.multiply(k).toAffine().x)
    if (r === 0n || r + k === sm2Curve.n) continue
    const s = Fn.mul(invertCt(1n + d, sm2Curve.n), Fn.create(k - r * d))
    if (s !== 0n) return Buffer.from(DER.hexFromSig({ r, s }), 'hex')
  }
}

/** Whether `signature`, in DER, is valid for the digest; false for every kind of mismatch. */
export function verifySm2(point: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean {
  try {
    const { r, s } = DER.toSig(signature)
    const t = Fn.create(r + s)
    if (!Fn.isValidNot0(r) || !Fn.isValidNot0(s) || t === 0n) return false
    const sum = Sm2Point.BASE.multiplyUnsafe(s).add(Sm2Point.fromBytes(point).multiplyUnsafe(t))
    return !sum.is0() && Fn.create(digestNumber(digest) + sum.toAffine().x) === r
  } catch {
    return false
  }
}

/**
 * Derived from fresh randomness, the private key and the digest, so that neither a bad random
 * source nor a fault can repeat a nonce.
 */
function nonce(scalar: Uint8Array, digest: Uint8Array): bigint {
  const hedged = createHmac('sha512', scalar).update(randomBytes(32)).update(digest).digest()
  return Fn.fromBytes(mapHashToField(hedged, sm2Curve.n))
}

function digestNumber(digest: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(digest).toString('hex')}`)
}
