/** A clock that stands still until a test moves it. */
import type { Clock } from '../../src/ports/clock.ts'

export class FakeClock implements Clock {
  #wall: number
  #monotonic = 0

  constructor(wall: number) {
    this.#wall = wall
  }

  now(): number {
    return this.#wall
  }

  monotonic(): number {
    return this.#monotonic
  }

  /** Time passes: both clocks agree on it. */
  advance(ms: number): void {
    this.#wall += ms
    this.#monotonic += ms
  }

  /** The wall clock is set; no time passes. */
  jump(ms: number): void {
    this.#wall += ms
  }
}
