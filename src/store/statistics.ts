/** State of keys that were counted together, from the facts that the count tells them apart by. */
import type { KeyCount, StoreStatistics } from '../ports/store.ts'

export function keyStateOf(
  facts: Readonly<Record<'disabled' | 'usable' | 'ending', unknown>>,
): StoreStatistics['keys'][number]['state'] {
  if (facts.ending === 1) return 'pending-deletion'
  if (facts.usable === 0) return 'pending-import'
  return facts.disabled === 1 ? 'disabled' : 'enabled'
}

/** A row of `keyCounts`. */
export function keyCountOf([spec, usage, origin, disabled, usable, ending, count]: readonly unknown[]): KeyCount {
  const state = keyStateOf({ disabled, usable, ending })
  return { spec: String(spec), usage: String(usage), origin: String(origin), state, count: Number(count) }
}
