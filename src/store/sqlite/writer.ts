/**
 * The only writing connection to the SQLite file: group transactions, versions cached in memory,
 * erasure.
 */
import type { StatementSync } from 'node:sqlite'
import type { Compilable } from 'kysely'
import { LRUCache } from 'lru-cache'
import {
  absent,
  deploymentTree,
  type LedgerRow,
  type Row,
  type RowVersion,
  type RowWrite,
  versionOf,
} from '../../domain/rows.ts'
import { type TableName, tableNames } from '../../domain/tables.ts'
import { type Failpoints, noFailpoints } from '../../ports/failpoints.ts'
import type {
  LeafGroup,
  StoreWriter,
  TransactionPlan,
  TransactionStart,
} from '../../ports/store.ts'
import * as queries from '../queries.ts'
import { columnsIn, drive, type Question, type Values } from '../reads/read.ts'
import * as reads from '../reads/rows.ts'
import { all, builder, Connection, first, write } from './connection.ts'

const versionsKept = 100_000

type RowStatements = Record<'version' | 'insert' | 'update' | 'delete', StatementSync>

export class SqliteWriter implements StoreWriter {
  readonly #db: Connection
  readonly #failpoint: Failpoints
  readonly #rows: Record<TableName, RowStatements>
  readonly #insertGroup: StatementSync
  /** Versions in the file. Changes of a transaction are added only once it is committed. */
  readonly #versions = new LRUCache<string, RowVersion>({ max: versionsKept })
  #changed = new Map<string, RowVersion>()
  /** Whether the transaction takes the tree over all logs further. */
  #isOfTree = false

  constructor(file: string, failpoint: Failpoints = noFailpoints) {
    this.#db = new Connection(file, 'write')
    this.#failpoint = failpoint
    const prepared = tableNames.map((table) => {
      const statements = queries.rowStatements(builder, table)
      const prepare = (query: Compilable): StatementSync => this.#db.prepare(query.compile())
      return [
        table,
        {
          version: prepare(statements.version),
          insert: prepare(statements.insert),
          update: prepare(statements.update),
          delete: prepare(statements.delete),
        },
      ]
    })
    this.#rows = Object.fromEntries(prepared) as Record<TableName, RowStatements>
    this.#insertGroup = this.#db.prepare(queries.insertLeafGroup(builder).compile())
  }

  async begin({ log, rows }: TransactionPlan): Promise<TransactionStart> {
    this.#db.exec('BEGIN IMMEDIATE')
    this.#isOfTree = log === deploymentTree
    this.#pass('store:begun')
    return { versions: rows.map(([table, id]) => this.#version(table, id)) }
  }

  async row<T extends TableName>(table: T, id: string): Promise<Row<T> | undefined> {
    return drive(reads.row(builder, table, id), this.#answer)
  }

  async scan<T extends TableName>(
    table: T,
    afterId: string | null,
    limit: number,
  ): Promise<Row<T>[]> {
    return drive(reads.scan(builder, table, afterId, limit), this.#answer)
  }

  async apply(writes: readonly RowWrite[]): Promise<void> {
    this.#db.exec('SAVEPOINT call')
    try {
      for (const one of writes) {
        this.#write(one)
        this.#pass(`store:wrote:${one.table}`)
      }
    } catch (error) {
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK TO call; RELEASE call')
      throw error
    }
    this.#db.exec('RELEASE call')
    for (const { table, id, row } of writes) this.#changed.set(`${table} ${id}`, versionOf(row))
  }

  async commit(group: LeafGroup | null, head: LedgerRow): Promise<void> {
    if (group !== null) write(this.#insertGroup, ...queries.columnsOfGroup(group))
    this.#pass('store:recorded')
    this.#write(queries.writeOfHead(head))
    this.#changed.set(`ledgers ${head.id}`, versionOf(head))
    this.#pass('store:before-commit')
    this.#db.exec('COMMIT')
    this.#pass('store:committed')
    for (const [name, version] of this.#changed) this.#versions.set(name, version)
    this.#changed.clear()
  }

  async commitAlone(): Promise<void> {
    this.#db.exec('COMMIT')
    for (const [name, version] of this.#changed) this.#versions.set(name, version)
    this.#changed.clear()
  }

  async rollback(): Promise<void> {
    this.#changed.clear()
    // A full disk may already have ended the transaction.
    if (this.#db.inTransaction) this.#db.exec('ROLLBACK')
  }

  async eraseDeleted(): Promise<boolean> {
    this.#failpoint('store:before-erase')
    return this.#db.checkpoint()
  }

  close(): void {
    this.#db.close()
  }

  /** That of the tree comes by itself, each second: tests stop at the steps of calls. */
  #pass(step: string): void {
    if (!this.#isOfTree) this.#failpoint(step)
  }

  readonly #answer = (question: Question): Values =>
    all(this.#db.prepare(question), ...question.parameters)

  #version(table: TableName, id: string): RowVersion {
    const name = `${table} ${id}`
    const known = this.#changed.get(name) ?? this.#versions.get(name)
    if (known !== undefined) return known
    const [revision, mac] = first(this.#rows[table].version, id) ?? []
    const found =
      mac === undefined ? absent : versionOf({ revision: Number(revision), mac: mac as Uint8Array })
    this.#versions.set(name, found)
    return found
  }

  #write({ table, id, expected, row }: queries.Written): void {
    const statements = this.#rows[table]
    const values = row && columnsIn(table, row)
    let changed: number
    if (values === null) changed = write(statements.delete, id, expected)
    else if (expected === 0) changed = write(statements.insert, ...values)
    else changed = write(statements.update, ...values, id, expected)
    // The writer compared revisions in this same transaction, so any count other than one row means
    // that memory and file disagree.
    if (changed !== 1)
      throw new Error(`a row of ${table} was not at the revision that the writer knew`)
  }
}
