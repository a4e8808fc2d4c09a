/** The quota of keys in a project. */
import { KmsError } from '../errors.ts'

/** How many keys a project had at an instant of the monotonic clock, in milliseconds. */
export type KeyCount = { readonly keys: number; readonly at: number }

/** So near to its quota a project's keys are counted for each key that is made. */
const nearKeys = 1000
const countMs = 1000

/**
 * Whether a count from before still decides: while a thousand keys more would be within the quota,
 * for a second. So the end of the quota is met with fresh counts unless all servers together make
 * more than a thousand keys of one project in a second. Creations under way at the same moment do
 * not see each other: as many as run at once may go past the quota.
 */
export function countServes({ keys, at }: KeyCount, quota: number, now: number): boolean {
  return keys + nearKeys < quota && now - at < countMs
}

/** @throws KmsError too-many-keys. */
export function checkKeyQuota(keys: number, quota: number): void {
  if (keys >= quota)
    throw new KmsError('too-many-keys', `this project holds ${quota} keys, as many as it may`)
}
