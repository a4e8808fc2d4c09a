/** Everything that can happen next: to a call, to a node, to the database. */
import {
  type Call,
  type Commit,
  type Deployment,
  emptyLane,
  epochIn,
  expiry,
  floorIn,
  headIn,
  keyIn,
  laneNames,
  laneNodes,
  noCache,
  nodeNames,
  none,
  type World,
} from './deployment.ts'
import type { Faults } from './faults.ts'
import {
  answer,
  beginGroup,
  callOf,
  changed,
  decide,
  end,
  halt,
  isOver,
  laneOf,
  lanesOf,
  nodeOf,
  recorded,
} from './group.ts'

type Step = readonly [action: string, next: Deployment]

export function* steps(s: Deployment, world: World, faults: Faults): Generator<Step> {
  for (const [i, call] of s.calls.entries()) yield* stepsOfCall(s, call, i, world, faults)
  for (const n of s.nodes.keys()) yield* stepsOfNode(s, n, world, faults)
  if (s.left.ticks > 0 && s.time < expiry) yield ['time passes', changed(s, pass)]
  if (s.left.failovers > 0) yield* failovers(s, world, faults)
}

function* stepsOfCall(
  s: Deployment,
  call: Call,
  i: number,
  world: World,
  faults: Faults,
): Generator<Step> {
  const name = `${call.kind} ${i}`
  const step = (action: string, change: (copy: Deployment, own: Call) => void): Step => [
    `${name}: ${action}`,
    changed(s, (copy) => change(copy, callOf(copy, i))),
  ]
  if (call.phase === 'idle') return yield* begins(s, call, i, step)
  if (call.phase === 'over') return
  const isWaiting = call.end === '' && call.phase !== 'decided'
  if (world.givesUp === true && isWaiting)
    yield step('its caller is answered that the outcome is unknown', (_, own) =>
      answer(own, 'unknown'),
    )
  if (call.phase === 'decided')
    for (const [lane, of] of laneNodes.entries())
      if (of === call.node && mayBegin(s, lane, world) && !isLocked(s, call, lane, faults))
        yield step(`group on ${laneNames[lane]}, decided again`, (copy, own) =>
          beginGroup(copy, own, lane, faults),
        )
  if (call.phase === 'halting' && !s.calls.some(holdsLocks))
    yield step('its node tells all nodes of the loss', (copy, own) => {
      halt(copy, laneOf(copy, own.lane).epoch, own.lane, faults)
      end(copy, own, 'unavailable')
    })
  if (call.phase === 'open') {
    yield step('COMMIT sent', (_, own) => {
      own.phase = 'sent'
      if (faults.has('answer before commit')) answer(own, own.result === 'ok' ? 'done' : 'refused')
    })
    yield step('its connection is lost', (copy, own) => end(copy, own, 'unavailable'))
  }
  if (call.phase === 'sent') {
    yield step('committed', (copy, own) => commits(copy, own, i))
    if (world.doubts === true) yield step('not committed', (_, own) => isGone(own))
  }
  yield* outcomes(call, i, { world, faults, step })
}

type MakeStep = (action: string, change: (copy: Deployment, own: Call) => void) => Step

function* begins(s: Deployment, call: Call, i: number, step: MakeStep): Generator<Step> {
  // Of two calls that do the same, the first begins first.
  if (s.calls.some((one, j) => j < i && one.kind === call.kind && one.phase === 'idle')) return
  if (call.kind === 'accept' && !epochIn(s).isHalted && !s.lanes.some((one) => one.lostAtStart))
    return
  for (const [n, { isUp }] of s.nodes.entries())
    if (isUp)
      yield step(`begins on ${nodeNames[n]}`, (copy, own) => {
        own.node = n
        own.late = copy.calls.flatMap((other, j) => (hasEndedKey(copy, other) ? [j] : []))
        decide(copy, own)
      })
}

/** Whether a caller knows that the key has ended, in this epoch. */
function hasEndedKey(s: Deployment, call: Call): boolean {
  const isEnd =
    (call.kind === 'disable' && call.end === 'done') ||
    (call.kind === 'use' && call.end === 'refused')
  return isEnd && call.lost === 'no' && call.epoch === epochIn(s).number
}

