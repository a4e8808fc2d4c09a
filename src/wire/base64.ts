/**
 * Base64 with one text for each value (RFC 4648 sections 4 and 5, canonical): no line breaks, no
 * stray bits, padding in full or not at all.
 */

const alphabet = /^[A-Za-z0-9+/]*={0,2}$/
const urlAlphabet = /^[A-Za-z0-9_-]*$/

/**
 * @returns the bytes in memory of their own, so that they can be wiped; undefined for text that is
 * not canonical base64 of at most `maxBytes`.
 */
export function decodeBase64(text: string, maxBytes: number): Uint8Array | undefined {
  if (text.length % 4 !== 0 || text.length > Math.ceil(maxBytes / 3) * 4 || !alphabet.test(text))
    return undefined
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const size = (text.length / 4) * 3 - padding
  if (size > maxBytes) return undefined
  const bytes = Buffer.from(new ArrayBuffer(size))
  bytes.write(text, 'base64')
  // Bits beyond the last byte must be zero, or two texts would mean the same bytes.
  const lastQuad = Buffer.from(text.slice(-4), 'base64').toString('base64')
  return padding === 0 || lastQuad === text.slice(-4) ? bytes : undefined
}

/** The same for base64url without padding, which tokens and cookies are in. */
export function decodeBase64Url(text: string, maxBytes: number): Uint8Array | undefined {
  const over = text.length % 4
  if (over === 1 || text.length > Math.ceil((maxBytes * 4) / 3) || !urlAlphabet.test(text))
    return undefined
  const bytes = Buffer.from(new ArrayBuffer(Math.floor((text.length * 3) / 4)))
  bytes.write(text, 'base64url')
  const last = text.slice(text.length - over)
  return Buffer.from(last, 'base64url').toString('base64url') === last ? bytes : undefined
}

export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}
