/**
 * What the world gives to a thread: time, randomness, and nothing at the failpoints. The tests' own
 * entry point names a module that gives something else; `holdfast server` names none, and there is
 * no flag or variable for it.
 */
import type { Dialect } from '../api/dialect.ts'
import { type Clock, systemClock } from '../ports/clock.ts'
import { type Failpoints, noFailpoints } from '../ports/failpoints.ts'
import type { Journal } from '../ports/journal.ts'
import { type Random, systemRandom } from '../ports/random.ts'

export type Hooks = {
  readonly clock: Clock
  readonly random: Random
  readonly failpoint: Failpoints
  /** What stands between engine and writer: nothing, but for a benchmark that compares. */
  readonly journal: (real: Journal) => Journal
  /** The dialects that are spoken, made of those that a deployment speaks. */
  readonly dialects: (ours: readonly Dialect[]) => readonly Dialect[]
}

const system: Hooks = {
  clock: systemClock,
  random: systemRandom,
  failpoint: noFailpoints,
  journal: (real) => real,
  dialects: (ours) => ours,
}

/**
 * @param source module with any of `clock`, `random`, `failpoint`, `journal`, `dialects`, as a URL,
 * and the data its `hooks` function is given.
 */
export type HookSource = { readonly module: string; readonly data: unknown } | undefined

export async function loadHooks(source: HookSource): Promise<Hooks> {
  if (source === undefined) return system
  const { hooks } = (await import(source.module)) as { hooks: (data: unknown) => Partial<Hooks> }
  return { ...system, ...hooks(source.data) }
}
