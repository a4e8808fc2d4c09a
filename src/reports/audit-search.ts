/** Searches the log backwards, a stretch at a time, passing over those that cannot hold what is looked for. */
import { recordOf } from '../audit/record.ts'
import { keysOf } from '../domain/operations.ts'
import type { AuditLine, AuditPage, AuditQuery } from '../ports/reports.ts'
import type { AuditLeaf, StoreReader } from '../ports/store.ts'
import type { DerivedRows } from './derived-rows.ts'
import { mayHold, termsOf } from './stretches.ts'

/** Records that one search decodes before it says how far it came. */
const decodedAtMost = 200_000
const stretchesAtOnce = 64

export async function searchAudit(reader: StoreReader, rows: DerivedRows, query: AuditQuery): Promise<AuditPage> {
  const found: AuditLine[] = []
  const [ledger] = await reader.scan('ledgers', '', 1)
  let position = Math.min(query.before ?? Number.MAX_SAFE_INTEGER, ledger?.treeSize ?? 0)
  let decoded = 0
  let oldest: number | null = null
  /** Looks at records from `first` up to `position`. @returns whether the page is full or the time asked for has passed. */
  const look = async (first: number): Promise<boolean> => {
    const leaves = await reader.auditLeaves(first, position - first)
    for (const leaf of leaves.toReversed()) {
      const line = lineOf(leaf)
      position = leaf.treeIndex
      decoded++
      oldest = line.timeMs
      if (query.from !== null && line.timeMs < query.from) return true
      if (matches(line, query)) found.push(line)
      if (found.length === query.limit) return true
    }
    position = first
    return false
  }
  const page = (done: boolean): AuditPage => ({
    records: found,
    next: done || position === 0 ? (found.length === query.limit && position > 0 ? position : null) : position,
    searchedTo: done || position === 0 ? null : oldest,
  })
  // What the figures have not reached yet is looked at as it is.
  const [newest] = await reader.stretchesBefore(position, 1)
  if (await look(Math.min(newest?.firstIndex ?? 0, position))) return page(true)
  while (position > 0 && decoded < decodedAtMost) {
    const stretches = await reader.stretchesBefore(position, stretchesAtOnce)
    if (stretches.length === 0) return page(await look(0))
    for (const row of stretches) {
      const isSound = rows.isSound('auditStretches', row)
      if (isSound && query.from !== null && row.lastTime < query.from) return page(true)
      if (isSound && !mayHold(termsOf(row), query)) position = row.firstIndex
      else if (await look(row.firstIndex)) return page(true)
      if (decoded >= decodedAtMost) break
    }
  }
  return page(position === 0)
}

function lineOf({ treeIndex, leaf }: AuditLeaf): AuditLine & { readonly project: string | null } {
  const { signatureDigest: _, contextDigest: __, changes: ___, nodeSequence: ____, ...line } = recordOf(leaf)
  return { index: treeIndex, ...line }
}

function matches(line: ReturnType<typeof lineOf>, query: AuditQuery): boolean {
  const { projectId, keyId, operation, principal, outcome, to } = query
  return (
    line.project === projectId &&
    (to === null || line.timeMs <= to) &&
    (keyId === null || keysOf(line).includes(keyId)) &&
    (operation === null || line.operation === operation) &&
    (principal === null || line.principal === principal) &&
    (outcome === null || (outcome === 'refused' ? line.outcome !== 'ok' : line.outcome === outcome))
  )
}
