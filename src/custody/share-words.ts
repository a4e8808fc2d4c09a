/**
 * A share as words of the English list of BIP 39 and back, with its checksum; the layout is in
 * docs/backup-format.md.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { Wiped } from '../domain/material/wiped.ts'

export const shareLayout = { version: 1, headBytes: 7, setBytes: 4, checksumBytes: 4 } as const
/** For shares of 16 to 66 bytes of material. */
export const shareWordCounts = { min: 21, max: 57 } as const

const bitsPerWord = 11
const shortestPrefix = 4
const shareLabel = labelBytes('holdfast/v1/share')

export function labelBytes(label: string): Uint8Array {
  return Uint8Array.of(...new TextEncoder().encode(label), 0)
}

/** SHA-256 over a label and bytes; the copy of them is wiped. */
export function digest(label: Uint8Array, bytes: Uint8Array): Uint8Array {
  using input = Wiped.of(new Uint8Array(label.length + bytes.length))
  input.bytes.set(label)
  input.bytes.set(bytes, label.length)
  return sha256(input.bytes)
}

/**
 * Encodes the body of a share as words, with the checksum at the end. @param body left unchanged.
 */
export function shareWords(body: Uint8Array): string[] {
  using whole = Wiped.of(
    Uint8Array.of(...body, ...digest(shareLabel, body).subarray(0, shareLayout.checksumBytes)),
  )
  return wordsOf(whole.bytes)
}

/** 11 bits a word, most significant first; the last word is padded with zeros. */
function wordsOf(bytes: Uint8Array): string[] {
  const words: string[] = []
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    bits += 8
    if (bits < bitsPerWord) continue
    bits -= bitsPerWord
    words.push(wordAt((held >>> bits) & 0x7ff))
    held &= (1 << bits) - 1
  }
  if (bits > 0) words.push(wordAt((held << (bitsPerWord - bits)) & 0x7ff))
  return words
}

/**
 * @param indexes positions of words in the list.
 * @returns the body of the share without its checksum; undefined if the checksum is wrong.
 */
export function shareBody(indexes: readonly number[]): Uint8Array | undefined {
  using whole = Wiped.of(new Uint8Array(Math.floor((indexes.length * bitsPerWord) / 8)))
  const { bytes } = whole
  let bits = 0
  let held = 0
  let length = 0
  for (const index of indexes) {
    held = (held << bitsPerWord) | index
    bits += bitsPerWord
    while (bits >= 8) {
      bits -= 8
      bytes[length++] = (held >>> bits) & 0xff
      held &= (1 << bits) - 1
    }
  }
  if (held !== 0) return undefined
  // The last word has up to ten padding bits, which may include a whole byte.
  const body = bodyOf(bytes) ?? (bytes.at(-1) === 0 ? bodyOf(bytes.subarray(0, -1)) : undefined)
  return body?.slice()
}

function bodyOf(bytes: Uint8Array): Uint8Array | undefined {
  const { headBytes, checksumBytes } = shareLayout
  if (bytes.length <= headBytes + checksumBytes) return undefined
  const body = bytes.subarray(0, bytes.length - checksumBytes)
  const expected = digest(shareLabel, body)
  return bytes.subarray(body.length).every((byte, i) => byte === expected[i]) ? body : undefined
}

export function wordAt(index: number): string {
  const word = wordlist[index]
  if (word === undefined) throw new RangeError('there is no such word')
  return word
}

const places: ReadonlyMap<string, number> = new Map(wordlist.map((word, i) => [word, i]))
// The first four letters identify a word, so metal plates and worn paper that hold only those are
// read too.
const byPrefix: ReadonlyMap<string, number> = new Map(
  wordlist.map((word, i) => [word.slice(0, shortestPrefix), i]),
)

/** Position in the list of a lower-case word, or of at least its first four letters. */
export function placeOf(text: string): number | undefined {
  const place = places.get(text)
  if (place !== undefined || text.length < shortestPrefix) return place
  const meant = byPrefix.get(text.slice(0, shortestPrefix))
  return meant !== undefined && wordAt(meant).startsWith(text) ? meant : undefined
}

function withoutOne(text: string): string[] {
  return Array.from(text, (_, i) => text.slice(0, i) + text.slice(i + 1))
}

let neighbours: ReadonlySet<string> | undefined

/**
 * Whether a word of the list is one or two typing errors away: a letter added, missing, replaced or
 * swapped with the next. Cheap enough for any text.
 */
export function isNearWord(text: string): boolean {
  neighbours ??= new Set(wordlist.flatMap((word) => [word, ...withoutOne(word)]))
  const known = neighbours
  return (
    known.has(text) ||
    (text.length > shortestPrefix && withoutOne(text).some((one) => known.has(one)))
  )
}

/**
 * Up to three words of the list that are nearest, by letters that are missing, added, changed or
 * swapped.
 */
export function nearestWords(text: string): string[] {
  const far = wordlist.map((word) => ({ word, distance: distanceTo(text, word) }))
  const least = Math.min(...far.map(({ distance }) => distance))
  return far
    .filter(({ distance }) => distance === least)
    .slice(0, 3)
    .map(({ word }) => word)
}

/** For text no longer than four letters, the rest of the word is not counted. */
function distanceTo(text: string, word: string): number {
  const whole = distance(text, word)
  return text.length > shortestPrefix
    ? whole
    : Math.min(whole, distance(text, word.slice(0, shortestPrefix)))
}

/**
 * Optimal string alignment: Levenshtein distance in which swapping two adjacent letters is one
 * step.
 */
function distance(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1]
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
          ? (before[j - 2] ?? 0) + 1
          : Infinity
      row[j] = Math.min(
        (last[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (last[j - 1] ?? 0) + (isSame ? 0 : 1),
        swapped,
      )
    }
    before = last
    last = row
  }
  return last[b.length] ?? 0
}
