/** A clock that moves only when a test moves it. */
import type { Clock } from '../../src/ports/clock.ts'

export class FakeClock implements Clock {
  #wall: number
  #monotonic = 0
  #uptime: number

  /** @param uptime of the machine at the beginning: an hour by default. */
  constructor(wall: number, uptime = 3_600_000) {
    this.#wall = wall
    this.#uptime = uptime
  }

  wallNow(): number {
    return Math.floor(this.#wall)
  }

  monotonic(): number {
    return this.#monotonic
  }

  uptime(): number {
    return this.#uptime
  }

  /** Time passes: all clocks agree on it. */
  advance(ms: number): void {
    this.#wall += ms
    this.#monotonic += ms
    this.#uptime += ms
  }

  /** The wall clock is set; no time passes. */
  jump(ms: number): void {
    this.#wall += ms
  }

  /** The machine sleeps. */
  sleep(ms: number): void {
    this.#wall += ms
    this.#uptime += ms
  }
}
