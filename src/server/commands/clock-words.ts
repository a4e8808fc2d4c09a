/** What is wrong with the clock, worded for an operator. */
import { secondText, spanText } from '../../domain/spans.ts'
import type { Ending } from '../../engine/service/endings.ts'
import type { ClockState } from '../../ports/clock.ts'

/** What a thread knows about the time: a journal client. */
export type KnownTime = {
  readonly clockState: ClockState
  readonly timeFloor: number
  decidingNow(): number
  agreedNow(): number
}

export type ClockInDoubt = Extract<ClockState, { kind: 'ahead' | 'behind' }>

export function isInDoubt(state: ClockState): state is ClockInDoubt {
  return state.kind === 'ahead' || state.kind === 'behind'
}

/**
 * Why the service is not ready: the difference, its size, and the command to run. Undefined if the
 * clock is right, or only ahead as after a stop.
 */
export function clockReason(time: KnownTime): string | undefined {
  const { clockState: state, timeFloor } = time
  if (!isInDoubt(state)) return undefined
  const by = spanText(state.byMs)
  const wall = state.kind === 'behind' ? time.agreedNow() : time.decidingNow()
  const says = `it says ${secondText(wall)}`
  const passed = `by elapsed time it is ${secondText(state.kind === 'behind' ? wall + state.byMs : wall - state.byMs)}`
  if (state.kind === 'behind')
    return `the clock is ${by} behind: ${says}, and ${passed}. Nothing is erased or deleted until then. Set the clock right, or accept it with: holdfast clock accept --back`
  if (state.followedInMs === null)
    return `the clock jumped ${by} ahead: ${says}, and ${passed}. What falls due in between is refused, but not erased or deleted. Set the clock right, or accept it with: holdfast clock accept`
  return `the clock is ${by} ahead of the last record: ${says}, and that record was at ${secondText(timeFloor)}. What fell due in between is refused; it is erased or deleted after another ${spanText(state.followedInMs)} of running. Set the clock right, or accept it with: holdfast clock accept`
}

/** One of the things that a wrong clock affects. */
export function endingText({ keyId, what, at }: Ending): string {
  return `${what === 'key-deleted' ? 'deletion' : 'material'} of key ${keyId}, due at ${secondText(at)}`
}
