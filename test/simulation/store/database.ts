/**
 * A database in memory that is shared by all nodes, as its server sees it: transactions at the
 * level READ COMMITTED, locks, unique columns, and every committed state, to which it can go back.
 */
import type { LedgerRow, Row, RowVersion, RowWrite } from '../../../src/domain/rows.ts'
import { versionOf } from '../../../src/domain/rows.ts'
import type { TableName } from '../../../src/domain/tables.ts'
import {
  type LeafGroup,
  StoreUnavailable,
  TransactionAborted,
  type TransactionPlan,
  type TransactionStart,
  UniqueConflict,
} from '../../../src/ports/store.ts'
import { locksOf } from '../../../src/store/postgres/locks.ts'
import { Process, type Scheduler } from '../scheduler.ts'
import { Locks, type Wanted } from './locks.ts'

export type AnyRow = Row<TableName> & { readonly id: string }
type Tables = ReadonlyMap<TableName, ReadonlyMap<string, AnyRow>>

/** A committed state. */
export type State = {
  /** Number of the commit that made it: no other has it. */
  readonly serial: number
  readonly tables: Tables
  readonly groups: ReadonlyMap<string, readonly LeafGroup[]>
}

/** What a commit did. */
export type Committed = {
  readonly before: State
  readonly after: State
  /** Null for a commit of no log. */
  readonly head: LedgerRow | null
  readonly group: LeafGroup | null
  readonly writes: readonly RowWrite[]
  /** What the database's clock showed when the transaction had its locks. */
  readonly clockAt: number
  readonly owner: unknown
}

export type DatabaseObserver = {
  committed(commit: Committed): void
  /** It went back from one state to an earlier one. */
  wentBack(from: State, to: State): void
}

/** The server waits this long for a lock, and for another transaction that changes the same row. */
const lockMs = 5000
const deadlockMs = 1000

export type Answer<T> = (value: T | Error) => void

export class Transaction {
  readonly owner: unknown
  readonly written = new Map<string, { table: TableName; id: string; row: AnyRow | null }>()
  readonly writes: RowWrite[] = []
  clockAt = 0
  hasFailed = false
  isOpen = true

  /** @param owner for the observer. */
  constructor(owner: unknown) {
    this.owner = owner
  }
}

export class Database {
  readonly process = new Process('database')
  readonly observer: DatabaseObserver
  readonly #scheduler: Scheduler
  readonly #clock: () => number
  #locks: Locks
  readonly #grantsAll: boolean
  readonly #open = new Map<Transaction, Set<Answer<never>>>()
  #history: State[]
  #serial = 0
  /** Connections of an earlier one are gone. */
  incarnation = 1
  isDown = false
  /** Called once, after the next commit and before it is answered. */
  afterCommit: (() => void) | undefined

  constructor(parts: {
    scheduler: Scheduler
    clock: () => number
    observer: DatabaseObserver
    rows: readonly RowWrite[]
    grantsAll: boolean
  }) {
    this.#scheduler = parts.scheduler
    this.#clock = parts.clock
    this.observer = parts.observer
    this.#grantsAll = parts.grantsAll
    this.#locks = new Locks(parts.grantsAll)
    const tables = new Map<TableName, Map<string, AnyRow>>()
    for (const { table, id, row } of parts.rows)
      tables.set(table, new Map([...(tables.get(table) ?? []), [id, row as AnyRow]]))
    this.#history = [{ serial: 0, tables, groups: new Map() }]
  }

  get state(): State {
    return this.#history.at(-1) as State
  }

  /** How many commits could be lost. */
  get length(): number {
    return this.#history.length
  }

  /** The last commits are lost, and every connection. */
  goBack(commits: number): void {
    const from = this.state
    this.#history = this.#history.slice(0, Math.max(1, this.#history.length - commits))
    this.dropAll()
    if (from !== this.state) this.observer.wentBack(from, this.state)
  }

