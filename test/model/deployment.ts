/**
 * The state of the model: a database with its clock, two nodes, and a few calls. What is marked as
 * bookkeeping exists in no program: the invariants are checked by it.
 */

/** What the calls do: use the key, disable it, accept a loss, accept a clock. */
export type Kind = 'use' | 'disable' | 'accept' | 'clock'

/** A commit in the database. The database is the list of them, and a failover cuts its end off. */
export type Commit = {
  /** Of the call, or of a halt: a number from `firstHalt` on. */
  readonly id: number
  readonly lane: number
  readonly kind: Kind | 'refusal' | 'halt'
  readonly floor: number
  readonly epoch: number
}

export type Phase =
  /** Not begun. */
  | 'idle'
  | 'decided'
  /** Its group found that the log went back, and waits to tell all nodes. */
  | 'halting'
  /** Its group has its locks, and is decided again. */
  | 'open'
  | 'sent'
  /** Committed or not, which the node does not know yet. */
  | 'done'
  | 'gone'
  | 'over'

export type Call = {
  kind: Kind
  phase: Phase
  node: number
  lane: number
  /** What it was decided on: the last change of the key, and what came of it. */
  version: number
  result: 'ok' | 'disabled' | 'expired'
  /** Whether its group began another epoch for its lane. */
  forgets: boolean
  /** The connection is lost, or the node. */
  doubt: 'no' | 'connection' | 'node'
  end: '' | 'done' | 'refused' | 'unavailable' | 'unknown' | 'cut'
  /** Bookkeeping, from here on. Answers that it got. */
  ends: number
  /** Whether its answer says what was not so at its commit. */
  wrong: boolean
  /** Acknowledged ends of the key when it began. */
  late: readonly number[]
  /** What its node knew when its group began, although it must not answer then. */
  despite: '' | 'own-loss' | 'halt' | 'known-halt'
  /** Epoch of the database at the commit. */
  epoch: number
  lost: 'no' | 'lost' | 'accepted'
}

/** A writer of a node, with its log. */
export type Lane = {
  /** The last commit that it knows, and how many its log has. */
  head: number
  size: number
  epoch: number
  /** The commit that last changed the epoch. */
  version: number
  /** Number of the epoch in which a loss was accepted last. */
  accepted: number
  isHalted: boolean
  lostAtStart: boolean
  /** Outside the database: survives a crash. */
  mark: number
  markEpoch: number
}

/** Whether the node's own clock is right, stopped, or a little ahead. */
export type OwnClock = 'right' | 'stopped' | 'ahead'

export type NodeState = {
  isUp: boolean
  /** The last change of the key that was read, and the epoch that the node was in. */
  cache: number
  cacheEpoch: number
  floor: number
  clock: OwnClock
}

export type Deployment = {
  commits: Commit[]
  /** Of the database. */
  time: number
  calls: Call[]
  lanes: Lane[]
  nodes: NodeState[]
  halts: number
  left: { ticks: number; failovers: number; crashes: number; clocks: number }
  /** Bookkeeping. Whether something is lost that nobody has accepted. */
  isBack: boolean
  /** Whether a node has noticed that, in a way that the database still knows. */
  isNoticed: boolean
  /** A node refused because of a loss, although nothing was lost. */
  falseAlarm: boolean
}

/** Instant at which the key expires; time goes from 0 to 1. */
export const expiry = 1
export const firstHalt = 100
/** No commit. */
export const none = -1
const notCached = -2
/** The first node has two lanes. */
export const laneNodes: readonly number[] = [0, 0, 1]
export const laneNames: readonly string[] = ['A0', 'A1', 'B0']
export const nodeNames: readonly string[] = ['A', 'B']

export type World = {
  readonly calls: readonly Kind[]
  readonly left: Deployment['left']
  /** Whether the first node uses one lane only. */
  readonly oneLane?: boolean
  /** What happens to the clock of a node. */
  readonly clock?: OwnClock
  /** Whether answers to COMMIT get lost without a failover or crash. */
  readonly doubts?: boolean
  /** Whether callers stop waiting. */
  readonly givesUp?: boolean
  /** Whether the clock of the database goes back with a failover. */
  readonly clockGoesBack?: boolean
}

export function emptyLane(): Omit<Lane, 'mark' | 'markEpoch'> {
  return {
    head: none,
    size: 0,
    epoch: 0,
    version: none,
    accepted: 0,
    isHalted: false,
    lostAtStart: false,
  }
}

