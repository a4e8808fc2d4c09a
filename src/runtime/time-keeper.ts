/**
 * The floor of time, kept with the log: it runs with the monotonic clock and keeps to the wall
 * clock while the two agree. A jump of the wall clock it follows neither way, until an operator
 * accepts it or the clock comes right by itself.
 */
import type { AcceptedClock, Clock, ClockState } from '../ports/clock.ts'

/** So far apart, wall clock and floor still agree. */
const toleratedMs = 60_000
/** While they agree, the floor runs at most this much faster or slower than the monotonic clock. */
const slewRate = 0.01
/**
 * Being stopped explains that the wall clock is ahead of the last record at a start, by as much as
 * this.
 */
const stopExplainsMs = 86_400_000
/**
 * A start that is further ahead is followed after so long of running, if the clock stays where it
 * is.
 */
const heldMs = 3_600_000
/** A machine that has been up for less may yet be given its time, by NTP or its host. */
const settledUptimeMs = 600_000
/**
 * Where other nodes write to the same store, they have been heard of after so long: each writes its
 * floor down every half minute.
 */
const heardWithinMs = 90_000
/** Uptime and monotonic clock are read one after the other, and the first of them in steps. */
const shortestSleepMs = 2000
/** An idle floor that ran on by so much is written down. */
const keptEveryMs = 30_000

export class TimeKeeper {
  readonly #clock: Clock
  readonly #isShared: boolean
  readonly #startedAt: number
  #floor: number
  /** Monotonic instant of `#floor`. */
  #at: number
  /** Uptime less monotonic clock: what the machine slept. */
  #slept: number
  /** The floor as it stands in the store. */
  #kept: number
  /** Since the start, nothing has shown yet how long the server was stopped. */
  #isStarting = true
  /** How far the wall clock was ahead when it last changed by itself, and since when it is. */
  #steady: { readonly byMs: number; readonly since: number }
  #undo: { readonly floor: number; readonly isStarting: boolean } | undefined

  /**
   * @param floor as it was kept, milliseconds since 1970.
   * @param options.isShared whether other nodes may write to the same store.
   */
  constructor(
    clock: Clock,
    floor: number,
    { isShared = false }: { readonly isShared?: boolean } = {},
  ) {
    this.#clock = clock
    this.#isShared = isShared
    this.#floor = floor
    this.#kept = floor
    this.#at = clock.monotonic()
    this.#startedAt = this.#at
    this.#slept = clock.uptime() - this.#at
    this.#steady = { byMs: 0, since: this.#at }
    this.watch()
  }

  /** The later of wall clock and floor, whole milliseconds. */
  decidingNow(): number {
    return Math.max(this.#clock.wallNow(), Math.floor(this.#floor))
  }

  /**
   * Moves the floor by the time that passed.
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
    // A node that does not know yet how long it was stopped shows the others no floor that runs:
    // they would take it for the time.
    return this.#isStarting && !agree && wall > expected ? this.#kept : Math.floor(this.#floor)
  }

  /**
   * Judges the wall clock; called every second. What a sleep of the machine or a stop of the server
   * explains is followed.
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
   * The floor as it now stands in the store. Another value than the last one kept here was written
   * by another node.
   */
  heard(kept: number): void {
    if (kept === this.#kept) return
    this.follow()
    // No node lowers a floor but by an operator's word. A floor that runs shows what time it is,
    // whatever this node's own clock says.
    this.#floor = kept < this.#kept ? kept : Math.max(kept, this.#floor)
    this.#kept = kept
    this.#isStarting = false
  }

  /** Whether an idle server should write its floor down. */
  isDueToBeKept(floor: number): boolean {
    return floor - this.#kept >= keptEveryMs
  }

  /**
   * An operator accepts the wall clock.
   * @returns false, and nothing is changed, when that is not off in this direction by now.
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
    this.#undo = undefined
  }

  /** What was accepted since the last commit is not. */
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
   * A machine that slept knows for how long: the monotonic clock stood still meanwhile, its uptime
   * went on.
   */
  #addSleep(): void {
    const slept = this.#clock.uptime() - this.#clock.monotonic()
    const since = slept - this.#slept
    if (since < shortestSleepMs) return
    this.#slept = slept
    this.#floor += since
  }

  #stopExplainedInMs(): number {
    const untilSettled = settledUptimeMs - this.#clock.uptime()
    const untilHeard = this.#isShared
      ? heardWithinMs - (this.#clock.monotonic() - this.#startedAt)
      : 0
    return Math.max(untilSettled, untilHeard)
  }

  #heldMs(byMs: number): number {
    const monotonic = this.#clock.monotonic()
    if (Math.abs(byMs - this.#steady.byMs) > toleratedMs) this.#steady = { byMs, since: monotonic }
    return heldMs - (monotonic - this.#steady.since)
  }
}
