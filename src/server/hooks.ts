/**
 * What a thread gets from outside: time, randomness, and failpoints that do nothing. The tests' own
 * entry point names a module that replaces them; `holdfast server` names none, and there is no flag
 * or variable for it.
 */
import type { Dialect } from '../api/dialect.ts'
import { type Clock, systemClock } from '../ports/clock.ts'
import { type Failpoints, noFailpoints } from '../ports/failpoints.ts'
import type { Journal } from '../ports/journal.ts'
import { type Random, systemRandom } from '../ports/random.ts'

export type Hooks = {
  readonly clock: Clock
  /** What the clock of a database shows: tests that move time move it for both. */
  readonly databaseInstant: (shown: number) => number
  readonly random: Random
  readonly failpoint: Failpoints
  /** Wraps the journal between engine and writer: only a benchmark that compares uses it. */
  readonly journal: (real: Journal) => Journal
  /** The dialects that are served, made from those of a deployment. */
  readonly dialects: (ours: readonly Dialect[]) => readonly Dialect[]
}

const system: Hooks = {
  clock: systemClock,
  databaseInstant: (shown) => shown,
  random: systemRandom,
  failpoint: noFailpoints,
  journal: (real) => real,
  dialects: (ours) => ours,
}

/**
 * @param source URL of a module with any of the hooks, and the data passed to its `hooks` function.
 */
export type HookSource = { readonly module: string; readonly data: unknown } | undefined

export async function loadHooks(source: HookSource): Promise<Hooks> {
  if (source === undefined) return system
  const { hooks } = (await import(source.module)) as { hooks: (data: unknown) => Partial<Hooks> }
  return { ...system, ...hooks(source.data) }
}
