/**
 * What needs attention, and how urgently: the rules of the overview. Pure: facts and an instant in,
 * items out.
 */

import type { KeyRow } from '../rows.ts'
import { isDrilledWithin, isPermanent } from '../rules.ts'
import { type KeySpec, keySpec } from './key-specs.ts'
import { keyState } from './key-state.ts'
import { callsSince, dayMs, type RecentUse } from './key-use.ts'

/** Most urgent first. */
export const severities = ['act-now', 'loss-ahead', 'soon', 'tidy'] as const
export type Severity = (typeof severities)[number]

export type FindingKind =
  | 'material-missing'
  | 'deletion-of-used-key'
  | 'expiry-near'
  | 'never-drilled'
  | 'drill-old'
  | 'single-root-slot'
  | 'expiry-coming'
  | 'rotation-overdue'
  | 'deletion-pending'
  | 'import-unfinished'
  | 'access-key-old'
  | 'import-pending-long'
  | 'unused'
  | StrangerFinding

/** Findings about unknown callers. */
export type StrangerFinding = 'sign-ins-failed' | 'credentials-wrong'

export type Finding = {
  readonly severity: Severity
  readonly kind: FindingKind
  readonly key: Pick<KeyRow, 'id' | 'alias'> | null
  /** The instant that it is about, or null. */
  readonly at: number | null
  /** Calls of the last days, for what is used most. */
  readonly calls: number
  /** What the sentence counts, such as refused calls; null for nothing. */
  readonly count: number | null
  /** Name of something other than a key, such as an access key, or the address of a caller. */
  readonly name: string | null
  /** How many more there are than the one named; null where they are not counted. */
  readonly others: number | null
  /** Whether there may be more than was counted. */
  readonly isLeast: boolean
}

export const findingDays = {
  missing: 7,
  deletionNear: 7,
  deletionUsedWithin: 90,
  expiryNear: 14,
  expiryComing: 60,
  pendingLong: 30,
  unused: 90,
  accessKeyOld: 365,
  ahead: 90,
} as const

export type KeyFactsForFindings = {
  readonly key: KeyRow
  readonly lastUsedAt: number | null
  readonly recent: RecentUse
}

/** A finding about no key, instant or number in particular. */
export function newFinding(severity: Severity, kind: FindingKind): Finding {
  return {
    severity,
    kind,
    key: null,
    at: null,
    calls: 0,
    count: null,
    name: null,
    others: null,
    isLeast: false,
  }
}

/**
 * Calls with wrong credentials: how many, where most of them came from, and how many other places
 * there are.
 */
export function findingsOfRefused(
  kind: StrangerFinding,
  records: readonly { readonly source: string; readonly count: number; readonly timeMs: number }[],
  isLeast: boolean,
): Finding[] {
  const bySource = new Map<string, number>()
  for (const { source, count } of records) bySource.set(source, (bySource.get(source) ?? 0) + count)
  const [most] = [...bySource].toSorted(([, a], [, b]) => b - a)
  if (most === undefined) return []
  const count = records.reduce((sum, record) => sum + record.count, 0)
  const at = Math.max(...records.map(({ timeMs }) => timeMs))
  return [
    { ...newFinding('soon', kind), at, count, name: most[0], others: bySource.size - 1, isLeast },
  ]
}

/** The findings of one key. @param drillDays how long a drill counts. */
export function findingsOfKey(
  facts: KeyFactsForFindings,
  drillDays: number,
  now: number,
): Finding[] {
  const { key, recent } = facts
  const calls = callsSince(recent.days, now - findingDays.ahead * dayMs)
  const found = [
    ...ofMissingMaterial(facts, now),
    // What else would be said of a key that ends does not matter any longer.
    ...(key.deletionAt === null
      ? [...ofExpiry(key, now), ...ofDrill(key, drillDays, now), ...ofUpkeep(facts, now)]
      : [ofDeletion(facts, key.deletionAt, now)]),
  ]
  return found.map(({ severity, kind, ...rest }) => ({
    ...newFinding(severity, kind),
    ...rest,
    key,
    calls: calls.allowed + calls.refused,
  }))
}

