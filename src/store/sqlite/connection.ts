/** Connections to the SQLite file, each with the settings that durability, erasure and safety ask for. */
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { type Compilable, SqliteAdapter, SqliteQueryCompiler } from 'kysely'
import { StoreUnavailable, UniqueConflict } from '../../ports/store.ts'
import { type Builder, createBuilder } from '../queries.ts'

export type Value = null | number | string | Uint8Array

export const builder: Builder = createBuilder({ adapter: () => new SqliteAdapter(), compiler: () => new SqliteQueryCompiler() })

/** How long a statement waits for a lock that another connection holds for a moment. */
const busyTimeoutMs = 5000
/** Statements kept prepared on a connection; listings come in a few shapes, everything else in one. */
const preparedLimit = 256

/** One connection: node:sqlite is synchronous, so nothing else of the thread runs while a statement does. */
export class Connection {
  readonly #db: DatabaseSync
  readonly #prepared = new Map<string, StatementSync>()

  constructor(file: string, mode: 'read' | 'write') {
    this.#db = new DatabaseSync(file, { readOnly: mode === 'read', timeout: busyTimeoutMs, allowExtension: false })
    this.#db.exec('PRAGMA trusted_schema=OFF')
    if (mode === 'write') {
      // WAL with FULL: a commit is on the disk before it returns. secure_delete: what is deleted is overwritten, not only unlinked.
      this.#db.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA foreign_keys=ON')
    }
  }

  /** Prepares once, keyed by its text. Rows come as arrays in the order of the columns named. */
  prepare(query: Compilable): StatementSync {
    const { sql } = query.compile()
    const known = this.#prepared.get(sql)
    if (known !== undefined) return known
    if (this.#prepared.size >= preparedLimit) this.#prepared.clear()
    const statement = this.#db.prepare(sql)
    statement.setReturnArrays(true)
    this.#prepared.set(sql, statement)
    return statement
  }

  get inTransaction(): boolean {
    return this.#db.isTransaction
  }

  exec(sql: string): void {
    guarded(() => this.#db.exec(sql))
  }

  pragma(name: string): Value[] {
    const statement = this.#db.prepare(`PRAGMA ${name}`)
    statement.setReturnArrays(true)
    return (statement.get() as unknown as Value[] | undefined) ?? []
  }

  close(): void {
    this.#prepared.clear()
    this.#db.close()
  }
}

export function all(statement: StatementSync, ...parameters: Value[]): Value[][] {
  return statement.all(...parameters) as unknown as Value[][]
}

export function first(statement: StatementSync, ...parameters: Value[]): Value[] | undefined {
  return statement.get(...parameters) as unknown as Value[] | undefined
}

/** Runs a write. @returns rows changed. @throws UniqueConflict, StoreUnavailable, or the error itself, which is fatal to a writer. */
export function write(statement: StatementSync, ...parameters: Value[]): number {
  return guarded(() => Number(statement.run(...parameters).changes))
}

/** A row as an object, from columns in the order of `fields`. */
export function asRow<T>(fields: readonly string[], values: readonly Value[]): T {
  const row: Record<string, Value> = {}
  for (let i = 0; i < fields.length; i++) row[fields[i] as string] = values[i] ?? null
  return row as T
}

const sqliteFull = 13
const sqliteUnique: ReadonlySet<number> = new Set([1555, 2067])

function guarded<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    const code = (error as { errcode?: number }).errcode ?? 0
    if (sqliteUnique.has(code)) throw new UniqueConflict('a unique column holds this value already', { cause: error })
    if ((code & 0xff) === sqliteFull) throw new StoreUnavailable('the disk is full', { cause: error })
    throw error
  }
}
