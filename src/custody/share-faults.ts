/**
 * Why shares do not give material: each fault with the one sentence that the command line and the
 * console say.
 */

/**
 * Sentences by fault. `which` is the number that the share's header has, or its place among those
 * that were given; `place` the number of a word, from 1.
 */
export const shareSentences = {
  none: 'No share was given.',
  'not-a-share':
    'Share {which}: this text holds no share. A share is 21 to 57 words, and the first is "absurd".',
  several:
    'Share {which}: this text holds several shares that cannot be told apart. Give each of them separately, or under its header.',
  word: 'Share {which}, word {place}: "{text}" is not in the list of words; nearest: {nearest}.',
  length: 'Share {which}: {found} words. A share has {least} to {most}.',
  missing: 'Share {which}: {found} of {expected} words. Look for what is missing.',
  'missing-word':
    'Share {which}: {found} of {expected} words. Word {place} is missing; "{fits}" fits there.',
  extra:
    'Share {which}: {found} words, where {expected} are needed. Look for words that were written twice.',
  'extra-word':
    'Share {which}: {found} words, where {expected} are needed. Without word {place}, "{text}", they fit.',
  checksum: 'Share {which}: the words do not match their checksum. At least two of them are wrong.',
  'checksum-word': 'Share {which}, word {place}: "{text}" is wrong; "{fits}" fits there.',
  swapped: 'Share {which}: words {place} and {other} are swapped.',
  version: 'Share {which} was made by a newer Holdfast. Read it with that version.',
  twice: 'Share {which} was given twice. Give another share of this set.',
  'other-set': 'Share {which} belongs to set {set}, share {other} to set {expected}.',
  'too-few': '{found} of {expected} shares. Give more shares of this set.',
  wrong:
    'These shares do not restore their material. Are they from two sets that were made of the same material?',
} as const satisfies Readonly<Record<string, string>>

export type SharesFault = keyof typeof shareSentences
export type SharesFaultValues = Readonly<Record<string, string | number>>

/** What keeps shares from giving material. The message is the sentence, filled in. */
export class SharesError extends Error {
  readonly reason: SharesFault
  /** The text that is meant, from 0; -1 for all of them together. */
  readonly source: number
  /** What the sentence has in braces. */
  readonly values: SharesFaultValues

  constructor(reason: SharesFault, source: number, values: SharesFaultValues = {}) {
    super(
      shareSentences[reason].replaceAll(/\{(\w+)\}/g, (_, name: string) => String(values[name])),
    )
    this.name = 'SharesError'
    this.reason = reason
    this.source = source
    this.values = values
  }
}
