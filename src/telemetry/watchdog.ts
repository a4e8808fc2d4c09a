/**
 * Decides when a thread whose loop no longer turns ends the process. Counts its own ticks, so that
 * a suspended machine proves nothing.
 */
import type { Log } from './log.ts'
import { PulseReader } from './pulse.ts'

export const tickMs = 250
/**
 * A loop that is silent for this long is considered stuck: the longest work of a loop takes a
 * thousandth of it.
 */
export const silenceMs = 10_000

export type Watched = {
  readonly name: string
  readonly memory: SharedArrayBuffer
  /**
   * Whether the process ends with it. The writer and the niced threads may wait for a disk or a
   * processor, so their silence is only reported.
   */
  readonly isVital: boolean
}

type Seen = {
  readonly watched: Watched
  readonly pulse: PulseReader
  beats: number
  ticks: number
  isReported: boolean
}

export class Watchdog {
  readonly #threads: readonly Seen[]
  readonly #log: Log
  #ticksToEnd = Number.POSITIVE_INFINITY

  constructor(threads: readonly Watched[], log: Log) {
    this.#threads = threads.map((watched) => {
      const pulse = new PulseReader(watched.memory)
      return { watched, pulse, beats: 0, ticks: 0, isReported: false }
    })
    this.#log = log
  }

  /**
   * To be called every `tickMs`. Logs loops that fall silent or turn again.
   * @returns whether the process has to end.
   */
  tick(): boolean {
    const stuck = this.#threads.filter((seen) => this.#look(seen))
    return this.#isStopOverdue() || stuck.length > 0
  }

  /** @returns whether the process has to end because of this thread. */
  #look(seen: Seen): boolean {
    const { watched, pulse } = seen
    const { beats } = pulse
    const said = { subject: watched.name, seconds: (seen.ticks * tickMs) / 1000 }
    if (beats !== seen.beats || beats === 0) {
      if (seen.isReported) this.#log.event('loop-turning', said)
      Object.assign(seen, { beats, ticks: 0, isReported: false })
      return false
    }
    seen.ticks++
    if (seen.isReported || seen.ticks * tickMs < silenceMs) return false
    seen.isReported = true
    const silent = { ...said, seconds: silenceMs / 1000, work: pulse.work }
    this.#log.event(watched.isVital ? 'loop-stuck' : 'loop-silent', silent)
    return watched.isVital
  }

  /** A requested stop ends within its time, even if a loop no longer responds. */
  #isStopOverdue(): boolean {
    if (this.#ticksToEnd === Number.POSITIVE_INFINITY) {
      const seconds = Math.max(...this.#threads.map(({ pulse }) => pulse.endWithinSeconds))
      if (seconds === 0) return false
      this.#ticksToEnd = (seconds * 1000) / tickMs
    }
    this.#ticksToEnd--
    if (this.#ticksToEnd > 0) return false
    this.#log.event('stop-overdue')
    return true
  }
}
