/**
 * Rests between long pieces of work, for threads that others should take precedence over. A
 * priority alone is not enough: a sandbox may forbid it, and if the scheduler lets a thread run to
 * the end of its time slice, each step of another request waits for a slice.
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
 * Yields the processor for a moment after each long piece. If another thread is waiting for it,
 * that one runs, and this thread wakes late; while that happens, its rests grow, up to half of the
 * time it worked. On an otherwise idle processor it loses almost nothing.
 */
export class Rests {
  readonly #sleeping: Sleeping
  #ms = leastMs

  constructor(sleeping: Sleeping = threadSleeping) {
    this.#sleeping = sleeping
  }

  /** @param tookMs duration of the piece that has just ended. */
  readonly after = (tookMs: number): void => {
    const { sleep, now } = this.#sleeping
    const asked = Math.min(this.#ms, tookMs / 2)
    const began = now()
    sleep(asked)
    const late = now() - began - asked
    this.#ms = late > lateMs ? Math.min(this.#ms * 2, mostMs) : Math.max(this.#ms / 2, leastMs)
  }
}
