/**
 * A writing connection to PostgreSQL. Each group first takes the locks of the rows that it is
 * decided on and of those that it changes (locks.ts): the versions that it then reads stay valid
 * until it commits. Groups of different nodes wait for each other only where one changes what
 * another one relies on.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import type { LedgerRow, Row, RowWrite } from '../../domain/rows.ts'
import type { TableName } from '../../domain/tables.ts'
import type { Database } from '../../ports/database-url.ts'
import { type Failpoints, noFailpoints } from '../../ports/failpoints.ts'
import {
  type LeafGroup,
  StoreUnavailable,
  type StoreWriter,
  TransactionAborted,
  type TransactionPlan,
  type TransactionStart,
  UniqueConflict,
} from '../../ports/store.ts'
import * as queries from '../queries.ts'
import { columnsIn, driveLater, type Read } from '../reads/read.ts'
import * as reads from '../reads/rows.ts'
import { CleanUp, vacuum } from './clean-up.ts'
import { checkCommitted, isCommitted } from './commit-outcome.ts'
import type { Answer } from './flight.ts'
import { guardsOf } from './guards.ts'
import { locksOf } from './locks.ts'
import { tablesWithUniqueColumns } from './schema.ts'
import { openSession, type Session } from './session.ts'
import { beginGroup, builder, commit, rollback, type Statement, statementOf } from './statements.ts'

const savepoint: Statement = { text: 'SAVEPOINT call' }
const release: Statement = { text: 'RELEASE SAVEPOINT call' }
const undo: Statement = { text: 'ROLLBACK TO SAVEPOINT call' }
const insertGroup = queries.insertLeafGroup(builder)
/** Pause before it is asked again what became of a commit. */
const askAgainMs = 250

/** What happens to the database outside of transactions. */
export type DatabaseNotices = {
  readonly lost: () => void
  /** @param ms how long there was no connection. */
  readonly back: (ms: number) => void
  readonly vacuumFailed: (error: unknown) => void
  /** @param error why it is not known whether a group was committed: this is found out now. */
  readonly commitUnknown: (error: unknown) => void
}

const unnoticed: DatabaseNotices = {
  lost: () => {},
  back: () => {},
  vacuumFailed: () => {},
  commitUnknown: () => {},
}

export class PostgresWriter implements StoreWriter {
  readonly #database: Database
  readonly #failpoint: Failpoints
  readonly #notices: DatabaseNotices
  readonly #cleanUp: CleanUp
  readonly #stop = new AbortController()
  #session: Session | undefined
  #isOpen = false
  /** Since when there is no connection, if there should be one. */
  #lostAt: number | undefined

