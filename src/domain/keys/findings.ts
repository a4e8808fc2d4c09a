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
  { key, lastUsedAt, recent }: KeyFactsForFindings,
  drillDays: number,
  now: number,
): Finding[] {
  const items: Finding[] = []
  const spec = keySpec(key.spec)
  const state = keyState(key, now)
  const calls = callsSince(recent.days, now - findingDays.ahead * dayMs)
  const add = (
    severity: Severity,
    kind: FindingKind,
    at: number | null,
    count: number | null = null,
  ): void => {
    items.push({
      severity,
      kind,
      key,
      at,
      calls: calls.allowed + calls.refused,
      count,
      name: null,
      others: null,
      isLeast: false,
    })
  }
  const usedWithin = (days: number): boolean =>
    lastUsedAt !== null && now - lastUsedAt <= days * dayMs
  if (state === 'pending-import') {
    const { refused } = callsSince(recent.days, now - findingDays.missing * dayMs)
    if (key.association !== null && refused > 0) add('act-now', 'material-missing', null, refused)
    else if (now - key.createdAt > findingDays.pendingLong * dayMs)
      add('tidy', 'import-pending-long', key.createdAt)
  }
  if (key.deletionAt !== null) {
    const near =
      key.deletionAt - now <= findingDays.deletionNear * dayMs &&
      usedWithin(findingDays.deletionUsedWithin)
    add(
      near ? 'loss-ahead' : 'soon',
      near ? 'deletion-of-used-key' : 'deletion-pending',
      key.deletionAt,
    )
    return items
  }
  if (key.materialExpiresAt !== null && state !== 'pending-import') {
    const left = key.materialExpiresAt - now
    if (left <= findingDays.expiryNear * dayMs)
      add('loss-ahead', 'expiry-near', key.materialExpiresAt)
    else if (left <= findingDays.expiryComing * dayMs)
      add('soon', 'expiry-coming', key.materialExpiresAt)
  }
  if (needsDrill(key, drillDays, now))
    add('loss-ahead', key.drilledAt === null ? 'never-drilled' : 'drill-old', key.drilledAt)
  if (key.nextRotationAt !== null && key.nextRotationAt < now)
    add('soon', 'rotation-overdue', key.nextRotationAt)
  if (state === 'enabled' && isOld(key, spec, now) && !usedWithin(findingDays.unused))
    add('tidy', 'unused', lastUsedAt)
  return items
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
