/** Reads of a request thread from PostgreSQL, on a few connections of its own. */
import type { SchemaFault } from '../../ports/store.ts'
import { migrations } from '../migrations/index.ts'
import { driveLater, type Question, type Read, type Values } from '../reads/read.ts'
import { type OnUnavailable, Reader } from '../reads/reader.ts'
import { type SchemaObject, schemaFaults } from '../schema.ts'
import { builder, connect, type Database, type Running, run, type Sql } from './connection.ts'
import { expectedSchema, schemaOf, stepsSeen } from './schema.ts'

const connections = 4

export class PostgresReader extends Reader {
  readonly #sql: Sql
  #expectedSchema: SchemaObject[] | undefined

  /** @param sql connections of its own by default; a test passes others to observe the queries. */
  constructor(
    database: Database,
    onUnavailable?: OnUnavailable,
    sql: Sql = connect(database, { connections }),
  ) {
    super(builder, onUnavailable)
    this.#sql = sql
  }

  async schemaFaults(): Promise<SchemaFault[]> {
    this.#expectedSchema ??= await expectedSchema(this.#sql)
    const faults = schemaFaults(
      this.#expectedSchema,
      await schemaOf(this.#sql, this.#expectedSchema),
    )
    // A node of a newer release may have started since: the result of its steps is not known here.
    return (await stepsSeen(this.#sql)) > migrations.length
      ? faults.filter(({ acts }) => acts)
      : faults
  }

  close(): void {
    void this.#sql.end({ timeout: 1 })
  }

  protected run<R>(read: Read<R>): Promise<R> {
    return driveLater(read, this.#answering(this.#sql))
  }

  protected snapshot<R>(read: Read<R>): Promise<R> {
    return this.#sql.begin('isolation level repeatable read read only', (sql) =>
      driveLater(read, this.#answering(sql as unknown as Running)),
    ) as Promise<R>
  }

  #answering(sql: Running): (question: Question) => Promise<Values> {
    return async (question) => {
      try {
        return (await run(sql, question.sql, question.parameters)).rows
      } catch (error) {
        throw this.noticed(error)
      }
    }
  }
}
