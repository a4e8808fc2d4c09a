/**
 * Shamir shares of material, as words on paper: any k of n restore it, fewer reveal nothing. The
 * sharing itself is from shamir-secret-sharing (GF(2^8)); docs/backup-format.md describes the
 * encoding around it, which detects transcription errors. Runs in Node and in browsers.
 */
import { combine, split } from 'shamir-secret-sharing'
import { Wiped, wipe } from '../domain/material/wiped.ts'
import { diagnose, isShareLike } from './share-diagnosis.ts'
import { SharesError } from './share-faults.ts'
import { type FoundBody, findShares, type Section, sectionsOf } from './share-text.ts'
import { digest, labelBytes, shareLayout, shareWords } from './share-words.ts'

const setLabel = labelBytes('holdfast/v1/share-set')

export const shareLimits = {
  shares: { min: 2, max: 16 },
  threshold: { min: 2 },
  materialBytes: { min: 16, max: 66 },
} as const

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
export async function makeShares(
  material: Uint8Array,
  count: number,
  threshold: number,
): Promise<Share[]> {
  const { shares, materialBytes } = shareLimits
  if (material.length < materialBytes.min || material.length > materialBytes.max)
    throw new RangeError(
      `shares can hold ${materialBytes.min} to ${materialBytes.max} bytes of material`,
    )
  if (
    count < shares.min ||
    count > shares.max ||
    threshold < shareLimits.threshold.min ||
    threshold > count
  )
    throw new RangeError(
      `the number of shares must be ${shares.min} to ${shares.max}, and the threshold ${shareLimits.threshold.min} to that number`,
    )
  const set = setOf(material)
  // The library rejects classes derived from Uint8Array.
  using copy = Wiped.of(Uint8Array.from(material))
  const made = await split(copy.bytes, count, threshold)
  using _made = Wiped.each(made)
  return made.map((share, i) => {
    using body = Wiped.of(Uint8Array.of(shareLayout.version, threshold, count, ...set, ...share))
    return { number: i + 1, threshold, count, set: set.toHex(), words: shareWords(body.bytes) }
  })
}

/** A share that was read. */
export type ReadShare = {
  /** Index of the text that it was in, from 0. */
  readonly source: number
  /**
   * What it is called: the number in its header, or its position among the given shares, from 1.
   */
  readonly which: number
  readonly threshold: number
  readonly count: number
  readonly set: string
  /** Number of its words. */
  readonly words: number
  /** The share as shamir-secret-sharing represents it; the caller wipes it. */
  readonly share: Uint8Array
}

/**
 * Reads every share in texts as people keep and send them; one text may hold several. The same
 * share twice in one text counts once, since mails quote.
 * @throws SharesError for a text without a share, and for a share that is damaged, with the error
 * located where possible.
 */
export function readShares(texts: readonly string[]): ReadShare[] {
  const all = texts.flatMap((text, source) =>
    sectionsOf(text).map((section) => ({ source, section, ...findShares(section) })),
  )
  const shares: ReadShare[] = []
  for (const { source, section, found } of all)
    for (const one of found) {
      const share = readBody(one, source, section.number ?? shares.length + 1)
      const isAgain = shares.some((other) => other.source === source && isSame(other, share))
      if (isAgain) wipe(share.share)
      else shares.push(share)
    }
  for (const source of texts.keys()) {
    const own = all.filter((one) => one.source === source)
    const damaged = own.find(({ rest }) => isShareLike(rest))
    if (damaged !== undefined) throw errorOf(damaged.section, damaged.rest, source, shares)
    if (own.some(({ found }) => found.length > 0)) continue
    const longest = own.toSorted(
      (a, b) => b.rest.length - a.rest.length || (b.section.number ?? 0) - (a.section.number ?? 0),
    )[0]
    throw errorOf(longest?.section, longest?.rest ?? [], source, shares)
  }
  return shares
}

/** @param found its body is wiped. */
function readBody(found: FoundBody, source: number, which: number): ReadShare {
  const { headBytes, setBytes } = shareLayout
  using body = Wiped.of(found.body)
  const [, threshold = 0, count = 0] = body.bytes
  const set = body.bytes.subarray(headBytes - setBytes, headBytes).toHex()
  const share = body.bytes.slice(headBytes)
  return { source, which, threshold, count, set, words: found.words, share }
}

/** @param read their bytes are wiped. */
function errorOf(
  section: Section | undefined,
  rest: Section['tokens'],
  source: number,
  read: readonly ReadShare[],
): SharesError {
  using _shares = Wiped.each(read.map(({ share }) => share))
  const ofOthers = read[0]?.words
  const { reason, values } = diagnose(rest, section?.expected ?? ofOthers)
  const before = read.filter((share) => share.source < source).length
  const inText = read.filter((share) => share.source === source).length
  return new SharesError(reason, source, {
    which: section?.number ?? Math.max(before, source) + inText + 1,
    ...values,
  })
}

function isSame(one: ReadShare, other: ReadShare): boolean {
  return (
    one.set === other.set &&
    one.share.length === other.share.length &&
    one.share.every((byte, i) => byte === other.share[i])
  )
}

/**
 * Restores the material, in memory that the caller wipes.
 * @throws SharesError if the shares do not restore it.
 */
export async function combineShares(texts: readonly string[]): Promise<Uint8Array> {
  if (texts.length === 0) throw new SharesError('none', -1)
  const read = readShares(texts)
  using _shares = Wiped.each(read.map(({ share }) => share))
  return await combineRead(read)
}

async function combineRead(read: readonly ReadShare[]): Promise<Uint8Array> {
  const first = mostCommon(read)
  for (const [i, one] of read.entries()) {
    if (setName(one) !== setName(first) || one.share.length !== first.share.length)
      throw new SharesError('other-set', one.source, {
        which: one.which,
        set: setName(one),
        other: first.which,
        expected: setName(first),
      })
    if (read.slice(0, i).some((other) => other.share.at(-1) === one.share.at(-1)))
      throw new SharesError('twice', one.source, { which: one.which })
  }
  if (read.length < first.threshold)
    throw new SharesError('too-few', -1, { found: read.length, expected: first.threshold })
  using material = Wiped.of(await combine(read.slice(0, first.threshold).map(({ share }) => share)))
  if (setOf(material.bytes).toHex() === first.set) return material.release()
  throw new SharesError('wrong', -1)
}

/** The digits of a set with threshold and count: `1a2b3c4d 3/5`. */
function setName({ set, threshold, count }: ReadShare): string {
  return `${set} ${threshold}/${count}`
}

/** A share of the set that most shares belong to; on a tie, of the first share's set. */
function mostCommon(read: readonly ReadShare[]): ReadShare {
  const ofSet = (one: ReadShare): number =>
    read.filter((other) => setName(other) === setName(one)).length
  const [most] = read.toSorted((a, b) => ofSet(b) - ofSet(a))
  if (most === undefined) throw new SharesError('none', -1)
  return most
}

function setOf(material: Uint8Array): Uint8Array {
  return digest(setLabel, material).subarray(0, shareLayout.setBytes)
}
