/**
 * One line typed on a terminal in raw mode, in memory that is wiped. Editing removes characters,
 * not bytes; keys without a character are ignored; a paste is text.
 */
import { secretBytes } from '../domain/material/secret-bytes.ts'
import { longestPassphrase } from '../domain/material/secret-text.ts'
import { wipe } from '../domain/material/wiped.ts'

/**
 * State of the line: still being typed, entered, cancelled, or with more than one line or more than
 * fits.
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
  /** Characters since the escape, while a key's sequence is incomplete. */
  #sequence: string | undefined

  get state(): LineState {
    return this.#state
  }

  /** What has been typed so far: a view of the line's memory, which `wipe` overwrites. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  /**
   * Processes what the terminal sent.
   * @returns the new state.
   */
  type(chunk: Uint8Array): LineState {
    for (const [i, byte] of chunk.entries()) {
      if (this.#state === 'entered' && !this.#endsWith(chunk, i)) this.#state = 'several-lines'
      if (this.#state !== 'open') break
      this.#take(byte)
    }
    return this.#state
  }

  wipe(): void {
    wipe(this.#bytes)
    this.#length = 0
  }

  /** Whether only the second half of the line break is left of a chunk. */
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
   * Arrow keys and similar type nothing. Sequences are ESC [ parameters final (ECMA-48), ESC O
   * final, or ESC and one key.
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
    wipe(this.#bytes.subarray(length))
    this.#length = length
  }
}

/**
 * Number of bytes of the last character as people see it: a letter with its accents, an emoji of
 * several parts. Only the non-ASCII end of the line, with one character before it, is converted to
 * a string, since strings cannot be wiped.
 */
function lastCharacterBytes(line: Uint8Array): number {
  if ((line.at(-1) ?? 0) < firstOfSeveral) return Math.min(1, line.length)
  // An accent may follow an ASCII letter.
  const before = line.findLastIndex((byte) => byte < firstOfSeveral)
  const tail = new TextDecoder().decode(line.subarray(Math.max(0, before)))
  const last =
    [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(tail)].at(-1)?.segment ?? ''
  // Invalid UTF-8 is erased one byte at a time.
  return last.includes('\ufffd') ? 1 : new TextEncoder().encode(last).length
}

function wordBegins(line: Uint8Array): number {
  const end = line.findLastIndex((byte) => byte !== blank)
  return line.subarray(0, end + 1).lastIndexOf(blank) + 1
}
