/** How the tests run the model: the worlds that they visit as a whole, and what they print. */
import type { TestContext } from 'node:test'
import { type Deployment, firstState, keyOf, type World } from './deployment.ts'
import { type Explored, explore } from './explorer.ts'
import type { Fault, Faults } from './faults.ts'
import { invariants } from './invariants.ts'
import { steps } from './steps.ts'

const none = { ticks: 0, failovers: 0, crashes: 0, clocks: 0 }

/** They take seconds together. */
export const smallWorlds: Readonly<Record<string, World>> = {
  'a change and uses on two nodes, while the key expires': {
    calls: ['use', 'use', 'disable'],
    left: { ...none, ticks: 1 },
  },
  'answers to COMMIT that are lost, callers who stop waiting': {
    calls: ['use', 'disable'],
    left: { ...none, ticks: 1 },
    doubts: true,
    givesUp: true,
  },
  'a failover that loses commits, and the acceptance': {
    calls: ['use', 'use', 'use', 'accept'],
    left: { ...none, failovers: 1 },
  },
  'a crash': { calls: ['use', 'disable'], left: { ...none, crashes: 1, ticks: 1 }, doubts: true },
  'a clock of a node that stops': {
    calls: ['use', 'use'],
    left: { ...none, ticks: 1, clocks: 1 },
    clock: 'stopped',
  },
}

/** Those that the code masters as it is, with the faults that it has. */
export const masteredWorlds: Readonly<Record<string, World>> = {
  'a change and uses on two nodes, while the key expires': {
    calls: ['use', 'use', 'disable'],
    left: { ...none, ticks: 1 },
    oneLane: true,
  },
  'answers to COMMIT that are lost': {
    calls: ['use', 'disable'],
    left: { ...none, ticks: 1 },
    doubts: true,
    givesUp: true,
  },
  'a failover that loses commits, and the acceptance, with one lane': {
    calls: ['use', 'use', 'disable', 'accept'],
    left: { ...none, failovers: 1 },
    oneLane: true,
  },
}

/** They take up to half a minute each. */
export const largeWorlds: Readonly<Record<string, World>> = {
  'a change, a failover, a crash, an acceptance, on two lanes': {
    calls: ['use', 'use', 'disable', 'accept'],
    left: { ...none, failovers: 1, crashes: 1 },
  },
  'the key expires, a failover, a crash, lost answers, impatient callers': {
    calls: ['use', 'use', 'accept'],
    left: { ...none, failovers: 1, crashes: 1, ticks: 1 },
    doubts: true,
    givesUp: true,
  },
  'two failovers, both acceptances, a clock of the database that goes back': {
    calls: ['use', 'use', 'clock', 'accept'],
    left: { ...none, failovers: 2, ticks: 1 },
    clockGoesBack: true,
    oneLane: true,
  },
  'a change, a crash, lost answers': {
    calls: ['use', 'use', 'disable'],
    left: { ...none, crashes: 1 },
    doubts: true,
  },
}

/**
 * Visits what can be reached.
 * @param only checks these invariants instead of all.
 */
export function visit(
  world: World,
  faults: Faults = new Set(),
  only: Readonly<Record<string, (state: Deployment) => boolean>> = invariants,
): Explored {
  return explore({
    initial: firstState(world),
    next: (state) => steps(state, world, faults),
    key: keyOf,
    invariants: only,
  })
}

/** Explores a world with a fault, until the invariant of the table is broken. */
export function visitFaulty({ name, world, breaks, alsoWith }: Fault): Explored {
  const names = alsoWith === undefined ? [name] : [name, alsoWith]
  return visit(world, new Set(names) as Faults, { [breaks]: invariants[breaks] })
}

/** `visit` as a part of a test, which prints how far it came. */
export function visitAll(t: TestContext, world: World, faults?: Faults): void {
  const began = performance.now()
  const { states, depth, broken } = visit(world, faults)
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  t.diagnostic(`${states} states, at most ${depth} actions deep, in ${seconds} s`)
  if (broken !== undefined)
    throw new Error(
      `broken: ${broken.invariant}\n${broken.trace.map((one) => `  ${one}`).join('\n')}`,
    )
}
