/** Identifiers as text and as the 16 bytes used in headers. */

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const hexPattern = /^[0-9a-f]{32}$/

export function isUuid(text: string): boolean {
  return uuidPattern.test(text)
}

/** The 16 bytes of a UUID or of 32 hexadecimal digits. @throws TypeError for anything else. */
export function idBytes(id: string): Uint8Array {
  if (!uuidPattern.test(id) && !hexPattern.test(id))
    throw new TypeError('an identifier must be a UUID or 32 lower-case hexadecimal digits')
  return Uint8Array.fromHex(id.replaceAll('-', ''))
}

/** UUID text of 16 bytes. */
export function uuidFromBytes(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`
}

/** A version 4 UUID (RFC 9562) made from 16 random bytes. */
export function randomUuid(random: Uint8Array): string {
  const bytes = Uint8Array.from(random)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return uuidFromBytes(bytes)
}
