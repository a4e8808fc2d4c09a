/**
 * Follows the logs and keeps figures up to date with it: calls by time, the last use of each key,
 * what segments of the log hold. Everything here is derived from the log and could be rebuilt; one
 * transaction updates it together with the position that was reached.
 */
import type { KeyObject } from 'node:crypto'
import { readLeaves } from '../audit/leaf-groups.ts'
import { recordOf } from '../audit/record.ts'
import { deleteRow, insertRow, updateRow } from '../crypto/formats/row-writes.ts'
import { kindOf } from '../domain/commands.ts'
import {
  callsSince,
  dayMs,
  daysKept,
  neverUsed,
  type RecentUse,
  withUse,
} from '../domain/keys/key-use.ts'
import { isConsoleRead, keysOf, serviceDialect } from '../domain/operations.ts'
import type { CallCountRow, KeyUseRow, Row, RowValues, RowWrite } from '../domain/rows.ts'
import type { TableName } from '../domain/tables.ts'
import type { Receipt } from '../ports/journal.ts'
import { callWidths } from '../ports/reports.ts'
import type { StoreReader } from '../ports/store.ts'
import type { DerivedRows } from './derived-rows.ts'
import { newSegment, type SegmentTerms, segmentId, segmentOf, withRecord } from './log-segments.ts'
import { firstStartOf, logsOf } from './logs.ts'
import { atOnce, nextTurn } from './steps.ts'

const leavesAtOnce = 2000
/** How far an earlier release had counted the first log, without its segments. */
const countedId = 'log'

export type FollowerParts = {
  readonly reader: StoreReader
  readonly rows: DerivedRows
  /** Of the deployment-wide tables. */
  readonly rowMac: KeyObject
  readonly submit: (writes: readonly RowWrite[]) => Promise<Receipt>
}

type LoggedRecord = ReturnType<typeof recordOf>

export class LogFollower {
  readonly #parts: FollowerParts
  readonly #counted = new Map<string, number>()

  constructor(parts: FollowerParts) {
    this.#parts = parts
  }

