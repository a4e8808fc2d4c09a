/** Which of the twins keeps the data, and how each is opened. */
import { statSync } from 'node:fs'
import type { Failpoints } from '../ports/failpoints.ts'
import type { StoreReader, StoreWriter } from '../ports/store.ts'
import { holdingStartLock, migratePostgres } from '../store/postgres/migrate.ts'
import { PostgresReader } from '../store/postgres/reader.ts'
import { PostgresWriter } from '../store/postgres/writer.ts'
import { migrateSqlite } from '../store/sqlite/migrate.ts'
import { SqliteReader } from '../store/sqlite/reader.ts'
import { SqliteWriter } from '../store/sqlite/writer.ts'

/** Crosses to other threads as it stands. */
export type StoreSpec = { readonly kind: 'sqlite'; readonly file: string } | { readonly kind: 'postgres'; readonly url: string }

export function openReader(spec: StoreSpec): StoreReader {
  return spec.kind === 'sqlite' ? new SqliteReader(spec.file) : new PostgresReader(spec.url)
}

export function openWriter(spec: StoreSpec, failpoint: Failpoints): StoreWriter {
  return spec.kind === 'sqlite' ? new SqliteWriter(spec.file, failpoint) : new PostgresWriter(spec.url, failpoint)
}

/** Brings the schema up and runs the start, while no other node of the deployment does the same. */
export async function starting<T>(spec: StoreSpec, start: () => Promise<T>): Promise<T> {
  if (spec.kind === 'postgres') {
    return holdingStartLock(spec.url, async () => {
      await migratePostgres(spec.url)
      return start()
    })
  }
  // The folder's lock keeps others away.
  migrateSqlite(spec.file)
  return start()
}

/** Bytes of the database on this machine; undefined where it is not here. */
export function databaseBytes(spec: StoreSpec): number | undefined {
  return spec.kind === 'sqlite' ? statSync(spec.file, { throwIfNoEntry: false })?.size : undefined
}
