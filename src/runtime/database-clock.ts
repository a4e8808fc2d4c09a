/**
 * The clock of the database, as a node knows it: its last instant there, continued by the monotonic
 * clock of the node. All nodes decide by this one clock. Without a database that has one, it is
 * that of the node.
 */
import { toleratedSkewMs } from '../domain/skew.ts'
import type { Clock } from '../ports/clock.ts'

type Look = { readonly instant: number; readonly at: number }

export class DatabaseClock implements Clock {
  readonly #own: Clock
  readonly #instant: (shown: number) => number
  #last: Look | undefined
  /** The last look at which the two clocks agreed. */
  #agreed: Look | undefined

  /** @param instant passed what the database's clock shows; only tests change it. */
  constructor(own: Clock, instant = (shown: number): number => shown) {
    this.#own = own
    this.#instant = instant
  }

  /** @param instant that the database's clock shows now, milliseconds since 1970. */
  hear(instant: number): void {
    this.#last = { instant: this.#instant(instant), at: this.#own.monotonic() }
    if (Math.abs(this.aheadMs) <= toleratedSkewMs) this.#agreed = this.#last
  }

  /**
   * While the two differ too much the node writes nothing, and one of them is wrong: this goes on
   * from when they agreed, or is the earlier of the two, so that no floor follows the wrong one.
   */
  wallNow(): number {
    const own = this.#own.wallNow()
    if (this.#last === undefined) return own
    return this.#agreed === undefined
      ? Math.min(own, this.#since(this.#last))
      : this.#since(this.#agreed)
  }

  /** How far the database's is ahead of the node's own wall clock, milliseconds. */
  get aheadMs(): number {
    return this.#last === undefined ? 0 : this.#since(this.#last) - this.#own.wallNow()
  }

  monotonic(): number {
    return this.#own.monotonic()
  }

  uptime(): number {
    return this.#own.uptime()
  }

  #since({ instant, at }: Look): number {
    return instant + Math.floor(this.#own.monotonic() - at)
  }
}
