/** Time, injected so that tests can move it. */
export interface Clock {
  /** Wall clock, milliseconds since 1970. May jump either way. */
  now(): number
  /** Milliseconds since some start; never jumps. Durations are measured with this one. */
  monotonic(): number
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
}