  /** Reads what was recorded since the last round. @returns whether there is already more. */
  async round(): Promise<boolean> {
    let hasMore = false
    for (const { id, treeSize } of await logsOf(this.#parts.reader))
      if (await this.#follow(id, treeSize)) hasMore = true
    return hasMore
  }

  async #follow(log: string, treeSize: number): Promise<boolean> {
    const { reader, rows, rowMac } = this.#parts
    const reading = await reader.row('readings', log)
    // Starting over would count everything twice: a damaged position needs a person.
    if (reading !== undefined && !rows.isIntact('readings', reading)) return false
    const position = reading?.position ?? 0
    if (position >= treeSize) return false
    const leaves = await readLeaves(reader, log, position, leavesAtOnce)
    const last = leaves.at(-1)
    if (last === undefined) return false
    const counted = await this.#countedBefore(log)
    if (counted === undefined) return false
    const fold = new Fold(this.#parts, log)
    for (const [i, { treeIndex, leaf }] of leaves.entries()) {
      if (i % atOnce === atOnce - 1) await nextTurn()
      await fold.add(treeIndex, recordOf(leaf), treeIndex >= counted)
    }
    const values = { position: last.treeIndex + 1, timeMs: fold.lastTime }
    const moved =
      reading === undefined
        ? insertRow(rowMac, 'readings', { id: log, ...values })
        : updateRow(rowMac, 'readings', reading, values)
    // Stale: another node was faster. What it wrote is read in the next round.
    const receipt = await this.#parts.submit([...(await fold.writes()), moved])
    return receipt === 'recorded' && last.treeIndex + 1 < treeSize
  }

  /**
   * Records of the log before this place were counted by an earlier release; undefined if that is
   * damaged.
   */
  async #countedBefore(log: string): Promise<number | undefined> {
    const known = this.#counted.get(log)
    if (known !== undefined) return known
    const { reader, rows } = this.#parts
    const counted = await reader.row('readings', countedId)
    const isOf = counted !== undefined && (await firstStartOf(reader, log)) !== undefined
    if (isOf && !rows.isIntact('readings', counted)) return undefined
    const before = isOf ? counted.position : 0
    this.#counted.set(log, before)
    return before
  }
}

/** A pending row: its current version in the store, and the new one. */
type Pending<T extends TableName, V> = {
  readonly standing: Row<T> | undefined
  readonly intact: Row<T> | undefined
  value: V
}

/** Some records of a log, folded into the rows that they change. */
class Fold {
  readonly #parts: FollowerParts
  readonly #log: string
  readonly #counts = new Map<string, Pending<'callCounts', Counts>>()
  readonly #uses = new Map<string, Pending<'keyUses', Use | null>>()
  readonly #segments = new Map<string, Pending<'logSegments', SegmentTerms>>()
  lastTime = 0

  constructor(parts: FollowerParts, log: string) {
    this.#parts = parts
    this.#log = log
  }

  /** @param counts false if only its segment is to be made. */
  async add(index: number, record: LoggedRecord, counts: boolean): Promise<void> {
    this.lastTime = record.timeMs
    await this.#addToSegment(index, record)
    if (!counts || record.project === null) return
    if (record.dialect !== serviceDialect && !isConsoleRead(record))
      await this.#count(record, record.project)
    if (record.keyId === null || record.keyRevision === null) return
    if (kindOf(record.operation) === 'use')
      for (const id of keysOf(record)) await this.#use(record, record.project, id)
    else if (record.operation === 'end-key' && record.outcome === 'ok')
      (await this.#pendingUse(record.keyId)).value = null
  }

  /** What all of it changes. */
  async writes(): Promise<RowWrite[]> {
    const { rowMac } = this.#parts
    const of = <T extends TableName>(
      table: T,
      id: string,
      standing: Row<T> | undefined,
      values: Omit<RowValues<T>, 'id'>,
    ) =>
      standing === undefined
        ? insertRow(rowMac, table, { id, ...values } as never)
        : updateRow(rowMac, table, standing as never, values as never)
    const writes: RowWrite[] = []
    for (const [id, { standing, value }] of this.#segments)
      writes.push(of('logSegments', id, standing, segmentOf(value)))
    for (const [id, { standing, value }] of this.#counts) {
      const { counts, ...rest } = value
      writes.push(of('callCounts', id, standing, { ...rest, counts: JSON.stringify(counts) }))
    }
    for (const [id, { standing, value }] of this.#uses) {
      if (value !== null) {
        // Another log may hold the end of the key, and have been read before this one.
        if (standing !== undefined || (await this.#isThere(id)))
          writes.push(of('keyUses', id, standing, useRow(value)))
      } else if (standing !== undefined) writes.push(deleteRow('keyUses', standing))
    }
    return writes
  }

  async #count(
    { timeMs, operation, outcome, count }: LoggedRecord,
    projectId: string,
  ): Promise<void> {
    for (const { widthMs, keptMs } of callWidths) {
      const startsAt = Math.floor(timeMs / widthMs) * widthMs
      const id = `${projectId}/${widthMs}/${startsAt}`
      let pending = this.#counts.get(id)
      if (pending === undefined) {
        const loaded = await this.#load('callCounts', id)
        pending = {
          ...loaded,
          value: countsOf(loaded.intact, {
            projectId,
            widthMs,
            startsAt,
            keptUntil: startsAt + keptMs,
          }),
        }
        this.#counts.set(id, pending)
      }
      const { counts } = pending.value
      const outcomes = counts[operation] ?? {}
      outcomes[outcome] = (outcomes[outcome] ?? 0) + count
      counts[operation] = outcomes
    }
  }

  async #use(
    { timeMs, operation, outcome, principal, count }: LoggedRecord,
    projectId: string,
    keyId: string,
  ): Promise<void> {
    const pending = await this.#pendingUse(keyId)
    const { recent = neverUsed, ...last } = pending.value ?? {}
    const allowed = outcome === 'ok'
    // Logs are read one after the other, not in the order of their times.
    const isLast = allowed && timeMs >= (pending.value?.lastUsedAt ?? 0)
    pending.value = {
      ...unused,
      ...last,
      projectId,
      ...(isLast && { lastUsedAt: timeMs, lastOperation: operation, lastPrincipal: principal }),
      recent: withUse(recent, { at: timeMs, allowed, principal, count }),
    }
  }

  async #isThere(keyId: string): Promise<boolean> {
    const key = await this.#parts.reader.row('keys', keyId)
    return key !== undefined && key.deletedAt === null
  }

  async #pendingUse(keyId: string): Promise<Pending<'keyUses', Use | null>> {
    const known = this.#uses.get(keyId)
    if (known !== undefined) return known
    const loaded = await this.#load('keyUses', keyId)
    const pending = { ...loaded, value: loaded.intact === undefined ? null : useOf(loaded.intact) }
    this.#uses.set(keyId, pending)
    return pending
  }

  async #addToSegment(index: number, record: LoggedRecord): Promise<void> {
    const id = segmentId(this.#log, index)
    let pending = this.#segments.get(id)
    if (pending === undefined) {
      const loaded = await this.#load('logSegments', id)
      const place = { log: this.#log, index }
      pending = { ...loaded, value: newSegment(place, record.timeMs, loaded.intact) }
      this.#segments.set(id, pending)
    }
    withRecord(pending.value, record)
  }

  /**
   * The stored row: the version to be replaced at its revision, and its content only if it is
   * intact.
   */
  async #load<T extends TableName>(
    table: T,
    id: string,
  ): Promise<{ standing: Row<T> | undefined; intact: Row<T> | undefined }> {
    const standing = await this.#parts.reader.row(table, id)
    const isIntact = standing !== undefined && this.#parts.rows.isIntact(table, standing)
    return { standing, intact: isIntact ? standing : undefined }
  }
}

type Counts = Pick<CallCountRow, 'projectId' | 'widthMs' | 'startsAt' | 'keptUntil'> & {
  readonly counts: Record<string, Record<string, number>>
}

function countsOf(standing: CallCountRow | undefined, where: Omit<Counts, 'counts'>): Counts {
  return { ...where, counts: standing === undefined ? {} : JSON.parse(standing.counts) }
}

type Use = Pick<KeyUseRow, 'projectId' | 'lastUsedAt' | 'lastOperation' | 'lastPrincipal'> & {
  readonly recent: RecentUse
}
const unused = { lastUsedAt: null, lastOperation: null, lastPrincipal: null } as const

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
