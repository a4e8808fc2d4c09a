/**
 * Finds shares in any text: files, mails, printed pages, plates. Shares are located by their
 * checksum, so it does not matter what surrounds them; the surrounding text is only used to
 * describe a damaged share.
 */

import { placeOf, shareBody, shareLayout, shareWordCounts } from './share-words.ts'
import type { Share } from './shares.ts'

/** Far more than sixteen printed shares. */
const longestText = 200_000
const mostStarts = 64
const wordsPerLine = 4

/** One word of a text as written, and its meaning. */
export type Token = {
  readonly text: string
  /** Position in the word list; undefined if the word is not in it. */
  readonly place: number | undefined
  /** The number written before it. */
  readonly number: number | undefined
  readonly line: number
}

/** The text after one header, or before the first. */
export type Section = {
  /** Number of the share according to its header. */
  readonly number: number | undefined
  /** Number of words according to its header. */
  readonly expected: number | undefined
  readonly tokens: readonly Token[]
}

/** A share with a correct checksum, which `body` does not include. */
export type FoundBody = { readonly body: Uint8Array; readonly words: number }

/** One share on its own page, with numbered words, so that a missing one is noticed. */
export function shareText({ number, count, threshold, set, words }: Share): string {
  const head = `Holdfast share ${number} of ${count}, set ${set}, ${words.length} words.`
  const lines = [`${head} Any ${threshold} of them restore the material.`, '']
  for (let i = 0; i < words.length; i += wordsPerLine)
    lines.push(
      words
        .slice(i, i + wordsPerLine)
        .map((word, j) => `${String(i + j + 1).padStart(2)} ${word.padEnd(10)}`)
        .join(' ')
        .trimEnd(),
    )
  return `${lines.join('\n')}\n`
}

/** The sections of a text, by the headers of our own pages in either language. */
export function sectionsOf(text: string): Section[] {
  if (text.length > longestText) return []
  const plain = withoutTravel(text)
  const starts = [...plain.matchAll(headers)]
  const ends = [...starts.slice(1).map(({ index }) => index), plain.length]
  const before: Section = {
    number: undefined,
    expected: undefined,
    tokens: tokensOf(plain.slice(0, starts[0]?.index)),
  }
  const behind = starts.map(({ index, 0: header, groups }, i): Section => {
    const { en, zh, zhShown, words } = groups ?? {}
    return {
      number: numberIn(en ?? zh ?? zhShown),
      expected: numberIn(words),
      tokens: tokensOf(plain.slice(index + header.length, ends[i])),
    }
  })
  return [before, ...behind]
}

const headers =
  /(?:holdfast\s+)?(?:share\s+(?<en>\d{1,2})\s+of\s+\d{1,2}|分片\s*(?<zh>\d{1,2})\s*\/\s*\d{1,2}|第\s*(?<zhShown>\d{1,2})\s*个分片[,，]\s*共\s*\d{1,2}\s*个)(?:[,，]\s*(?:set|组)\s+[0-9a-f]{8})?(?:[,，]\s*(?<words>\d{1,2})\s*(?:words|个单词))?/gi

/**
 * Sentences of our own pages, current and earlier wordings: some of their words are also in the
 * word list.
 */
const ownSentences: readonly RegExp[] = [
  /any\s+\d+\s+of\s+(?:them|\d+\s+shares)\s+(?:restore\s+the\s+material|give\s+the\s+material\s+back)(?:;\s+fewer\s+(?:reveal|tell)\s+nothing)?/gi,
  /keep\s+each\s+share\s+in\s+(?:a\s+different|another)\s+place\.?\s+(?:anyone\s+who|whoever)\s+holds\s+enough\s+of\s+them\s+holds\s+the\s+key/gi,
]

/**
 * Removes quote marks of mail, soft line breaks, escapes and invisible characters; converts
 * ligatures and wide letters to plain ones.
 */
function withoutTravel(text: string): string {
  const lines = text
    .normalize('NFKC')
    .replaceAll(/[\u00ad\u200b-\u200f\u2060\ufeff]/g, '')
    .replaceAll(/=\r?\n/g, '')
    .replaceAll(/\\[nrt]/g, '\n')
    .split(/[\r\n\f\u2028\u2029]+/)
    .map((line) => line.replace(/^(?:[ \t]*[A-Za-z]{0,3}[>|])+/, ''))
  return ownSentences.reduce((rest, sentence) => rest.replaceAll(sentence, '\n'), lines.join('\n'))
}

/** Words in alphabetic scripts only; Chinese text around them does not count. */
const written =
  /(?:(\d{1,3})[\s.):\]_-]*)?([\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}]+)/gu

function tokensOf(text: string): Token[] {
  return text.split('\n').flatMap((content, line) =>
    [...content.matchAll(written)].map(([, number, word = '']) => {
      const lower = word.toLowerCase()
      return { text: lower, place: placeOf(lower), number: numberIn(number), line }
    }),
  )
}

function numberIn(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text)
}

/** Every share in a section whose checksum is right, and the tokens that remain without them. */
export function findShares({ tokens }: Section): { found: FoundBody[]; rest: readonly Token[] } {
  const found: FoundBody[] = []
  const rest: Token[] = []
  let starts = 0
  for (let at = 0; at < tokens.length; ) {
    const share = isStart(tokens, at) && starts++ < mostStarts ? shareAt(tokens, at) : undefined
    if (share !== undefined) found.push(share)
    else rest.push(tokens[at] as Token)
    at += share?.words ?? 1
  }
  if (found.length > 0) return { found, rest }
  // Columns that were read across: the numbers give the order.
  const ordered = inOrder(tokens)
  const share = ordered === undefined || !isStart(ordered, 0) ? undefined : shareAt(ordered, 0)
  return share === undefined ? { found, rest: tokens } : { found: [share], rest: [] }
}

/**
 * All shares of this version begin with the same word: its bits are the version and the first three
 * of the threshold.
 */
const firstWord = shareLayout.version << 3
/**
 * Of the eleven bits of the second word, the first five are the rest of the threshold and the other
 * six the count without its last two bits.
 */
const countBits = 6
const least = 2
const most = 16

/**
 * Whether a share may begin here. A second word that is not in the list is not evidence either way.
 */
export function isStart(tokens: readonly Token[], at: number): boolean {
  if (tokens[at]?.place !== firstWord) return false
  const second = tokens[at + 1]?.place
  if (second === undefined) return true
  const [threshold, count] = [second >> countBits, (second & ((1 << countBits) - 1)) << 2]
  return threshold >= least && threshold <= most && threshold <= count + 3 && count <= most
}

function shareAt(tokens: readonly Token[], at: number): FoundBody | undefined {
  const places: number[] = []
  for (const { place } of tokens.slice(at, at + shareWordCounts.max)) {
    if (place === undefined) return undefined
    places.push(place)
    const body = places.length < shareWordCounts.min ? undefined : shareBody(places)
    if (body !== undefined) return { body, words: places.length }
  }
  return undefined
}

/** Words in the order of the numbers before them, if these are 1, 2, 3 and so on, each once. */
export function inOrder(tokens: readonly Token[]): Token[] | undefined {
  const numbered = tokens
    .filter(({ number, place }) => number !== undefined && place !== undefined)
    .toSorted((a, b) => (a.number ?? 0) - (b.number ?? 0))
  return numbered.length > 0 && numbered.every(({ number }, i) => number === i + 1)
    ? numbered
    : undefined
}
