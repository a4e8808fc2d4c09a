/**
 * The clear header of a ciphertext: docs/ciphertext-format.md. It is read here and never sent
 * anywhere.
 */

const headerBytes = 87
const shortest = headerBytes + 16
const purposes = { 1: 'data', 2: 'data-key', 3: 'data-key-pair' } as const

export type EnvelopeHeader = {
  readonly format: number
  readonly suite: 1 | 3
  readonly purpose: (typeof purposes)[keyof typeof purposes]
  readonly keyId: string
  readonly version: number
  readonly sizeBytes: number
}

/**
 * @returns undefined for anything that is no whole envelope of a version and purpose known here.
 */
export function readEnvelope(bytes: Uint8Array): EnvelopeHeader | undefined {
  const [format, suite, purpose] = bytes
  if (bytes.length < shortest || format !== 1 || (suite !== 1 && suite !== 3)) return undefined
  const name = purposes[purpose as keyof typeof purposes]
  if (name === undefined) return undefined
  const hex = bytes.subarray(3, 19).toHex()
  const keyId = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-')
  const version = new DataView(bytes.buffer, bytes.byteOffset).getUint32(19)
  return { format, suite, purpose: name, keyId, version, sizeBytes: bytes.length }
}

/** Base64, base64url or hexadecimal, with or without line breaks. */
export function decodeText(text: string): Uint8Array | undefined {
  const bare = text.replaceAll(/\s+/g, '')
  try {
    if (/^([0-9a-fA-F]{2})+$/.test(bare)) return Uint8Array.fromHex(bare)
    if (/^[A-Za-z0-9+/]+=*$/.test(bare)) return Uint8Array.fromBase64(bare)
    if (/^[A-Za-z0-9_-]+=*$/.test(bare))
      return Uint8Array.fromBase64(bare, { alphabet: 'base64url' })
  } catch {
    return undefined
  }
  return undefined
}

export function looksLikeCiphertext(text: string): boolean {
  const bytes = text.length >= 130 ? decodeText(text) : undefined
  return bytes !== undefined && readEnvelope(bytes) !== undefined
}
