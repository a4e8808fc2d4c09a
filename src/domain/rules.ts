/**
 * What a key in its state allows: the rules of the domain, each a function that returns or throws
 * the refusal.
 */
import {
  type KeyAgreementAlgorithmName,
  keyAgreementAlgorithms,
  type MacAlgorithmName,
  type SigningAlgorithmName,
  signingAlgorithms,
  type ToSign,
} from './algorithms.ts'
import { KmsError } from './errors.ts'
import { checkInstant } from './instants.ts'
import {
  type AsymmetricSpec,
  isAsymmetric,
  type KeySpec,
  type KeyUsage,
  type SymmetricSpec,
} from './keys/key-specs.ts'
import { hasUsableMaterial, type KeyFacts, type KeyState, keyState } from './keys/key-state.ts'
import type { KeyRow } from './rows.ts'
import { secondText } from './spans.ts'

const dayMs = 86_400_000

export const deletionDays = { min: 7, max: 1096, usual: 30 } as const
/** Longest alias and description, in bytes of UTF-8. */
export const aliasBytes = 255
export const descriptionBytes = 255
/** Days between automatic rotations. */
export const rotationDays = { min: 30, max: 365, usual: 365 } as const
/** Maximum number of versions of a key; all of them are kept permanently. */
export const versionsLimit = 1000
/** Longest plaintext of one encryption, in bytes. */
export const plaintextBytes = 4096
/** Length of a data key, in bytes. */
export const dataKeyBytes = { min: 1, max: 1024 } as const
/**
 * Length of the digest that a caller sends with a data key to be sealed, for both SHA-256 and SM3.
 */
export const dataKeyDigestBytes = 32
/** Longest message of one signature or MAC, in bytes. */
export const messageBytes = 4096
/** Maximum number of open import tokens per key; the oldest is dropped when one more is made. */
export const openImportTokens = 8
/** A token is used up after this many failed attempts to unwrap material. */
export const importTokenAttempts = 10

const aliasPattern = /^[a-zA-Z0-9:/_-]+$/

export function checkAlias(alias: string): void {
  if (alias.length > aliasBytes || !aliasPattern.test(alias)) {
    throw new KmsError(
      'alias-invalid',
      `an alias must be 1 to ${aliasBytes} characters from a-z, A-Z, 0-9 and : / _ -`,
    )
  }
}

export function checkDescription(description: string): void {
  if (!isText(description) || utf8Bytes(description) > descriptionBytes) {
    throw new KmsError(
      'description-invalid',
      `a description must be at most ${descriptionBytes} bytes of UTF-8 without U+0000`,
    )
  }
}

/** Whether every store can hold it: PostgreSQL's text has no U+0000. */
export function isText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}

function utf8Bytes(text: string): number {
  return new TextEncoder().encode(text).length
}

/** The usage of a new key. @param wanted null for the default of the spec. */
export function usageOf(spec: KeySpec, wanted: string | null): KeyUsage {
  const found = wanted === null ? spec.usages[0] : spec.usages.find((usage) => usage === wanted)
  if (found !== undefined) return found
  throw new KmsError(
    'parameter-invalid',
    `the usage of a key of ${spec.name} must be one of: ${spec.usages.join(', ')}`,
  )
}

/** Data keys, rotation and envelopes are for symmetric keys. */
export function symmetricOnly(key: KeyRow, spec: KeySpec): SymmetricSpec {
  if (spec.kind === 'symmetric') return spec
  throw spec.kind === 'hmac' ? hmacKey(key, spec) : asymmetricKey(key, spec)
}

function asymmetricKey(key: KeyRow, spec: KeySpec): KmsError {
  return new KmsError(
    'key-is-asymmetric',
    `key ${key.id} is an asymmetric key (${spec.name}), which this operation does not take`,
  )
}

/** Such a key generates and verifies MACs, and takes part in nothing else. */
function hmacKey(key: KeyRow, spec: KeySpec): KmsError {
  return new KmsError(
    'key-is-hmac',
    `key ${key.id} is an HMAC key (${spec.name}), which this operation does not take`,
  )
}

