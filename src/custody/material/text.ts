/** Text that encodes material: ASCII, with what editors and mail programs may add around it. */

const byteOrderMark = [0xef, 0xbb, 0xbf] as const

/**
 * Removes the byte order mark before text.
 * @returns a part of `bytes`. Bytes that are not text are returned unchanged.
 */
export function withoutMark(bytes: Uint8Array): Uint8Array {
  const rest = bytes.subarray(byteOrderMark.length)
  return byteOrderMark.every((byte, i) => bytes[i] === byte) && rest.every(isTextByte)
    ? rest
    : bytes
}

function isTextByte(byte: number): boolean {
  return (byte >= 0x20 && byte <= 0x7e) || byte === 0x0a || byte === 0x0d || byte === 0x09
}

/** Printable ASCII with line breaks; undefined for anything else. */
export function textOf(bytes: Uint8Array): string | undefined {
  return bytes.every(isTextByte) ? new TextDecoder().decode(bytes) : undefined
}

export type Utf16 = { readonly order: 'le' | 'be'; readonly isMarked: boolean }

/**
 * ASCII text in UTF-16: every second byte is 0 and the others are text, which random bytes never
 * are.
 */
export function utf16Of(bytes: Uint8Array): Utf16 | undefined {
  if (bytes.length < 4 || bytes.length % 2 !== 0) return undefined
  const [first, second] = bytes
  const marked =
    first === 0xff && second === 0xfe ? 'le' : first === 0xfe && second === 0xff ? 'be' : undefined
  const body = marked === undefined ? bytes : bytes.subarray(2)
  for (const order of ['le', 'be'] as const) {
    const zeroAt = order === 'le' ? 1 : 0
    if (marked !== undefined && marked !== order) continue
    if (body.every((byte, i) => (i % 2 === zeroAt ? byte === 0 : isTextByte(byte))))
      return { order, isMarked: marked !== undefined }
  }
  return undefined
}

/**
 * Hexadecimal digits without the separators that people and programs put between them; for an array
 * in C, Go or Java, those inside its braces.
 */
export function bareHex(text: string): string {
  return (
    bytesListed(text) ??
    text
      .trim()
      .replace(/^0x/i, '')
      .replaceAll(/[\s:,-]|\\x/g, '')
  )
}

/** Parses a list of bytes written as 0x0a; undefined for any other text. */
function bytesListed(text: string): string | undefined {
  const inside = /^[^{}]*\{([^{}]*)\}[^{}]*$/.exec(text)?.[1] ?? text
  const bytes = inside
    .replaceAll('(byte)', '')
    .split(/[\s,]+/)
    .filter((one) => one !== '')
  if (bytes.length < 2 || !bytes.every((one) => /^0x[0-9a-f]{1,2}$/i.test(one))) return undefined
  return bytes.map((one) => one.slice(2).padStart(2, '0')).join('')
}

/** @returns undefined for what is not hexadecimal. */
export function decodeHex(text: string): Uint8Array | undefined {
  const bare = bareHex(text)
  return /^([0-9a-fA-F]{2})+$/.test(bare) ? Uint8Array.fromHex(bare) : undefined
}

/** Base64 of either alphabet. @returns undefined for what is not base64. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const bare = text.replaceAll(/\s+/g, '')
  try {
    if (/^[A-Za-z0-9+/]+={0,2}$/.test(bare)) return Uint8Array.fromBase64(bare)
    if (/^[A-Za-z0-9_-]+={0,2}$/.test(bare))
      return Uint8Array.fromBase64(bare, { alphabet: 'base64url' })
  } catch {
    // Not base64 after all.
  }
  return undefined
}
