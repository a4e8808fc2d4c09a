/**
 * What was chosen in the wizard and is no secret: kept by the server with the unfinished import, so
 * that it can go on elsewhere.
 */
import type { ImportStep } from '../../../../src/domain/material/import-steps.ts'
import type { ImportChoices, KeyCard } from '../../api/admin.ts'
import { hasHeld } from '../../parts/data/was-held.ts'

export const ways = ['made-here', 'file', 'elsewhere'] as const
export type Way = (typeof ways)[number]
export const backups = ['file', 'shares', 'place'] as const
export type BackupKind = (typeof backups)[number]
export const expiries = ['never', '90', '365', '730', 'date'] as const
export type ExpiryKind = (typeof expiries)[number]

export type Choices = {
  readonly way: Way | undefined
  readonly backup: BackupKind
  /** Where a backup is kept already. */
  readonly place: string
  readonly shares: number
  readonly threshold: number
  readonly expiry: ExpiryKind
  /** Of expiry 'date', milliseconds since 1970. */
  readonly expiresAt: number | null
  /**
   * Token and wrapping key of material that is wrapped elsewhere: of use only with the wrapped
   * file.
   */
  readonly token: string
  readonly wrappingKey: string
  readonly tokenUntil: number | null
}

export const firstChoices: Choices = {
  way: undefined,
  backup: 'file',
  place: '',
  shares: 5,
  threshold: 3,
  expiry: 'never',
  expiresAt: null,
  token: '',
  wrappingKey: '',
  tokenUntil: null,
}

export function storedChoices(choices: Choices): ImportChoices {
  return { ...choices, way: choices.way ?? null }
}

/**
 * What is chosen before anybody chose: material that expires goes on to do so, unless somebody says
 * otherwise.
 */
export function choicesFor({ expires_at }: KeyCard, now: number): Choices {
  return expires_at === null || expires_at <= now
    ? firstChoices
    : { ...firstChoices, expiry: 'date', expiresAt: expires_at }
}

/** A stored value that is not as expected counts as not chosen. */
export function restoredChoices(stored: ImportChoices | null): Choices {
  if (stored === null) return firstChoices
  const oneOf = <T extends string>(values: readonly T[], value: unknown): T | undefined =>
    values.find((one) => one === value)
  const text = (value: unknown): string => (typeof value === 'string' ? value : '')
  const number = (value: unknown, usual: number): number =>
    typeof value === 'number' ? value : usual
  return {
    way: oneOf(ways, stored.way),
    backup: oneOf(backups, stored.backup) ?? firstChoices.backup,
    place: text(stored.place),
    shares: number(stored.shares, firstChoices.shares),
    threshold: number(stored.threshold, firstChoices.threshold),
    expiry: oneOf(expiries, stored.expiry) ?? firstChoices.expiry,
    expiresAt: typeof stored.expiresAt === 'number' ? stored.expiresAt : null,
    token: text(stored.token),
    wrappingKey: text(stored.wrappingKey),
    tokenUntil: typeof stored.tokenUntil === 'number' ? stored.tokenUntil : null,
  }
}

const dayMs = 86_400_000

/** The instant of the expiry in whole seconds, as the API takes it; null for never. */
export function expiryInstant({ expiry, expiresAt }: Choices, now: number): number | null {
  if (expiry === 'never') return null
  const at = expiry === 'date' ? expiresAt : now + Number(expiry) * dayMs
  return at === null ? null : Math.floor(at / 1000) * 1000
}

export type Mode = 'import' | 'drill'

/**
 * Which steps there are: a drill imports nothing, permanent material has no expiry, what was
 * wrapped elsewhere cannot be looked at.
 */
export function stepsOf(
  mode: Mode,
  key: KeyCard | undefined,
  permanent: boolean,
  way: Way | undefined,
): readonly ImportStep[] {
  const looked = way !== 'elsewhere'
  if (mode === 'drill') return looked ? ['material', 'checks'] : ['material', 'review']
  const isFirst = key === undefined || !hasHeld(key)
  const steps: ImportStep[] = ['kind', 'material']
  if (looked) steps.push('checks')
  // A recently proved backup need not be made again.
  if (looked && (isFirst || key.needs_drill)) steps.push('backup')
  if (!permanent) steps.push('expiry')
  return [...steps, 'review']
}
