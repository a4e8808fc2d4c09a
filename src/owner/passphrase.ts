/** Passphrases of backups: ten words out of 2048, drawn by the computer, or one's own that is long enough. */
import { wordlist } from '@scure/bip39/wordlists/english.js'

const proposedWords = 10
/** Shortest passphrase of one's own, in characters. */
export const leastCharacters = 16

/** 110 bits. @param draw fills bytes from the random source of the system. */
export function proposePassphrase(draw: (bytes: Uint8Array) => void): string {
  const bytes = new Uint8Array(2 * proposedWords)
  draw(bytes)
  const words: string[] = []
  // 65536 is a whole number of 2048s, so every word is as likely as any other.
  for (let i = 0; i < bytes.length; i += 2) words.push(wordlist[(((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0)) % 2048] as string)
  bytes.fill(0)
  return words.join('-')
}

export function isLongEnough(passphrase: string): boolean {
  return [...passphrase].length >= leastCharacters
}
