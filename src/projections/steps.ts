/** Long reports in short steps: the reports of others, and the log's follower, run in between. */
import { setImmediate as nextTurn } from 'node:timers/promises'

/**
 * A row or a record takes 10 to 40 µs to verify or decode, so a step takes a few milliseconds at
 * most.
 */
export const atOnce = 100

/** Applies `look` to each, with a turn of the event loop for others after every step. */
export async function inSteps<T, R>(
  list: readonly T[],
  look: (one: T) => readonly R[],
): Promise<R[]> {
  const made: R[] = []
  for (let at = 0; at < list.length; at += atOnce) {
    if (at > 0) await nextTurn()
    for (const one of list.slice(at, at + atOnce)) made.push(...look(one))
  }
  return made
}

export { nextTurn }
