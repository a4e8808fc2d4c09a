/** The one canonical encoding of values, under every row MAC, row digest and audit leaf. Layout: docs/ciphertext-format.md. */
import { hash } from 'node:crypto'

export type CanonicalValue = null | number | string | Uint8Array | readonly CanonicalValue[]

const tag = { null: 0, integer: 1, text: 2, bytes: 3, list: 4 } as const

/** Grows as needed; one a thread, since an encoding is finished before the next begins. Nothing secret is ever encoded. */
let scratch = Buffer.alloc(4096)
let used = 0

/**
 * Injective encoding: two values that differ have encodings that differ, and none is a prefix of another.
 * @returns fresh bytes. @throws TypeError for a number that is no safe integer and for text with lone surrogates.
 */
export function encodeCanonical(value: CanonicalValue): Uint8Array {
  used = 0
  write(value)
  return Uint8Array.prototype.slice.call(scratch, 0, used)
}

/** SHA-256 of a byte followed by the encoding of a value, without a copy of either. */
export function hashCanonical(prefix: number, value: CanonicalValue): Uint8Array {
  used = 0
  reserve(1)
  scratch[used++] = prefix
  write(value)
  return hash('sha256', scratch.subarray(0, used), 'buffer')
}

function reserve(sizeBytes: number): void {
  if (used + sizeBytes <= scratch.length) return
  const larger = Buffer.alloc(Math.max(scratch.length * 2, used + sizeBytes))
  scratch.copy(larger, 0, 0, used)
  scratch = larger
}

function head(kind: number, length: number): void {
  scratch[used] = kind
  scratch.writeUInt32BE(length, used + 1)
  used += 5
}

function write(value: CanonicalValue): void {
  if (value === null) {
    reserve(1)
    scratch[used++] = tag.null
  } else if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new TypeError('only safe integers have a canonical encoding')
    reserve(9)
    scratch[used] = tag.integer
    // Two's complement in two halves: the high one is signed, the low one is not.
    const high = Math.floor(value / 0x1_0000_0000)
    scratch.writeInt32BE(high, used + 1)
    scratch.writeUInt32BE(value - high * 0x1_0000_0000, used + 5)
    used += 9
  } else if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new TypeError('text with lone surrogates has no canonical encoding')
    reserve(5 + value.length * 3)
    const length = scratch.write(value, used + 5, 'utf8')
    head(tag.text, length)
    used += length
  } else if (value instanceof Uint8Array) {
    reserve(5 + value.length)
    head(tag.bytes, value.length)
    scratch.set(value, used)
    used += value.length
  } else {
    reserve(5)
    head(tag.list, value.length)
    for (const item of value) write(item)
  }
}
