/** Asks a PostgreSQL database, on a connection of its own, whether it serves. */
import type { Database } from '../../ports/database-url.ts'
import { type StoreProbe, type StorePulse, StoreUnavailable } from '../../ports/store.ts'
import { openSession, type Session } from './session.ts'
import { begin, commit } from './statements.ts'

/** Nothing is waited for longer: readiness must not depend on the patience of calls. */
const patienceMs = 2000

const question = {
  text: "SELECT current_setting('transaction_read_only'), (extract(epoch FROM clock_timestamp()) * 1000)::bigint",
  named: true,
}

export class PostgresProbe implements StoreProbe {
  readonly #database: Database
  #session: Session | undefined

  constructor(database: Database) {
    this.#database = database
  }

  async look(): Promise<StorePulse> {
    const session = this.#session?.isIdle ? this.#session : await this.#connect()
    const began = performance.now()
    const [, answer] = await session.flight([begin(), question, commit])
    const roundTripMs = performance.now() - began
    const [readOnly, clockAt] = answer?.rows[0] ?? []
    if (readOnly !== 'off')
      throw new StoreUnavailable('transactions of the database are read-only by default', {
        reason: 'read-only',
      })
    return { clockAt: Number(clockAt), roundTripMs }
  }

  close(): void {
    this.#session?.close()
  }

  async #connect(): Promise<Session> {
    this.#session?.close()
    const options = { deadlineMs: patienceMs, connectMs: patienceMs }
    this.#session = await openSession(this.#database, options)
    return this.#session
  }
}