/** Public keys are for asymmetric keys. */
export function asymmetricOnly(key: KeyRow, spec: KeySpec): AsymmetricSpec {
  if (isAsymmetric(spec)) return spec
  if (spec.kind === 'hmac') throw hmacKey(key, spec)
  throw new KmsError(
    'key-is-symmetric',
    `key ${key.id} is a symmetric key (${spec.name}): it has no public key`,
  )
}

/** Whether a key may encrypt depends on its usage, its spec and the algorithms of its spec. */
export function checkEncrypts(
  key: KeyRow,
  spec: KeySpec,
  algorithm: string,
): SymmetricSpec | AsymmetricSpec {
  if (spec.kind === 'hmac') throw hmacKey(key, spec)
  if (spec.encryption.length === 0) {
    throw new KmsError(
      'spec-does-not-encrypt',
      `key ${key.id} is of ${spec.name}, which does not encrypt or decrypt`,
    )
  }
  checkNotForAgreement(key)
  if (key.usage !== 'ENCRYPT_DECRYPT')
    throw new KmsError('key-does-not-encrypt', `key ${key.id} is for signing (${key.usage})`)
  if (spec.encryption.some((name) => name === algorithm)) return spec
  const code = spec.kind === 'symmetric' ? 'algorithm-unsupported' : 'algorithm-unsupported-by-rsa'
  throw new KmsError(code, `a key of ${spec.name} encrypts with: ${spec.encryption.join(', ')}`)
}

/** Whether a key may sign depends on its spec, its usage and the algorithms of its spec. */
export function checkSigns(key: KeyRow, spec: KeySpec, algorithm: string): SigningAlgorithmName {
  if (spec.kind === 'hmac') throw hmacKey(key, spec)
  if (spec.signing.length === 0) {
    throw new KmsError(
      'spec-does-not-sign',
      `key ${key.id} is a symmetric key (${spec.name}), which does not sign or verify`,
    )
  }
  checkNotForAgreement(key)
  if (key.usage !== 'SIGN_VERIFY')
    throw new KmsError('key-does-not-sign', `key ${key.id} is for encryption (${key.usage})`)
  const found = spec.signing.find((name) => name === algorithm)
  if (found !== undefined) return found
  throw new KmsError(
    'signing-algorithm-unsupported',
    `a key of ${spec.name} signs with: ${spec.signing.join(', ')}`,
  )
}

/**
 * A key for agreement does nothing else: the secret it returns could serve as a signature or a
 * decryption elsewhere.
 */
function checkNotForAgreement(key: KeyRow): void {
  if (key.usage === 'KEY_AGREEMENT')
    throw new KmsError(
      'key-is-for-agreement',
      `key ${key.id} is for key agreement (${key.usage}) and for nothing else`,
    )
}

/**
 * Whether a key may agree on secrets depends on its spec, its usage and the one algorithm there is.
 */
export function checkAgrees(
  key: KeyRow,
  spec: KeySpec,
  algorithm: string,
): KeyAgreementAlgorithmName {
  if (spec.kind === 'hmac') throw hmacKey(key, spec)
  if (!isAsymmetric(spec))
    throw new KmsError(
      'key-is-symmetric',
      `key ${key.id} is a symmetric key (${spec.name}), which does not support key agreement`,
    )
  if (!spec.usages.includes('KEY_AGREEMENT')) throw asymmetricKey(key, spec)
  if (key.usage !== 'KEY_AGREEMENT')
    throw new KmsError(
      'key-does-not-agree',
      `key ${key.id} is not for key agreement (${key.usage})`,
    )
  const found = keyAgreementAlgorithms.find((name) => name === algorithm)
  if (found !== undefined) return found
  throw new KmsError(
    'agreement-algorithm-unsupported',
    `keys agree with: ${keyAgreementAlgorithms.join(', ')}`,
  )
}

