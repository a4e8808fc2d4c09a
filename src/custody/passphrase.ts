/**
 * Passphrases of backups: ten words out of 2048, drawn by the computer, or one's own that is long
 * enough.
 */

import { wordlist } from '@scure/bip39/wordlists/english.js'
import {
  longestPassphrase,
  passphraseIn,
  type SecretTextFault,
  SecretTextRefused,
} from '../domain/material/secret-text.ts'

const proposedWords = 10
/** Shortest passphrase of one's own, in characters. */
export const leastCharacters = 16

/** 110 bits. @param draw fills bytes from the random source of the system. */
export function proposePassphrase(draw: (bytes: Uint8Array) => void): string {
  const bytes = new Uint8Array(2 * proposedWords)
  draw(bytes)
  const words: string[] = []
  // 65536 is a whole number of 2048s, so every word is as likely as any other.
  for (let i = 0; i < bytes.length; i += 2)
    words.push(wordlist[(((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0)) % 2048] as string)
  bytes.fill(0)
  return words.join('-')
}

export function isLongEnough(passphrase: string): boolean {
  return [...passphrase].length >= leastCharacters
}

/**
 * What is wrong with a passphrase in a field, in the words of a person who sees the field: the
 * faults that text in it can have.
 */
export const typedSentences = {
  empty: 'The passphrase is empty. Type it.',
  'not-utf-8':
    'The passphrase holds half of a character, which no file can hold. Type it instead of pasting it.',
  'control-character':
    'The passphrase holds a control character, which nobody can type. Remove it.',
  'several-lines': 'The passphrase has several lines, and one is meant. Keep only that line.',
  'too-long': 'The passphrase is longer than {most} bytes, as none is. Was something else pasted?',
} as const satisfies Readonly<Record<Exclude<SecretTextFault, 'utf-16'>, string>>

export type TypedFault = keyof typeof typedSentences
/** Of `typedSentences`. */
export const typedValues = { most: longestPassphrase } as const

/**
 * A passphrase as it was typed or pasted into a field, by the rule for one in a file: so that the
 * same text opens the same backup.
 * @throws SecretTextRefused.
 */
export function typedPassphrase(text: string): string {
  // The encoder would put another character in place of half a one.
  if (!text.isWellFormed()) throw new SecretTextRefused('not-utf-8')
  const bytes = new TextEncoder().encode(text)
  try {
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(passphraseIn(bytes))
  } finally {
    bytes.fill(0)
  }
}

/** What `typedPassphrase` would refuse it for. */
export function typedFault(text: string): TypedFault | undefined {
  try {
    typedPassphrase(text)
    return undefined
  } catch (error) {
    if (error instanceof SecretTextRefused) return asTyped(error.fault)
    throw error
  }
}

/** Text of a field is no UTF-16: what looks like it holds a 0. */
function asTyped(fault: SecretTextFault): TypedFault {
  return fault === 'utf-16' ? 'control-character' : fault
}
