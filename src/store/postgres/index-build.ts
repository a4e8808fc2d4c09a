/**
 * Makes an index while others read and write the table, which PostgreSQL does outside of a
 * transaction. An index that an interrupted start left unfinished is made again.
 */
import type { Database } from '../../ports/database-url.ts'
import { StoreUnavailable } from '../../ports/store.ts'
import { type OnProgress, sayProgressEveryMs } from '../steps.ts'
import { openSession, type Session } from './session.ts'

type Build = {
  readonly number: number
  readonly database: Database
  readonly onProgress?: OnProgress
}

/**
 * @param text as a step has it: create index "name" on "table" ...
 * @throws StoreUnavailable with what to do if it may not take as long as it needs.
 */
export async function buildIndex(session: Session, build: Build, text: string): Promise<void> {
  const name = /^create (?:unique )?index "(\w+)"/i.exec(text)?.[1]
  if (name === undefined) throw new TypeError(`not the text of an index: ${text}`)
  const [found] = await session.rows(
    `SELECT indisvalid::int FROM pg_index WHERE indexrelid = to_regclass('${name}')`,
  )
  if (found?.[0] === 1) return
  const own = await withoutLimits(session, build.database)
  const stopSaying = saying(build, name)
  try {
    if (found !== undefined)
      await own.flight([{ text: `DROP INDEX CONCURRENTLY IF EXISTS "${name}"` }])
    await own.flight([{ text: text.replace(/index/i, 'INDEX CONCURRENTLY') }])
  } finally {
    stopSaying()
    if (own !== session) own.close()
  }
}

/** The session, or one of its own if the server or the role has limits for it. */
async function withoutLimits(session: Session, database: Database): Promise<Session> {
  const limits = await limitsOf(session)
  if (limits === undefined) return session
  const refused = (cause?: unknown): StoreUnavailable =>
    new StoreUnavailable(
      `the database limits a statement (${limits}), and a pooler keeps an index from taking longer: ` +
        'start one node with the URL of the server itself',
      { cause },
    )
  const own = await openSession(database, { deadlineMs: null, withoutLimits: true }).catch(
    (cause) => {
      throw refused(cause)
    },
  )
  if ((await limitsOf(own)) === undefined) return own
  // A pooler may also ignore what a session asks for.
  own.close()
  throw refused()
}

/** What limits a statement outside of a transaction, for people. */
async function limitsOf(session: Session): Promise<string | undefined> {
  const [found] = await session.flight([
    {
      text: "SELECT current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock",
    },
  ])
  const [statement, lock] = found?.rows[0] ?? []
  if (statement === '0' && lock === '0') return undefined
  return `statement_timeout ${statement}, lock_timeout ${lock}`
}

/** Says every few seconds how far it has come. @returns a function that ends that. */
function saying({ number, database, onProgress }: Build, name: string): () => void {
  if (onProgress === undefined) return () => {}
  const look = async (): Promise<void> => {
    const session = await openSession(database)
    try {
      const [found] = await session.rows(
        'SELECT coalesce(max(100 * blocks_done / nullif(blocks_total, 0)), 0)::int FROM pg_stat_progress_create_index WHERE datname = current_database()',
      )
      onProgress({
        step: number,
        what: `index ${name}`,
        done: Number(found?.[0]),
        unit: 'percent',
      })
    } finally {
      session.close()
    }
  }
  // What cannot be seen is not said: the index is made all the same.
  const timer = setInterval(() => void look().catch(() => {}), sayProgressEveryMs)
  return () => clearInterval(timer)
}
