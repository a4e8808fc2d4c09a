/** A strict decoder of the canonical encoding, with which the tests show that it is unambiguous. */
import type { CanonicalValue } from '../../src/crypto/formats/canonical.ts'

export function decodeCanonical(bytes: Uint8Array): CanonicalValue {
  const buffer = Buffer.from(bytes)
  let at = 0
  const length = (): number => {
    const value = buffer.readUInt32BE(at)
    at += 4
    return value
  }
  const value = (): CanonicalValue => {
    switch (buffer[at++]) {
      case 0:
        return null
      case 1:
        at += 8
        return Number(buffer.readBigInt64BE(at - 8))
      case 2: {
        const size = length()
        at += size
        return new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(at - size, at))
      }
      case 3: {
        const size = length()
        at += size
        return new Uint8Array(buffer.subarray(at - size, at))
      }
      case 4:
        return Array.from({ length: length() }, value)
      default:
        throw new TypeError('unknown tag')
    }
  }
  const decoded = value()
  if (at !== buffer.length) throw new TypeError('unexpected bytes after the value')
  return decoded
}
