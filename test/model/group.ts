/**
 * What a node does with a call: it decides, its writer begins a group, decides again, and tells the
 * caller what came of it. Follows src/runtime/writer.ts.
 */
import {
  type Call,
  copyOf,
  type Deployment,
  epochIn,
  expiry,
  firstHalt,
  floorIn,
  headIn,
  isCached,
  keyIn,
  type Lane,
  laneNodes,
  type NodeState,
  noCache,
} from './deployment.ts'
import type { Faults } from './faults.ts'

/** Changes a copy of a state. */
export function changed(state: Deployment, change: (copy: Deployment) => void): Deployment {
  const copy = copyOf(state)
  change(copy)
  return copy
}

export function callOf(s: Deployment, i: number): Call {
  const call = s.calls[i]
  if (call === undefined) throw new RangeError(`call ${i}`)
  return call
}

export function laneOf(s: Deployment, i: number): Lane {
  const lane = s.lanes[i]
  if (lane === undefined) throw new RangeError(`lane ${i}`)
  return lane
}

export function nodeOf(s: Deployment, i: number): NodeState {
  const node = s.nodes[i]
  if (node === undefined) throw new RangeError(`node ${i}`)
  return node
}

export function lanesOf(s: Deployment, node: number): Lane[] {
  return s.lanes.filter((_, i) => laneNodes[i] === node)
}

/** The first decision: on what the node has in its cache, by its own idea of the time. */
export function decide(s: Deployment, call: Call): void {
  const node = nodeOf(s, call.node)
  if (call.kind === 'use' || call.kind === 'disable') {
    if (!isCached(node)) {
      node.cache = keyIn(s)
      node.cacheEpoch = Math.max(...lanesOf(s, call.node).map(({ epoch }) => epoch))
    }
    call.version = node.cache
    const now = node.clock === 'ahead' ? s.time + 1 : node.floor
    const isExpired = call.kind === 'use' && now >= expiry
    if (call.version >= 0) call.result = 'disabled'
    else call.result = isExpired ? 'expired' : 'ok'
  }
  call.phase = 'decided'
}

/** The group of a call has its locks, and reads the versions and the clock of the database. */
export function beginGroup(s: Deployment, call: Call, lane: number, faults: Faults): void {
  const own = laneOf(s, lane)
  const node = nodeOf(s, call.node)
  call.lane = lane
  call.despite = despiteOf(s, call, own)
  if (node.clock === 'stopped' && !faults.has('own clock')) return end(s, call, 'unavailable')
  const store = checkStore(s, call, own, faults)
  if (store === 'refused') return end(s, call, 'unavailable')
  if (store === 'back') {
    if (!s.isBack) s.falseAlarm = true
    call.phase = 'halting'
    return
  }
  if (node.clock !== 'stopped') node.floor = Math.max(node.floor, s.time)
  if (isStale(s, call, node, faults)) {
    Object.assign(node, noCache)
    call.forgets = false
    call.lane = -1
    call.despite = ''
    return decide(s, call)
  }
  const { result } = call
  if (call.kind === 'use')
    call.wrong =
      (result === 'ok' && s.time >= expiry) || (result === 'expired' && node.floor < expiry)
  call.phase = 'open'
}

function isStale(s: Deployment, call: Call, node: NodeState, faults: Faults): boolean {
  if (call.kind === 'accept' || call.kind === 'clock' || faults.has('one decision')) return false
  const isOver = node.floor >= expiry
  if (call.version !== keyIn(s)) return true
  if (call.kind !== 'use') return false
  if (call.result === 'expired') return !isOver && !faults.has('expired decided once')
  return call.result === 'ok' && isOver
}

/** Bookkeeping: why the node must not answer a group that begins now. */
function despiteOf(s: Deployment, call: Call, own: Lane): Call['despite'] {
  if (call.kind === 'accept') return ''
  const isLost = (id: number): boolean => s.calls[id]?.lost === 'lost'
  if (lanesOf(s, call.node).some(({ head, mark }) => isLost(head) || isLost(mark)))
    return 'own-loss'
  const { isHalted, accepted } = epochIn(s)
  if (isHalted || s.isNoticed) return 'halt'
  return (own.isHalted || own.lostAtStart) && accepted <= own.accepted ? 'known-halt' : ''
}

