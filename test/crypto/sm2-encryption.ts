/**
 * SM2 public-key encryption implemented from GB/T 32918.4, for tests: what a client does. OpenSSL's
 * command line is the second implementation.
 */
import { createHash, randomBytes } from 'node:crypto'
import { Sm2Point } from '../../src/crypto/asymmetric/sm2-curve.ts'
import { integer, octets, sequence } from './der.ts'

/**
 * In the form of the standard: 04, x, y, C3, C2.
 * @param point 04, x, y.
 * @param k fixed only for the standard's own example.
 */
export function encryptSm2(point: Uint8Array, message: Uint8Array, k = fresh()): Buffer {
  const c1 = Sm2Point.BASE.multiply(k).toBytes(false)
  const shared = Buffer.from(Sm2Point.fromBytes(point).multiply(k).toBytes(false))
  const [x, y] = [shared.subarray(1, 33), shared.subarray(33)]
  const blocks = Array.from({ length: Math.ceil(message.length / 32) }, (_, i) => {
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(i + 1)
    return createHash('sm3').update(x).update(y).update(counter).digest()
  })
  const mask = Buffer.concat(blocks)
  const c2 = Buffer.from(message.map((byte, i) => byte ^ (mask[i] as number)))
  const c3 = createHash('sm3').update(x).update(message).update(y).digest()
  return Buffer.concat([c1, c3, c2])
}

/** The same in the encoding of GM/T 0009. */
export function derOf(ciphertext: Buffer): Buffer {
  const number = (from: number): bigint =>
    BigInt(`0x${ciphertext.toString('hex', from, from + 32)}`)
  return sequence(
    integer(number(1)),
    integer(number(33)),
    octets(ciphertext.subarray(65, 97)),
    octets(ciphertext.subarray(97)),
  )
}

/** The point of an SM2 key in DER SubjectPublicKeyInfo. */
export function pointOf(spki: Uint8Array): Uint8Array {
  return spki.subarray(-65)
}

function fresh(): bigint {
  return BigInt(`0x${randomBytes(31).toString('hex')}`) + 1n
}
