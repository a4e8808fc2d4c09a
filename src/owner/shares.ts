/**
 * Shamir shares of material, as words on paper: any k of n give it back, fewer give nothing. The sharing is shamir-secret-sharing's
 * (GF(2^8)); what stands around it, so that a slip of the pen is found, is in docs/backup-format.md. Runs in Node and in browsers.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { combine, split } from 'shamir-secret-sharing'

const version = 1
const headBytes = 7
const setBytes = 4
const checksumBytes = 4
const bitsPerWord = 11
const labels = { set: 'holdfast/v1/share-set', share: 'holdfast/v1/share' } as const

export const shareLimits = { shares: { min: 2, max: 16 }, threshold: { min: 2 }, materialBytes: { min: 16, max: 66 } } as const

/** Why shares do not give material. `which` is the place of the share that is meant, from 0; -1 for all of them together. */
export class SharesError extends Error {
  readonly reason: SharesFault
  readonly which: number

  constructor(reason: SharesFault, which: number) {
    super(messages[reason])
    this.name = 'SharesError'
    this.reason = reason
    this.which = which
  }
}

export type SharesFault = 'word' | 'length' | 'checksum' | 'version' | 'twice' | 'other-set' | 'too-few' | 'wrong'

const messages: Readonly<Record<SharesFault, string>> = {
  word: 'a word is none of the list',
  length: 'words are missing, or there are too many',
  checksum: 'the words do not fit together: one of them is another, or two changed places',
  version: 'this is a share of a newer Holdfast',
  twice: 'the same share was given twice',
  'other-set': 'this share belongs to another set',
  'too-few': 'more shares of this set are needed',
  wrong: 'these shares do not give the material that they were made of',
}

export type Share = {
  /** Number of the share, from 1. */
  readonly number: number
  readonly threshold: number
  readonly count: number
  /** 8 hexadecimal digits, the same for all shares of a set. */
  readonly set: string
  readonly words: readonly string[]
}

/** @param material left unchanged. @throws RangeError for numbers beyond `shareLimits`. */
export async function makeShares(material: Uint8Array, count: number, threshold: number): Promise<Share[]> {
  const { shares, materialBytes } = shareLimits
  if (material.length < materialBytes.min || material.length > materialBytes.max)
    throw new RangeError(`shares are made of ${materialBytes.min} to ${materialBytes.max} bytes`)
  if (count < shares.min || count > shares.max || threshold < shareLimits.threshold.min || threshold > count)
    throw new RangeError(
      `there are ${shares.min} to ${shares.max} shares, and ${shareLimits.threshold.min} or more of them are needed`,
    )
  const set = digest(labels.set, material).subarray(0, setBytes)
  // The library takes no class derived from Uint8Array.
  const copy = Uint8Array.from(material)
  const made = await split(copy, count, threshold)
  copy.fill(0)
  return made.map((share, i) => {
    const body = Uint8Array.of(version, threshold, count, ...set, ...share)
    const whole = Uint8Array.of(...body, ...digest(labels.share, body).subarray(0, checksumBytes))
    const words = wordsOf(whole)
    for (const bytes of [share, body, whole]) bytes.fill(0)
    return { number: i + 1, threshold, count, set: set.toHex(), words }
  })
}

/** What the words of one share say. @throws SharesError word, length, checksum, version. */
export function readShare(text: string, which = 0): { threshold: number; count: number; set: string; share: Uint8Array } {
  const words = text
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== '')
  const indexes = words.map((word) => wordlist.indexOf(word))
  if (indexes.includes(-1)) throw new SharesError('word', which)
  const bytes = bytesOf(indexes)
  if (bytes === undefined) throw new SharesError(words.length < 20 ? 'length' : 'checksum', which)
  if (bytes[0] !== version) throw new SharesError('version', which)
  const [, threshold = 0, count = 0] = bytes
  const share = bytes.slice(headBytes, bytes.length - checksumBytes)
  return { threshold, count, set: bytes.subarray(3, headBytes).toHex(), share }
}

/** The material again, in memory that the caller wipes. @throws SharesError for whatever keeps them from giving it. */
export async function combineShares(texts: readonly string[]): Promise<Uint8Array> {
  const read = texts.map((text, i) => readShare(text, i))
  const [first] = read
  if (first === undefined) throw new SharesError('too-few', -1)
  for (const [i, { set, threshold, share }] of read.entries()) {
    if (set !== first.set || threshold !== first.threshold || share.length !== first.share.length)
      throw new SharesError('other-set', i)
    if (read.slice(0, i).some((other) => other.share.at(-1) === share.at(-1))) throw new SharesError('twice', i)
  }
  if (read.length < first.threshold) throw new SharesError('too-few', -1)
  const material = await combine(read.slice(0, first.threshold).map(({ share }) => share))
  for (const { share } of read) share.fill(0)
  if (digest(labels.set, material).subarray(0, setBytes).toHex() === first.set) return material
  material.fill(0)
  throw new SharesError('wrong', -1)
}

function digest(label: string, bytes: Uint8Array): Uint8Array {
  const input = Uint8Array.of(...new TextEncoder().encode(label), 0, ...bytes)
  const digested = sha256(input)
  input.fill(0)
  return digested
}

/** 11 bits a word, most significant first; the last word is filled up with zeros. */
function wordsOf(bytes: Uint8Array): string[] {
  const words: string[] = []
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    bits += 8
    if (bits < bitsPerWord) continue
    bits -= bitsPerWord
    words.push(wordlist[(held >>> bits) & 0x7ff] as string)
    held &= (1 << bits) - 1
  }
  if (bits > 0) words.push(wordlist[(held << (bitsPerWord - bits)) & 0x7ff] as string)
  return words
}

/** The bytes of a share, whose checksum tells how many zeros were filled up; undefined when it holds for no length. */
function bytesOf(indexes: readonly number[]): Uint8Array | undefined {
  const bytes: number[] = []
  let bits = 0
  let held = 0
  for (const index of indexes) {
    held = (held << bitsPerWord) | index
    bits += bitsPerWord
    while (bits >= 8) {
      bits -= 8
      bytes.push((held >>> bits) & 0xff)
      held &= (1 << bits) - 1
    }
  }
  if (held !== 0) return undefined
  for (const length of [bytes.length, bytes.length - 1]) {
    const candidate = Uint8Array.from(bytes.slice(0, length))
    const body = candidate.subarray(0, length - checksumBytes)
    const isFilled = bytes.slice(length).every((byte) => byte === 0)
    if (length > headBytes + checksumBytes && isFilled && isChecksum(body, candidate.subarray(body.length))) return candidate
  }
  return undefined
}

function isChecksum(body: Uint8Array, checksum: Uint8Array): boolean {
  return digest(labels.share, body).subarray(0, checksumBytes).toHex() === checksum.toHex()
}
