/**
 * How hard a password is to guess over the network: what is counted, how many tries are free, and
 * how long the next one waits then.
 */

/**
 * What a failed sign-in is counted by. The user in one block of addresses; the user in all blocks
 * from which they never signed in, for guesses from many; one block over all users, for many names
 * from one.
 */
export type Tried = 'user-in-block' | 'user' | 'block'

/**
 * Failures that nobody waits for. Together a user is tried at most as often as `user` and its waits
 * allow.
 */
export const freeTries: Readonly<Record<Tried, number>> = { 'user-in-block': 3, user: 7, block: 19 }

const firstWaitMs = 1000
export const longestWaitMs = 900_000
/** After so long without a failure, a count begins at nothing. */
export const failuresKeptMs = 86_400_000
/** Counts that are kept, of all users and addresses together; beyond, the least go first. */
export const countsKept = 20_000
/** A block of addresses in which a user did not sign in for so long is forgotten. */
export const provenKeptMs = 90 * 86_400_000

/**
 * How long the next try waits after the last of so many failures: each one beyond the free ones
 * doubles it. Milliseconds.
 */
export function waitMs(tried: Tried, failures: number): number {
  const beyond = failures - freeTries[tried]
  return beyond <= 0 ? 0 : Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(30, beyond - 1))
}
