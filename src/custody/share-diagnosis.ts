/**
 * Finds what is wrong with a share whose checksum fails: which word, how many, or that the text
 * holds no share.
 */
import { Wiped } from '../domain/material/wiped.ts'
import type { SharesFault, SharesFaultValues } from './share-faults.ts'
import { inOrder, isStart, type Token } from './share-text.ts'
import {
  isNearWord,
  nearestWords,
  shareBody,
  shareLayout,
  shareWordCounts,
  wordAt,
} from './share-words.ts'

export type Diagnosis = { readonly reason: SharesFault; readonly values: SharesFaultValues }

/** Fewer words than this, in a text that holds another share, are a sentence, not a share. */
const leastOfShare = 12
/**
 * Word counts for material of 16, 32, 48 and 64 bytes, the sizes that keys have, and 66, the
 * longest.
 */
const usualCounts = [21, 32, 44, 56, 57] as const
const farFromUsual = 2
const wholeList = Array.from({ length: 2048 }, (_, i) => i)

/**
 * The words of a share among the tokens of a section: from the first to the last line that consists
 * of words of the list.
 */
export function wordsAmong(tokens: readonly Token[]): readonly Token[] {
  const lines = Object.values(Object.groupBy(tokens, ({ line }) => line)).filter(
    (line) => line !== undefined,
  )
  const isOfWords = (line: readonly Token[]): boolean =>
    line.every(({ number }) => number !== undefined) ||
    line.filter(isLikeWord).length * 2 >= line.length
  const first = lines.findIndex(isOfWords)
  if (first < 0) return []
  const words = lines.slice(first, lines.findLastIndex(isOfWords) + 1).flat()
  const ordered = inOrder(words)
  if (ordered !== undefined && ordered.length === words.length) return ordered
  // Lines before the word that begins every share are prose that happens to contain words of the
  // list.
  const start = words.findIndex((_, at) => isStart(words, at) && words.length - at >= leastOfShare)
  return start > 0 && words[start - 1]?.line !== words[start]?.line ? words.slice(start) : words
}

function isLikeWord({ place, text }: Token): boolean {
  return place !== undefined || isNearWord(text)
}

/**
 * Whether the tokens left besides a share are another, damaged share: three in four of its words
 * are in the list, where prose has one in four.
 */
export function isShareLike(tokens: readonly Token[]): boolean {
  const words = wordsAmong(tokens)
  const known = words.filter(({ place }) => place !== undefined).length
  return known >= leastOfShare && known * 4 >= words.length * 3
}

/** @param expected number of words, if its header or another share of the set says so. */
export function diagnose(tokens: readonly Token[], expected: number | undefined): Diagnosis {
  const words = wordsAmong(tokens)
  const likely = words.filter(isLikeWord).length
  if (likely * 2 < words.length || (likely < leastOfShare && !isStart(words, 0)))
    return fault('not-a-share')
  const again = words.findIndex(
    (word, at) =>
      at >= shareWordCounts.min - 1 &&
      isStart(words, at) &&
      words[at + 1]?.place === words[1]?.place &&
      word !== words[0],
  )
  if (again >= 0 || words.length > shareWordCounts.max + farFromUsual) return fault('several')
  const unknown = words.findIndex(({ place }) => place === undefined)
  const found = words.length
  if (unknown >= 0) return wrongWord(words, unknown)
  const places = words.flatMap(({ place }) => (place === undefined ? [] : [place]))
  using body = Wiped.of(shareBody(places))
  if (body.bytes !== undefined)
    return fault(body.bytes[0] === shareLayout.version ? 'several' : 'version')
  const count = expected ?? usualCounts.find((usual) => Math.abs(usual - found) <= farFromUsual)
  if (count !== undefined && count !== found) {
    const miscounted = oneTooFew(places, count) ?? oneTooMany(words, places, count)
    const other = expected === undefined ? oneWrong(words, places) : undefined
    return (
      miscounted ?? other ?? fault(found < count ? 'missing' : 'extra', { found, expected: count })
    )
  }
  const { min: least, max: most } = shareWordCounts
  if (found < least || found > most) return fault('length', { found, least, most })
  return oneWrong(words, places) ?? fault('checksum')
}

function fault(reason: SharesFault, values: SharesFaultValues = {}): Diagnosis {
  return { reason, values }
}

function wrongWord(words: readonly Token[], at: number): Diagnosis {
  const places = words.map(({ place }) => place ?? -1)
  const isOnly = places.filter((place) => place < 0).length === 1
  const fits = isOnly ? wholeList.find((index) => isShare(places.with(at, index))) : undefined
  const { text } = words[at] as Token
  const nearest = fits === undefined ? nearestWords(text) : [wordAt(fits)]
  return fault('word', { place: at + 1, text, nearest: nearest.join(', ') })
}

/**
 * One wrong word, or two swapped ones: the correction that satisfies the 32-bit checksum is the
 * intended share.
 */
function oneWrong(words: readonly Token[], places: readonly number[]): Diagnosis | undefined {
  for (const [at, one] of places.entries())
    for (const [i, other] of places.slice(at + 1).entries())
      if (isShare(places.with(at, other).with(at + 1 + i, one)))
        return fault('swapped', { place: at + 1, other: at + 2 + i })
  for (const at of places.keys()) {
    const fits = wholeList.find((index) => isShare(places.with(at, index)))
    if (fits !== undefined)
      return fault('checksum-word', {
        place: at + 1,
        text: words[at]?.text ?? '',
        fits: wordAt(fits),
      })
  }
  return undefined
}

function oneTooFew(places: readonly number[], expected: number): Diagnosis | undefined {
  const found = places.length
  for (let at = 0; at <= found && found + 1 === expected; at++) {
    const fits = wholeList.find((index) => isShare(places.toSpliced(at, 0, index)))
    if (fits !== undefined)
      return fault('missing-word', { found, expected, place: at + 1, fits: wordAt(fits) })
  }
  return undefined
}

function oneTooMany(
  words: readonly Token[],
  places: readonly number[],
  expected: number,
): Diagnosis | undefined {
  const found = places.length
  for (let at = 0; at < found && found - 1 === expected; at++)
    if (isShare(places.toSpliced(at, 1)))
      return fault('extra-word', { found, expected, place: at + 1, text: words[at]?.text ?? '' })
  return undefined
}

/** Whether these words are a share of this version. */
function isShare(places: readonly number[]): boolean {
  using body = Wiped.of(places[0] === shareLayout.version << 3 ? shareBody(places) : undefined)
  return body.bytes !== undefined
}