type Found = Pick<Finding, 'severity' | 'kind' | 'at'> & Partial<Pick<Finding, 'count'>>

function* ofMissingMaterial({ key, recent }: KeyFactsForFindings, now: number): Iterable<Found> {
  if (keyState(key, now) !== 'pending-import') return
  const { refused } = callsSince(recent.days, now - findingDays.missing * dayMs)
  if (key.association !== null && refused > 0)
    yield { severity: 'act-now', kind: 'material-missing', at: null, count: refused }
  else if (now - key.createdAt > findingDays.pendingLong * dayMs)
    yield { severity: 'tidy', kind: 'import-pending-long', at: key.createdAt }
}

function ofDeletion(facts: KeyFactsForFindings, deletionAt: number, now: number): Found {
  const isNear = deletionAt - now <= findingDays.deletionNear * dayMs
  return isNear && isUsedWithin(facts, findingDays.deletionUsedWithin, now)
    ? { severity: 'loss-ahead', kind: 'deletion-of-used-key', at: deletionAt }
    : { severity: 'soon', kind: 'deletion-pending', at: deletionAt }
}

function* ofExpiry(key: KeyRow, now: number): Iterable<Found> {
  const at = key.materialExpiresAt
  if (at === null || keyState(key, now) === 'pending-import') return
  if (at - now <= findingDays.expiryNear * dayMs)
    yield { severity: 'loss-ahead', kind: 'expiry-near', at }
  else if (at - now <= findingDays.expiryComing * dayMs)
    yield { severity: 'soon', kind: 'expiry-coming', at }
}

function* ofDrill(key: KeyRow, drillDays: number, now: number): Iterable<Found> {
  const at = key.drilledAt
  if (needsDrill(key, drillDays, now))
    yield { severity: 'loss-ahead', kind: at === null ? 'never-drilled' : 'drill-old', at }
}

function* ofUpkeep(facts: KeyFactsForFindings, now: number): Iterable<Found> {
  const { key, lastUsedAt } = facts
  if (key.nextRotationAt !== null && key.nextRotationAt < now)
    yield { severity: 'soon', kind: 'rotation-overdue', at: key.nextRotationAt }
  const isUnused =
    isOld(key, keySpec(key.spec), now) && !isUsedWithin(facts, findingDays.unused, now)
  if (keyState(key, now) === 'enabled' && isUnused)
    yield { severity: 'tidy', kind: 'unused', at: lastUsedAt }
}

function isUsedWithin({ lastUsedAt }: KeyFactsForFindings, days: number, now: number): boolean {
  return lastUsedAt !== null && now - lastUsedAt <= days * dayMs
}

/** Whether the key is imported and no backup of its material was verified recently. */
export function needsDrill(key: KeyRow, drillDays: number, now: number): boolean {
  return (
    key.origin === 'external' && key.association !== null && !isDrilledWithin(key, drillDays, now)
  )
}

function isOld(key: KeyRow, spec: KeySpec, now: number): boolean {
  const since = isPermanent(spec) ? key.createdAt : (key.importedAt ?? key.createdAt)
  return now - since > findingDays.unused * dayMs
}

/** Most urgent first; then the nearest date, then the most used. */
export function inOrder(items: readonly Finding[]): Finding[] {
  const rank = ({ severity }: Finding): number => severities.indexOf(severity)
  return items.toSorted(
    (a, b) =>
      rank(a) - rank(b) ||
      (a.at ?? Number.MAX_SAFE_INTEGER) - (b.at ?? Number.MAX_SAFE_INTEGER) ||
      b.calls - a.calls ||
      ((a.key?.id ?? a.name ?? '') < (b.key?.id ?? b.name ?? '') ? -1 : 1),
  )
}
