/**
 * The same as simulation.test.ts, over many more seeds: about three minutes of one core.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rareMutants } from './mutants.ts'
import { foundBy, runSeeds, seedsOf } from './seeds.ts'

const mostSeeds = 1000

test('with many more faults, what is answered holds', async () => {
  await runSeeds(seedsOf({ from: 100_000, count: 400 }))
})

for (const [name, mutant] of Object.entries(rareMutants))
  test(`found: ${name}`, async () => {
    const found = await foundBy(mutant, { from: 1, count: mostSeeds })
    assert.ok(found !== undefined, `${mostSeeds} seeds find nothing`)
    console.log(`seed ${found.seed}: ${found.violations[0]}`)
  })