/** What the node learns of a COMMIT that it sent. */
function* outcomes(
  call: Call,
  i: number,
  { world, faults, step }: { world: World; faults: Faults; step: MakeStep },
): Generator<Step> {
  const isKnown = call.phase === 'done' || call.phase === 'gone'
  const isSent = call.phase === 'sent' || isKnown
  if (isKnown && call.doubt === 'no')
    yield step('the answer to COMMIT arrives', (copy, own) =>
      own.phase === 'done' ? recorded(copy, own, i, faults) : end(copy, own, 'unavailable'),
    )
  if (isSent && call.doubt === 'no' && world.doubts === true)
    yield step('its connection is lost after COMMIT', (copy, own) => {
      own.doubt = 'connection'
      if (faults.has('unknown is committed')) recorded(copy, own, i, faults)
    })
  if (isKnown && call.doubt === 'connection')
    yield step('its node finds out what became of it', (copy, own) => {
      if (headIn(copy, own.lane).head === i) recorded(copy, own, i, faults)
      else end(copy, own, 'unavailable')
    })
}

function isGone(call: Call): void {
  if (call.doubt === 'node') isOver(call)
  else call.phase = 'gone'
}

/** In the database. */
function commits(s: Deployment, call: Call, i: number): void {
  const { lane, kind, result } = call
  const { number } = epochIn(s)
  if ((kind === 'use' || kind === 'disable') && call.version !== keyIn(s)) call.wrong = true
  const node = nodeOf(s, call.node)
  const isAcceptance = kind === 'accept' || kind === 'clock'
  const epoch = isAcceptance ? number + 1 : number
  const named: Commit['kind'] = result === 'ok' ? kind : 'refusal'
  const floor = kind === 'clock' ? s.time : node.floor
  s.commits.push({ id: i, lane, kind: named, floor, epoch })
  call.epoch = epoch
  if (call.doubt === 'node') isOver(call)
  else call.phase = 'done'
  if (kind !== 'accept') return
  for (const one of s.calls) if (one.lost === 'lost') one.lost = 'accepted'
  s.isBack = false
  s.isNoticed = false
}

function holdsLocks({ phase }: Call): boolean {
  return phase === 'open' || phase === 'sent'
}

/** Whether a lane takes a group. Of two lanes that are alike in everything, the first does. */
function mayBegin(s: Deployment, lane: number, { oneLane }: World): boolean {
  if (!isFree(s, lane) || (oneLane === true && lane === 1)) return false
  const [first, second] = s.lanes
  const areAlike = lane === 1 && JSON.stringify(first) === JSON.stringify(second)
  return !areAlike || s.calls.some((one) => one.lane === 0)
}

/** Whether no group of a lane is under way, as its node sees it. */
function isFree(s: Deployment, lane: number): boolean {
  return s.calls.every(
    ({ phase, lane: of, doubt }) =>
      of !== lane ||
      doubt === 'node' ||
      phase === 'idle' ||
      phase === 'decided' ||
      phase === 'over',
  )
}

/** Whether a group has to wait for the lock of its log, of the key or of the epoch. */
function isLocked(s: Deployment, call: Call, lane: number, faults: Faults): boolean {
  const ofEpoch = ({ kind }: Call): boolean => kind === 'accept' || kind === 'clock'
  const ofKey = ({ kind }: Call): boolean =>
    kind === 'disable' && !faults.has('no lock for changes')
  return s.calls.some((other) => {
    if (!holdsLocks(other)) return false
    if (other.lane === lane || ofEpoch(call) || ofEpoch(other)) return true
    return ofKey(call) || ofKey(other)
  })
}

function* stepsOfNode(s: Deployment, n: number, world: World, faults: Faults): Generator<Step> {
  const step = (action: string, change: (copy: Deployment) => void): Step => [
    `node ${nodeNames[n]} ${action}`,
    changed(s, change),
  ]
  const { isUp, clock } = nodeOf(s, n)
  if (!isUp) {
    const mayStart = faults.has('start without locks') || !hasOrphan(s, n)
    if (mayStart && !(hasLost(s, n, faults) && s.calls.some(holdsLocks)))
      yield step('starts', (copy) => starts(copy, n, faults))
    return
  }
  if (world.clock !== undefined && clock === 'right' && s.left.clocks > 0)
    yield step(`has a clock that is ${world.clock}`, (copy) => {
      nodeOf(copy, n).clock = world.clock ?? 'right'
      copy.left.clocks--
    })
  if (s.left.crashes === 0 && !canStart(s)) return
  if (remembers(s, n)) yield step('writes its marks', (copy) => mark(copy, n))
  if (s.left.crashes > 0) yield step('crashes', (copy) => crashes(copy, n))
}

