/**
 * The real parts of several nodes over a simulated database, with faults: what is answered is
 * recorded, and holds. Each run follows from its seed alone. HOLDFAST_SIMULATION_SEED runs one
 * seed, or several from it on with HOLDFAST_SIMULATION_COUNT.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runSeeds, seedsOf } from './seeds.ts'
import { simulate } from './world.ts'

test('with faults of all kinds, what is answered holds', async () => {
  await runSeeds(seedsOf({ from: 1, count: 50 }))
})

test('a seed is repeated exactly', async () => {
  for (const seed of [3, 1234]) {
    const [first, second] = [await simulate(seed), await simulate(seed)]
    assert.ok(first.steps > 500, `${first.steps} steps`)
    assert.equal(first.hash, second.hash)
    assert.deepEqual(first.counts, second.counts)
  }
  assert.notEqual((await simulate(3)).hash, (await simulate(4)).hash)
})
