/**
 * One line as it is typed on a terminal in raw mode, in memory that is wiped: characters are
 * edited, not bytes, keys that type nothing type nothing, and a paste is text.
 */
import { secretBytes } from '../domain/material/secret-bytes.ts'
import { longestPassphrase } from '../domain/material/secret-text.ts'

/**
 * What has become of the line: it goes on, was entered or given up, or holds more than one line or
 * than fits.
 */
export type LineState = 'open' | 'entered' | 'cancelled' | 'several-lines' | 'too-long'

const keys = {
  interrupt: 3,
  endOfInput: 4,
  backspace: 8,
  lineFeed: 10,
  enter: 13,
  clear: 21,
  eraseWord: 23,
  escape: 27,
  delete: 127,
}
const blank = 0x20
const firstOfSeveral = 0x80
const pasteBegins = '[200~'
const pasteEnds = '[201~'
/** Longer than every sequence that a key sends. */
const longestSequence = 32

export class TypedLine {
  readonly #bytes = secretBytes(longestPassphrase)
  #length = 0
  #state: LineState = 'open'
  #isPasting = false
  /** What came after an escape, while a key's sequence is under way. */
  #sequence: string | undefined

  get state(): LineState {
    return this.#state
  }

  /** What is typed so far: a part of the line's memory, which `wipe` overwrites. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  /** Takes what the terminal sent. @returns the state after it. */
  type(chunk: Uint8Array): LineState {
    for (const [i, byte] of chunk.entries()) {
      if (this.#state === 'entered' && !this.#endsWith(chunk, i)) this.#state = 'several-lines'
      if (this.#state !== 'open') break
      this.#take(byte)
    }
    return this.#state
  }

  wipe(): void {
    this.#bytes.fill(0)
    this.#length = 0
  }

  /** Whether nothing is left of a chunk but the second half of its line break. */
  #endsWith(chunk: Uint8Array, at: number): boolean {
    return at === chunk.length - 1 && chunk[at] === keys.lineFeed && chunk[at - 1] === keys.enter
  }

  #take(byte: number): void {
    if (this.#sequence !== undefined) return this.#follow(this.#sequence, byte)
    if (byte === keys.escape) this.#sequence = ''
    else if (this.#isPasting) this.#add(byte)
    else if (byte === keys.interrupt) this.#state = 'cancelled'
    else if (byte === keys.enter || byte === keys.lineFeed) this.#state = 'entered'
    else if (byte === keys.endOfInput) this.#state = this.#length === 0 ? 'cancelled' : 'entered'
    else if (byte === keys.backspace || byte === keys.delete)
      this.#cut(this.#length - lastCharacterBytes(this.bytes))
    else if (byte === keys.clear) this.#cut(0)
    else if (byte === keys.eraseWord) this.#cut(wordBegins(this.bytes))
    else if (byte >= blank || byte === 9) this.#add(byte)
  }

  /**
   * Arrows and the like type nothing; ESC [ parameters final (ECMA-48), ESC O final, or ESC and one
   * key.
   */
  #follow(sequence: string, byte: number): void {
    const all = sequence + String.fromCharCode(byte)
    const isOpen =
      all === '[' || all === 'O' || (all.startsWith('[') && (byte < 0x40 || byte > 0x7e))
    this.#sequence = isOpen && all.length < longestSequence ? all : undefined
    if (all === pasteBegins) this.#isPasting = true
    if (all === pasteEnds) this.#isPasting = false
  }

  #add(byte: number): void {
    if (this.#length === longestPassphrase) this.#state = 'too-long'
    else this.#bytes[this.#length++] = byte
  }

  #cut(length: number): void {
    this.#bytes.fill(0, length)
    this.#length = length
  }
}

/**
 * Bytes of the last character as people see it: a letter with its accents, an emoji of several
 * parts. Text becomes of what is not ASCII before it and no more, since text cannot be wiped.
 */
function lastCharacterBytes(line: Uint8Array): number {
  if ((line.at(-1) ?? 0) < firstOfSeveral) return Math.min(1, line.length)
  // An accent may follow an ASCII letter.
  const before = line.findLastIndex((byte) => byte < firstOfSeveral)
  const tail = new TextDecoder().decode(line.subarray(Math.max(0, before)))
  const last =
    [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(tail)].at(-1)?.segment ?? ''
  // Bytes that are no UTF-8 go one at a time.
  return last.includes('\ufffd') ? 1 : new TextEncoder().encode(last).length
}

function wordBegins(line: Uint8Array): number {
  const end = line.findLastIndex((byte) => byte !== blank)
  return line.subarray(0, end + 1).lastIndexOf(blank) + 1
}
