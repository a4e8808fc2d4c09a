/** What a key in its state allows: the rules of the domain, each a function that returns or throws the refusal. */
import { KmsError } from './errors.ts'
import { type KeyFacts, keyState } from './key-state.ts'
import type { KeyRow } from './rows.ts'

const dayMs = 86_400_000

export const deletionDays = { min: 7, max: 1096 } as const
/** Longest alias and description, in bytes of UTF-8. */
export const aliasBytes = 255
export const descriptionBytes = 255
/** Longest plaintext of one encryption, in bytes. */
export const plaintextBytes = 4096
/** Import tokens that may stand open for one key; the oldest goes when one more is made. */
export const openImportTokens = 8
/** Wrapped material that did not unwrap uses up its token after this many tries. */
export const importTokenAttempts = 10

const aliasPattern = /^[a-zA-Z0-9:/_-]+$/

export function checkAlias(alias: string): void {
  if (alias.length > aliasBytes || !aliasPattern.test(alias)) {
    throw new KmsError('alias-invalid', `an alias is 1 to ${aliasBytes} characters out of a-z, A-Z, 0-9 and : / _ -`)
  }
}

export function checkDescription(description: string): void {
  if (!description.isWellFormed() || Buffer.byteLength(description) > descriptionBytes) {
    throw new KmsError('description-invalid', `a description is at most ${descriptionBytes} bytes of UTF-8`)
  }
}

/** A key does cryptographic work only while it is enabled. */
export function checkUsable(key: KeyRow, now: number): void {
  switch (keyState(key, now)) {
    case 'enabled':
      return
    case 'disabled':
      throw new KmsError('key-disabled', `key ${key.id} is disabled; enable it first`)
    case 'pending-deletion':
      throw new KmsError(
        'key-pending-deletion',
        `key ${key.id} is pending deletion and cannot be used; cancel its deletion first`,
      )
    case 'pending-import':
      throw new KmsError(
        'key-pending-import',
        `key ${key.id} is pending import: it has no key material; import its material first`,
      )
  }
}

/** Whether `key` may be changed at all: pending deletion freezes everything but its cancelling. */
export function checkNotPendingDeletion(key: KeyRow): void {
  if (key.deletionAt !== null) {
    throw new KmsError('key-pending-deletion', `key ${key.id} is pending deletion; cancel its deletion first`)
  }
}

export function checkMayEnable(key: KeyRow, now: number): void {
  checkNotPendingDeletion(key)
  if (keyState(key, now) !== 'disabled') throw new KmsError('key-not-disabled', `key ${key.id} is not disabled`)
}

export function checkMayDisable(key: KeyRow, now: number): void {
  checkNotPendingDeletion(key)
  if (keyState(key, now) !== 'enabled')
    throw new KmsError('key-not-enabled', `key ${key.id} is not enabled, so it cannot be disabled`)
}

export function checkMayScheduleDeletion(key: KeyRow): void {
  if (key.deletionAt !== null) throw new KmsError('key-already-pending-deletion', `key ${key.id} is pending deletion already`)
}

/** The instant of deletion, `days` whole days from `now`. */
export function deletionInstant(days: number, now: number): number {
  if (!Number.isInteger(days) || days < deletionDays.min || days > deletionDays.max) {
    throw new KmsError('deletion-days-invalid', `a deletion is scheduled ${deletionDays.min} to ${deletionDays.max} days ahead`)
  }
  return now + days * dayMs
}

export function checkMayCancelDeletion(key: KeyRow): void {
  if (key.deletionAt === null) throw new KmsError('key-not-pending-deletion', `key ${key.id} is not pending deletion`)
}

/** Only a key that was created with empty material takes an import. */
export function checkExternal(key: KeyRow): void {
  if (key.origin !== 'external') {
    throw new KmsError(
      'key-not-external',
      `key ${key.id} was made here: only a key created with origin external takes imported material`,
    )
  }
}

export function checkMayImport(key: KeyRow, now: number): void {
  checkExternal(key)
  checkNotPendingDeletion(key)
  if (keyState(key, now) !== 'pending-import') {
    throw new KmsError('key-not-pending-import', `key ${key.id} holds its material: it is not pending import`)
  }
}

/** Imported symmetric material can be deleted by hand while the key is enabled or disabled; the key itself stays. */
export function checkMayDeleteMaterial(key: KeyRow, now: number): void {
  checkExternal(key)
  const state = keyState(key, now)
  if (state !== 'enabled' && state !== 'disabled') {
    throw new KmsError('material-not-present', `key ${key.id} is neither enabled nor disabled, so there is no material to delete`)
  }
}

/** Expiry must lie ahead. */
export function checkExpiry(expiresAt: number | null, now: number): void {
  if (expiresAt !== null && expiresAt <= now)
    throw new KmsError('expiry-in-past', 'the expiry must be later than the current time')
}

/** Facts of a key whose material is gone: everything about the key itself stays, and so does the tie to its material. */
export function withoutMaterial<K extends KeyFacts>(key: K): K {
  return { ...key, materialVersion: null, materialExpiresAt: null }
}
