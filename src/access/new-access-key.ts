/**
 * Names and secrets of access keys, drawn uniformly from characters that need no quoting anywhere.
 */
import type { Random } from '../ports/random.ts'

const upperCaseAndDigits = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789')
const lettersAndDigits = Buffer.from(
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
)
const digits = Buffer.from('0123456789')

/** A newly drawn access key; the code that requested it wipes the secret. */
export function newAccessKey(random: Random): {
  readonly id: Uint8Array
  readonly secret: Uint8Array
} {
  return {
    id: characters(random, upperCaseAndDigits, 20),
    secret: characters(random, lettersAndDigits, 40),
  }
}

export function newPassword(random: Random): Uint8Array {
  return characters(random, lettersAndDigits, 24)
}

export function newAccountId(random: Random): Uint8Array {
  return characters(random, digits, 12)
}

/** A byte that would favour the first characters is drawn again. */
function characters(random: Random, alphabet: Uint8Array, count: number): Uint8Array {
  const out = new Uint8Array(count)
  const even = 256 - (256 % alphabet.length)
  for (let i = 0; i < count; ) {
    const drawn = random.bytes(1)[0] ?? 0
    if (drawn < even) out[i++] = alphabet[drawn % alphabet.length] ?? 0
  }
  return out
}
