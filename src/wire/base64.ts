/** Base64 with one text for each value (RFC 4648 section 4, canonical): no line breaks, full padding, no stray bits. */

const alphabet = /^[A-Za-z0-9+/]*={0,2}$/

/**
 * @returns the bytes in memory of their own, so that they can be wiped; undefined for text that is not canonical base64 of at
 * most `maxBytes`.
 */
export function decodeBase64(text: string, maxBytes: number): Uint8Array | undefined {
  if (text.length % 4 !== 0 || text.length > Math.ceil(maxBytes / 3) * 4 || !alphabet.test(text)) return undefined
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const size = (text.length / 4) * 3 - padding
  if (size > maxBytes) return undefined
  const bytes = Buffer.from(new ArrayBuffer(size))
  bytes.write(text, 'base64')
  // Bits beyond the last byte must be zero, or two texts would mean the same bytes.
  const lastQuad = Buffer.from(text.slice(-4), 'base64').toString('base64')
  return padding === 0 || lastQuad === text.slice(-4) ? bytes : undefined
}

export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}