export function firstState({ calls, left }: World): Deployment {
  return {
    commits: [],
    time: 0,
    calls: calls.map(newCall),
    lanes: laneNodes.map(() => ({ ...emptyLane(), mark: none, markEpoch: 0 })),
    nodes: nodeNames.map(() => ({ isUp: true, ...noCache, floor: 0, clock: 'right' })),
    halts: 0,
    left,
    isBack: false,
    isNoticed: false,
    falseAlarm: false,
  }
}

function newCall(kind: Kind): Call {
  return {
    kind,
    phase: 'idle',
    node: none,
    lane: none,
    version: none,
    result: 'ok',
    forgets: false,
    doubt: 'no',
    end: '',
    ends: 0,
    wrong: false,
    late: [],
    despite: '',
    epoch: 0,
    lost: 'no',
  }
}

export const noCache = { cache: notCached, cacheEpoch: 0 } as const

export function isCached({ cache }: NodeState): boolean {
  return cache !== notCached
}

/** A copy to change. */
export function copyOf(state: Deployment): Deployment {
  return {
    ...state,
    commits: [...state.commits],
    calls: state.calls.map((one) => ({ ...one })),
    lanes: state.lanes.map((one) => ({ ...one })),
    nodes: state.nodes.map((one) => ({ ...one })),
    left: { ...state.left },
  }
}

const bit = (is: boolean): string => (is ? '1' : '0')

/** One letter for each word of a state: a million keys are in memory at once. */
const letters = new Map<string, string>()
function letterOf(word: string): string {
  let letter = letters.get(word)
  if (letter === undefined) {
    letter = String.fromCharCode('A'.charCodeAt(0) + letters.size)
    letters.set(word, letter)
  }
  return letter
}

export function keyOf(state: Deployment): string {
  const { left, time, halts, isBack, isNoticed, falseAlarm } = state
  let key = `${time}${halts}${left.ticks}${left.failovers}${left.crashes}${left.clocks}`
  key += bit(isBack) + bit(isNoticed) + bit(falseAlarm)
  for (const { id, lane, kind, floor, epoch } of state.commits)
    key += `|${id}${lane}${letterOf(kind)}${floor}${epoch}`
  for (const one of state.calls) {
    key += `/${letterOf(one.phase)}${one.node}${one.lane}${one.version}${letterOf(one.result)}`
    key += `${bit(one.forgets)}${letterOf(one.doubt)}${letterOf(one.end)}${one.ends}`
    key += `${bit(one.wrong)}${one.late}${letterOf(one.despite)}${one.epoch}${letterOf(one.lost)}`
  }
  for (const one of state.lanes) {
    key += `;${one.head},${one.size}${one.epoch}${one.version},${one.accepted}`
    key += `${bit(one.isHalted)}${bit(one.lostAtStart)}${one.mark}${one.markEpoch}`
  }
  for (const { isUp, cache, cacheEpoch, floor, clock } of state.nodes)
    key += `:${bit(isUp)}${cache}${cacheEpoch}${floor}${letterOf(clock)}`
  return key
}

/** What the database says about the key: the last change of it. */
export function keyIn({ commits }: Deployment): number {
  return commits.findLast(({ kind }) => kind === 'disable')?.id ?? none
}

/** The row of the epoch. */
export type Epoch = {
  readonly number: number
  readonly version: number
  readonly accepted: number
  readonly isHalted: boolean
  readonly floor: number
}

export function epochIn({ commits }: Deployment): Epoch {
  let epoch: Epoch = { number: 0, version: none, accepted: 0, isHalted: false, floor: 0 }
  for (const { id, kind, floor, epoch: number } of commits) {
    const { accepted } = epoch
    if (kind === 'halt') epoch = { number, version: id, accepted, isHalted: true, floor }
    else if (kind === 'accept')
      epoch = { number, version: id, accepted: number, isHalted: false, floor }
    else if (kind === 'clock') epoch = { number, version: id, accepted, isHalted: false, floor }
  }
  return epoch
}

/** The head of a log, and how many commits it has. */
export function headIn({ commits }: Deployment, lane: number): { head: number; size: number } {
  let head = none
  let size = 0
  for (const one of commits)
    if (one.lane === lane && one.kind !== 'halt') {
      head = one.id
      size++
    }
  return { head, size }
}

/** Time as the database keeps it with the heads and the epoch. */
export function floorIn(state: Deployment): number {
  const { number, floor } = epochIn(state)
  const current = state.commits.filter((one) => one.kind !== 'halt' && one.epoch === number)
  return Math.max(floor, ...current.map((one) => one.floor))
}