/** A message to be signed or to get a MAC. */
export function checkMessage(message: Uint8Array): void {
  if (message.length === 0 || message.length > messageBytes) {
    throw new KmsError(
      'message-invalid',
      `a message must be 1 to ${messageBytes} bytes; send the digest of a longer one`,
    )
  }
}

/**
 * A digest must have the algorithm's length, and not every algorithm takes one. A message has the
 * limits of all messages.
 */
export function checkToSign(algorithm: SigningAlgorithmName, { kind, bytes }: ToSign): void {
  if (kind === 'message') return checkMessage(bytes)
  const { digestBytes } = signingAlgorithms[algorithm]
  if (digestBytes === null)
    throw new KmsError('digest-not-taken', `${algorithm} signs whole messages, not digests`)
  if (bytes.length !== digestBytes)
    throw new KmsError(
      'digest-length-wrong',
      `a digest for ${algorithm} must be ${digestBytes} bytes; this one is ${bytes.length}`,
    )
}

/**
 * Whether a key may generate and verify MACs depends on its spec, its usage and the algorithms of
 * its spec.
 */
export function checkMacs(key: KeyRow, spec: KeySpec, algorithm: string): MacAlgorithmName {
  if (isAsymmetric(spec)) throw asymmetricKey(key, spec)
  if (spec.kind !== 'hmac')
    throw new KmsError(
      'key-is-symmetric',
      `key ${key.id} is for encryption (${spec.name}) and does not generate or verify MACs`,
    )
  if (key.usage !== 'GENERATE_VERIFY_MAC') throw hmacKey(key, spec)
  const found = spec.macs.find((name) => name === algorithm)
  if (found !== undefined) return found
  throw new KmsError(
    'mac-algorithm-unsupported',
    `a key of ${spec.name} makes MACs with: ${spec.macs.join(', ')}`,
  )
}

/** A key that is enabled and therefore has a version of its material. */
export type UsableKeyRow = KeyRow & { readonly materialVersion: number }