  constructor(
    database: Database,
    failpoint: Failpoints = noFailpoints,
    notices: DatabaseNotices = unnoticed,
  ) {
    this.#database = database
    this.#failpoint = failpoint
    this.#notices = notices
    this.#cleanUp = new CleanUp({
      run: (stop) => vacuum(database, stop),
      onFailure: notices.vacuumFailed,
    })
  }

  /** One flight: everything is locked before the versions are read. */
  async begin(plan: TransactionPlan): Promise<TransactionStart> {
    this.#session = this.#session?.isIdle ? this.#session : await this.#connect()
    this.#isOpen = true
    const guards = guardsOf(plan.rows)
    const flight = [beginGroup, locksOf(plan), guards.statement]
    const [, , found] = await this.#session.flight(flight)
    this.#failpoint('store:begun')
    return guards.read(found?.rows ?? [])
  }

  row<T extends TableName>(table: T, id: string): Promise<Row<T> | undefined> {
    return this.#read(reads.row(builder, table, id))
  }

  scan<T extends TableName>(table: T, afterId: string | null, limit: number): Promise<Row<T>[]> {
    return this.#read(reads.scan(builder, table, afterId, limit))
  }

  /** One flight. A call whose name is taken is undone alone, without the others of its group. */
  async apply(writes: readonly RowWrite[]): Promise<void> {
    const statements = writes.map(statementOfWrite)
    const mayCollide = writes.some(
      ({ table, expected }) => expected === 0 || tablesWithUniqueColumns.has(table),
    )
    try {
      const answers = await this.#running().flight(
        mayCollide ? [savepoint, ...statements, release] : statements,
      )
      checkCounts(answers.slice(mayCollide ? 1 : 0), writes)
    } catch (error) {
      if (error instanceof UniqueConflict) await this.#running().flight([undo])
      throw error
    }
    for (const { table } of writes) this.#failpoint(`store:wrote:${table}`)
  }

  /** One flight: the records, the head and the commit. */
  async commit(group: LeafGroup | null, head: LedgerRow): Promise<void> {
    const moved = statementOfWrite(queries.writeOfHead(head))
    const inserted =
      group === null ? [] : [statementOf(insertGroup, ...queries.columnsOfGroup(group))]
    this.#failpoint('store:recorded')
    this.#failpoint('store:before-commit')
    const session = this.#running()
    const { notices } = session
    const answers = await session.flightSettled([...inserted, moved, commit])
    const counts = [...inserted.map(() => 1), 1]
    const doubt =
      checkCommitted(answers, counts) ??
      (session.notices === notices ? undefined : new Error('the server sent a notice at a commit'))
    this.#isOpen = false
    if (doubt !== undefined) await this.#findOut(doubt, head)
    this.#failpoint('store:committed')
  }

  async commitAlone(): Promise<void> {
    const [done] = await this.#running().flight([commit])
    this.#isOpen = false
    if (done?.command !== 'COMMIT')
      throw new StoreUnavailable('the server rolled the transaction back')
  }

  async rollback(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    try {
      await this.#session?.flight([rollback])
    } catch {
      // The connection is gone, and its transaction with it.
      this.#drop()
      this.#lose()
    }
  }

  /**
   * PostgreSQL keeps older versions of rows until they are cleaned up, and longer in its log:
   * nothing overwrites them. The tables with secrets are cleaned up soon; docs/architecture.md
   * describes the rest.
   */
  async eraseDeleted(): Promise<boolean> {
    this.#failpoint('store:before-erase')
    this.#cleanUp.ask()
    return true
  }

  close(): void {
    this.#stop.abort()
    void this.#cleanUp.close()
    this.#drop()
  }

  #read<R>(read: Read<R>): Promise<R> {
    const session = this.#running()
    return driveLater(read, ({ sql, parameters }) => session.rows(sql, parameters))
  }

  async #connect(): Promise<Session> {
    this.#drop()
    const mine: { session?: Session } = {}
    const onLost = (): void => {
      // A connection that is ended here is no longer that of the writer.
      if (mine.session !== undefined && this.#session === mine.session) this.#lose()
    }
    try {
      const session = await openSession(this.#database, { onLost })
      mine.session = session
      this.#regain()
      return session
    } catch (error) {
      this.#lose()
      throw error
    }
  }

  /**
   * Returns once it is known that a commit took place: until then nothing is written or answered.
   * @throws StoreUnavailable if it did not.
   */
  async #findOut(doubt: unknown, attempt: LedgerRow): Promise<void> {
    this.#notices.commitUnknown(doubt)
    for (;;) {
      try {
        this.#session = await this.#connect()
        if (await isCommitted(this.#session, attempt)) return
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error
        await sleep(askAgainMs, undefined, { signal: this.#stop.signal })
        continue
      }
      throw new StoreUnavailable('the database did not commit what it was sent', { cause: doubt })
    }
  }

  #lose(): void {
    if (this.#lostAt !== undefined || this.#stop.signal.aborted) return
    this.#lostAt = performance.now()
    this.#notices.lost()
  }

  #regain(): void {
    if (this.#lostAt === undefined) return
    this.#notices.back(performance.now() - this.#lostAt)
    this.#lostAt = undefined
  }

  #drop(): void {
    const session = this.#session
    this.#session = undefined
    session?.close()
  }

  #running(): Session {
    if (this.#session === undefined || !this.#isOpen) throw new TypeError('no transaction is open')
    return this.#session
  }
}

function statementOfWrite({ table, id, expected, row }: queries.Written): Statement {
  const statements = queries.rowStatements(builder, table)
  if (row === null) return statementOf(statements.delete, id, expected)
  const values = columnsIn(table, row)
  return expected === 0
    ? statementOf(statements.insert, ...values)
    : statementOf(statements.update, ...values, id, expected)
}

/** @throws TransactionAborted if a row was changed without its lock: nothing of it happens. */
function checkCounts(answers: readonly Answer[], writes: readonly RowWrite[]): void {
  for (const [i, { table }] of writes.entries())
    if (answers[i]?.count !== 1)
      throw new TransactionAborted(`a row of ${table} was changed without its lock`)
}
