/**
 * Makes PostgreSQL clean up deleted rows: soon after each erasure, rate-limited, and never skipped
 * for the last of many.
 */

import { columnName, tablesWithSecrets } from '../../domain/tables.ts'
import type { Database } from '../../ports/database-url.ts'
import { openSession } from './session.ts'

const statement = `VACUUM ${tablesWithSecrets.map(columnName).join(', ')}`
const everyMs = 10_000

export class CleanUp {
  readonly #run: (stop: AbortSignal) => Promise<void>
  readonly #onFailure: (error: unknown) => void
  readonly #everyMs: number
  readonly #stop = new AbortController()
  #asked = false
  #running: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #endedAt = Number.NEGATIVE_INFINITY

  /**
   * @param parts.run cleans up once, and ends early at the signal.
   * @param parts.onFailure called when that was not possible; it is retried.
   */
  constructor(parts: {
    run: (stop: AbortSignal) => Promise<void>
    onFailure: (error: unknown) => void
    everyMs?: number
  }) {
    this.#run = parts.run
    this.#onFailure = parts.onFailure
    this.#everyMs = parts.everyMs ?? everyMs
  }

  /** Something was deleted: a clean-up that begins from now on follows. */
  ask(): void {
    this.#asked = true
    this.#schedule()
  }

  /** A clean-up that was requested but not begun is requested again by the next start. */
  async close(): Promise<void> {
    clearTimeout(this.#timer)
    this.#stop.abort()
    await this.#running
  }

  #schedule(): void {
    if (this.#running !== undefined || !this.#asked || this.#stop.signal.aborted) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(
      () => this.#begin(),
      Math.max(0, this.#endedAt + this.#everyMs - performance.now()),
    )
  }

  #begin(): void {
    this.#asked = false
    this.#running = this.#once().finally(() => {
      this.#running = undefined
      this.#endedAt = performance.now()
      this.#schedule()
    })
  }

  async #once(): Promise<void> {
    try {
      await this.#run(this.#stop.signal)
    } catch (error) {
      if (this.#stop.signal.aborted) return
      this.#onFailure(error)
      this.#asked = true
    }
  }
}

/**
 * Cleans up on a connection of its own, for as long as that takes.
 * @throws Error, also if the role lacks the right to.
 */
export async function vacuum(database: Database, stop: AbortSignal): Promise<void> {
  const session = await openSession(database, { deadlineMs: null })
  const cut = (): void => session.cut()
  stop.addEventListener('abort', cut, { once: true })
  try {
    await session.flight([{ text: statement }])
    // PostgreSQL only sends a notice when it skips a table.
    if (session.notices > 0)
      throw new Error(
        `the role may not run ${statement}: make it the owner of the tables, or GRANT MAINTAIN on them`,
      )
  } finally {
    stop.removeEventListener('abort', cut)
    session.close()
  }
}
