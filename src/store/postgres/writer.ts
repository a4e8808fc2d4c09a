/**
 * The writing connection of one node to PostgreSQL. Each group first locks the one row of the log's
 * head, so the groups of all nodes run one after the other: the revisions that it then reads stay
 * valid until it commits.
 */
import type { LedgerRow, RowReference, RowWrite } from '../../domain/rows.ts'
import { type Failpoints, noFailpoints } from '../../ports/failpoints.ts'
import {
  type AuditLeaf,
  StoreUnavailable,
  type StoreWriter,
  type TransactionStart,
} from '../../ports/store.ts'
import * as queries from '../queries.ts'
import { asRow, type Value } from '../reads/read.ts'
import { CleanUp, vacuum } from './clean-up.ts'
import {
  builder,
  connect,
  type Database,
  type Link,
  run,
  runQuery,
  type Sql,
  translated,
  within,
} from './connection.ts'

const ledgerFields = queries.fieldsOf('ledgers')
const headQuery = `${builder
  .selectFrom('ledgers')
  .select(ledgerFields as never)
  .orderBy('id')
  .limit(1)
  .compile()
  .sql.replace('$1', '1')} FOR UPDATE`
type ReservedSql = Awaited<ReturnType<Sql['reserve']>>

/**
 * One connection that belongs to this writer alone. The client would open another by itself,
 * outside of the transaction: never on this one.
 */
type Session = { readonly client: Sql; readonly sql: ReservedSql; readonly link: Link }

/** What happens to the database outside of transactions. */
export type DatabaseNotices = {
  readonly lost: () => void
  /** @param ms how long there was no connection. */
  readonly back: (ms: number) => void
  readonly vacuumFailed: (error: unknown) => void
}

const unnoticed: DatabaseNotices = { lost: () => {}, back: () => {}, vacuumFailed: () => {} }

export class PostgresWriter implements StoreWriter {
  readonly #database: Database
  readonly #failpoint: Failpoints
  readonly #notices: DatabaseNotices
  readonly #cleanUp: CleanUp
  #session: Session | undefined
  #open = false
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

