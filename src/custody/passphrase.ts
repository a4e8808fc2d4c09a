/**
 * Passphrases of backups: ten of 2048 words, drawn by the computer, or a long enough one of the
 * owner's choice.
 */

import { wordlist } from '@scure/bip39/wordlists/english.js'
import {
  longestPassphrase,
  passphraseIn,
  type SecretTextFault,
  SecretTextRefused,
} from '../domain/material/secret-text.ts'
import { Wiped } from '../domain/material/wiped.ts'

const proposedWords = 10
/** Shortest passphrase that an owner may choose, in characters. */
export const leastCharacters = 16

/** 110 bits. @param draw fills bytes from the system's random source. */
export function proposePassphrase(draw: (bytes: Uint8Array) => void): string {
  using drawn = Wiped.of(new Uint8Array(2 * proposedWords))
  const { bytes } = drawn
  draw(bytes)
  const words: string[] = []
  // 65536 is a multiple of 2048, so all words are equally likely.
  for (let i = 0; i < bytes.length; i += 2)
    words.push(wordlist[(((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0)) % 2048] as string)
  return words.join('-')
}

export function isLongEnough(passphrase: string): boolean {
  return [...passphrase].length >= leastCharacters
}

/**
 * What is wrong with a passphrase in an input field, phrased for someone who sees the field. Only
 * the faults that typed text can have.
 */
export const typedSentences = {
  empty: 'The passphrase is empty. Type it.',
  'not-utf-8':
    'The passphrase contains half of a character, which cannot be stored in a file. Type it instead of pasting it.',
  'control-character':
    'The passphrase contains a control character, which cannot be typed. Remove it.',
  'several-lines': 'The passphrase has several lines, but must be one. Keep only that line.',
  'too-long': 'The passphrase is longer than {most} bytes, the maximum. Was something else pasted?',
} as const satisfies Readonly<Record<Exclude<SecretTextFault, 'utf-16'>, string>>

export type TypedFault = keyof typeof typedSentences
/** Placeholder values of `typedSentences`. */
export const typedValues = { most: longestPassphrase } as const

/**
 * A passphrase typed or pasted into a field, under the same rule as one in a file, so that the same
 * text opens the same backup.
 * @throws SecretTextRefused.
 */
export function typedPassphrase(text: string): string {
  // The encoder would replace half of a character with another character.
  if (!text.isWellFormed()) throw new SecretTextRefused('not-utf-8')
  using typed = Wiped.of(new TextEncoder().encode(text))
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(passphraseIn(typed.bytes))
}

/** The reason for which `typedPassphrase` would refuse it. */
export function typedFault(text: string): TypedFault | undefined {
  try {
    typedPassphrase(text)
    return undefined
  } catch (error) {
    if (error instanceof SecretTextRefused) return asTyped(error.fault)
    throw error
  }
}

/** Text in a field is never UTF-16: what looks like it contains a NUL. */
function asTyped(fault: SecretTextFault): TypedFault {
  return fault === 'utf-16' ? 'control-character' : fault
}
