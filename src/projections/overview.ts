/**
 * An overview of one project: what needs attention, what exists, what is busy, what is coming up.
 */
import type { KeyObject } from 'node:crypto'
import { verifyRow } from '../crypto/formats/row-mac.ts'
import { KmsError } from '../domain/errors.ts'
import {
  type Finding,
  findingDays,
  findingsOfKey,
  inOrder,
  newFinding,
} from '../domain/keys/findings.ts'
import { dayMs, neverUsed, type RecentUse } from '../domain/keys/key-use.ts'
import type { KeyRow } from '../domain/rows.ts'
import type { Overview, TimelineEntry } from '../ports/reports.ts'
import type { BegunImport, ReportReader } from '../ports/store.ts'
import type { DerivedRows } from './derived-rows.ts'
import { inSteps } from './steps.ts'

const candidates = 5000
const itemsShown = 500
const busiestShown = 10
const timelineShown = 300
const importsShown = 50
const accessKeysShown = 100

export type OverviewParts = {
  readonly reader: ReportReader
  readonly rows: DerivedRows
  /** Of the project's tables. */
  readonly projectRowMac: KeyObject
}

export async function overviewOf(
  parts: OverviewParts,
  projectId: string,
  drillDays: number,
  now: number,
): Promise<Overview> {
  const { reader } = parts
  const ahead = await intactKeys(
    parts,
    await reader.keysWithDates(projectId, now + findingDays.ahead * dayMs, timelineShown),
  )
  const unfinished = await reader.unfinishedImports({
    projectId,
    keyId: null,
    now,
    offset: 0,
    limit: importsShown,
  })
  const findings = [
    ...inOrder(await findingsOfKeys(parts, projectId, drillDays, now)).slice(0, itemsShown),
    ...(await findingsOfImports(parts, unfinished.imports)),
    ...(await findingsOfAccessKeys(parts, projectId, now)),
  ]
  return {
    findings: inOrder(findings),
    keys: await reader.keyCounts(projectId, now),
    busiest: await busiest(parts, projectId),
    timeline: timelineOf(ahead, now + findingDays.ahead * dayMs),
    unfinishedImports: unfinished.total,
  }
}

async function findingsOfKeys(
  parts: OverviewParts,
  projectId: string,
  drillDays: number,
  now: number,
): Promise<Finding[]> {
  const found = await parts.reader.keysForFindings(projectId, {
    until: now + findingDays.expiryComing * dayMs,
    drilledBefore: now - drillDays * dayMs,
    unusedSince: now - findingDays.unused * dayMs,
    now,
    limit: candidates,
  })
  const keys = await intactKeys(parts, found)
  const ids = keys.map(({ id }) => id)
  const uses = new Map((await parts.rows.readAll('keyUses', ids)).map((use) => [use.id, use]))
  return inSteps(keys, (key) => {
    const use = uses.get(key.id)
    const recent = use === undefined ? neverUsed : (JSON.parse(use.recent) as RecentUse)
    return findingsOfKey({ key, lastUsedAt: use?.lastUsedAt ?? null, recent }, drillDays, now)
  })
}

async function findingsOfImports(
  parts: OverviewParts,
  imports: readonly BegunImport[],
): Promise<Finding[]> {
  const until = new Map(imports.map(({ keyId, tokenUntil }) => [keyId, tokenUntil]))
  const keys = await intactKeys(parts, await parts.reader.rows('keys', [...until.keys()]))
  return keys.map(({ id, alias }) => ({
    ...newFinding('soon', 'import-unfinished'),
    key: { id, alias },
    at: until.get(id) ?? null,
  }))
}

async function findingsOfAccessKeys(
  { reader, rows }: OverviewParts,
  projectId: string,
  now: number,
): Promise<Finding[]> {
  const found = await reader.oldAccessKeys(
    projectId,
    now - findingDays.accessKeyOld * dayMs,
    accessKeysShown,
  )
  return inSteps(found, (row) =>
    rows.isIntact('accessKeys', row)
      ? [{ ...newFinding('soon', 'access-key-old'), name: row.id, at: row.createdAt }]
      : [],
  )
}

async function busiest(parts: OverviewParts, projectId: string): Promise<Overview['busiest']> {
  const uses = await parts.reader.busiestKeys(projectId, busiestShown)
  const keys = await intactKeys(
    parts,
    await parts.reader.rows(
      'keys',
      uses.map(({ id }) => id),
    ),
  )
  const byId = new Map(keys.map((key) => [key.id, key]))
  return uses.flatMap(({ id, recentCalls, lastUsedAt }) => {
    const key = byId.get(id)
    return key === undefined || key.deletedAt !== null
      ? []
      : [{ key: { id, alias: key.alias }, calls: recentCalls, lastUsedAt }]
  })
}

function timelineOf(keys: readonly KeyRow[], until: number): TimelineEntry[] {
  const entries = keys.flatMap((key) => {
    const { id, alias } = key
    const dates: readonly (readonly [TimelineEntry['kind'], number | null])[] = [
      ['expiry', key.materialExpiresAt],
      ['rotation', key.nextRotationAt],
      ['deletion', key.deletionAt],
    ]
    return dates.flatMap(([kind, at]) =>
      at === null || at > until ? [] : [{ at, kind, key: { id, alias } }],
    )
  })
  return entries.toSorted((a, b) => a.at - b.at).slice(0, timelineShown)
}

/** A damaged row is left out here; requested by itself, it is reported as corrupt. */
function intactKeys({ projectRowMac }: OverviewParts, found: readonly KeyRow[]): Promise<KeyRow[]> {
  return inSteps(found, (row) =>
    isIntact(() => verifyRow(projectRowMac, 'keys', row)) ? [row] : [],
  )
}

function isIntact(verify: () => void): boolean {
  try {
    verify()
    return true
  } catch (error) {
    if (error instanceof KmsError) return false
    throw error
  }
}