  async begin(rows: readonly RowReference[]): Promise<TransactionStart> {
    if (this.#session?.link.lost) await this.#drop()
    this.#session ??= await this.#connect()
    await this.#run('BEGIN')
    this.#open = true
    this.#failpoint('store:begun')
    const { rows: heads } = await this.#run(headQuery, [], true)
    const head = heads[0] && asRow<LedgerRow>(ledgerFields, heads[0])
    return { revisions: await this.#revisions(rows), ...(head && { head }) }
  }

  async apply(writes: readonly RowWrite[]): Promise<void> {
    await this.#run('SAVEPOINT call')
    try {
      for (const one of writes) {
        await this.#write(one)
        this.#failpoint(`store:wrote:${one.table}`)
      }
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) await this.#run('ROLLBACK TO SAVEPOINT call')
      throw error
    }
    await this.#run('RELEASE SAVEPOINT call')
  }

  async commit(records: readonly AuditLeaf[], head: LedgerRow): Promise<void> {
    if (records.length > 0) {
      const insert = builder
        .insertInto('auditLeaves')
        .values(records as never)
        .compile()
      const { count } = await this.#run(insert.sql, insert.parameters as Value[])
      if (count !== records.length)
        throw new Error('the database did not store the records that it was sent')
    }
    this.#failpoint('store:recorded')
    await this.#write({
      table: 'ledgers',
      id: head.id,
      expected: head.revision - 1,
      row: head,
      digest: null,
    })
    this.#failpoint('store:before-commit')
    const { sql, link } = this.#running()
    const { remarks } = link
    try {
      await within(sql.unsafe('COMMIT'))
    } catch (error) {
      // It was sent, and its outcome cannot be known: neither a refusal nor a success, and it must
      // never be retried.
      throw new Error('the outcome of a commit is unknown', { cause: error })
    }
    this.#open = false
    if (link.remarks !== remarks)
      throw new Error('the database sent a notice at a commit: its outcome is unknown')
    this.#failpoint('store:committed')
  }

  async rollback(): Promise<void> {
    if (!this.#open) return
    this.#open = false
    try {
      await this.#run('ROLLBACK')
    } catch {
      // The connection is gone, and its transaction with it.
      this.#lose()
      await this.#drop()
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
    void this.#cleanUp.close()
    void this.#drop()
  }

  async #connect(): Promise<Session> {
    // A connection that is ended here is no longer that of the session.
    const onLost = (): void => {
      if (this.#session?.link === link) this.#lose()
    }
    const link: Link = { remarks: 0, lost: false, onLost }
    const client = connect(this.#database, { connections: 1, link })
    try {
      // The client hands out an open connection; it does not open one to hand it out.
      await within(client.unsafe('SELECT 1'))
      const session = { client, link, sql: await within(client.reserve()) }
      this.#regain()
      return session
    } catch (error) {
      void client.end({ timeout: 0 })
      this.#lose()
      throw translated(error)
    }
  }

  #lose(): void {
    if (this.#lostAt !== undefined) return
    this.#lostAt = performance.now()
    this.#notices.lost()
  }

  #regain(): void {
    if (this.#lostAt === undefined) return
    this.#notices.back(performance.now() - this.#lostAt)
    this.#lostAt = undefined
  }

  async #drop(): Promise<void> {
    const { client } = this.#session ?? {}
    this.#session = undefined
    await client?.end({ timeout: 0 }).catch(() => {})
  }

  /** @throws StoreUnavailable once the connection was lost: what it had begun is gone. */
  #running(): Session {
    if (this.#session === undefined) throw new TypeError('no transaction is open')
    if (this.#session.link.lost)
      throw new StoreUnavailable('the connection to the database was lost')
    return this.#session
  }

  async #run(text: string, parameters: readonly Value[] = [], prepare = false) {
    return run(this.#running().sql, text, parameters, prepare)
  }

  /**
   * All named rows in one statement, one table after the other. IDs contain no comma: they are
   * hexadecimal, UUIDs, letters and digits.
   */
  async #revisions(rows: readonly RowReference[]): Promise<number[]> {
    if (rows.length === 0) return []
    const tables = [...new Set(rows.map(([table]) => table))]
    const parts = tables.map((table, i) => {
      const { sql: select } = builder.selectFrom(table).select(['id', 'revision']).compile()
      return `SELECT ${i} AS at, found.id, found.revision FROM (${select}) found WHERE found.id = ANY(string_to_array($${i + 1}, ','))`
    })
    const ids = tables.map((table) =>
      rows
        .filter(([one]) => one === table)
        .map(([, id]) => id)
        .toSorted()
        .join(','),
    )
    const { rows: found } = await this.#run(parts.join(' UNION ALL '), ids, true)
    const revisions = new Map(
      found.map(([at, id, revision]) => [`${tables[Number(at)]} ${id}`, Number(revision)]),
    )
    return rows.map(([table, id]) => revisions.get(`${table} ${id}`) ?? 0)
  }

  async #write({ table, id, expected, row }: RowWrite): Promise<void> {
    const statements = queries.rowStatements(builder, table)
    const values =
      row &&
      queries
        .fieldsOf(table)
        .map((field) => (row as unknown as Record<string, Value>)[field] ?? null)
    const { sql } = this.#running()
    const { count } =
      values === null
        ? await runQuery(sql, statements.delete, id, expected)
        : expected === 0
          ? await runQuery(sql, statements.insert, ...values)
          : await runQuery(sql, statements.update, ...values, id, expected)
    // Under the lock on the head no other transaction changes rows.
    if (count !== 1)
      throw new TypeError(`a row of ${table} was not at the revision that the writer read`)
  }
}