/** Whether the database is as the node left it, or it is accepted that it is not. */
function checkStore(
  s: Deployment,
  call: Call,
  own: Lane,
  faults: Faults,
): 'right' | 'refused' | 'back' {
  const { epoch: before, accepted: acceptedBefore } = own
  const found = epochIn(s)
  if (found.version !== own.version) {
    if (found.number < before) {
      if (!faults.has('lower epoch told nobody')) return 'back'
      if (s.isBack) s.isNoticed = true
      else s.falseAlarm = true
      return 'refused'
    }
    enterEpoch(s, call, own, faults)
  }
  const accepts = call.kind === 'accept'
  const isNewer = faults.has('clock accepts losses')
    ? own.epoch > before
    : own.accepted > acceptedBefore
  const isAccepted = accepts || isNewer
  if ((own.isHalted || own.lostAtStart) && !accepts) return 'refused'
  if (faults.has('adopts without acceptance')) {
    Object.assign(own, headIn(s, call.lane))
    return 'right'
  }
  const head = headIn(s, call.lane)
  if (head.head !== own.head) {
    if (!isAccepted && head.size <= own.size) return 'back'
    if (!isAccepted) {
      if (!s.isBack) s.falseAlarm = true
      return 'refused'
    }
    Object.assign(own, head)
  }
  const isJudged = (other: Lane): boolean =>
    faults.has('siblings judged by the lane')
      ? !isAccepted
      : other.accepted >= own.accepted && !accepts
  const wentBack = s.lanes.some((other, i) => {
    if (other === own || laneNodes[i] !== call.node || !isJudged(other)) return false
    const { head: last, size } = headIn(s, i)
    return last !== other.head && size <= other.size
  })
  return wentBack ? 'back' : 'right'
}

function enterEpoch(s: Deployment, call: Call, own: Lane, faults: Faults): void {
  const { number, version, accepted, isHalted, floor } = epochIn(s)
  const isNewer = number > own.epoch
  // The halt that it knows of is lost as well.
  const forgot = own.isHalted && !isHalted && !isNewer && !faults.has('halt forgotten')
  own.lostAtStart = isNewer ? false : own.lostAtStart || forgot
  Object.assign(own, { epoch: number, version, accepted, isHalted })
  if (!isNewer) return
  const node = nodeOf(s, call.node)
  const stored = faults.has('floor of the epoch alone') ? floor : floorIn(s)
  node.floor = node.clock === 'stopped' ? stored : Math.max(stored, s.time)
  call.forgets = true
}

/** Keeps all nodes from writing, once no other group is under way. */
export function halt(s: Deployment, known: number, lane: number, faults: Faults): void {
  const { number, isHalted, floor } = epochIn(s)
  const epoch = faults.has('halt in the lower epoch') ? number : Math.max(number, known)
  if (isHalted && epoch === number) return
  const kept = epoch === number ? floor : floorIn(s)
  s.commits.push({ id: firstHalt + s.halts, lane, kind: 'halt', floor: kept, epoch })
  s.halts++
  if (s.isBack) s.isNoticed = true
}

/** The node learns that a group is committed. */
export function recorded(s: Deployment, call: Call, i: number, faults: Faults): void {
  const own = laneOf(s, call.lane)
  const node = nodeOf(s, call.node)
  own.head = i
  own.size++
  if (call.kind === 'accept' || call.kind === 'clock') {
    own.epoch = call.epoch
    own.version = i
    own.isHalted = false
    own.lostAtStart = false
    if (call.kind === 'accept') own.accepted = own.epoch
    else if (isCached(node)) node.cacheEpoch = own.epoch
    call.forgets = call.kind === 'accept'
  }
  if (call.kind === 'disable' && call.result === 'ok') Object.assign(node, noCache)
  end(s, call, call.result === 'ok' ? 'done' : 'refused', faults)
}

/** The caller gets an answer, unless there was one. */
export function answer(call: Call, what: Call['end'], faults?: Faults): void {
  const hasEnded = call.end !== ''
  if (hasEnded && !faults?.has('answered twice')) return
  if (!hasEnded) call.end = what
  if (what !== 'cut') call.ends++
}

/** The group of a call is over. */
export function end(s: Deployment, call: Call, what: Call['end'], faults?: Faults): void {
  if (call.forgets && !faults?.has('cache kept')) Object.assign(nodeOf(s, call.node), noCache)
  answer(call, what, faults)
  isOver(call)
}

const over = {
  phase: 'over',
  node: -1,
  lane: -1,
  version: -1,
  result: 'ok',
  forgets: false,
  doubt: 'no',
} as const

/** What no longer matters is dropped: states that differ in it only are one. */
export function isOver(call: Call): void {
  Object.assign(call, over)
  const isDone = call.end === 'done'
  if (!isDone || call.kind !== 'use') call.late = []
  if (isDone || call.end === 'refused') return
  Object.assign(call, { wrong: false, despite: '', epoch: 0 })
}
