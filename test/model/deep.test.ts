/**
 * The model in larger worlds, and where the code has a fault today: that its repair is one.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Fault, faults } from './faults.ts'
import { largeWorlds, visitAll, visitFaulty } from './worlds.ts'

const table: readonly Fault[] = faults

describe('every state of a large world keeps the invariants', () => {
  for (const [name, world] of Object.entries(largeWorlds)) test(name, (t) => visitAll(t, world))
})

describe('without the faults of the code, their worlds keep the invariants', () => {
  for (const { name, world } of table.filter(({ isInCode }) => isInCode === true))
    test(name, (t) => visitAll(t, world))
})

describe('a fault that takes longer to find breaks the invariant that the table names', () => {
  for (const fault of table.filter(({ isDeep }) => isDeep === true))
    test(`${fault.name}: ${fault.breaks}`, (t) => {
      const { broken, states } = visitFaulty(fault)
      assert.equal(broken?.invariant, fault.breaks)
      t.diagnostic(`after ${states} states: ${broken.trace.join('; ')}`)
    })
})
