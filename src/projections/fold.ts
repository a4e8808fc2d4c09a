/**
 * Some records of a log, folded into the rows that are derived from them: calls by time, the use of
 * keys, segments of the log. First they are summed up, then each row is read once and changed once.
 */
import { deleteRow, insertRow, updateRow } from '../crypto/formats/row-writes.ts'
import { kindOf } from '../domain/commands.ts'
import {
  callsSince,
  dayMs,
  daysKept,
  hourMs,
  neverUsed,
  type OneUse,
  type RecentUse,
  withUse,
} from '../domain/keys/key-use.ts'
import { isConsoleRead, keysOf, serviceDialect } from '../domain/operations.ts'
import type { CallCountRow, KeyUseRow, Row, RowValues, RowWrite } from '../domain/rows.ts'
import type { TableName } from '../domain/tables.ts'
import { callWidths } from '../ports/reports.ts'
import type { FollowerParts } from './follower.ts'
import {
  joined,
  newSegment,
  type Remembered,
  type SegmentTerms,
  segmentId,
  segmentOf,
  segmentSize,
  termsOf,
  withRecord,
} from './log-segments.ts'

/** What is derived from a record. */
export type Folded = Remembered & {
  readonly keyRevision: number | null
  readonly count: number
}

/** Calls of a project in an interval: by operation and outcome. */
type Calls = Record<string, Record<string, number>>
type Interval = Pick<CallCountRow, 'projectId' | 'widthMs' | 'startsAt' | 'keptUntil'> & {
  readonly counts: Calls
}

/** What some records say about a key. */
type KeyUses = {
  projectId: string
  /** Whether the key ended among them: what was known before is gone. */
  ended: boolean
  last: Pick<Folded, 'timeMs' | 'operation' | 'principal'> | undefined
  /** One for each hour, outcome and caller. */
  readonly uses: Map<string, OneUse>
}

type Use = Pick<KeyUseRow, 'projectId' | 'lastUsedAt' | 'lastOperation' | 'lastPrincipal'> & {
  readonly recent: RecentUse
}
const unused = { lastUsedAt: null, lastOperation: null, lastPrincipal: null } as const

export class Fold {
  readonly #parts: FollowerParts
  readonly #log: string
  readonly #segments = new Map<string, SegmentTerms>()
  readonly #intervals = new Map<string, Interval>()
  readonly #keys = new Map<string, KeyUses>()
  /** Those of the record before: most records belong to the same. */
  #segment: SegmentTerms | undefined
  #latest: readonly Interval[] = []

  constructor(parts: FollowerParts, log: string) {
    this.#parts = parts
    this.#log = log
  }

