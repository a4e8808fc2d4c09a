/**
 * The state of a key in SQL, from the same three facts as in domain/keys/key-state.ts: usable
 * material or not, disabled or not, deletion date or not. It is defined only here;
 * test/contracts/store.ts compares both for every possible key.
 */
import { sql } from 'kysely'
import { type KeyState, keyStates } from '../../domain/keys/key-state.ts'

/** Whether a key's material may be used at `now`. */
export function isUsable(now: number) {
  return sql<boolean>`(material_version is not null and (material_expires_at is null or material_expires_at > ${now}))`
}

/** The state at `now`, by its name. */
export function stateAt(now: number) {
  return sql<KeyState>`case when deletion_at is not null then 'pending-deletion' when not ${isUsable(now)} then 'pending-import' when disabled = 1 then 'disabled' else 'enabled' end`
}

/** The state of a row, as returned by `stateAt`. */
export function keyStateIn(value: unknown): KeyState {
  const state = keyStates.find((one) => one === value)
  if (state === undefined) throw new TypeError('a key is in no known state')
  return state
}
