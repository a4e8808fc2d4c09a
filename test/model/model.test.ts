/**
 * Several nodes on one database, as a model of which every state is visited: that it keeps its
 * invariants, and that it would not without any one of the precautions. docs/model.md explains it.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Deployment, epochIn } from './deployment.ts'
import { type Fault, faults, faultsOfCode } from './faults.ts'
import { invariants } from './invariants.ts'
import { masteredWorlds, smallWorlds, visit, visitAll, visitFaulty } from './worlds.ts'

const table: readonly Fault[] = faults

describe('every state of a small world keeps the invariants', () => {
  for (const [name, world] of Object.entries(smallWorlds)) test(name, (t) => visitAll(t, world))
})

describe('the code as it is keeps the invariants in some worlds', () => {
  for (const [name, world] of Object.entries(masteredWorlds))
    test(name, (t) => visitAll(t, world, faultsOfCode))
})

/** A model in which nothing happens keeps every invariant. */
describe('the model gets to', () => {
  const goals: Readonly<Record<string, (state: Deployment) => boolean>> = {
    'all calls answered': ({ calls }) => calls.every(({ ends }) => ends === 1),
    'two calls at COMMIT at once': ({ calls }) =>
      calls.filter(({ phase }) => phase === 'sent').length === 2,
    'a use that is done after an accepted loss': (state) =>
      epochIn(state).accepted > 0 &&
      state.calls.some(({ kind, end, epoch }) => kind === 'use' && end === 'done' && epoch > 0),
    'a use that is refused because another node lost something': ({ calls, isNoticed }) =>
      isNoticed && calls.filter(({ end }) => end === 'unavailable').length === 2,
  }
  const world = smallWorlds['a failover that loses commits, and the acceptance']
  for (const [name, isReached] of Object.entries(goals))
    test(name, () => {
      assert.ok(world)
      const { broken } = visit(world, new Set(), { [name]: (state) => !isReached(state) })
      assert.equal(broken?.invariant, name)
    })
})

describe('each fault breaks the invariant that the table names', () => {
  for (const fault of table.filter(({ isDeep }) => isDeep !== true))
    test(`${fault.name}${fault.isInCode ? ', as in the code' : ''}: ${fault.breaks}`, (t) => {
      const { broken, states } = visitFaulty(fault)
      assert.equal(broken?.invariant, fault.breaks)
      t.diagnostic(`after ${states} states: ${broken.trace.join('; ')}`)
    })
})

test('every invariant is broken by some fault', () => {
  const broken = new Set(table.map(({ breaks }) => breaks))
  assert.deepEqual([...broken].toSorted(), Object.keys(invariants).toSorted())
})
