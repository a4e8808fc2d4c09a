/**
 * Backups that a person brings: age files and shares on paper, opened, and what they hold as it is
 * compared and wrapped.
 */

import { BackupUnreadable, IdentityRefused } from '../../../src/custody/age-faults.ts'
import { identitiesIn, looksLikeIdentity } from '../../../src/custody/age-keys.ts'
import { type BackupKey, openBackup } from '../../../src/custody/backup-file.ts'
import { lookInBackup, type Seen } from '../../../src/custody/material/formats.ts'
import { privateKeyFor } from '../../../src/custody/material/private-key.ts'
import { refused } from '../../../src/custody/material/verdicts.ts'
import { typedFault, typedPassphrase, typedValues } from '../../../src/custody/passphrase.ts'
import { SharesError } from '../../../src/custody/share-faults.ts'
import { combineShares } from '../../../src/custody/shares.ts'
import type { AsymmetricSpec, SecretSpec } from '../../../src/domain/keys/key-specs.ts'
import { Wiped, wipe } from '../../../src/domain/material/wiped.ts'
import { checkValueOf, fingerprintOf } from './identity.ts'
import type { Refused, Target } from './protocol.ts'

/** What was in a backup, in memory that the caller wipes. */
export type Content = { readonly kind: 'opened'; readonly content: Uint8Array }

/**
 * Identities of age, X25519 and hybrid: a field of one line has the lines of age-keygen's file one
 * after the other.
 */
const identityForm = /AGE-SECRET-KEY-(?:PQ-)?1[0-9A-Z]+/g

/** What is wrong with a passphrase that was typed; undefined for one that is tried. */
export function typedRefusal(passphrase: string): Refused | undefined {
  const fault = typedFault(passphrase)
  return fault && { kind: 'refused', reason: `typed-${fault}`, values: typedValues }
}

/**
 * @param file either form.
 * @param secret a passphrase, or text with identities of age.
 * @returns a refusal for one that does not open it.
 */
export async function openAge(file: Uint8Array, secret: string): Promise<Content | Refused> {
  const key = keyIn(secret)
  if ('kind' in key) return key
  try {
    return { kind: 'opened', content: await openBackup(file, key) }
  } catch (error) {
    return ageRefusal(error)
  }
}

/** @throws everything that is not the fault of a file or a key. */
export function ageRefusal(error: unknown): Refused {
  if (error instanceof BackupUnreadable) return refused(`age-${error.fault}`, error.values)
  if (error instanceof IdentityRefused)
    return { kind: 'refused', reason: `identity-${error.fault}`, values: error.values }
  throw error
}

function keyIn(secret: string): BackupKey | Refused {
  const identities = secret.toUpperCase().match(identityForm)
  try {
    if (identities !== null) return { identities: identitiesIn(identities.join('\n')) }
    if (looksLikeIdentity(secret)) return { identities: identitiesIn(secret) }
  } catch (error) {
    return ageRefusal(error)
  }
  return typedRefusal(secret) ?? { passphrase: typedPassphrase(secret) }
}

/** @returns a refusal whose values are those of the sentence of `shareSentences`. */
export async function openShares(texts: readonly string[]): Promise<Content | Refused> {
  try {
    return { kind: 'opened', content: await combineShares(texts) }
  } catch (error) {
    if (error instanceof SharesError)
      return { kind: 'refused', reason: `share-${error.reason}`, values: error.values }
    throw error
  }
}

/** In the form in which it is wrapped, in memory that the caller wipes. */
export type Backup = {
  readonly material: Uint8Array
  readonly checkValue: string | null
  readonly fingerprint: string | null
}

/**
 * Material in any form that its owner backed it up in; of several readings the one that matches
 * the key.
 * @param content wiped.
 */
export function secretBackup(
  spec: SecretSpec,
  target: Target,
  content: Uint8Array,
  value: string | null,
): Backup | Refused {
  using opened = Wiped.of(content)
  const seen = lookInBackup(opened.bytes, spec)
  if (seen.kind === 'refused') return seen
  const materials = materialsOf(seen)
  const all = materials.map(
    (material): Backup => ({
      material,
      checkValue: checkValueOf(target, material),
      fingerprint: null,
    }),
  )
  const found = all.find(({ checkValue }) => checkValue === value) ?? all[0]
  for (const { material } of all) if (material !== found?.material) wipe(material)
  return found ?? refused('nested')
}

/** None of another backup in the backup. */
function materialsOf(seen: Exclude<Seen, { kind: 'refused' }>): readonly Uint8Array[] {
  if (seen.kind === 'symmetric') return seen.readings.map(({ material }) => material)
  return seen.kind === 'material' || seen.kind === 'line-break' ? [seen.material] : []
}

/** A private key in any form that its owner backed it up in. @param content wiped. */
export function pairBackup(spec: AsymmetricSpec, content: Uint8Array): Backup | Refused {
  using opened = Wiped.of(content)
  const seen = lookInBackup(opened.bytes, spec)
  if (seen.kind === 'refused') return seen
  if (seen.kind !== 'private-key' && seen.kind !== 'encrypted-pkcs8') return refused('nested')
  using der = Wiped.of(seen.der)
  if (seen.kind === 'encrypted-pkcs8') return refused('locked-inside')
  const key = privateKeyFor(spec, der.bytes)
  if (key.kind === 'refused') return key
  return { material: key.pkcs8, checkValue: null, fingerprint: fingerprintOf(key) }
}
