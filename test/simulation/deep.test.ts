/**
 * The same as simulation.test.ts, over more seeds: about half a minute.
 * HOLDFAST_SIMULATION_COUNT=1500 takes five minutes.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rareMutants } from './mutants.ts'
import { foundBy, runSeeds, seedsOf } from './seeds.ts'

/** Among these is one that finds each of them: from the first one on it would take a minute. */
const rare = { from: 260, count: 1000 } as const

test('with many more faults, what is answered holds', async () => {
  await runSeeds(seedsOf({ from: 100_000, count: 200 }))
})

for (const [name, mutant] of Object.entries(rareMutants))
  test(`found: ${name}`, async () => {
    const found = await foundBy(mutant, rare)
    assert.ok(found !== undefined, `${rare.count} seeds find nothing`)
    console.log(`seed ${found.seed}: ${found.violations[0]}`)
  })
