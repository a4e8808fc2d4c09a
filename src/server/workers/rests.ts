/**
 * Rests between long pieces of work, for threads that others should go before. A priority alone
 * does not do it: a sandbox may forbid it, and where the scheduler lets a thread run on to the end
 * of its time slice, each step of somebody else's request waits for a slice.
 */

/** How the thread sleeps, and by which clock. */
export type Sleeping = { readonly sleep: (ms: number) => void; readonly now: () => number }

const leastMs = 0.05
const mostMs = 8
/** Woken later than this, the thread was not alone on its processor. */
const lateMs = 0.5

const never = new Int32Array(new SharedArrayBuffer(4))
const threadSleeping: Sleeping = {
  sleep: (ms) => void Atomics.wait(never, 0, 0, ms),
  now: () => performance.now(),
}

/**
 * Gives the processor away for a moment after each long piece. Whoever waits for it gets it then,
 * and the thread wakes late; so long as it does, its rests grow, up to half of what it worked. On a
 * processor that nobody else wants it loses next to nothing.
 */
export class Rests {
  readonly #sleeping: Sleeping
  #ms = leastMs

  constructor(sleeping: Sleeping = threadSleeping) {
    this.#sleeping = sleeping
  }

  /** @param tookMs how long the piece took that has just ended. */
  after(tookMs: number): void {
    const { sleep, now } = this.#sleeping
    const asked = Math.min(this.#ms, tookMs / 2)
    const began = now()
    sleep(asked)
    const late = now() - began - asked
    this.#ms = late > lateMs ? Math.min(this.#ms * 2, mostMs) : Math.max(this.#ms / 2, leastMs)
  }
}
