/**
 * JSON exactly as in RFC 8259, parsed so that two readers cannot disagree: no duplicate keys, no
 * keys that reach into a prototype, no numbers that lose precision, bounded in depth and count.
 * Objects have no prototype.
 */
import { isUtf8 } from 'node:buffer'
import { WireError } from './wire-error.ts'

export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject
export type JsonObject = { [name: string]: JsonValue }

const depthLimit = 32
/** Members and elements of a document together. */
const itemLimit = 10_000
const forbiddenKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

const plainString = /[^"\\\p{Cc}]*/uy
const number = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y
const fourHex = /[0-9a-fA-F]{4}/y
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

/** @throws WireError bad-json. */
export function parseJson(bytes: Uint8Array): JsonValue {
  if (!isUtf8(bytes)) throw new WireError('bad-json', 'a JSON text must be UTF-8')
  return new Parser(
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(),
  ).document()
}

/** A document whose value is an object. @throws WireError bad-json. */
export function parseJsonObject(bytes: Uint8Array): JsonObject {
  const value = parseJson(bytes)
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new WireError('bad-json', 'the JSON text must be an object')
  return value
}

class Parser {
  readonly #text: string
  #at = 0
  #items = 0

  constructor(text: string) {
    this.#text = text
  }

  document(): JsonValue {
    const value = this.#value(0)
    this.#space()
    if (this.#at < this.#text.length) this.#fail('unexpected text after the value')
    return value
  }

  #value(depth: number): JsonValue {
    this.#space()
    switch (this.#text.charCodeAt(this.#at)) {
      case 0x7b:
        return this.#object(depth + 1)
      case 0x5b:
        return this.#array(depth + 1)
      case 0x22:
        return this.#string()
      case 0x74:
        return this.#word('true', true)
      case 0x66:
        return this.#word('false', false)
      case 0x6e:
        return this.#word('null', null)
      default:
        return this.#number()
    }
  }

  #object(depth: number): JsonObject {
    const object: JsonObject = Object.create(null) as JsonObject
    if (this.#opened(depth, 0x7d)) return object
    for (;;) {
      this.#space()
      if (this.#text.charCodeAt(this.#at) !== 0x22) this.#fail('a key is expected')
      const key = this.#string()
      if (forbiddenKeys.has(key)) this.#fail('this key is not allowed')
      if (key in object) this.#fail('duplicate key in an object')
      this.#space()
      if (this.#text.charCodeAt(this.#at++) !== 0x3a) this.#fail('a colon is expected')
      object[key] = this.#value(depth)
      if (this.#closed(0x7d)) return object
    }
  }

  #array(depth: number): JsonValue[] {
    const array: JsonValue[] = []
    if (this.#opened(depth, 0x5d)) return array
    for (;;) {
      array.push(this.#value(depth))
      if (this.#closed(0x5d)) return array
    }
  }

  /** Steps over the bracket. @returns whether the closing one follows immediately. */
  #opened(depth: number, close: number): boolean {
    if (depth > depthLimit) this.#fail(`values must not be nested more than ${depthLimit} deep`)
    this.#at++
    this.#space()
    if (this.#text.charCodeAt(this.#at) !== close) return false
    this.#at++
    return true
  }

  /** Steps over what follows an item: a comma, or the closing bracket. */
  #closed(close: number): boolean {
    if (++this.#items > itemLimit)
      this.#fail(`a document must not have more than ${itemLimit} members and elements`)
    this.#space()
    const code = this.#text.charCodeAt(this.#at++)
    if (code === close) return true
    if (code !== 0x2c) this.#fail('a comma or a closing bracket is expected')
    return false
  }

  #string(): string {
    const start = ++this.#at
    // Most strings have no escape: one pass of the engine's own matcher, one slice.
    plainString.lastIndex = start
    plainString.test(this.#text)
    let end = plainString.lastIndex
    if (this.#text.charCodeAt(end) === 0x22) {
      this.#at = end + 1
      return this.#text.slice(start, end)
    }
    let value = this.#text.slice(start, end)
    for (;;) {
      const code = this.#text.charCodeAt(end)
      if (code === 0x22) {
        this.#at = end + 1
        if (!value.isWellFormed()) this.#fail('a string contains an unpaired surrogate')
        return value
      }
      if (code === 0x5c) {
        this.#at = end + 1
        value += this.#escape()
      } else if (code >= 0x7f && code <= 0x9f) {
        // Control characters of Unicode that JSON allows.
        this.#at = end + 1
        value += this.#text.charAt(end)
      } else {
        this.#at = end
        this.#fail('a string is unterminated or contains a bare control character')
      }
      plainString.lastIndex = this.#at
      plainString.test(this.#text)
      end = plainString.lastIndex
      value += this.#text.slice(this.#at, end)
    }
  }

  #escape(): string {
    const letter = this.#text.charAt(this.#at++)
    if (letter === 'u') {
      fourHex.lastIndex = this.#at
      if (!fourHex.test(this.#text)) this.#fail('four hexadecimal digits are expected')
      const code = Number.parseInt(this.#text.slice(this.#at, this.#at + 4), 16)
      this.#at += 4
      return String.fromCharCode(code)
    }
    return escapes[letter] ?? this.#fail('unknown escape sequence')
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) this.#fail('a value is expected')
    this.#at += word.length
    return value
  }

  #number(): number {
    number.lastIndex = this.#at
    const match = number.exec(this.#text)
    if (match === null) return this.#fail('a value is expected')
    const value = Number(match[0])
    const isInteger = match[1] === undefined && match[2] === undefined
    if (isInteger ? !Number.isSafeInteger(value) : !Number.isFinite(value))
      this.#fail('a number is too large to be kept exactly')
    this.#at = number.lastIndex
    return value
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
      this.#at++
    }
  }

  #fail(rule: string): never {
    throw new WireError('bad-json', `the JSON text is not valid at character ${this.#at}: ${rule}`)
  }
}
