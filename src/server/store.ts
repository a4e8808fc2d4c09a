/**
 * Which of the twins keeps the data, and how each is opened. A twin is loaded when it is the one:
 * the other would slow every start.
 */
import { statSync } from 'node:fs'
import { legacyLeaf } from '../audit/record.ts'
import type { Failpoints } from '../ports/failpoints.ts'
import type { ReportReader, StoreWriter } from '../ports/store.ts'
import type { Database } from '../store/postgres/connection.ts'

const migrationTools = { auditLeaf: legacyLeaf }

/** Crosses to other threads as it stands. */
export type StoreSpec =
  | { readonly kind: 'sqlite'; readonly file: string }
  | ({ readonly kind: 'postgres' } & Exclude<Database, string>)

export async function openReader(spec: StoreSpec): Promise<ReportReader> {
  if (spec.kind === 'postgres') {
    const { PostgresReader } = await import('../store/postgres/reader.ts')
    return new PostgresReader(spec)
  }
  const { SqliteReader } = await import('../store/sqlite/reader.ts')
  return new SqliteReader(spec.file)
}

/** @param notice told of what the store could not do and tries again. */
export async function openWriter(
  spec: StoreSpec,
  failpoint: Failpoints,
  notice: (message: string) => void = () => {},
): Promise<StoreWriter> {
  if (spec.kind === 'postgres') {
    const { PostgresWriter } = await import('../store/postgres/writer.ts')
    return new PostgresWriter(spec, failpoint, notice)
  }
  const { SqliteWriter } = await import('../store/sqlite/writer.ts')
  return new SqliteWriter(spec.file, failpoint)
}

/** Brings the schema up and runs the start, while no other node of the deployment does the same. */
export async function starting<T>(spec: StoreSpec, start: () => Promise<T>): Promise<T> {
  if (spec.kind === 'postgres') {
    const { holdingStartLock, migratePostgres } = await import('../store/postgres/migrate.ts')
    return holdingStartLock(spec, async () => {
      await migratePostgres(spec, migrationTools)
      return start()
    })
  }
  // The folder's lock keeps others away.
  const { migrateSqlite } = await import('../store/sqlite/migrate.ts')
  migrateSqlite(spec.file, migrationTools)
  return start()
}

/** Bytes of the database on this machine; undefined where it is not here. */
export function databaseBytes(spec: StoreSpec): number | undefined {
  return spec.kind === 'sqlite' ? statSync(spec.file, { throwIfNoEntry: false })?.size : undefined
}
