/**
 * ASN.1 by asn1js: identifies structures, and converts a private key from BER to DER. Parsed values
 * refer to the memory they were read from; the copies that asn1js makes end with the worker. Only
 * domain/material/private-key-form.ts validates private keys.
 */
import {
  BitString,
  Constructed,
  fromBER,
  GeneralizedTime,
  Integer,
  ObjectIdentifier,
  OctetString,
  Sequence,
  UTCTime,
} from 'asn1js'
import { der, derNumber, derTag } from '../../domain/material/der.ts'
import { Wiped } from '../../domain/material/wiped.ts'

export type Node = ReturnType<typeof fromBER>['result']

/** The one SEQUENCE that fills all the bytes; undefined for anything else. */
export function parse(bytes: Uint8Array | undefined): Node | undefined {
  if (bytes?.[0] !== derTag.sequence) return undefined
  try {
    const { offset, result } = fromBER(bytes as Uint8Array<ArrayBuffer>)
    return offset === bytes.length && result.error === '' ? result : undefined
  } catch {
    return undefined
  }
}

/**
 * Re-encodes a private key that a program wrote in BER (indefinite lengths, lengths or numbers
 * longer than necessary, strings in pieces) as DER, the only form that is validated and sent. The
 * key inside a PKCS#8 is re-encoded too.
 * @returns fresh bytes that the caller wipes.
 */
export function privateKeyInDer(node: Node): Uint8Array<ArrayBuffer> {
  const parts = children(node).map((part, at) => {
    const inner = at === 2 ? parse(octets(part)) : undefined
    if (inner === undefined) return inDer(part)
    using content = Wiped.of(inDer(inner))
    return der(derTag.octets, content.bytes)
  })
  return joined(derTag.sequence, parts)
}

function inDer(node: Node): Uint8Array<ArrayBuffer> {
  const number = bigInteger(node)
  if (number !== undefined) return derNumber(number)
  const string = octets(node)
  if (string !== undefined) return der(derTag.octets, string)
  const whole = node.valueBeforeDecodeView
  const tag = whole[0] ?? 0
  if (node instanceof Constructed) return joined(tag, children(node).map(inDer))
  return der(tag, whole.subarray(whole.length - node.lenBlock.length))
}

/** @param parts wiped. */
function joined(tag: number, parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  using _parts = Wiped.each(parts)
  return der(tag, ...parts)
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
  return node instanceof Integer && node.valueBlock.valueHexView.length <= 4
    ? node.valueBlock.valueDec
    : undefined
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
  return node instanceof BitString && node.valueBlock.unusedBits === 0
    ? node.valueBlock.valueHexView
    : undefined
}

/** Whether it is an element with a context-specific tag, such as [0]. */
export function isTagged(node: Node | undefined, tag: number): boolean {
  return (
    node instanceof Constructed && node.idBlock.tagClass === 3 && node.idBlock.tagNumber === tag
  )
}

export function isSequence(node: Node | undefined): boolean {
  return node instanceof Sequence
}

export function isInteger(node: Node | undefined): boolean {
  return node instanceof Integer
}

export function isTime(node: Node | undefined): boolean {
  return node instanceof UTCTime || node instanceof GeneralizedTime
}