/** Marks are read at a start only: without one to come, they are left out. */
function canStart(s: Deployment): boolean {
  return s.nodes.some(({ isUp }) => !isUp)
}

function remembers(s: Deployment, n: number): boolean {
  const lanes = lanesOf(s, n)
  return (
    !lanes.some(({ isHalted, lostAtStart }) => isHalted || lostAtStart) &&
    lanes.some((one) => one.size > 0 && (one.mark !== one.head || one.markEpoch !== one.epoch))
  )
}

function mark(s: Deployment, n: number): void {
  for (const lane of lanesOf(s, n)) {
    if (lane.size === 0) continue
    lane.mark = lane.head
    lane.markEpoch = lane.epoch
  }
}

/** Whether a COMMIT of the node that crashed may still take effect. */
function hasOrphan(s: Deployment, n: number): boolean {
  return s.calls.some(
    ({ node, phase, doubt }) => node === n && phase === 'sent' && doubt === 'node',
  )
}

function crashes(s: Deployment, n: number): void {
  for (const call of s.calls) {
    if (call.node !== n || call.phase === 'idle' || call.phase === 'over') continue
    answer(call, 'cut')
    if (call.phase === 'sent') call.doubt = 'node'
    else isOver(call)
  }
  for (const [i, lane] of s.lanes.entries())
    if (laneNodes[i] === n) Object.assign(lane, emptyLane())
  const node = nodeOf(s, n)
  Object.assign(node, noCache)
  node.isUp = false
  node.floor = 0
  s.left.crashes--
}

/** Whether a commit that a mark of the node names is gone, and that is not accepted. */
function hasLost(s: Deployment, n: number, faults: Faults): boolean {
  const { number } = epochIn(s)
  return (
    !faults.has('mark ignored') &&
    s.lanes.some(
      ({ mark: last, markEpoch }, i) =>
        laneNodes[i] === n &&
        last !== none &&
        markEpoch >= number &&
        !s.commits.some(({ id, lane }) => id === last && lane === i),
    )
  )
}

/** A node that finds a loss tells all others, and starts only to have it accepted. */
function starts(s: Deployment, n: number, faults: Faults): void {
  const lostAtStart = hasLost(s, n, faults)
  if (lostAtStart && !s.isBack) s.falseAlarm = true
  const known = Math.max(...lanesOf(s, n).map(({ markEpoch }) => markEpoch))
  if (lostAtStart) halt(s, known, laneNodes.indexOf(n), faults)
  const { number: epoch, version, accepted, isHalted } = epochIn(s)
  for (const [i, lane] of s.lanes.entries())
    if (laneNodes[i] === n)
      Object.assign(lane, headIn(s, i), { epoch, version, accepted, isHalted, lostAtStart })
  const node = nodeOf(s, n)
  node.isUp = true
  const stored = faults.has('floor ignored') ? 0 : floorIn(s)
  node.floor = node.clock === 'stopped' ? stored : Math.max(stored, s.time)
}

function pass(s: Deployment): void {
  s.left.ticks--
  s.time++
  for (const node of s.nodes)
    if (node.isUp && node.clock !== 'stopped') node.floor = Math.max(node.floor, s.time)
}

/** Another server takes over: it has the commits up to some point, and a clock of its own. */
function* failovers(s: Deployment, world: World, faults: Faults): Generator<Step> {
  for (let kept = 0; kept <= s.commits.length; kept++) {
    const after = changed(s, (copy) => losesAfter(copy, kept))
    const action = `failover, ${s.commits.length - kept} of ${s.commits.length} commits lost`
    yield [action, after]
    const isStored = faults.has('clock back beyond the floors') || floorIn(after) >= s.time
    if (world.clockGoesBack === true && s.time > 0 && isStored)
      yield [`${action}, and its clock is behind`, changed(after, (copy) => void copy.time--)]
  }
}

function losesAfter(s: Deployment, kept: number): void {
  s.left.failovers--
  const lost = s.commits.splice(kept)
  for (const { id, kind } of lost) {
    const call = s.calls[id]
    if (call !== undefined) call.lost = 'lost'
    if (kind === 'halt') s.isNoticed = epochIn(s).isHalted
  }
  if (lost.length > 0) s.isBack = true
  for (const call of s.calls) {
    if (call.phase === 'open') end(s, call, 'unavailable')
    if (call.phase !== 'sent') continue
    if (call.doubt === 'no') call.doubt = 'connection'
    isGone(call)
  }
}
