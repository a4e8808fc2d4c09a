/** Brings a PostgreSQL database to this release's schema. */
import { StoreUnavailable } from '../../ports/store.ts'
import { migrations } from '../migrations/index.ts'
import { type Conversion, type MigrationTools, rowsConvertedAtOnce } from '../queries.ts'
import { SchemaTooNew } from '../schema-too-new.ts'
import { builder, connect, type Running, run, runQuery, type Sql, type Value } from './connection.ts'

/** Taken by whoever starts on the database, so that two nodes neither migrate nor make a deployment at the same time. */
const startLock = 8_320_001

/** Runs `start` while no other node does the same on this database. */
export async function holdingStartLock<T>(url: string, start: () => Promise<T>): Promise<T> {
  const sql = connect(url, { connections: 1 })
  try {
    await takeLock(sql)
    return await start()
  } finally {
    await sql.end()
  }
}

/** @throws StoreUnavailable that says why the database cannot be used. */
async function takeLock(sql: Sql): Promise<void> {
  try {
    // Waits as long as the other takes; a first start makes keys.
    await sql.unsafe('SET statement_timeout = 0; SET lock_timeout = 0')
    await sql.unsafe(`SELECT pg_advisory_lock(${startLock})`)
  } catch (error) {
    const { message } = error as Error
    throw new StoreUnavailable(`the database of --database-url cannot be used: ${message}`, { cause: error })
  }
}

/**
 * Runs the steps that the database has not seen, each with its number in one transaction. @returns the number of steps run.
 * @throws SchemaTooNew when it has seen more steps than this release knows; nothing is changed then.
 */
export async function migratePostgres(url: string, tools: MigrationTools, steps = migrations): Promise<number> {
  const sql = connect(url, { connections: 1 })
  try {
    await run(sql, 'CREATE TABLE IF NOT EXISTS schema_steps (step bigint PRIMARY KEY)', [])
    const { rows } = await run(sql, 'SELECT coalesce(max(step), 0) FROM schema_steps', [])
    const done = Number(rows[0]?.[0] ?? 0)
    if (done > steps.length) {
      throw new SchemaTooNew(
        `the database was written by a newer Holdfast (schema ${done}, this one knows ${steps.length}); nothing was changed`,
      )
    }
    for (let step = done; step < steps.length; step++) {
      await sql.begin(async (transaction) => {
        for (const part of steps[step]?.(builder, tools) ?? []) {
          if ('convert' in part) await convert(transaction, part)
          else await transaction.unsafe(inItsTypes(part.compile().sql))
        }
        await transaction.unsafe(`INSERT INTO schema_steps (step) VALUES (${step + 1})`)
      })
    }
    return steps.length - done
  } finally {
    await sql.end()
  }
}

async function convert(sql: Running, { read, before, convert: converted, write }: Conversion): Promise<void> {
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

/** The steps name SQLite's types; times in milliseconds need 64 bits here. No table or column has either name. */
function inItsTypes(ddl: string): string {
  return ddl.replaceAll(/\binteger\b/g, 'bigint').replaceAll(/\bblob\b/g, 'bytea')
}
