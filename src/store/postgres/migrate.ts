/** Brings a PostgreSQL database to this release's schema. */
import { StoreUnavailable } from '../../ports/store.ts'
import { migrations } from '../migrations/index.ts'
import {
  type Conversion,
  type Migration,
  type MigrationTools,
  rowsConvertedAtOnce,
} from '../queries.ts'
import type { Value } from '../reads/read.ts'
import { type OnSchemaFound, SchemaAltered, schemaFaults } from '../schema.ts'
import { SchemaTooNew } from '../schema-too-new.ts'
import {
  builder,
  connect,
  type Database,
  type Running,
  run,
  runQuery,
  type Sql,
} from './connection.ts'
import { expectedSchema, inItsTypes, schemaOf, stepsSeen, stepsTable } from './schema.ts'

/**
 * Taken by every node that starts on the database, so that no two nodes migrate or create a
 * deployment at the same time.
 */
const startLock = 8_320_001

/** Runs `start` while no other node does the same on this database. */
export async function holdingStartLock<T>(database: Database, start: () => Promise<T>): Promise<T> {
  const sql = connect(database, { connections: 1 })
  try {
    await takeLock(sql)
    return await start()
  } finally {
    await sql.end()
  }
}

/** @throws StoreUnavailable with the reason why the database cannot be used. */
async function takeLock(sql: Sql): Promise<void> {
  try {
    // Waits as long as the other node takes; a first start generates keys.
    await sql.unsafe('SET statement_timeout = 0; SET lock_timeout = 0')
    await sql.unsafe(`SELECT pg_advisory_lock(${startLock})`)
  } catch (error) {
    const { message } = error as Error
    throw new StoreUnavailable(`the database of --database-url cannot be used: ${message}`, {
      cause: error,
    })
  }
}

/**
 * Runs the steps that the database has not seen, each with its number in one transaction.
 * @param onFound called before anything is changed.
 * @returns the number of steps run.
 * @throws SchemaTooNew when it has seen more steps than this release knows, SchemaAltered when its
 * schema is not the one that the steps made; nothing is changed then.
 */
export async function migratePostgres(
  database: Database,
  tools: MigrationTools,
  steps = migrations,
  onFound: OnSchemaFound = () => {},
): Promise<number> {
  const sql = connect(database, { connections: 1 })
  try {
    // Checked first: a role that may not change the schema may not ask for an existing table
    // either.
    const { rows: known } = await run(sql, "SELECT to_regclass('schema_steps')::text", [])
    if (known[0]?.[0] === null) await run(sql, stepsTable, [])
    const done = await stepsSeen(sql)
    if (done > steps.length) {
      throw new SchemaTooNew(
        `the database was written by a newer Holdfast (schema ${done}, this one knows ${steps.length}); nothing was changed`,
      )
    }
    await verify(sql, steps.slice(0, done))
    if (done < steps.length) await checkMayChange(sql)
    onFound(done, steps.length)
    for (let step = done; step < steps.length; step++) {
      await sql.begin(async (transaction) => {
        for (const part of steps[step]?.(builder, tools) ?? []) {
          if ('convert' in part) await convert(transaction, part)
          else await transaction.unsafe(inItsTypes(part.compile().sql))
        }
        await transaction.unsafe(`INSERT INTO schema_steps (step) VALUES (${step + 1})`)
      })
    }
    if (done < steps.length) await verify(sql, steps)
    return steps.length - done
  } finally {
    await sql.end()
  }
}

async function convert(
  sql: Running,
  { read, before, convert: converted, write }: Conversion,
): Promise<void> {
  for (let after = before, found = 1; found > 0; ) {
    const { rows } = await runQuery(sql, read, after, rowsConvertedAtOnce)
    found = rows.length
    for (const row of rows) {
      const values = converted(row)
      after = Number(values[0])
      await runQuery(sql, write, ...(values as Value[]))
    }
  }
}

/** @throws StoreUnavailable with what to do, for a role that may not change the schema. */
async function checkMayChange(sql: Sql): Promise<void> {
  const { rows } = await run(
    sql,
    "SELECT has_schema_privilege(current_schema(), 'CREATE')::text",
    [],
  )
  if (rows[0]?.[0] === 'true') return
  throw new StoreUnavailable(
    'the database was made by an earlier release, and the role of the database URL may not change its schema: start once as its owner; ' +
      'nothing was changed',
  )
}

async function verify(sql: Sql, steps: readonly Migration[]): Promise<void> {
  const expected = await expectedSchema(sql, steps)
  const faults = schemaFaults(expected, await schemaOf(sql, expected))
  if (faults.length > 0) throw new SchemaAltered(faults)
}
