/** The time that decides: never behind a floor that is kept with the log, so that a clock set back revives nothing. */
import type { Clock } from '../ports/clock.ts'

/** How much faster than real time the floor may follow the clock: a jump forward is followed only step by step. */
const followRate = 60

export class TimeKeeper {
  readonly #clock: Clock
  #floor: number
  #followedAt: number

  /** @param floor as it was persisted, milliseconds since 1970. */
  constructor(clock: Clock, floor: number) {
    this.#clock = clock
    this.#floor = floor
    this.#followedAt = clock.monotonic()
  }

  /** The later of wall clock and floor. */
  now(): number {
    return Math.max(this.#clock.now(), this.#floor)
  }

  /** The floor is at least this: another node has seen it. */
  raise(floor: number): void {
    this.#floor = Math.max(this.#floor, floor)
  }

  /** Moves the floor towards the wall clock, at most `followRate` times as far as time really passed. @returns the floor. */
  follow(): number {
    const monotonic = this.#clock.monotonic()
    const step = (monotonic - this.#followedAt) * followRate
    this.#followedAt = monotonic
    this.#floor = Math.max(this.#floor, Math.min(this.#clock.now(), Math.floor(this.#floor + step)))
    return this.#floor
  }
}
