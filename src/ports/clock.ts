/**
 * Three clocks, each for its own purpose, injected so that tests can move them. The table of uses
 * is in docs/architecture.md, "Time".
 */
import { uptime } from 'node:os'

export interface Clock {
  /**
   * The wall clock, milliseconds since 1970. May jump either way; it is compared with other
   * machines' clocks, and never trusted alone for anything else.
   */
  wallNow(): number
  /**
   * Milliseconds since an arbitrary start; never jumps, and stops while the machine sleeps. Used to
   * measure durations.
   */
  monotonic(): number
  /**
   * Milliseconds since the machine started, including sleep; never jumps. Accurate to a hundredth
   * of a second, and more expensive to read than the others.
   */
  uptime(): number
}

export const systemClock: Clock = {
  wallNow: () => Date.now(),
  monotonic: () => performance.now(),
  uptime: () => uptime() * 1000,
}

/**
 * What an operator may accept: that the floor moves forward to the wall clock, or back to it, which
 * revives what ended in between.
 */
export type AcceptedClock = 'ahead' | 'behind'

/** The wall clock relative to the time floor; `byMs` is how far the two are apart. */
export type ClockState =
  | { readonly kind: 'right' }
  /**
   * Ahead after a stop that explains it: the floor follows once the machine has been up long enough
   * to have set its clock.
   */
  | { readonly kind: 'starting'; readonly byMs: number }
  /**
   * Ahead by more than anything explains.
   * @param followedInMs at a start, how much longer it has to stay there before the floor follows;
   * otherwise null.
   */
  | { readonly kind: 'ahead'; readonly byMs: number; readonly followedInMs: number | null }
  /** Behind. */
  | { readonly kind: 'behind'; readonly byMs: number }
