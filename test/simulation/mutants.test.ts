/** The simulation finds defects: each of some that are put in, within a few seeds. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mutants } from './mutants.ts'
import { foundBy } from './seeds.ts'

const mostSeeds = 100

for (const [name, mutant] of Object.entries(mutants))
  test(`found: ${name}`, async () => {
    const found = await foundBy(mutant, { from: 1, count: mostSeeds })
    assert.ok(found !== undefined, `${mostSeeds} seeds find nothing`)
    console.log(`seed ${found.seed}: ${found.violations[0]}`)
  })
