/** Fills a database with the rows of another store, in large transactions, one at a time. */
import type { Row } from '../../domain/rows.ts'
import { type TableName, tableNames } from '../../domain/tables.ts'
import type { Database } from '../../ports/database-url.ts'
import { type LeafGroup, type StoreLoader, StoreUnavailable } from '../../ports/store.ts'
import * as queries from '../queries.ts'
import { columnsIn } from '../reads/read.ts'
import { openSession, type Session } from './session.ts'
import { begin, builder, commit, type Statement, statementOf } from './statements.ts'

/** A page may be large and the link slow: nobody else waits for it. */
const pageMs = 60_000
const insertGroup = queries.insertLeafGroup(builder)

export class PostgresLoader implements StoreLoader {
  readonly #database: Database
  readonly #session: Session

  private constructor(database: Database, session: Session) {
    this.#database = database
    this.#session = session
  }

  /** @throws StoreUnavailable. */
  static async open(database: Database): Promise<PostgresLoader> {
    return new PostgresLoader(database, await openSession(database, { deadlineMs: pageMs }))
  }

  rows<T extends TableName>(table: T, rows: readonly Row<T>[]): Promise<void> {
    const { insert } = queries.rowStatements(builder, table)
    return this.#add(rows.map((row) => statementOf(insert, ...columnsIn(table, row))))
  }

  groups(groups: readonly LeafGroup[]): Promise<void> {
    return this.#add(groups.map((one) => statementOf(insertGroup, ...queries.columnsOfGroup(one))))
  }

  /** One transaction, which takes as long as it takes: on a connection of its own. */
  async clear(): Promise<void> {
    const session = await openSession(this.#database, { deadlineMs: null })
    try {
      const tables = [...tableNames, 'logGroups' as const]
      const deletes = tables.map((table) => statementOf(builder.deleteFrom(table)))
      const answers = await session.flight([unlimited, ...deletes, commit])
      checkCommitted(answers.at(-1)?.command)
    } finally {
      session.close()
    }
  }

  close(): void {
    this.#session.close()
  }

  async #add(inserts: readonly Statement[]): Promise<void> {
    if (inserts.length === 0) return
    const answers = await this.#session.flight([unlimited, ...inserts, commit])
    checkCommitted(answers.at(-1)?.command)
  }
}

const unlimited = begin('READ COMMITTED', { statement: 0, lock: 0, idle: pageMs })

/** The server answers the COMMIT of a transaction that had failed by rolling it back. */
function checkCommitted(command: string | undefined): void {
  if (command !== 'COMMIT') throw new StoreUnavailable('the server rolled the transaction back')
}
