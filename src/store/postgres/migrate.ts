/** Brings a PostgreSQL database to this release's schema. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from '../../ports/database-url.ts'
import { StoreUnavailable } from '../../ports/store.ts'
import { migrations } from '../migrations/index.ts'
import {
  type Conversion,
  type Migration,
  type MigrationTools,
  rowsConvertedAtOnce,
} from '../queries.ts'
import { type OnSchemaFound, SchemaAltered, schemaFaults } from '../schema.ts'
import { SchemaTooNew } from '../schema-too-new.ts'
import { stateOf } from './errors.ts'
import { expectedSchema, inItsTypes, schemaOf, stepsSeen, stepsTable } from './schema.ts'
import { openSession, type Session } from './session.ts'
import { begin, builder, commit, rollback, statementOf } from './statements.ts'

/**
 * Taken by every node that starts on the database, so that no two nodes migrate or create a
 * deployment at the same time.
 */
const startLock = 8_320_001
const askEveryMs = 250
const sayEveryMs = 5000
/** A node that vanishes during its start keeps the lock for this long. */
const vanishedMs = 30_000

const lockNotAvailable = '55P03'
/**
 * A step that waits for a lock makes every call wait behind it, so it waits briefly and is repeated
 * until the other one, such as a backup, has ended.
 */
const lockMs = 1000

/** Called every few seconds with what a start waits for. */
export type OnStartWaiting = (why: string) => void

/** Runs `start` while no other node does the same on this database. */
export async function holdingStartLock<T>(
  database: Database,
  start: () => Promise<T>,
  onWaiting: OnStartWaiting = () => {},
): Promise<T> {
  const session = await firstSession(database)
  let alive: NodeJS.Timeout | undefined
  try {
    // The lock belongs to the transaction: behind a pooler, a session is not this node's alone.
    await session.flight([begin('READ COMMITTED', { statement: 0, lock: 0, idle: vanishedMs })])
    await takeLock(session, onWaiting)
    alive = setInterval(() => void session.rows('SELECT 1').catch(() => {}), askEveryMs)
    const started = await start()
    clearInterval(alive)
    await session.flight([commit])
    return started
  } finally {
    clearInterval(alive)
    session.close()
  }
}

/** @throws StoreUnavailable with the reason why the database cannot be used. */
async function firstSession(database: Database): Promise<Session> {
  try {
    return await openSession(database)
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    const { cause } = error
    const isOwn = cause === undefined || cause instanceof StoreUnavailable
    const message = isOwn ? error.detail : (cause as Error).message
    throw new StoreUnavailable(`the database of --database-url cannot be used: ${message}`, {
      cause: error,
    })
  }
}

async function takeLock(session: Session, onWaiting: OnStartWaiting): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += askEveryMs) {
    const [found] = await session.rows(`SELECT pg_try_advisory_xact_lock(${startLock})::int`)
    if (found?.[0] === 1) return
    if (waitedMs % sayEveryMs === 0) onWaiting('another node is starting on this database')
    await sleep(askEveryMs)
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
  { onFound = () => {}, onWaiting = () => {} }: MigrationCalls = {},
): Promise<number> {
  const session = await openSession(database, { deadlineMs: null })
  try {
    // Checked first: a role that may not change the schema may not ask for an existing table
    // either.
    const [known] = await session.rows("SELECT to_regclass('schema_steps')::text")
    if (known?.[0] === null) await session.rows(stepsTable)
    const done = await stepsSeen(session)
    if (done > steps.length) {
      throw new SchemaTooNew(
        `the database was written by a newer Holdfast (schema ${done}, this one knows ${steps.length}); nothing was changed`,
      )
    }
    await verify(session, steps.slice(0, done))
    if (done < steps.length) await checkMayChange(session)
    onFound(done, steps.length)
    for (let step = done; step < steps.length; step++)
      await runStep(session, steps[step]?.(builder, tools) ?? [], step + 1, onWaiting)
    if (done < steps.length) await verify(session, steps)
    return steps.length - done
  } finally {
    session.close()
  }
}

export type MigrationCalls = {
  readonly onFound?: OnSchemaFound
  readonly onWaiting?: OnStartWaiting
}

/** Runs a step, repeatedly while something else holds a lock that it needs. */
async function runStep(
  session: Session,
  parts: ReturnType<Migration>,
  number: number,
  onWaiting: OnStartWaiting,
): Promise<void> {
  for (let tries = 0; ; tries++) {
    await session.flight([begin('READ COMMITTED', { statement: 0, lock: lockMs, idle: 0 })])
    try {
      for (const part of parts) {
        if ('convert' in part) await convert(session, part)
        else await session.rows(inItsTypes(part.compile().sql))
      }
      await session.rows(`INSERT INTO schema_steps (step) VALUES (${number})`)
      await session.flight([commit])
      return
    } catch (error) {
      if (stateOf((error as Error).cause) !== lockNotAvailable) throw error
    }
    await session.flight([rollback])
    if ((tries * lockMs) % sayEveryMs === 0)
      onWaiting(`step ${number} of the schema needs a lock that another session holds`)
    await sleep(askEveryMs)
  }
}

async function convert(
  session: Session,
  { read, before, position, convert: converted, write }: Conversion,
): Promise<void> {
  for (let after = before; ; ) {
    const [answer] = await session.flight([statementOf(read, after, rowsConvertedAtOnce)])
    const rows = (answer?.rows ?? []).map((row) => [...row])
    const last = rows.at(-1)
    if (last === undefined) return
    after = position(last)
    await session.flight(converted(rows).map((values) => statementOf(write, ...values)))
  }
}

/** @throws StoreUnavailable with what to do, for a role that may not change the schema. */
async function checkMayChange(session: Session): Promise<void> {
  const [found] = await session.rows(
    "SELECT has_schema_privilege(current_schema(), 'CREATE')::text",
  )
  if (found?.[0] === 'true') return
  throw new StoreUnavailable(
    'the database was made by an earlier release, and the role of the database URL may not change its schema: start once as its owner; ' +
      'nothing was changed',
  )
}

async function verify(session: Session, steps: readonly Migration[]): Promise<void> {
  const expected = await expectedSchema(session, steps)
  const faults = schemaFaults(expected, await schemaOf(session, expected))
  if (faults.length > 0) throw new SchemaAltered(faults)
}