  /** @param counts false if only its segment is to be made. */
  add(index: number, record: Folded, counts: boolean): void {
    withRecord(this.#segmentAt(index, record.timeMs), record)
    const { project } = record
    if (!counts || project === null) return
    if (record.dialect !== serviceDialect && !isConsoleRead(record)) this.#count(record, project)
    if (record.keyId === null || record.keyRevision === null) return
    if (kindOf(record.operation) === 'use')
      for (const id of keysOf(record)) this.#use(record, project, id)
    else if (record.operation === 'end-key' && record.outcome === 'ok')
      this.#keys.set(record.keyId, noUses(project, true))
  }

  /** What all of it changes in the rows as they are stored now. */
  async writes(): Promise<RowWrite[]> {
    return [
      ...(await this.#segmentWrites()),
      ...(await this.#intervalWrites()),
      ...(await this.#keyWrites()),
    ]
  }

  #segmentAt(index: number, timeMs: number): SegmentTerms {
    const firstIndex = Math.floor(index / segmentSize) * segmentSize
    if (this.#segment?.firstIndex === firstIndex) return this.#segment
    const segment = newSegment(this.#log, firstIndex, timeMs)
    this.#segments.set(segmentId(this.#log, index), segment)
    this.#segment = segment
    return segment
  }

  #count({ timeMs, operation, outcome, count }: Folded, projectId: string): void {
    this.#latest = callWidths.map(({ widthMs, keptMs }, i) => {
      const startsAt = Math.floor(timeMs / widthMs) * widthMs
      const last = this.#latest[i]
      if (last?.projectId === projectId && last.startsAt === startsAt) return last
      const id = `${projectId}/${widthMs}/${startsAt}`
      const interval = this.#intervals.get(id) ?? {
        ...{ projectId, widthMs, startsAt, keptUntil: startsAt + keptMs },
        counts: {},
      }
      this.#intervals.set(id, interval)
      return interval
    })
    for (const { counts } of this.#latest) addCalls(counts, operation, outcome, count)
  }

  #use({ timeMs, operation, outcome, principal, count }: Folded, project: string, id: string) {
    const known = this.#keys.get(id) ?? noUses(project, false)
    this.#keys.set(id, known)
    known.projectId = project
    const allowed = outcome === 'ok'
    // Records are not always in the order of their times.
    if (allowed && timeMs >= (known.last?.timeMs ?? 0))
      known.last = { timeMs, operation, principal }
    const name = `${Math.floor(timeMs / hourMs)} ${allowed} ${principal}`
    const before = known.uses.get(name)
    const at = Math.max(timeMs, before?.at ?? 0)
    // The latest at the end: of two callers at the same time, the later one is shown first.
    known.uses.delete(name)
    known.uses.set(name, { at, allowed, principal, count: count + (before?.count ?? 0) })
  }

  async #segmentWrites(): Promise<RowWrite[]> {
    const stored = await this.#stored('logSegments', this.#segments.keys())
    return [...this.#segments].map(([id, more]) => {
      const standing = stored.get(id)
      const intact = this.#intact('logSegments', standing)
      const terms = intact === undefined ? more : joined(termsOf(intact), more)
      return this.#write('logSegments', id, standing, segmentOf(terms))
    })
  }

  async #intervalWrites(): Promise<RowWrite[]> {
    const stored = await this.#stored('callCounts', this.#intervals.keys())
    return [...this.#intervals].map(([id, { counts: more, ...rest }]) => {
      const standing = stored.get(id)
      const intact = this.#intact('callCounts', standing)
      const counts: Calls = intact === undefined ? {} : JSON.parse(intact.counts)
      for (const [operation, outcomes] of Object.entries(more))
        for (const [outcome, count] of Object.entries(outcomes))
          addCalls(counts, operation, outcome, count)
      return this.#write('callCounts', id, standing, { ...rest, counts: JSON.stringify(counts) })
    })
  }

  async #keyWrites(): Promise<RowWrite[]> {
    const stored = await this.#stored('keyUses', this.#keys.keys())
    const isNew = ([id, { uses }]: readonly [string, KeyUses]): boolean =>
      uses.size > 0 && !stored.has(id)
    const keys = await this.#stored(
      'keys',
      [...this.#keys].filter(isNew).map(([id]) => id),
    )
    // Another log may hold the end of a key, and have been read before this one.
    const isThere = (id: string): boolean => keys.get(id)?.deletedAt === null
    return [...this.#keys].flatMap(([id, known]): RowWrite[] => {
      const standing = stored.get(id)
      if (known.uses.size === 0)
        return standing === undefined ? [] : [deleteRow('keyUses', standing)]
      if (standing === undefined && !isThere(id)) return []
      const intact = known.ended ? undefined : this.#intact('keyUses', standing)
      return [this.#write('keyUses', id, standing, useRow(withUses(intact, known)))]
    })
  }

  /** Those of the rows that exist, by ID. */
  async #stored<T extends TableName>(
    table: T,
    ids: Iterable<string>,
  ): Promise<ReadonlyMap<string, Row<T>>> {
    const rows = await this.#parts.rows.stored(table, [...ids])
    return new Map(rows.map((row) => [(row as { readonly id: string }).id, row]))
  }

  /** A row of which nothing is known for sure is made again. */
  #intact<T extends TableName>(table: T, row: Row<T> | undefined): Row<T> | undefined {
    return row !== undefined && this.#parts.rows.isIntact(table, row) ? row : undefined
  }

  #write<T extends TableName>(
    table: T,
    id: string,
    standing: Row<T> | undefined,
    values: Omit<RowValues<T>, 'id'>,
  ): RowWrite {
    const { rowMac } = this.#parts
    return standing === undefined
      ? insertRow(rowMac, table, { id, ...values } as never)
      : updateRow(rowMac, table, standing as never, values as never)
  }
}

function addCalls(counts: Calls, operation: string, outcome: string, count: number): void {
  const outcomes = counts[operation] ?? {}
  outcomes[outcome] = (outcomes[outcome] ?? 0) + count
  counts[operation] = outcomes
}

function noUses(projectId: string, ended: boolean): KeyUses {
  return { projectId, ended, last: undefined, uses: new Map() }
}

function withUses(row: KeyUseRow | undefined, { projectId, last, uses }: KeyUses): Use {
  const { recent: before = neverUsed, ...known } = row === undefined ? {} : useOf(row)
  const isLast = last !== undefined && last.timeMs >= (row?.lastUsedAt ?? 0)
  let recent = before
  for (const use of uses.values()) recent = withUse(recent, use)
  return {
    ...unused,
    ...known,
    projectId,
    ...(isLast && {
      lastUsedAt: last.timeMs,
      lastOperation: last.operation,
      lastPrincipal: last.principal,
    }),
    recent,
  }
}

function useOf({ projectId, lastUsedAt, lastOperation, lastPrincipal, recent }: KeyUseRow): Use {
  return {
    projectId,
    lastUsedAt,
    lastOperation,
    lastPrincipal,
    recent: JSON.parse(recent) as RecentUse,
  }
}

function useRow({ recent, ...rest }: Use): Omit<RowValues<'keyUses'>, 'id'> {
  const latest = recent.days.at(-1)?.[0] ?? 0
  const { allowed, refused } = callsSince(recent.days, latest - daysKept * dayMs)
  return { ...rest, recentCalls: allowed + refused, recent: JSON.stringify(recent) }
}
