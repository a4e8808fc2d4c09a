/**
 * Keys of age files as people store them: recipients, and identity files as age-keygen writes them.
 */
import { Decrypter, Encrypter } from 'age-encryption'
import { IdentityRefused, RecipientRefused } from './age-faults.ts'

const hybrid = { recipient: 'age1pq', identity: 'AGE-SECRET-KEY-PQ-' } as const

/**
 * Identities in a text: one per line, between comments and empty lines. Upper and lower case are
 * accepted, as in Bech32.
 * @throws IdentityRefused for a text that contains anything else, or no identity.
 */
export function identitiesIn(text: string): string[] {
  const lines = text.split(/\r\n|\r|\n/).map((line) => line.trim())
  if (lines.some((line) => /^(?:-----BEGIN AGE ENCRYPTED FILE|age-encryption\.org\/)/.test(line)))
    throw new IdentityRefused('sealed')
  const found = lines.flatMap((line, i) =>
    line === '' || line.startsWith('#') ? [] : [identityOf(line, i + 1)],
  )
  if (found.length === 0) throw new IdentityRefused('none')
  return found
}

/** Whether a text is meant as an identity rather than a passphrase. */
export function looksLikeIdentity(text: string): boolean {
  return /^\s*(?:#[^\n]*\n\s*)*AGE-(?:SECRET-KEY|PLUGIN)-/i.test(text)
}

/** Whether a line is meant as a recipient. */
export function looksLikeRecipient(text: string): boolean {
  return /^\s*(?:#[^\n]*\n\s*)*(?:age1[a-z0-9]{20}|ssh-(?:rsa|ed25519) )/i.test(text)
}

function identityOf(line: string, number: number): string {
  const upper = line.toUpperCase()
  if (upper.startsWith('AGE-PLUGIN-')) throw new IdentityRefused('plugin', { line: number })
  if (/^-----BEGIN .*PRIVATE KEY-----/.test(line))
    throw new IdentityRefused('ssh', { line: number })
  if (looksLikeRecipient(line)) throw new IdentityRefused('recipient', { line: number })
  if (!upper.startsWith('AGE-SECRET-KEY-'))
    throw new IdentityRefused('not-an-identity', { line: number })
  try {
    new Decrypter().addIdentity(upper)
    return upper
  } catch {
    throw new IdentityRefused('invalid', { line: number })
  }
}

/**
 * An encrypter for these recipients.
 * @throws RecipientRefused for one that is not a native age recipient, or whose files could not be
 * opened here.
 */
export function encrypterFor(recipients: readonly string[]): Encrypter {
  const encrypter = new Encrypter()
  const all = recipients.map((one) => one.trim())
  for (const recipient of all) addRecipient(encrypter, recipient)
  const quantum = all.filter((one) => one.startsWith(`${hybrid.recipient}1`)).length
  if (quantum !== 0 && quantum !== all.length) throw new RecipientRefused('mixed')
  return encrypter
}

function addRecipient(encrypter: Encrypter, recipient: string): void {
  if (/^AGE-(?:SECRET-KEY|PLUGIN)-/i.test(recipient)) throw new RecipientRefused('identity')
  if (/^(?:ssh-|ecdsa-|sk-ssh-|github:)/.test(recipient)) throw new RecipientRefused('ssh')
  // Bech32: the part before the last 1 is the type.
  const kind = recipient.slice(0, recipient.lastIndexOf('1'))
  if (kind.startsWith('age1') && kind !== hybrid.recipient)
    throw new RecipientRefused('plugin', { recipient })
  if (kind !== 'age' && kind !== hybrid.recipient)
    throw new RecipientRefused('not-a-recipient', { recipient })
  try {
    encrypter.addRecipient(recipient)
  } catch {
    throw new RecipientRefused('invalid', { recipient })
  }
}
