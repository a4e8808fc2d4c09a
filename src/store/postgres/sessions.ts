/** A few connections that reads share: each read has one to itself while it runs. */
import type { Database } from '../../ports/database-url.ts'
import { StoreUnavailable } from '../../ports/store.ts'
import { deadlineMs, openSession, type Session } from './session.ts'

export class Sessions {
  readonly #database: Database
  readonly #atOnce: number
  #idle: Session[] = []
  readonly #waiting: (() => void)[] = []
  #running = 0
  #isClosed = false

  /** @param atOnce most connections, and so most reads under way. */
  constructor(database: Database, atOnce: number) {
    this.#database = database
    this.#atOnce = atOnce
  }

  /**
   * Runs a read. On a connection that had been lost before, which nothing says until it is used, it
   * runs once more on a new one.
   * @param mayRepeat whether it still can.
   * @throws StoreUnavailable, also if no connection is free in time, and anything the read throws.
   */
  async use<T>(
    read: (session: Session) => Promise<T>,
    mayRepeat: () => boolean = () => true,
  ): Promise<T> {
    await this.#turn()
    try {
      const known = this.#idle.pop()
      if (known === undefined) return await this.#on(await openSession(this.#database), read)
      const began = performance.now()
      try {
        return await this.#on(known, read)
      } catch (error) {
        const isLate = performance.now() - began >= deadlineMs
        if (!known.isLost || this.#isClosed || isLate || !mayRepeat()) throw error
      }
      return await this.#on(await openSession(this.#database), read)
    } finally {
      this.#running--
      this.#waiting.shift()?.()
    }
  }

  close(): void {
    this.#isClosed = true
    for (const session of this.#idle.splice(0)) session.close()
  }

  async #on<T>(session: Session, read: (session: Session) => Promise<T>): Promise<T> {
    try {
      return await read(session)
    } finally {
      if (session.isIdle && !this.#isClosed) this.#idle.push(session)
      else session.close()
      // The others lead to the same server, and may be as dead.
      if (session.isLost) for (const other of this.#idle.splice(0)) other.close()
    }
  }

  /** Resolves when a connection may be used. @throws StoreUnavailable. */
  #turn(): Promise<void> {
    if (this.#isClosed) return Promise.reject(new StoreUnavailable('the store is closed'))
    if (this.#running < this.#atOnce) {
      this.#running++
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        clearTimeout(timer)
        this.#running++
        resolve()
      }
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(begin), 1)
        reject(new StoreUnavailable('all connections to the database are in use'))
      }, deadlineMs)
      this.#waiting.push(begin)
    })
  }
}
