/**
 * Reads one log backwards for a search, one segment at a time, and skips those that cannot hold a
 * match.
 */
import { type AuditLeaf, readLeaves } from '../audit/leaf-groups.ts'
import { recordOf } from '../audit/record.ts'
import { isConsoleRead, keysOf, nobody } from '../domain/operations.ts'
import type { LogSegmentRow } from '../domain/rows.ts'
import { idsMeant, standsFor } from '../domain/short-ids.ts'
import type { AuditLine, AuditQuery } from '../ports/reports.ts'
import type { ReportReader } from '../ports/store.ts'
import type { DerivedRows } from './derived-rows.ts'
import { mayHold, termsOf } from './log-segments.ts'
import { atOnce } from './steps.ts'

const segmentsAtOnce = 64

export type CursorParts = {
  readonly reader: ReportReader
  readonly rows: DerivedRows
  readonly query: AuditQuery
  readonly log: string
  /** Records before this place are looked at. */
  readonly position: number
}

type Line = AuditLine & { readonly project: string | null }

export class LogCursor {
  readonly #reader: ReportReader
  readonly #rows: DerivedRows
  readonly #query: AuditQuery
  readonly #isCaller: (id: string) => boolean
  readonly log: string
  /** Records before this one are still to be looked at. */
  #position: number
  /** Records from here up to `#position` are to be looked at one by one; undefined if unknown. */
  #until: number | undefined
  /** Read, and not yet looked at; the oldest first. */
  #read: AuditLeaf[] = []
  #segments: LogSegmentRow[] = []
  #match: AuditLine | undefined
  #reached = Number.POSITIVE_INFINITY
  /** Calls that match but are hidden. */
  hidden = 0
  /** Number of records that were decoded. */
  decoded = 0

  constructor({ reader, rows, query, log, position }: CursorParts) {
    this.#reader = reader
    this.#rows = rows
    this.#query = query
    this.#isCaller = idsMeant(query.principals ?? [])
    this.log = log
    this.#position = position
  }

  /** The newest match that was found and not taken yet. */
  get match(): AuditLine | undefined {
    return this.#match
  }

  /** The search has reached back to this instant: what is left is as old, or older. */
  get reached(): number {
    return this.#reached
  }

  get isDone(): boolean {
    return this.#match === undefined && this.#position === 0
  }

  /** Records before this place are still to be searched, a match that was not taken included. */
  get place(): number {
    return this.#match === undefined ? this.#position : this.#match.index + 1
  }

  take(): AuditLine | undefined {
    const match = this.#match
    this.#match = undefined
    return match
  }

  /** Looks for the next match: at some records, or past some segments. */
  async step(): Promise<void> {
    if (this.#read.length > 0) {
      this.#look()
      return
    }
    this.#until ??= await this.#uncovered()
    if (this.#position > this.#until) return this.#load(this.#until)
    const segment = this.#segments.shift() ?? (await this.#nextSegment())
    if (segment === undefined) this.#until = 0
    else this.#enter(segment)
  }

  /** Where the records begin that no segment covers yet. */
  async #uncovered(): Promise<number> {
    const [newest] = await this.#reader.segmentsBefore(this.log, this.#position, 1)
    return Math.min(newest?.firstIndex ?? 0, this.#position)
  }

  async #nextSegment(): Promise<LogSegmentRow | undefined> {
    const { log } = this
    this.#segments = [...(await this.#reader.segmentsBefore(log, this.#position, segmentsAtOnce))]
    return this.#segments.shift()
  }

  #enter(row: LogSegmentRow): void {
    const isIntact = this.#rows.isIntact('logSegments', row)
    const { from } = this.#query
    if (isIntact && from !== null && row.lastTime < from) this.#position = 0
    else if (!isIntact || mayHold(termsOf(row), this.#query, this.#isCaller))
      this.#until = row.firstIndex
    else {
      this.#position = row.firstIndex
      this.#reached = Math.min(this.#reached, row.firstTime)
    }
  }

  async #load(until: number): Promise<void> {
    const from = Math.max(until, this.#position - atOnce)
    const found = await readLeaves(this.#reader, this.log, from, this.#position - from)
    // Where records are missing, later ones are returned.
    this.#read = found.filter(({ treeIndex }) => treeIndex < this.#position)
    if (this.#read.length === 0) this.#position = from
  }

  /**
   * An older record does not end the search: a clock that was wrong leaves records out of order.
   */
  #look(): void {
    for (let leaf = this.#read.pop(); leaf !== undefined; leaf = this.#read.pop()) {
      const line = lineOf(leaf)
      this.#position = leaf.treeIndex
      this.decoded++
      this.#reached = Math.min(this.#reached, line.timeMs)
      if (!matches(line, this.#query, this.#isCaller)) continue
      if (this.#query.hidesReads && isConsoleRead(line)) this.hidden += line.count
      else {
        this.#match = line
        return
      }
    }
  }
}

function lineOf({ treeIndex, leaf }: AuditLeaf): Line {
  const {
    signatureDigest: _,
    contextDigest: __,
    changes: ___,
    nodeSequence: ____,
    ...line
  } = recordOf(leaf)
  return { index: treeIndex, ...line }
}

function matches(line: Line, query: AuditQuery, isCaller: (id: string) => boolean): boolean {
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
