/** The quota of keys in a project. */
import { KmsError } from '../errors.ts'

/** How many keys a project had at an instant of the monotonic clock, in milliseconds. */
export type KeyCount = { readonly keys: number; readonly at: number }

/** Within this many keys of its quota, a project's keys are counted again for each key created. */
const nearKeys = 1000
const countMs = 1000

/**
 * Whether an earlier count may still be used: while a thousand more keys would be within the quota,
 * for a second. So the quota is enforced with fresh counts unless all servers together create more
 * than a thousand keys of one project in a second. Concurrent creations do not see each other: as
 * many as run at once may exceed the quota.
 */
export function countServes({ keys, at }: KeyCount, quota: number, now: number): boolean {
  return keys + nearKeys < quota && now - at < countMs
}

/** @throws KmsError too-many-keys. */
export function checkKeyQuota(keys: number, quota: number): void {
  if (keys >= quota)
    throw new KmsError('too-many-keys', `this project has reached its limit of ${quota} keys`)
}
