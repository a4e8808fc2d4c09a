/**
 * ASN.1 in and out, by asn1js: what private keys, and what is mistaken for one, are made of. What is read stays in the memory it was
 * read from, and what is written is wiped here but for the result; the copies that asn1js makes meanwhile end with the worker.
 */
import { BitString, Constructed, fromBER, Integer, Null, ObjectIdentifier, OctetString, Primitive, Sequence } from 'asn1js'

export type Node = ReturnType<typeof fromBER>['result']

export const oids = {
  rsaEncryption: '1.2.840.113549.1.1.1',
  ecPublicKey: '1.2.840.10045.2.1',
  prime256v1: '1.2.840.10045.3.1.7',
  secp384r1: '1.3.132.0.34',
  secp521r1: '1.3.132.0.35',
  secp256k1: '1.3.132.0.10',
  sm2: '1.2.156.10197.1.301',
  ed25519: '1.3.101.112',
  mlDsa44: '2.16.840.1.101.3.4.3.17',
  mlDsa65: '2.16.840.1.101.3.4.3.18',
  mlDsa87: '2.16.840.1.101.3.4.3.19',
  pkcs7Data: '1.2.840.113549.1.7.1',
} as const

/** The one element that fills all the bytes; undefined for anything else. */
export function parse(bytes: Uint8Array): Node | undefined {
  if (bytes[0] !== 0x30) return undefined
  try {
    const { offset, result } = fromBER(bytes as Uint8Array<ArrayBuffer>)
    return offset === bytes.length && result.error === '' ? result : undefined
  } catch {
    return undefined
  }
}

/** The elements of a SEQUENCE, SET or tagged element; empty for others. */
export function children(node: Node | undefined): readonly Node[] {
  return node instanceof Constructed ? (node.valueBlock.value as readonly Node[]) : []
}

export function oidOf(node: Node | undefined): string | undefined {
  return node instanceof ObjectIdentifier ? node.valueBlock.toString() : undefined
}

/** A small number, such as a version. */
export function smallInteger(node: Node | undefined): number | undefined {
  return node instanceof Integer && node.valueBlock.valueHexView.length <= 4 ? node.valueBlock.valueDec : undefined
}

/** A number of any size that is not negative. */
export function bigInteger(node: Node | undefined): bigint | undefined {
  if (!(node instanceof Integer)) return undefined
  const bytes = node.valueBlock.valueHexView
  if (bytes.length === 0 || (bytes[0] ?? 0) >= 0x80) return undefined
  return BigInt(`0x${bytes.toHex()}`)
}

export function octets(node: Node | undefined): Uint8Array | undefined {
  return node instanceof OctetString ? node.valueBlock.valueHexView : undefined
}

export function bits(node: Node | undefined): Uint8Array | undefined {
  return node instanceof BitString && node.valueBlock.unusedBits === 0 ? node.valueBlock.valueHexView : undefined
}

/** Whether it is the element with a tag of its context, such as [0]. */
export function isTagged(node: Node | undefined, tag: number): boolean {
  return node instanceof Constructed && node.idBlock.tagClass === 3 && node.idBlock.tagNumber === tag
}

/** What is in an element with a tag of its context in place of its own. */
export function taggedBytes(node: Node | undefined, tag: number): Uint8Array | undefined {
  const isIt = node instanceof Primitive && node.idBlock.tagClass === 3 && node.idBlock.tagNumber === tag
  return isIt ? node.valueBlock.valueHexView : undefined
}

export function isSequence(node: Node | undefined): boolean {
  return node instanceof Sequence
}

export function isInteger(node: Node | undefined): boolean {
  return node instanceof Integer
}

export function isNull(node: Node | undefined): boolean {
  return node instanceof Null
}

function encoded(node: { toBER(): ArrayBuffer }): Uint8Array {
  return new Uint8Array(node.toBER())
}

const oid = (value: string): ObjectIdentifier => new ObjectIdentifier({ value })

const octetString = (bytes: Uint8Array): OctetString => new OctetString({ valueHex: bytes as Uint8Array<ArrayBuffer> })
const bitString = (bytes: Uint8Array): BitString => new BitString({ valueHex: bytes as Uint8Array<ArrayBuffer> })

/** RFC 5208. @param inner wiped. */
function pkcs8(algorithm: Sequence, inner: Uint8Array): Uint8Array {
  const whole = encoded(new Sequence({ value: [new Integer({ value: 0 }), algorithm, octetString(inner)] }))
  inner.fill(0)
  return whole
}

/** RFC 5208 around RFC 8017 A.1.2: the one DER of these numbers, in whatever BER they came. @param numbers n, e, d, p, q, dp, dq, qi. */
export function pkcs8OfRsa(numbers: readonly bigint[]): Uint8Array {
  const integers = [0n, ...numbers].map((number) => Integer.fromBigInt(number))
  const inner = encoded(new Sequence({ value: integers }))
  for (const integer of integers) integer.valueBlock.valueHexView.fill(0)
  return pkcs8(new Sequence({ value: [oid(oids.rsaEncryption), new Null()] }), inner)
}

/** RFC 5208 around RFC 5915, the curve outside and the public point inside, as OpenSSL writes it. @param scalar left unchanged. */
export function pkcs8OfEc(curve: string, scalar: Uint8Array, point: Uint8Array): Uint8Array {
  const publicKey = new Constructed({
    idBlock: { tagClass: 3, tagNumber: 1 },
    value: [bitString(point)],
  })
  const inner = encoded(new Sequence({ value: [new Integer({ value: 1 }), octetString(scalar), publicKey] }))
  return pkcs8(new Sequence({ value: [oid(oids.ecPublicKey), oid(curve)] }), inner)
}

/** RFC 5208 around a seed with one byte each of tag and length: RFC 8410. @param seed left unchanged. */
export function pkcs8OfSeed(id: string, tag: number, seed: Uint8Array): Uint8Array {
  const inner = new Uint8Array(2 + seed.length)
  inner.set([tag, seed.length])
  inner.set(seed, 2)
  return pkcs8(new Sequence({ value: [oid(id)] }), inner)
}

/** RFC 5280, for algorithms without parameters. */
export function spkiOf(id: string, publicKey: Uint8Array): Uint8Array {
  return encoded(new Sequence({ value: [new Sequence({ value: [oid(id)] }), bitString(publicKey)] }))
}

/** RFC 5280 and RFC 3279 section 2.3.1. */
export function spkiOfRsa(modulus: bigint, exponent: bigint): Uint8Array {
  const key = encoded(new Sequence({ value: [Integer.fromBigInt(modulus), Integer.fromBigInt(exponent)] }))
  const algorithm = new Sequence({ value: [oid(oids.rsaEncryption), new Null()] })
  return encoded(new Sequence({ value: [algorithm, bitString(key)] }))
}

/** RFC 5480. */
export function spkiOfEc(curve: string, point: Uint8Array): Uint8Array {
  const algorithm = new Sequence({ value: [oid(oids.ecPublicKey), oid(curve)] })
  return encoded(new Sequence({ value: [algorithm, bitString(point)] }))
}
