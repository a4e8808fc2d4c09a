/** Reads of a request thread from the SQLite file, on a read-only connection of its own. */
import type { SchemaFault } from '../../ports/store.ts'
import { migrations } from '../migrations/index.ts'
import { drive, type Question, type Read, type Values } from '../reads/read.ts'
import { type OnUnavailable, Reader } from '../reads/reader.ts'
import type { SchemaObject } from '../schema.ts'
import { all, builder, Connection } from './connection.ts'
import { expectedSchema, faultsIn } from './schema.ts'

export class SqliteReader extends Reader {
  readonly #db: Connection
  #expectedSchema: SchemaObject[] | undefined

  constructor(file: string, onUnavailable?: OnUnavailable) {
    super(builder, onUnavailable)
    this.#db = new Connection(file, 'read')
  }

  async schemaFaults(): Promise<SchemaFault[]> {
    this.#expectedSchema ??= expectedSchema()
    return faultsIn(this.#db, this.#expectedSchema, migrations.length)
  }

  close(): void {
    this.#db.close()
  }

  protected async run<R>(read: Read<R>): Promise<R> {
    return drive(read, this.#answer)
  }

  protected async snapshot<R>(read: Read<R>): Promise<R> {
    this.#db.exec('BEGIN')
    try {
      return drive(read, this.#answer)
    } finally {
      this.#db.exec('COMMIT')
    }
  }

  readonly #answer = (question: Question): Values => {
    try {
      return all(this.#db.prepare(question), ...question.parameters)
    } catch (error) {
      throw this.noticed(error)
    }
  }
}
