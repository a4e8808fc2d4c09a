/**
 * Why shares do not restore material: each fault with the sentence that the command line and the
 * console show.
 */

/**
 * Sentences by fault. `which` is the number in the share's header, or its position among the given
 * shares; `place` is the number of a word, from 1.
 */
export const shareSentences = {
  none: 'No share was given.',
  'not-a-share':
    'Share {which}: this text holds no share. A share is 21 to 57 words, and the first is "absurd".',
  several:
    'Share {which}: this text holds several shares that cannot be distinguished. Give each share separately, or with its header.',
  word: 'Share {which}, word {place}: "{text}" is not in the list of words; nearest: {nearest}.',
  length: 'Share {which}: {found} words. A share has {least} to {most}.',
  missing: 'Share {which}: {found} of {expected} words. Look for the missing words.',
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
    'These shares do not restore their material. Are they from two sets made from the same material?',
} as const satisfies Readonly<Record<string, string>>

export type SharesFault = keyof typeof shareSentences
export type SharesFaultValues = Readonly<Record<string, string | number>>

/** Shares do not restore material. The message is the sentence of the fault, filled in. */
export class SharesError extends Error {
  readonly reason: SharesFault
  /** Index of the affected text, from 0; -1 for all of them together. */
  readonly source: number
  /** Values for the placeholders of the sentence. */
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
