/** Searches the log backwards, one segment at a time, skipping those that cannot hold a match. */
import { recordOf } from '../audit/record.ts'
import { isConsoleRead, keysOf, nobody } from '../domain/operations.ts'
import type { LogSegmentRow } from '../domain/rows.ts'
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
  const [ledger] = await reader.scan('ledgers', null, 1)
  const search = new AuditSearch(reader, rows, { ...asked, withStrangers }, ledger?.treeSize ?? 0)
  return search.run()
}

/** One search, from the newest record on backwards. */
class AuditSearch {
  readonly #reader: ReportReader
  readonly #rows: DerivedRows
  readonly #query: AuditQuery
  readonly #isCaller: (id: string) => boolean
  readonly #found: AuditLine[] = []
  /** Records before this one are still to be checked. */
  #position: number
  #hidden = 0
  #decoded = 0
  #oldest: number | null = null

  constructor(reader: ReportReader, rows: DerivedRows, query: AuditQuery, treeSize: number) {
    this.#reader = reader
    this.#rows = rows
    this.#query = query
    this.#isCaller = idsMeant(query.principals ?? [])
    this.#position = Math.min(query.before ?? Number.MAX_SAFE_INTEGER, treeSize)
  }

  async run(): Promise<AuditPage> {
    const most = this.#query.looksAt ?? decodedAtMost
    // Records that the figures do not cover yet are checked one by one.
    const [newest] = await this.#reader.segmentsBefore(this.#position, 1)
    if (await this.#look(Math.min(newest?.firstIndex ?? 0, this.#position))) return this.#page(true)
    while (this.#position > 0 && this.#decoded < most) {
      const segments = await this.#reader.segmentsBefore(this.#position, segmentsAtOnce)
      await nextTurn()
      if (segments.length === 0) return this.#page(await this.#look(0))
      for (const row of segments) {
        if (await this.#segment(row)) return this.#page(true)
        if (this.#decoded >= most) break
      }
    }
    return this.#page(this.#position === 0)
  }

  /** @returns whether the search ends with this segment. */
  async #segment(row: LogSegmentRow): Promise<boolean> {
    const isIntact = this.#rows.isIntact('auditStretches', row)
    if (isIntact && this.#query.from !== null && row.lastTime < this.#query.from) return true
    if (!isIntact || mayHold(termsOf(row), this.#query, this.#isCaller))
      return this.#look(row.firstIndex)
    this.#position = row.firstIndex
    return false
  }

  /**
   * Checks records from `first` up to the position. An older record does not end the search: a
   * clock that was wrong leaves records out of order.
   * @returns whether the page is full.
   */
  async #look(first: number): Promise<boolean> {
    while (this.#position > first) {
      const from = Math.max(first, this.#position - atOnce)
      const leaves = await this.#reader.auditLeaves(from, this.#position - from)
      for (const leaf of leaves.toReversed()) {
        const line = lineOf(leaf)
        this.#position = leaf.treeIndex
        this.#decoded++
        this.#oldest = line.timeMs
        if (!matches(line, this.#query, this.#isCaller)) continue
        if (this.#query.hidesReads && isConsoleRead(line)) this.#hidden += line.count
        else this.#found.push(line)
        if (this.#found.length === this.#query.limit) return true
      }
      this.#position = from
      await nextTurn()
    }
    return false
  }

  #page(isDone: boolean): AuditPage {
    const isOver = isDone || this.#position === 0
    const isFull = this.#found.length === this.#query.limit
    const hasMore = !isOver || (isFull && this.#position > 0)
    return {
      records: this.#found,
      next: hasMore ? this.#position : null,
      searchedTo: isOver ? null : this.#oldest,
      hidden: this.#hidden,
      withStrangers: this.#query.withStrangers,
    }
  }
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
