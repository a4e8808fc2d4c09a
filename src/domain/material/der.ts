/**
 * Just enough DER (X.690) for private keys: reads elements one level at a time without copying, and
 * writes elements.
 */
import { secretBytes } from './secret-bytes.ts'
import { Wiped } from './wiped.ts'

export type Element = {
  readonly tag: number
  /** A view of the input, as is `whole`. */
  readonly content: Uint8Array
  /** With tag and length. */
  readonly whole: Uint8Array
}

export const derTag = {
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  nothing: 0x05,
  oid: 0x06,
  sequence: 0x30,
} as const

/**
 * The element at the beginning of some bytes. Lengths are those of DER, up to 65,535 bytes; tags
 * are of one byte.
 * @returns undefined for anything else.
 */
export function firstElement(bytes: Uint8Array): Element | undefined {
  const [tag, first, second, third] = bytes
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return undefined
  const [head, length] =
    first < 0x80
      ? [2, first]
      : first === 0x81 && second !== undefined && second >= 0x80
        ? [3, second]
        : first === 0x82 && second !== undefined && third !== undefined && second > 0
          ? [4, (second << 8) | third]
          : [0, 0]
  const end = head + length
  if (head === 0 || bytes.length < end) return undefined
  return { tag, content: bytes.subarray(head, end), whole: bytes.subarray(0, end) }
}

/**
 * The elements that fill some bytes.
 * @param most no more than this are read.
 * @returns undefined if they do not fill them.
 */
export function elements(bytes: Uint8Array, most: number): readonly Element[] | undefined {
  const found: Element[] = []
  for (let at = 0; at < bytes.length; ) {
    const element = firstElement(bytes.subarray(at))
    if (element === undefined || found.length === most) return undefined
    found.push(element)
    at += element.whole.length
  }
  return found
}

/** The elements of a SEQUENCE. @returns undefined for another element, and as for `elements`. */
export function parts(element: Element | undefined, most: number): readonly Element[] | undefined {
  return element?.tag === derTag.sequence ? elements(element.content, most) : undefined
}

/** The content of an element if it has the tag, else undefined. */
export function contentOf(element: Element | undefined, tag: number): Uint8Array | undefined {
  return element?.tag === tag ? element.content : undefined
}

/** A non-negative INTEGER in its shortest form; undefined for any other. */
export function numberOf(element: Element | undefined): bigint | undefined {
  const bytes = contentOf(element, derTag.integer)
  const [first, second] = bytes ?? []
  if (bytes === undefined || first === undefined || first >= 0x80) return undefined
  if (first === 0 && second !== undefined && second < 0x80) return undefined
  return unsigned(bytes)
}

/** The bytes of a BIT STRING of whole bytes, or of the content of one; undefined for any other. */
export function wholeBits(content: Uint8Array | undefined): Uint8Array | undefined {
  return content?.[0] === 0 ? content.subarray(1) : undefined
}

/** The number that some bytes encode, most significant first. */
export function unsigned(bytes: Uint8Array): bigint {
  return BigInt(`0x${bytes.toHex() || '0'}`)
}

/**
 * An object identifier in dotted form; each number has at most 28 bits.
 * @param content without tag and length.
 */
export function dotted(content: Uint8Array): string {
  const numbers: number[] = []
  let number = 0
  for (const byte of content.subarray(0, 32)) {
    number = ((number << 7) | (byte & 0x7f)) >>> 0
    if (byte >= 0x80) continue
    if (numbers.length === 0) {
      const top = Math.min(2, Math.floor(number / 40))
      numbers.push(top, number - 40 * top)
    } else numbers.push(number)
    number = 0
  }
  return numbers.join('.')
}

/**
 * One element of at most 65,535 bytes, in its own memory, which the caller wipes if it holds a
 * secret.
 */
export function der(tag: number, ...content: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = content.reduce((sum, part) => sum + part.length, 0)
  const head =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff]
  const element = secretBytes(head.length + length)
  element.set(head)
  let at = head.length
  for (const part of content) {
    element.set(part, at)
    at += part.length
  }
  return element
}

/** A non-negative INTEGER, in its own memory. */
export function derNumber(value: bigint): Uint8Array<ArrayBuffer> {
  const hex = value.toString(16)
  using digits = Wiped.of(Uint8Array.fromHex(hex.padStart(hex.length + (hex.length % 2), '0')))
  return (digits.bytes[0] ?? 0) >= 0x80
    ? der(derTag.integer, Uint8Array.of(0), digits.bytes)
    : der(derTag.integer, digits.bytes)
}
