/**
 * Faults that the model can have: the code without one of its precautions. Each of them must break
 * the invariant that the table names, in the smallest world that shows it.
 */
import type { World } from './deployment.ts'
import type { Invariant } from './invariants.ts'

const none = { ticks: 0, failovers: 0, crashes: 0, clocks: 0 }

/** What needs neither a failover nor a crash. */
const calm: World = { calls: ['use', 'disable'], left: { ...none, ticks: 1 }, doubts: true }
/** A database that loses something, and an operator who accepts that. */
const loss: World = {
  calls: ['use', 'use', 'accept'],
  left: { ...none, failovers: 1 },
  oneLane: true,
}
/** The clock of the database goes back as well. */
const backwards: World = {
  calls: ['use', 'use'],
  left: { ticks: 1, failovers: 1, crashes: 1, clocks: 0 },
  clockGoesBack: true,
  oneLane: true,
}

export type Fault = {
  readonly name: string
  /** Another one without which it breaks nothing. */
  readonly alsoWith?: string
  readonly world: World
  readonly breaks: Invariant
  /** Whether the code has it today. */
  readonly isInCode?: true
  /** Whether it takes more than seconds to find. */
  readonly isDeep?: true
}

export const faults = [
  { name: 'one decision', world: calm, breaks: 'answers rely on current facts' },
  { name: 'no lock for changes', world: calm, breaks: 'answers rely on current facts' },
  { name: 'answer before commit', world: calm, breaks: 'an answer has its record' },
  { name: 'unknown is committed', world: calm, breaks: 'an answer has its record' },
  {
    name: 'answered twice',
    world: { ...calm, givesUp: true },
    breaks: 'a call is answered once',
  },
  {
    name: 'own clock',
    world: { calls: ['use'], left: { ...none, ticks: 1, clocks: 1 }, clock: 'stopped' },
    breaks: 'answers rely on current facts',
  },
  { name: 'adopts without acceptance', world: loss, breaks: 'a node notices what it lost' },
  {
    name: 'cache kept',
    world: { ...loss, calls: ['use', 'use', 'use', 'accept'] },
    breaks: 'an epoch begins without a cache',
  },
  {
    name: 'mark ignored',
    world: { ...loss, calls: ['use', 'use'], left: { ...none, failovers: 1, crashes: 1 } },
    breaks: 'a node notices what it lost',
  },
  {
    name: 'floor ignored',
    world: backwards,
    breaks: 'nothing succeeds after an acknowledged end',
  },
  {
    name: 'siblings judged by the lane',
    world: { ...loss, calls: ['use', 'use', 'use', 'accept'], oneLane: false },
    breaks: 'no loss is reported that there is not',
  },
  {
    name: 'lower epoch told nobody',
    world: { ...loss, calls: ['use', 'use', 'clock'] },
    breaks: 'no answer once a loss is noticed',
  },
  {
    name: 'halt in the lower epoch',
    alsoWith: 'clock accepts losses',
    world: { ...loss, calls: ['use', 'use', 'accept', 'clock'] },
    breaks: 'no loss is reported that there is not',
  },
  {
    name: 'halt forgotten',
    world: {
      calls: ['use', 'use', 'use'],
      left: { ...none, failovers: 2, crashes: 1 },
      oneLane: true,
    },
    breaks: 'a node remembers a halt',
    isDeep: true,
  },
  {
    name: 'clock accepts losses',
    world: { ...loss, calls: ['use', 'use', 'clock'] },
    breaks: 'a node notices what it lost',
  },
  {
    name: 'start without locks',
    world: { calls: ['use', 'use'], left: { ...none, crashes: 1 } },
    breaks: 'no loss is reported that there is not',
  },
  {
    name: 'expired decided once',
    world: { calls: ['use', 'use'], left: { ...none, clocks: 1 }, clock: 'ahead' },
    breaks: 'answers rely on current facts',
    isInCode: true,
  },
  {
    name: 'clock back beyond the floors',
    world: backwards,
    breaks: 'nothing succeeds after an acknowledged end',
    isInCode: true,
  },
  {
    name: 'floor of the epoch alone',
    world: {
      ...backwards,
      calls: ['use', 'use', 'clock'],
      left: { ...backwards.left, crashes: 0 },
    },
    breaks: 'nothing succeeds after an acknowledged end',
    isDeep: true,
  },
] as const satisfies readonly Fault[]

export type Faults = ReadonlySet<(typeof faults)[number]['name']>

/** The model of the code as it is. */
export const faultsOfCode: Faults = new Set(
  faults.flatMap((fault) => ('isInCode' in fault ? [fault.name] : [])),
)
