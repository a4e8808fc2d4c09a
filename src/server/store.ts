/**
 * Which of the two stores holds the data, and how each is opened. A store is loaded only when it is
 * used: the other one would slow every start.
 */
import { statSync } from 'node:fs'
import { packed } from '../audit/leaf-groups.ts'
import { legacyLeaf } from '../audit/record.ts'
import type { Database } from '../ports/database-url.ts'
import type { Failpoints } from '../ports/failpoints.ts'
import type { ReportReader, StoreLoader, StoreProbe, StoreWriter } from '../ports/store.ts'
import type { DatabaseNotices } from '../store/postgres/writer.ts'
import type { OnUnavailable } from '../store/reads/reader.ts'
import type { OnSchemaFound } from '../store/schema.ts'
import type { OnProgress } from '../store/steps.ts'

const migrationTools = { auditLeaf: legacyLeaf, leafGroup: packed }

/** Crosses to other threads unchanged. */
export type StoreSpec =
  | { readonly kind: 'sqlite'; readonly file: string }
  | ({ readonly kind: 'postgres' } & Exclude<Database, string>)

/** @param onUnavailable called for each read that is not possible at the moment. */
export async function openReader(
  spec: StoreSpec,
  onUnavailable?: OnUnavailable,
): Promise<ReportReader> {
  if (spec.kind === 'postgres') {
    const { PostgresReader } = await import('../store/postgres/reader.ts')
    return new PostgresReader(spec, onUnavailable)
  }
  const { SqliteReader } = await import('../store/sqlite/reader.ts')
  return new SqliteReader(spec.file, onUnavailable)
}

/** Reads from a store that is opened for this alone. */
export async function reading<T>(
  spec: StoreSpec,
  read: (reader: ReportReader) => Promise<T>,
): Promise<T> {
  const reader = await openReader(spec)
  try {
    return await read(reader)
  } finally {
    reader.close()
  }
}

export async function openWriter(
  spec: StoreSpec,
  failpoint: Failpoints,
  notices?: DatabaseNotices,
): Promise<StoreWriter> {
  if (spec.kind === 'postgres') {
    const { PostgresWriter } = await import('../store/postgres/writer.ts')
    return new PostgresWriter(spec, failpoint, notices)
  }
  const { SqliteWriter } = await import('../store/sqlite/writer.ts')
  return new SqliteWriter(spec.file, failpoint)
}

/** Fills a database. */
export async function openLoader(database: Database): Promise<StoreLoader> {
  const { PostgresLoader } = await import('../store/postgres/loader.ts')
  return PostgresLoader.open(database)
}

/**
 * ID of the deployment in a database of any release; undefined if it has none, or no tables. It is
 * asked before anything is changed there. @throws StoreUnavailable.
 */
export async function deploymentIn(database: Database): Promise<string | undefined> {
  const { deploymentFound } = await import('../store/postgres/schema.ts')
  return deploymentFound(database)
}

/** Undefined for a store that is a file on this machine. */
export async function openProbe(spec: StoreSpec): Promise<StoreProbe | undefined> {
  if (spec.kind !== 'postgres') return undefined
  const { PostgresProbe } = await import('../store/postgres/probe.ts')
  return new PostgresProbe(spec)
}

/** What a start says about the schema. */
export type MigrationNotices = {
  /** Called before anything is changed. */
  readonly found: OnSchemaFound
  /** Called every few seconds with what the start waits for. */
  readonly waiting: (why: string) => void
  /** Called every few seconds while a step takes its time. */
  readonly progress: OnProgress
  /** Called after all steps that were missing. */
  readonly migrated: (steps: number, ms: number) => void
}

/**
 * Migrates the schema and runs the start, while no other node of the deployment does the same.
 * @param about.node ID of this node, if it has one already.
 * @param about.check called before anything is changed, when nobody else may change it any longer.
 */
export async function starting<T>(
  spec: StoreSpec,
  notices: MigrationNotices,
  { node, check }: { readonly node?: string | undefined; readonly check?: () => Promise<void> },
  start: () => Promise<T>,
): Promise<T> {
  const { waiting: onWaiting, progress: onProgress } = notices
  let foundAt = 0
  const found: OnSchemaFound = (from, to) => {
    notices.found(from, to)
    foundAt = performance.now()
  }
  const migrated = (steps: number): void => {
    if (steps > 0) notices.migrated(steps, performance.now() - foundAt)
  }
  if (spec.kind === 'postgres') {
    const { holdingStartLock, isPrepared } = await import('../store/postgres/start-lock.ts')
    const { migratePostgres } = await import('../store/postgres/migrate.ts')
    const { migrations } = await import('../store/migrations/index.ts')
    const calls = { onFound: found, onWaiting, onProgress, node }
    const begin = async (): Promise<T> => {
      await check?.()
      migrated(await migratePostgres(spec, migrationTools, migrations, calls))
      return start()
    }
    const mayBegin = check === undefined && (await isPrepared(spec, migrations.length))
    return mayBegin ? begin() : holdingStartLock(spec, begin, onWaiting)
  }
  // The lock of the folder keeps others out.
  await check?.()
  const { migrateSqlite } = await import('../store/sqlite/migrate.ts')
  migrated(migrateSqlite(spec.file, migrationTools, undefined, { onFound: found, onProgress }))
  return start()
}

/** Size of the database on this machine in bytes; undefined if it is elsewhere. */
export function databaseBytes(spec: StoreSpec): number | undefined {
  return spec.kind === 'sqlite' ? statSync(spec.file, { throwIfNoEntry: false })?.size : undefined
}
