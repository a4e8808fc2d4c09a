/**
 * The canonical encoding of values, used by every row MAC, row digest and audit leaf. Layout:
 * docs/ciphertext-format.md.
 */
import { hash } from 'node:crypto'

export type CanonicalValue = null | number | string | Uint8Array | readonly CanonicalValue[]

const tag = { null: 0, integer: 1, text: 2, bytes: 3, list: 4 } as const

/**
 * Grows as needed. One per thread is enough, since an encoding is finished before the next begins.
 * Nothing secret is ever encoded.
 */
let scratch = Buffer.alloc(4096)
let used = 0

/**
 * Injective encoding: different values have different encodings, and no encoding is a prefix of
 * another.
 * @returns fresh bytes.
 * @throws TypeError for a number that is not a safe integer and for text with lone surrogates.
 */
export function encodeCanonical(value: CanonicalValue): Uint8Array {
  used = 0
  write(value)
  return Uint8Array.prototype.slice.call(scratch, 0, used)
}

/** The same, with the SHA-256 of one byte followed by the encoding. */
export function encodeAndHash(
  prefix: number,
  value: CanonicalValue,
): { readonly encoded: Uint8Array; readonly hashed: Uint8Array } {
  used = 0
  reserve(1)
  scratch[used++] = prefix
  write(value)
  return {
    encoded: Uint8Array.prototype.slice.call(scratch, 1, used),
    hashed: hash('sha256', scratch.subarray(0, used), 'buffer'),
  }
}

/**
 * The value of an encoding.
 * @throws TypeError for any bytes that are not exactly the encoding of a value.
 */
export function decodeCanonical(bytes: Uint8Array): CanonicalValue {
  const reader = new Reader(bytes)
  const value = reader.value()
  reader.end()
  return value
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Makes no object but the values: this runs for every record that is followed or searched. */
class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  value(): CanonicalValue {
    switch (this.#bytes[this.#take(1)]) {
      case tag.null:
        return null
      case tag.integer:
        return this.#integer()
      case tag.text:
        return this.#text(this.#length())
      case tag.bytes:
        return this.#copy(this.#length())
      case tag.list:
        return this.#list(this.#length())
      default:
        throw new TypeError('a canonical encoding has an unknown tag')
    }
  }

  end(): void {
    if (this.#at < this.#bytes.length)
      throw new TypeError('unexpected bytes after a canonical encoding')
  }

  #integer(): number {
    const from = this.#take(8)
    // In two halves, as it is written. What is not safe stays unsafe when it is rounded.
    const value = this.#bytes.readInt32BE(from) * 0x1_0000_0000 + this.#bytes.readUInt32BE(from + 4)
    if (!Number.isSafeInteger(value))
      throw new TypeError('only safe integers have a canonical encoding')
    return value
  }

  /** Most texts are names and IDs: for them the decoder of UTF-8 takes longer than the rest. */
  #text(sizeBytes: number): string {
    const from = this.#take(sizeBytes)
    for (let at = from; at < this.#at; at++)
      if ((this.#bytes[at] as number) > 0x7f)
        return utf8.decode(this.#bytes.subarray(from, this.#at))
    return this.#bytes.toString('latin1', from, this.#at)
  }

  #copy(sizeBytes: number): Uint8Array {
    const from = this.#take(sizeBytes)
    return new Uint8Array(this.#bytes.subarray(from, this.#at))
  }

  #list(length: number): CanonicalValue[] {
    const list: CanonicalValue[] = []
    while (list.length < length) list.push(this.value())
    return list
  }

  #length(): number {
    return this.#bytes.readUInt32BE(this.#take(4))
  }

  /** @returns where the bytes begin; they end at the place that is next. */
  #take(sizeBytes: number): number {
    const from = this.#at
    if (sizeBytes > this.#bytes.length - from)
      throw new TypeError('a canonical encoding ends too early')
    this.#at = from + sizeBytes
    return from
  }
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
    if (!Number.isSafeInteger(value))
      throw new TypeError('only safe integers have a canonical encoding')
    reserve(9)
    scratch[used] = tag.integer
    // Two's complement in two halves: the high one is signed, the low one is not.
    const high = Math.floor(value / 0x1_0000_0000)
    scratch.writeInt32BE(high, used + 1)
    scratch.writeUInt32BE(value - high * 0x1_0000_0000, used + 5)
    used += 9
  } else if (typeof value === 'string') {
    if (!value.isWellFormed())
      throw new TypeError('text with lone surrogates has no canonical encoding')
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
