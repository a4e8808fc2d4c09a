/** The lock under which nodes start on a database, one after the other. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from '../../ports/database-url.ts'
import { StoreUnavailable } from '../../ports/store.ts'
import { deploymentIn, stepsSeen } from './schema.ts'
import { openSession, type Session } from './session.ts'
import { begin, commit, rollback } from './statements.ts'

/**
 * Taken by every node that starts on the database, so that no two nodes migrate or create a
 * deployment at the same time.
 */
const startLock = 8_320_001
export const askEveryMs = 250
export const sayEveryMs = 5000
/** A node that vanishes during its start keeps the lock for this long. */
const vanishedMs = 30_000
/**
 * An index that is made while others write waits for the end of each transaction that it finds with
 * a snapshot, even if only for a moment. The one that holds the lock ends after the index.
 */
const withoutSnapshot = 'SHOW transaction_isolation'

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
    await takeLock(session, onWaiting)
    alive = setInterval(() => void session.rows(withoutSnapshot).catch(() => {}), askEveryMs)
    const started = await start()
    clearInterval(alive)
    await session.flight([commit])
    return started
  } finally {
    clearInterval(alive)
    session.close()
  }
}

/**
 * Whether a start finds everything as it needs it: then it takes no lock, and a node comes back
 * while another one makes an index for hours.
 * @param steps number of those that this release knows.
 * @throws StoreUnavailable.
 */
export async function isPrepared(database: Database, steps: number): Promise<boolean> {
  const session = await firstSession(database)
  try {
    const [known] = await session.rows("SELECT to_regclass('schema_steps')::text")
    if (known?.[0] === null || (await stepsSeen(session)) < steps) return false
    return (await deploymentIn(session)) !== undefined
  } finally {
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

/**
 * The lock belongs to the transaction: behind a pooler, a session is not this node's alone. Each
 * try is a transaction of its own, because one that waits for the lock might be waited for.
 */
async function takeLock(session: Session, onWaiting: OnStartWaiting): Promise<void> {
  const limits = { statement: 0, lock: 0, idle: vanishedMs }
  for (let waitedMs = 0; ; waitedMs += askEveryMs) {
    await session.flight([begin('READ COMMITTED', limits)])
    const [found] = await session.rows(`SELECT pg_try_advisory_xact_lock(${startLock})::int`)
    if (found?.[0] === 1) return
    await session.flight([rollback])
    if (waitedMs % sayEveryMs === 0) onWaiting('another node is starting on this database')
    await sleep(askEveryMs)
  }
}
