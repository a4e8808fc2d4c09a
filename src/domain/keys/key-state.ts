/**
 * The state of a key, derived from three independent facts: usable material or not, disabled or
 * not, deletion date or not.
 */
import type { KeyRow } from '../rows.ts'

/** Every state, in display order. */
export const keyStates = ['enabled', 'disabled', 'pending-import', 'pending-deletion'] as const
export type KeyState = (typeof keyStates)[number]

export type KeyFacts = Pick<
  KeyRow,
  'disabled' | 'deletionAt' | 'materialVersion' | 'materialExpiresAt' | 'deletedAt'
>

/**
 * Whether there is material that may be used at `now`: from the instant of its expiry it may not be
 * used, erased or not.
 */
export function hasUsableMaterial(key: KeyFacts, now: number): boolean {
  return (
    key.materialVersion !== null && (key.materialExpiresAt === null || now < key.materialExpiresAt)
  )
}

/**
 * State at `now` (milliseconds). A key that ended has none: callers treat a tombstone as unknown
 * before they call this.
 */
export function keyState(key: KeyFacts, now: number): KeyState {
  if (key.deletionAt !== null) return 'pending-deletion'
  if (!hasUsableMaterial(key, now)) return 'pending-import'
  return key.disabled === 1 ? 'disabled' : 'enabled'
}