/** A key does cryptographic work only while it is enabled. */
export function checkUsable(key: KeyRow, now: number): asserts key is UsableKeyRow {
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

/**
 * Whether `key` may be changed at all: pending deletion blocks every change but its cancellation.
 */
export function checkNotPendingDeletion(key: KeyRow): void {
  if (key.deletionAt !== null) {
    throw new KmsError(
      'key-pending-deletion',
      `key ${key.id} is pending deletion; cancel its deletion first`,
    )
  }
}

export function checkMayEnable(key: KeyRow, now: number): void {
  checkNotPendingDeletion(key)
  if (keyState(key, now) !== 'disabled')
    throw new KmsError('key-not-disabled', `key ${key.id} is not disabled`)
}

export function checkMayDisable(key: KeyRow, now: number): void {
  checkNotPendingDeletion(key)
  if (keyState(key, now) !== 'enabled')
    throw new KmsError('key-not-enabled', `key ${key.id} is not enabled, so it cannot be disabled`)
}

export function checkMayScheduleDeletion(key: KeyRow): void {
  if (key.deletionAt !== null)
    throw new KmsError('key-already-pending-deletion', `key ${key.id} is already pending deletion`)
}

/** The instant of deletion, `days` whole days from `now`. */
export function deletionInstant(days: number, now: number): number {
  if (!Number.isInteger(days) || days < deletionDays.min || days > deletionDays.max) {
    throw new KmsError(
      'deletion-days-invalid',
      `a deletion must be scheduled ${deletionDays.min} to ${deletionDays.max} days ahead`,
    )
  }
  return now + days * dayMs
}

export function checkMayCancelDeletion(key: KeyRow): void {
  if (key.deletionAt === null)
    throw new KmsError('key-not-pending-deletion', `key ${key.id} is not pending deletion`)
}

/**
 * What a key becomes when its deletion is cancelled: disabled, so that nothing starts to use it
 * again before someone intends that. Without material nothing can use it, so whether it is disabled
 * stays as it was.
 */
export function deletionTakenBack(
  key: KeyRow,
  now: number,
): Pick<KeyRow, 'deletionAt' | 'disabled'> {
  checkMayCancelDeletion(key)
  return { deletionAt: null, disabled: hasUsableMaterial(key, now) ? 1 : key.disabled }
}

/**
 * Only a symmetric encryption key that was made here has versions: imported material is its owner's
 * responsibility, a key pair never changes, and a MAC does not name the version that made it.
 */
export function checkRotates(key: KeyRow, spec: KeySpec): SymmetricSpec {
  if (key.origin === 'external') {
    throw new KmsError(
      'rotation-of-external-key',
      `key ${key.id} holds imported material, which is never rotated`,
    )
  }
  if (spec.kind === 'hmac') throw hmacKey(key, spec)
  if (spec.kind !== 'symmetric') {
    throw new KmsError(
      'rotation-not-supported',
      `key ${key.id} is an asymmetric key (${spec.name}), which is never rotated`,
    )
  }
  return spec
}

/** Whole days between rotations. */
export function checkRotationDays(days: number): void {
  if (!Number.isInteger(days) || days < rotationDays.min || days > rotationDays.max) {
    throw new KmsError(
      'rotation-interval-invalid',
      `a rotation interval must be ${rotationDays.min} to ${rotationDays.max} days`,
    )
  }
}

export function checkRotationOff(key: KeyRow): void {
  if (key.rotationDays !== null)
    throw new KmsError('rotation-not-disabled', `rotation of key ${key.id} is already enabled`)
}

/** @returns the days between rotations. */
export function checkRotationOn(key: KeyRow): number {
  if (key.rotationDays !== null) return key.rotationDays
  throw new KmsError('rotation-not-enabled', `rotation of key ${key.id} is not enabled`)
}

/**
 * The instant of the next rotation, counted from the last one or from when rotation was enabled.
 */
export function nextRotation(days: number, from: number): number {
  return from + days * dayMs
}

/**
 * The next instant after `now` in steps of the interval: a key that was overdue for a long time
 * rotates once, not once for each step.
 */
export function rotationAfter(days: number, due: number, now: number): number {
  const steps = Math.floor((now - due) / (days * dayMs)) + 1
  return due + Math.max(1, steps) * days * dayMs
}

/** Every version is kept, so their number is limited. */
export function checkVersionsLeft(key: KeyRow): void {
  if ((key.materialVersion ?? 0) >= versionsLimit) {
    throw new KmsError(
      'too-many-versions',
      `key ${key.id} has reached the limit of ${versionsLimit} versions`,
    )
  }
}

/** Only a key that was created with empty material takes an import. */
export function checkExternal(key: KeyRow): void {
  if (key.origin !== 'external') {
    throw new KmsError(
      'key-not-external',
      `key ${key.id} was made here: only a key created with origin external accepts imported material`,
    )
  }
}

export function checkMayImport(key: KeyRow, now: number): void {
  checkExternal(key)
  checkNotPendingDeletion(key)
  if (keyState(key, now) !== 'pending-import') {
    throw new KmsError(
      'key-not-pending-import',
      `key ${key.id} already has its material: it is not pending import`,
    )
  }
}

/**
 * In a dialect that accepts material that the key already holds, the same material renews its
 * expiry and changes nothing else. Permanent material has nothing to renew.
 */
export function mayImportOrRenew(origin: string, state: KeyState, permanent: boolean): boolean {
  return (
    origin === 'external' &&
    (state === 'pending-import' || (!permanent && state !== 'pending-deletion'))
  )
}

/** @throws KmsError as `checkMayImport`, which says why. */
export function checkMayImportOrRenew(key: KeyRow, spec: KeySpec, now: number): void {
  if (!mayImportOrRenew(key.origin, keyState(key, now), isPermanent(spec))) checkMayImport(key, now)
}

/**
 * Imported secrets can be deleted manually while the key is enabled or disabled; the key itself
 * stays.
 */
export function checkMayDeleteMaterial(key: KeyRow, spec: KeySpec, now: number): void {
  checkExternal(key)
  if (isPermanent(spec)) {
    throw new KmsError(
      'material-permanent',
      `the private key of key ${key.id} (${spec.name}) is permanent: it cannot be deleted without its key`,
    )
  }
  const state = keyState(key, now)
  if (state !== 'enabled' && state !== 'disabled') {
    throw new KmsError(
      'material-not-present',
      `key ${key.id} is neither enabled nor disabled, so there is no material to delete`,
    )
  }
}

/** Imported private keys stay as long as their key does: no manual deletion, no expiry. */
export function isPermanent(spec: KeySpec): boolean {
  return isAsymmetric(spec)
}

/**
 * Expiry must be in the future, in a year that every date format has room for, and only material
 * that can be deleted may have one.
 */
export function checkExpiry(spec: KeySpec, expiresAt: number | null, now: number): void {
  if (expiresAt !== null && isPermanent(spec)) {
    throw new KmsError(
      'expiry-not-allowed',
      `the private key of a key of ${spec.name} is permanent: it cannot expire`,
    )
  }
  if (expiresAt === null) return
  checkInstant('the expiry', expiresAt)
  if (expiresAt <= now)
    throw new KmsError(
      'expiry-in-past',
      `the expiry must be in the future: it is ${secondText(expiresAt)}, and the time is ${secondText(now)}`,
    )
}

/**
 * A drill compares the backup with what an import left behind, even if the material has since
 * expired or been deleted.
 */
export function checkMayDrill(key: KeyRow): void {
  checkExternal(key)
  if (key.association === null)
    throw new KmsError(
      'drill-not-possible',
      `key ${key.id} never held material, so no backup can be compared with it`,
    )
}

/** Whether a backup of imported material was verified within the last `days` days before `now`. */
export function isDrilledWithin(key: KeyRow, days: number, now: number): boolean {
  return key.drilledAt !== null && now - key.drilledAt <= days * dayMs
}

/** Imported keys do not rotate: they have successors. */
export function checkMaySucceed(key: KeyRow): void {
  checkExternal(key)
  checkNotPendingDeletion(key)
}

/** A successor takes over once it can do what the old key does. */
export function checkTakesOver(key: KeyRow, now: number): void {
  if (key.succeeds === null)
    throw new KmsError(
      'not-a-successor',
      `key ${key.id} is not a successor that has yet to take over`,
    )
  checkUsable(key, now)
}

/**
 * Aliases of a succession: the successor's until it takes over, and the old key's afterwards. Each
 * fits the length of an alias.
 */
export function successorAlias(key: KeyRow, now: number): string {
  return `${shortened(key.alias ?? key.id)}/next-${dayOf(now)}`
}

export function retiredAlias(alias: string, now: number, attempt: number): string {
  return `${shortened(alias)}/until-${dayOf(now)}${attempt === 1 ? '' : `-${attempt}`}`
}

const longestSuffix = 30
function shortened(alias: string): string {
  return alias.slice(0, aliasBytes - longestSuffix)
}

/** 20261124 */
function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10).replaceAll('-', '')
}

/** Longest note on where a backup is, in bytes of UTF-8. */
export const backupPlaceBytes = 600
/** As many characters of the Basic Multilingual Plane always fit. */
export const backupPlaceLength = backupPlaceBytes / 3

export function checkBackupPlace(place: string): void {
  if (!isText(place) || utf8Bytes(place) > backupPlaceBytes)
    throw new KmsError(
      'parameter-invalid',
      `the place of a backup must be at most ${backupPlaceBytes} bytes of UTF-8 without U+0000`,
    )
}

/**
 * Facts of a key whose material is gone: everything about the key itself stays, including its
 * binding to that material.
 */
export function withoutMaterial<K extends KeyFacts>(key: K): K {
  return { ...key, materialVersion: null, materialExpiresAt: null }
}
