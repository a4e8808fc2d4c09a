/** An overview of one project: what needs care, what there is, what is busy, what lies ahead. */
import type { KeyObject } from 'node:crypto'
import { verifyRow } from '../crypto/row-mac.ts'
import { type CareItem, careDays, careOfKey, inOrder } from '../domain/care.ts'
import { KmsError } from '../domain/errors.ts'
import { dayMs, neverUsed, type RecentUse } from '../domain/key-use.ts'
import type { KeyRow } from '../domain/rows.ts'
import type { Overview, TimelineEntry } from '../ports/reports.ts'
import type { StoreReader } from '../ports/store.ts'
import type { DerivedRows } from './derived-rows.ts'

const candidates = 5000
const itemsShown = 500
const busiestShown = 10
const timelineShown = 300

export type OverviewParts = {
  readonly reader: StoreReader
  readonly rows: DerivedRows
  /** Of the project's tables. */
  readonly projectRowMac: KeyObject
}

export async function overviewOf(
  { reader, rows, projectRowMac }: OverviewParts,
  projectId: string,
  drillDays: number,
  now: number,
): Promise<Overview> {
  const sound = (found: readonly KeyRow[]): KeyRow[] =>
    found.filter((row) => isSound(() => verifyRow(projectRowMac, 'keys', row)))
  const found = await reader.keysToCareFor(projectId, {
    until: now + careDays.expiryComing * dayMs,
    drilledBefore: now - drillDays * dayMs,
    unusedSince: now - careDays.unused * dayMs,
    now,
    limit: candidates,
  })
  const care: CareItem[] = []
  for (const key of sound(found)) {
    const use = await rows.read('keyUses', key.id)
    const recent = use === undefined ? neverUsed : (JSON.parse(use.recent) as RecentUse)
    care.push(...careOfKey({ key, lastUsedAt: use?.lastUsedAt ?? null, recent }, drillDays, now))
  }
  const ahead = sound(await reader.keysWithDates(projectId, now + careDays.ahead * dayMs, timelineShown))
  return {
    care: inOrder(care).slice(0, itemsShown),
    keys: await reader.keyCounts(projectId, now),
    busiest: await busiest(reader, projectId, sound),
    timeline: timelineOf(ahead, now + careDays.ahead * dayMs),
  }
}

async function busiest(
  reader: StoreReader,
  projectId: string,
  sound: (found: readonly KeyRow[]) => KeyRow[],
): Promise<Overview['busiest']> {
  const shown: Overview['busiest'][number][] = []
  for (const { id, recentCalls, lastUsedAt } of await reader.busiestKeys(projectId, busiestShown)) {
    const row = await reader.row('keys', id)
    const [key] = row === undefined || row.deletedAt !== null ? [] : sound([row])
    if (key !== undefined) shown.push({ key: { id, alias: key.alias }, calls: recentCalls, lastUsedAt })
  }
  return shown
}

function timelineOf(keys: readonly KeyRow[], until: number): TimelineEntry[] {
  const entries = keys.flatMap((key) => {
    const { id, alias } = key
    const dates: readonly (readonly [TimelineEntry['kind'], number | null])[] = [
      ['expiry', key.materialExpiresAt],
      ['rotation', key.nextRotationAt],
      ['deletion', key.deletionAt],
    ]
    return dates.flatMap(([kind, at]) => (at === null || at > until ? [] : [{ at, kind, key: { id, alias } }]))
  })
  return entries.toSorted((a, b) => a.at - b.at).slice(0, timelineShown)
}

/** A damaged row is left out here; asked for by itself it answers as corrupt. */
function isSound(verify: () => void): boolean {
  try {
    verify()
    return true
  } catch (error) {
    if (error instanceof KmsError) return false
    throw error
  }
}
