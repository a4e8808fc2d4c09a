/**
 * The wall clock from an operator's view: what is wrong with it, what that affects, and accepting
 * it.
 */

import { KmsError } from '../../domain/errors.ts'
import { secondText } from '../../domain/spans.ts'
import { refusalOf as notRecorded } from '../../engine/engine.ts'
import { type Ending, endingsBetween } from '../../engine/service/endings.ts'
import type { AcceptedClock, ClockState } from '../../ports/clock.ts'
import { serviceEntry, submitOwn } from '../../ports/journal.ts'
import type { Random } from '../../ports/random.ts'
import type { StoreReader } from '../../ports/store.ts'
import type { JournalClient } from '../../runtime/journal-client.ts'
import type { Log } from '../../telemetry/log.ts'
import { clockReason, endingText, isInDoubt } from '../commands/clock-words.ts'

export type ClockWatchParts = {
  readonly journal: JournalClient
  readonly reader: StoreReader
  readonly random: Random
  readonly log: Log
}

/** What `holdfast clock` shows; instants are milliseconds since 1970. */
export type ClockView = {
  readonly state: ClockState
  readonly wall: number
  readonly floor: number
  /**
   * Ahead: what waits to be erased and deleted until the clock is accepted. Behind: what could be
   * used again if time moved back.
   */
  readonly endings: readonly Ending[]
  /** Console sessions that become valid again if time moves back. */
  readonly sessions: number
}

const namedInLog = 20
const countedAtMost = 200

export class ClockWatch {
  readonly #parts: ClockWatchParts
  #said: ClockState['kind'] = 'right'

  constructor(parts: ClockWatchParts) {
    this.#parts = parts
  }

  /**
   * Logs when the clock goes wrong and when it is right again, with the keys that are affected.
   * Called every second.
   */
  async observe(): Promise<void> {
    const { journal, log } = this.#parts
    const state = journal.clockState
    const kind = isInDoubt(state) ? state.kind : 'right'
    if (kind === this.#said) return
    this.#said = kind
    if (!isInDoubt(state)) return log.event('clock-right')
    const { endings } = await this.view()
    const affected = endings.slice(0, namedInLog).map(endingText)
    log.event('clock-in-doubt', {
      state: state.kind,
      byMs: state.byMs,
      reason: clockReason(journal) ?? '',
      affected,
      further: endings.length - affected.length,
    })
  }

  async view(): Promise<ClockView> {
    const { journal, reader } = this.#parts
    await journal.timed()
    const { clockState: state, timeFloor: floor } = journal
    const [earlier, later] = [journal.agreedNow(), journal.decidingNow()]
    const wall = earlier === floor ? later : earlier
    const endings = await endingsBetween(reader, earlier, later)
    const ended = await reader.rowsBelow('sessions', 'expiresAt', later + 1, countedAtMost)
    return {
      state,
      wall,
      floor,
      endings,
      sessions: ended.filter(({ expiresAt }) => expiresAt > earlier).length,
    }
  }

  /**
   * Lets time continue from the wall clock, and records it.
   * @param back accept it even if that makes usable again what has expired since.
   * @throws KmsError changed-meanwhile if it is right, not-permitted if it is behind and `back` is
   * false, audit-unavailable.
   */
  async accept(back: boolean): Promise<ClockView> {
    const { journal, random } = this.#parts
    const seen = await this.view()
    const direction = directionOf(seen.state)
    const by = 'byMs' in seen.state ? seen.state.byMs : 0
    const detail = `wall clock ${secondText(seen.wall)}, ${by / 1000} s ${direction ?? 'off'} of ${secondText(seen.floor)}`
    const refusal = refusalOf(direction, back)
    const entry = serviceEntry({
      requestId: random.bytes(16).toHex(),
      operation: 'accept-clock',
      principal: 'operator',
      detail,
      outcome: refusal?.code ?? 'ok',
    })
    const acceptsClock =
      refusal === undefined && direction !== undefined ? { acceptsClock: direction } : {}
    const receipt = await submitOwn(journal, { entry, ...acceptsClock })
    const unrecorded = notRecorded(receipt)
    if (unrecorded !== undefined) throw unrecorded
    if (receipt === 'stale') throw clockRight()
    if (refusal !== undefined) throw refusal
    return seen
  }
}

function directionOf({ kind }: ClockState): AcceptedClock | undefined {
  if (kind === 'right') return undefined
  return kind === 'behind' ? 'behind' : 'ahead'
}

function refusalOf(direction: AcceptedClock | undefined, back: boolean): KmsError | undefined {
  if (direction === undefined) return clockRight()
  if (direction === 'ahead' || back) return undefined
  return new KmsError(
    'not-permitted',
    'the clock is behind: accepting it moves time back, and what expired in between can be used again; holdfast clock lists it, and holdfast clock accept --back accepts it',
  )
}

function clockRight(): KmsError {
  return new KmsError('changed-meanwhile', 'the clock is right: there is nothing to accept')
}
