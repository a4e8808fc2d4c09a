/**
 * Limits on guessing a password over the network: what is counted, how many tries are free, and how
 * long the next one then waits.
 */

/**
 * What a failed sign-in is counted by: the user in one block of addresses; the user in all blocks
 * from which they have never signed in, against guesses from many addresses; one block over all
 * users, against many names from one place.
 */
export type Tried = 'user-in-block' | 'user' | 'block'

/**
 * Failures that cause no wait. In total, a user's password is tried at most as often as `user` and
 * its waits allow.
 */
export const freeTries: Readonly<Record<Tried, number>> = { 'user-in-block': 3, user: 7, block: 19 }

const firstWaitMs = 1000
export const longestWaitMs = 900_000
/** After this long without a failure, a count starts again at zero. */
export const failuresKeptMs = 86_400_000
/**
 * Maximum number of counts kept, over all users and addresses; beyond it, the lowest are removed
 * first.
 */
export const countsKept = 20_000
/** A block of addresses is forgotten when its user has not signed in from it for this long. */
export const provenKeptMs = 90 * 86_400_000

/**
 * How long the next try waits after the last of `failures`, in milliseconds: each failure beyond
 * the free ones doubles it.
 */
export function waitMs(tried: Tried, failures: number): number {
  const beyond = failures - freeTries[tried]
  return beyond <= 0 ? 0 : Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(30, beyond - 1))
}
