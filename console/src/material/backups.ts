/** Backups that a person brings: age files and shares on paper, opened, and what they hold as it is compared and wrapped. */
import type { KeySpec } from '../../../src/domain/key-specs.ts'
import { BackupUnreadable, openBackup } from '../../../src/owner/backup-file.ts'
import { combineShares, SharesError } from '../../../src/owner/shares.ts'
import { look } from './formats.ts'
import { checkValueOf, fingerprintOf } from './identity.ts'
import { readPrivateKey } from './private-key.ts'
import type { Refused, Target } from './protocol.ts'
import { refused } from './refused.ts'

/** What was in a backup, in memory that the caller wipes. */
export type Content = { readonly kind: 'opened'; readonly content: Uint8Array }

/** Identities of age, X25519 and hybrid, as they stand in the file of age-keygen. */
const identityForm = /AGE-SECRET-KEY-(?:PQ-)?1[0-9A-Z]+/g

/** @param file the binary form. @param secret a passphrase, or text with identities of age. @returns a refusal for one that does not open it. */
export async function openAge(file: Uint8Array, secret: string): Promise<Content | Refused> {
  const identities = secret.toUpperCase().match(identityForm)
  try {
    return { kind: 'opened', content: await openBackup(file, identities === null ? { passphrase: secret } : { identities }) }
  } catch (error) {
    if (error instanceof BackupUnreadable) return refused('passphrase-wrong')
    throw error
  }
}

/** @returns a refusal whose `which` counts shares from 1; it is 0 where all of them together are meant. */
export async function openShares(texts: readonly string[]): Promise<Content | Refused> {
  try {
    return { kind: 'opened', content: await combineShares(texts) }
  } catch (error) {
    if (error instanceof SharesError) return refused(`share-${error.reason}`, { which: error.which + 1 })
    throw error
  }
}

/** In the form in which it is wrapped, in memory that the caller wipes. */
export type Backup = { readonly material: Uint8Array; readonly checkValue: string | null; readonly fingerprint: string | null }

/** @param material kept as it is, whatever its length. */
export function secretBackup(target: Target, material: Uint8Array): Backup {
  return { material, checkValue: checkValueOf(target, material), fingerprint: null }
}

/** A private key in whatever form its owner backed it up: the command line seals any file. @param content wiped. */
export function pairBackup(spec: KeySpec, content: Uint8Array): Backup | Refused {
  const seen = look(content, false, spec)
  content.fill(0)
  if (seen.kind === 'refused') return seen
  const key = seen.kind === 'private-key' ? readPrivateKey(seen.der) : undefined
  if ('der' in seen) seen.der.fill(0)
  if (key === undefined) return refused('unreadable')
  const { found, pkcs8 } = key
  if (pkcs8 === undefined) return found === spec.name ? refused('unreadable') : refused('other-spec', { found, spec: spec.name })
  return { material: pkcs8, checkValue: null, fingerprint: fingerprintOf(key) }
}