  /** Every connection is lost. */
  dropAll(): void {
    this.incarnation++
    const open = [...this.#open]
    this.#open.clear()
    this.#locks = new Locks(this.#grantsAll)
    for (const [transaction, waiting] of open) {
      transaction.isOpen = false
      for (const answer of waiting) answer(new StoreUnavailable('the connection was lost'))
    }
  }

  begin(
    plan: TransactionPlan,
    owner: unknown,
    answer: Answer<{ transaction: Transaction; start: TransactionStart }>,
  ): Transaction {
    const transaction = new Transaction(owner)
    this.#open.set(transaction, new Set())
    this.#acquire(transaction, lockMs, wantedBy(plan), answer, () => {
      transaction.clockAt = this.#clock()
      const versions = plan.rows.map(
        ([table, id]): RowVersion => versionOf(this.visible(transaction, table, id)),
      )
      answer({ transaction, start: { versions, clockAt: transaction.clockAt } })
    })
    return transaction
  }

  /** A row as a statement of the transaction sees it. */
  visible(transaction: Transaction | undefined, table: TableName, id: string): AnyRow | undefined {
    const written = transaction?.written.get(`${table} ${id}`)
    if (written !== undefined) return written.row ?? undefined
    return this.state.tables.get(table)?.get(id)
  }

  /** All rows of a table as the transaction sees them, by ID. */
  rowsOf(transaction: Transaction | undefined, table: TableName): AnyRow[] {
    const rows = new Map(this.state.tables.get(table) ?? [])
    for (const one of transaction?.written.values() ?? [])
      if (one.table === table && one.row !== null) rows.set(one.id, one.row)
      else if (one.table === table) rows.delete(one.id)
    return [...rows.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1))
  }

  /** Applies writes one after the other, all of them or none. */
  apply(transaction: Transaction, writes: readonly RowWrite[], answer: Answer<null>): void {
    if (this.#isOver(transaction, answer)) return
    const wanted = writes.flatMap(valuesTaken)
    this.#acquire(transaction, deadlockMs, wanted, answer, () => {
      const before = new Map(transaction.written)
      for (const write of writes) {
        const fault = this.#faultOf(transaction, write)
        if (fault !== undefined) {
          transaction.written.clear()
          for (const [name, row] of before) transaction.written.set(name, row)
          if (!(fault instanceof UniqueConflict)) transaction.hasFailed = true
          return answer(fault)
        }
        const { table, id, row } = write
        transaction.written.set(`${table} ${id}`, { table, id, row: row as AnyRow | null })
      }
      transaction.writes.push(...writes)
      answer(null)
    })
  }

  /** @param group and @param head of the log; null for a commit of no log. */
  commit(
    transaction: Transaction,
    group: LeafGroup | null,
    head: LedgerRow | null,
    answer: Answer<null>,
  ): void {
    if (this.#isOver(transaction, answer)) return
    const before = this.state
    if (head !== null && this.#isTaken(group, head)) {
      this.rollback(transaction)
      return answer(new TransactionAborted('another process wrote to this log'))
    }
    if (head !== null)
      transaction.written.set(`ledgers ${head.id}`, { table: 'ledgers', id: head.id, row: head })
    const after = this.#after(transaction, group)
    this.#history.push(after)
    this.rollback(transaction)
    const { writes, clockAt, owner } = transaction
    const { id = 'no log', treeSize = 0, timeFloor = 0, epoch = 0 } = head ?? {}
    this.#scheduler.note(`${after.serial}: ${id} has ${treeSize} at ${timeFloor}, epoch ${epoch}`)
    this.observer.committed({ before, after, head, group, writes, clockAt, owner })
    const { afterCommit } = this
    this.afterCommit = undefined
    afterCommit?.()
    answer(null)
  }

  rollback(transaction: Transaction): void {
    if (!transaction.isOpen) return
    transaction.isOpen = false
    this.#open.delete(transaction)
    this.#locks.release(transaction)
  }

  #isOver(transaction: Transaction, answer: Answer<never>): boolean {
    if (transaction.isOpen && !transaction.hasFailed) return false
    this.rollback(transaction)
    answer(new StoreUnavailable('the server rolled the transaction back'))
    return true
  }

  #acquire(
    transaction: Transaction,
    ms: number,
    wanted: readonly Wanted[],
    refuse: Answer<never>,
    granted: () => void,
  ): void {
    const waiting = this.#open.get(transaction)
    const late = (): void => {
      waiting?.delete(refuse)
      transaction.hasFailed = true
      this.#locks.release(transaction)
      refuse(
        ms === deadlockMs
          ? new TransactionAborted('deadlock detected')
          : new StoreUnavailable('canceling statement due to lock timeout'),
      )
    }
    const step = this.#scheduler.after(ms, 'lock timeout', late, this.process)
    waiting?.add(refuse)
    this.#locks.acquire(transaction, wanted, () => {
      step.isCancelled = true
      waiting?.delete(refuse)
      granted()
    })
  }

  #isTaken(group: LeafGroup | null, head: LedgerRow): boolean {
    const found = this.state.tables.get('ledgers')?.get(head.id)
    const groups = this.state.groups.get(head.id) ?? []
    return (
      (found?.revision ?? 0) !== head.revision - 1 ||
      groups.some(({ firstIndex }) => firstIndex === group?.firstIndex)
    )
  }

  #faultOf(transaction: Transaction, { table, id, expected, row }: RowWrite): Error | undefined {
    const found = this.visible(transaction, table, id)
    if (expected === 0 && found !== undefined) return new UniqueConflict(`${table} ${id}`)
    if (expected !== 0 && found?.revision !== expected)
      return new TransactionAborted(`a row of ${table} was changed without its lock`)
    if (row === null) return undefined
    const values = uniqueValues(table, row as AnyRow)
    const taken = this.rowsOf(transaction, table).some(
      (other) => other.id !== id && uniqueValues(table, other).some((one) => values.includes(one)),
    )
    return taken ? new UniqueConflict(table) : undefined
  }

  #after({ written }: Transaction, group: LeafGroup | null): State {
    const tables = new Map(this.state.tables)
    const copied = new Map<TableName, Map<string, AnyRow>>()
    for (const { table, id, row } of written.values()) {
      const rows = copied.get(table) ?? new Map(tables.get(table) ?? [])
      copied.set(table, rows)
      tables.set(table, rows)
      if (row === null) rows.delete(id)
      else rows.set(id, row)
    }
    const groups = new Map(this.state.groups)
    if (group !== null) groups.set(group.log, [...(groups.get(group.log) ?? []), group])
    return { serial: ++this.#serial, tables, groups }
  }
}

/** The locks that src/store/postgres/locks.ts asks for. */
function wantedBy(plan: TransactionPlan): Wanted[] {
  return String(locksOf(plan).parameters?.[0])
    .split(',')
    .map(Number)
    .map((one) => ({ name: `number ${Math.floor(one / 2)}`, isAlone: one % 2 === 1 }))
}

/** A row that is written, and what of it is unique: nobody else writes that until the end. */
function valuesTaken({ table, id, row }: RowWrite): Wanted[] {
  const values = row === null ? [] : uniqueValues(table, row as AnyRow)
  return [`${table} ${id}`, ...values].map((name) => ({ name, isAlone: true }))
}

function uniqueValues(table: TableName, row: AnyRow): string[] {
  if (table !== 'keys') return []
  const { projectId, alias, listNumber, association } = row as unknown as Row<'keys'>
  return [
    ...(alias === null ? [] : [`alias ${projectId} ${alias}`]),
    ...(association === null ? [] : [`association ${association.toHex()}`]),
    `place ${projectId} ${listNumber}`,
  ]
}
