/** Runs of many seeds. A failure names the seed, and what happened last. */
import assert from 'node:assert/strict'
import { type Mutant, type Outcome, simulate } from './world.ts'

const shownLines = 60

type Seeds = { readonly from: number; readonly count: number }

/** Those that the environment names, or the usual ones. */
export function seedsOf(usual: Seeds): Seeds {
  const { HOLDFAST_SIMULATION_SEED: seed, HOLDFAST_SIMULATION_COUNT: count } = process.env
  if (seed === undefined && count === undefined) return usual
  return { from: Number(seed ?? usual.from), count: Number(count ?? 1) }
}

/** @throws AssertionError for the first seed that finds something. */
export async function runSeeds({ from, count }: Seeds): Promise<void> {
  const began = performance.now()
  let steps = 0
  const counts = new Map<string, number>()
  for (let seed = from; seed < from + count; seed++) {
    const outcome = await simulate(seed)
    if (outcome.violations.length > 0) assert.fail(await textOf(outcome))
    steps += outcome.steps
    for (const [kind, times] of outcome.counts) counts.set(kind, (counts.get(kind) ?? 0) + times)
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  console.log(`${count} seeds from ${from} on, ${steps} steps, ${seconds} s`)
  if (process.env.HOLDFAST_SIMULATION_COUNTS !== undefined)
    for (const [kind, times] of [...counts].toSorted()) console.log(`  ${times} ${kind}`)
}

/** The first of some seeds that finds something with a defect. */
export async function foundBy(
  mutant: Mutant,
  { from, count }: Seeds,
): Promise<Outcome | undefined> {
  for (let seed = from; seed < from + count; seed++) {
    const outcome = await simulate(seed, mutant)
    if (outcome.violations.length > 0) return outcome
  }
  return undefined
}

async function textOf({ seed, violations }: Outcome): Promise<string> {
  const { trace } = await simulate(seed, {}, true)
  return [
    `seed ${seed}: ${violations.join('; ')}`,
    ...trace.slice(-shownLines),
    `repeat it with HOLDFAST_SIMULATION_SEED=${seed}`,
  ].join('\n')
}
