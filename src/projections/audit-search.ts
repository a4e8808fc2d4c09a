/** Searches the log backwards, one segment at a time, skipping those that cannot hold a match. */
import { recordOf } from '../audit/record.ts'
import { isConsoleRead, keysOf, nobody } from '../domain/operations.ts'
import { idsMeant, standsFor } from '../domain/short-ids.ts'
import { firstStartOperation } from '../ports/journal.ts'
import type { AuditLine, AuditPage, AuditQuery } from '../ports/reports.ts'
import type { AuditLeaf, ReportReader } from '../ports/store.ts'
import type { DerivedRows } from './derived-rows.ts'
import { mayHold, termsOf } from './log-segments.ts'
import { atOnce, nextTurn } from './steps.ts'

/** Maximum number of records that one search decodes before it reports how far it got. */
const decodedAtMost = 200_000
const segmentsAtOnce = 64

export async function searchAudit(
  reader: ReportReader,
  rows: DerivedRows,
  asked: AuditQuery,
): Promise<AuditPage> {
  const withStrangers = asked.withStrangers && (await firstProject(reader)) === asked.projectId
  const query = { ...asked, withStrangers }
  const isCaller = idsMeant(query.principals ?? [])
  const most = query.looksAt ?? decodedAtMost
  const found: AuditLine[] = []
  let hidden = 0
  const [ledger] = await reader.scan('ledgers', '', 1)
  let position = Math.min(query.before ?? Number.MAX_SAFE_INTEGER, ledger?.treeSize ?? 0)
  let decoded = 0
  let oldest: number | null = null
  /**
   * Checks records from `first` up to `position`. An older record does not end the search: a clock
   * that was wrong leaves records out of order.
   * @returns whether the page is full.
   */
  const look = async (first: number): Promise<boolean> => {
    while (position > first) {
      const from = Math.max(first, position - atOnce)
      const leaves = await reader.auditLeaves(from, position - from)
      for (const leaf of leaves.toReversed()) {
        const line = lineOf(leaf)
        position = leaf.treeIndex
        decoded++
        oldest = line.timeMs
        if (!matches(line, query, isCaller)) continue
        if (query.hidesReads && isConsoleRead(line)) hidden += line.count
        else found.push(line)
        if (found.length === query.limit) return true
      }
      position = from
      await nextTurn()
    }
    return false
  }
  const page = (done: boolean): AuditPage => ({
    records: found,
    next:
      done || position === 0
        ? found.length === query.limit && position > 0
          ? position
          : null
        : position,
    searchedTo: done || position === 0 ? null : oldest,
    hidden,
    withStrangers,
  })
  // Records that the figures do not cover yet are checked one by one.
  const [newest] = await reader.segmentsBefore(position, 1)
  if (await look(Math.min(newest?.firstIndex ?? 0, position))) return page(true)
  while (position > 0 && decoded < most) {
    const segments = await reader.segmentsBefore(position, segmentsAtOnce)
    await nextTurn()
    if (segments.length === 0) return page(await look(0))
    for (const row of segments) {
      const isIntact = rows.isIntact('auditStretches', row)
      if (isIntact && query.from !== null && row.lastTime < query.from) return page(true)
      if (isIntact && !mayHold(termsOf(row), query, isCaller)) position = row.firstIndex
      else if (await look(row.firstIndex)) return page(true)
      if (decoded >= most) break
    }
  }
  return page(position === 0)
}

function lineOf({ treeIndex, leaf }: AuditLeaf): AuditLine & { readonly project: string | null } {
  const {
    signatureDigest: _,
    contextDigest: __,
    changes: ___,
    nodeSequence: ____,
    ...line
  } = recordOf(leaf)
  return { index: treeIndex, ...line }
}

/** The project that was created with the deployment: the first record of the log names it. */
async function firstProject(reader: ReportReader): Promise<string | null> {
  const [first] = await reader.auditLeaves(0, 1)
  if (first === undefined) return null
  const { operation, project } = recordOf(first.leaf)
  return operation === firstStartOperation ? project : null
}

function matches(
  line: ReturnType<typeof lineOf>,
  query: AuditQuery,
  isCaller: (id: string) => boolean,
): boolean {
  const { projectId, keys, operations, principals, outcomes, from, to, withStrangers } = query
  return (
    (line.project === projectId || (withStrangers && line.project === null)) &&
    (from === null || line.timeMs >= from) &&
    (to === null || line.timeMs <= to) &&
    (keys === null || keysOf(line).some((id) => keys.some((text) => standsFor(text, id)))) &&
    (operations === null || operations.includes(line.operation)) &&
    (principals === null ||
      (line.principal === null
        ? principals.includes(nobody(line.dialect))
        : isCaller(line.principal))) &&
    (outcomes === null ||
      outcomes.includes(line.outcome) ||
      (outcomes.includes('refused') && line.outcome !== 'ok'))
  )
}
