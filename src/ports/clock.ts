/**
 * Three clocks, each for what it is for, injected so that tests can move them. The table of uses is
 * in docs/architecture.md, "Time".
 */
import { uptime } from 'node:os'

export interface Clock {
  /**
   * The wall clock, milliseconds since 1970. May jump either way; compared with other machines'
   * clocks, trusted alone for nothing else.
   */
  wallNow(): number
  /**
   * Milliseconds since some start; never jumps, and stands still while the machine sleeps.
   * Durations are measured with this one.
   */
  monotonic(): number
  /**
   * Milliseconds since the machine started, its sleep included; never jumps. A hundredth of a
   * second exact, and dearer to read than the others.
   */
  uptime(): number
}

export const systemClock: Clock = {
  wallNow: () => Date.now(),
  monotonic: () => performance.now(),
  uptime: () => uptime() * 1000,
}

/**
 * What an operator may accept: that the floor goes forward to the wall clock, or back to it, which
 * revives what ended in between.
 */
export type AcceptedClock = 'ahead' | 'behind'

/** The wall clock as the floor of time sees it; `byMs` is how far the two are apart. */
export type ClockState =
  | { readonly kind: 'right' }
  /**
   * Ahead after a stop that explains it: the floor follows once the machine has been up for long
   * enough to have set its clock.
   */
  | { readonly kind: 'starting'; readonly byMs: number }
  /**
   * Ahead by more than anything explains.
   * @param followedInMs at a start, how long it still has to stay there to be followed; else null.
   */
  | { readonly kind: 'ahead'; readonly byMs: number; readonly followedInMs: number | null }
  /** Behind. */
  | { readonly kind: 'behind'; readonly byMs: number }
