/**
 * The floor of time, stored with the log: it runs with the monotonic clock and stays close to the
 * wall clock while the two agree. It does not follow a jump of the wall clock in either direction
 * until an operator accepts it or the clock becomes right by itself.
 */
import type { AcceptedClock, Clock, ClockState } from '../ports/clock.ts'

/** Largest difference at which wall clock and floor still agree. */
const toleratedMs = 60_000
/** While they agree, the floor runs at most this much faster or slower than the monotonic clock. */
const slewRate = 0.01
/**
 * At a start, the wall clock may be ahead of the last record by up to this much because the server
 * was stopped.
 */
const stopExplainsMs = 86_400_000
/**
 * If it is further ahead at a start, it is followed after the server has run for this long,
 * provided that the clock does not change again.
 */
const heldMs = 3_600_000
/** With less uptime than this, NTP or the host may not have set the clock yet. */
const settledUptimeMs = 600_000
/** Uptime and monotonic clock are read one after the other, and uptime advances in steps. */
const shortestSleepMs = 2000
/** The floor of an idle server is written after it has advanced by this much. */
const keptEveryMs = 30_000

export class TimeKeeper {
  readonly #clock: Clock
  #floor: number
  /** Monotonic instant of `#floor`. */
  #at: number
  /** Uptime minus monotonic clock: how long the machine has slept. */
  #slept: number
  /** The floor currently in the store. */
  #kept: number
  /** Since the start, nothing has shown yet how long the server was stopped. */
  #isStarting = true
  /** How far ahead the wall clock was when it last changed by itself, and since when. */
  #steady: { readonly byMs: number; readonly since: number }
  #undo: { readonly floor: number; readonly isStarting: boolean } | undefined
  /** Number of the epoch that was entered last. */
  #epoch: number

  /**
   * @param floor as stored, milliseconds since 1970.
   * @param epoch number of the one in which it is.
   */
  constructor(clock: Clock, floor: number, epoch = 0) {
    this.#clock = clock
    this.#floor = floor
    this.#epoch = epoch
    this.#kept = floor
    this.#at = clock.monotonic()
    this.#slept = clock.uptime() - this.#at
    this.#steady = { byMs: 0, since: this.#at }
    this.watch()
  }

  /** The later of wall clock and floor, whole milliseconds. */
  decidingNow(): number {
    return Math.max(this.#clock.wallNow(), Math.floor(this.#floor))
  }

  /**
   * Advances the floor by the elapsed time.
   * @returns the floor for the log and for other threads, whole milliseconds.
   */
  follow(): number {
    const monotonic = this.#clock.monotonic()
    const elapsed = Math.max(0, monotonic - this.#at)
    const wall = this.#clock.wallNow()
    const expected = this.#floor + elapsed
    this.#at = monotonic
    const agree = Math.abs(wall - expected) <= toleratedMs
    const slew = elapsed * slewRate
    this.#floor = agree ? Math.min(Math.max(wall, expected - slew), expected + slew) : expected
    // A node that does not yet know how long it was stopped must not show the others a running
    // floor: they would take it for the time.
    return this.#isStarting && !agree && wall > expected ? this.#kept : Math.floor(this.#floor)
  }

  /**
   * Checks the wall clock; called every second. A jump is followed if a sleep of the machine or a
   * stop of the server explains it.
   */
  watch(): ClockState {
    this.#addSleep()
    this.follow()
    const byMs = this.#clock.wallNow() - this.#floor
    if (Math.abs(byMs) <= toleratedMs) {
      if (this.#isStarting && this.#stopExplainedInMs() <= 0)
        this.#goOnFrom(Math.max(this.#clock.wallNow(), this.#floor))
      return { kind: 'right' }
    }
    if (byMs < 0) return { kind: 'behind', byMs: -byMs }
    if (!this.#isStarting) return { kind: 'ahead', byMs, followedInMs: null }
    const waitMs = byMs <= stopExplainsMs ? this.#stopExplainedInMs() : this.#heldMs(byMs)
    if (waitMs <= 0) {
      this.#goOnFrom(this.#clock.wallNow())
      return { kind: 'right' }
    }
    return byMs <= stopExplainsMs
      ? { kind: 'starting', byMs }
      : { kind: 'ahead', byMs, followedInMs: waitMs }
  }

  /**
   * Continues from the floor at which an epoch began. That may have been a while ago: as at a
   * start, the wall clock may be ahead of it. Every log of a node enters an epoch, each at its own
   * time: only the first one moves the floor.
   */
  enter(epoch: number, floor: number): void {
    if (epoch <= this.#epoch) return
    this.#epoch = epoch
    this.#floor = floor
    this.#kept = floor
    this.#at = this.#clock.monotonic()
    this.#isStarting = true
    this.watch()
  }

  /** Whether an idle server should write its floor. */
  isDueToBeKept(floor: number): boolean {
    return floor - this.#kept >= keptEveryMs
  }

  /**
   * An operator accepts the wall clock.
   * @returns false, without any change, if the clock is no longer off in this direction.
   */
  accept(direction: AcceptedClock): boolean {
    this.follow()
    const byMs = this.#clock.wallNow() - this.#floor
    if (direction === 'ahead' ? byMs <= toleratedMs : byMs >= -toleratedMs) return false
    this.#undo ??= { floor: this.#floor, isStarting: this.#isStarting }
    this.#goOnFrom(this.#clock.wallNow())
    return true
  }

  /** @param kept the floor that was committed. */
  committed(kept: number): void {
    this.#kept = kept
  }

  /** @param epoch that begins with what was accepted and is committed. */
  accepted(epoch: number): void {
    this.#epoch = epoch
    this.#undo = undefined
  }

  /** Undoes what was accepted since the last commit. */
  rolledBack(): void {
    if (this.#undo === undefined) return
    this.#floor = this.#undo.floor
    this.#isStarting = this.#undo.isStarting
    this.#undo = undefined
  }

  #goOnFrom(floor: number): void {
    this.#floor = floor
    this.#isStarting = false
  }

  /**
   * After a sleep of the machine its length is known: the monotonic clock stopped, while the uptime
   * continued.
   */
  #addSleep(): void {
    const slept = this.#clock.uptime() - this.#clock.monotonic()
    const since = slept - this.#slept
    if (since < shortestSleepMs) return
    this.#slept = slept
    this.#floor += since
  }

  #stopExplainedInMs(): number {
    return settledUptimeMs - this.#clock.uptime()
  }

  #heldMs(byMs: number): number {
    const monotonic = this.#clock.monotonic()
    if (Math.abs(byMs - this.#steady.byMs) > toleratedMs) this.#steady = { byMs, since: monotonic }
    return heldMs - (monotonic - this.#steady.since)
  }
}
