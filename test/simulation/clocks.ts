/** Clocks that drift and jump, over the one virtual time. */
import type { Clock } from '../../src/ports/clock.ts'
import type { Scheduler } from './scheduler.ts'

/** Where the wall clocks begin, milliseconds since 1970. */
export const beginning = Date.UTC(2030, 0, 1)

export class DriftingClock implements Clock {
  readonly #scheduler: Scheduler
  readonly #rate: number
  readonly #uptime: number
  #offset: number

  /**
   * @param drift how much faster it runs than virtual time.
   * @param uptime of its machine at the beginning.
   */
  constructor(scheduler: Scheduler, offset: number, drift: number, uptime = 3_600_000) {
    this.#scheduler = scheduler
    this.#offset = offset
    this.#rate = 1 + drift
    this.#uptime = uptime
  }

  wallNow(): number {
    return Math.floor(beginning + this.#offset + this.monotonic())
  }

  monotonic(): number {
    return this.#scheduler.now * this.#rate
  }

  uptime(): number {
    return this.#uptime + this.monotonic()
  }

  jump(ms: number): void {
    this.#offset += ms
  }

  /** Shows what another one shows. */
  set(to: number): void {
    this.#offset += to - this.wallNow()
  }
}
