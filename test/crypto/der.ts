/** Just enough DER (X.690) to write private keys that no sane library would write. */

export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.of(tag), lengthOf(content.length), content])
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length)
  const hex = length.toString(16)
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  return Buffer.concat([Buffer.of(0x80 | bytes.length), bytes])
}

/** An integer in minimal two's complement; may be negative. */
export function integer(value: bigint): Buffer {
  let size = 1
  while (BigInt.asIntN(size * 8, value) !== value) size++
  const hex = BigInt.asUintN(size * 8, value)
    .toString(16)
    .padStart(size * 2, '0')
  return der(0x02, Buffer.from(hex, 'hex'))
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts)
export const octets = (content: Uint8Array): Buffer => der(0x04, content)
export const bits = (content: Uint8Array): Buffer => der(0x03, Buffer.of(0), content)
export const explicit = (number: number, content: Uint8Array): Buffer => der(0xa0 | number, content)
export const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'))
export const none = der(0x05)

/** PKCS#8 (RFC 5208) around an inner key. */
export function pkcs8(
  algorithm: readonly Uint8Array[],
  inner: Uint8Array,
  ...rest: readonly Uint8Array[]
): Buffer {
  return sequence(integer(0n), sequence(...algorithm), octets(inner), ...rest)
}
