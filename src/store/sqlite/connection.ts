/**
 * Connections to the SQLite file, each with the settings that durability, erasure and safety
 * require.
 */
import { constants, DatabaseSync, type StatementSync } from 'node:sqlite'
import { SqliteAdapter, SqliteQueryCompiler } from 'kysely'
import { StoreUnavailable, UniqueConflict } from '../../ports/store.ts'
import { type Builder, createBuilder } from '../queries.ts'
import type { Value } from '../reads/read.ts'
import { SchemaAltered } from '../schema.ts'

export const builder: Builder = createBuilder({
  adapter: () => new SqliteAdapter(),
  compiler: () => new SqliteQueryCompiler(),
})

/**
 * How long a statement waits for a lock that another program holds, blocking the thread. None of
 * our own threads makes it wait: one thread writes, and in WAL mode readers and the writer do not
 * block each other. A reader is on a request thread, so it waits only as long as another program
 * needs to recover the log; the writer waits while another program writes.
 */
const busyTimeoutMs = { read: 100, write: 2000 } as const
/**
 * How long a checkpoint waits for readers: our own read for a few milliseconds; for others it is
 * retried.
 */
const checkpointWaitMs = 25
/** Statements kept prepared per connection; listings have a few forms, everything else has one. */
const preparedLimit = 256

/**
 * No trigger or view is ever compiled into our statements, so none runs: neither an existing one
 * nor one created while a statement is prepared, since SQLite recompiles it after every change of
 * the schema.
 */
function refuseTriggersAndViews(
  _: number,
  _1: string | null,
  _2: string | null,
  _3: string | null,
  source: string | null,
): number {
  if (source === null) return constants.SQLITE_OK
  throw new SchemaAltered([
    {
      text: `the trigger or view ${JSON.stringify(source)} would run on what is written or read`,
      acts: true,
    },
  ])
}

/**
 * One connection: node:sqlite is synchronous, so nothing else in the thread runs during a
 * statement.
 */
export class Connection {
  readonly #db: DatabaseSync
  readonly #prepared = new Map<string, StatementSync>()

  constructor(file: string, mode: 'read' | 'write') {
    this.#db = new DatabaseSync(file, {
      readOnly: mode === 'read',
      timeout: busyTimeoutMs[mode],
      allowExtension: false,
    })
    this.exec('PRAGMA trusted_schema=OFF')
    this.#db.setAuthorizer(refuseTriggersAndViews)
    if (mode === 'write') {
      // WAL with FULL: a commit is on the disk before it returns. secure_delete: deleted data is
      // overwritten, not only unlinked.
      this.exec(
        'PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA foreign_keys=ON',
      )
    }
  }

  /** Prepares once, keyed by its text. Rows are arrays in the order of the named columns. */
  prepare({ sql }: { readonly sql: string }): StatementSync {
    const known = this.#prepared.get(sql)
    if (known !== undefined) return known
    if (this.#prepared.size >= preparedLimit) this.#prepared.clear()
    const statement = guarded(() => this.#db.prepare(sql))
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

  /** Runs a statement that is needed only occasionally. */
  read(sql: string): Value[][] {
    const statement = guarded(() => this.#db.prepare(sql))
    statement.setReturnArrays(true)
    return all(statement)
  }

  pragma(name: string): Value[] {
    return this.read(`PRAGMA ${name}`)[0] ?? []
  }

  /**
   * Copies every page of the log into the file, overwriting what secure_delete zeroed, and
   * truncates the log. It must run on the writing connection: a second connection would hold the
   * write lock for as long as it waits for readers.
   * @returns false when a reader still holds an older snapshot, another program writes or the disk
   * is full.
   */
  checkpoint(): boolean {
    this.exec(`PRAGMA busy_timeout=${checkpointWaitMs}`)
    try {
      // The first column is 1 if the checkpoint was blocked.
      return this.pragma('wal_checkpoint(TRUNCATE)')[0] === 0
    } catch (error) {
      if (error instanceof StoreUnavailable) return false
      throw error
    } finally {
      this.exec(`PRAGMA busy_timeout=${busyTimeoutMs.write}`)
    }
  }

  close(): void {
    this.#prepared.clear()
    this.#db.close()
  }
}

export function all(statement: StatementSync, ...parameters: Value[]): Value[][] {
  try {
    return statement.all(...parameters) as unknown as Value[][]
  } catch (error) {
    throw translated(error)
  }
}

export function first(statement: StatementSync, ...parameters: Value[]): Value[] | undefined {
  try {
    return statement.get(...parameters) as unknown as Value[] | undefined
  } catch (error) {
    throw translated(error)
  }
}

/**
 * Runs a write.
 * @returns the number of changed rows.
 * @throws UniqueConflict, StoreUnavailable, or the error itself, which is fatal to a writer.
 */
export function write(statement: StatementSync, ...parameters: Value[]): number {
  return guarded(() => Number(statement.run(...parameters).changes))
}

/**
 * Primary codes after which the transaction is undone: another program has the lock, or the disk is
 * full.
 */
const passing: ReadonlyMap<number, string> = new Map([
  [5, 'another program holds the lock of the database'],
  [13, 'the disk is full'],
])
const sqliteUnique: ReadonlySet<number> = new Set([1555, 2067])

function guarded<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw translated(error)
  }
}

function translated(error: unknown): unknown {
  const code = (error as { errcode?: number }).errcode ?? 0
  if (sqliteUnique.has(code))
    return new UniqueConflict('a unique column already contains this value', { cause: error })
  const why = passing.get(code & 0xff)
  return why === undefined ? error : new StoreUnavailable(why, { cause: error })
}
