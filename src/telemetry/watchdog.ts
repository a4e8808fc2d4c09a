/**
 * Decides when a thread whose loop no longer turns ends the process. Counts its own ticks, so that
 * a suspended machine proves nothing.
 */
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

export type Verdict = { readonly message: string; readonly ends: boolean }

type Seen = {
  readonly watched: Watched
  readonly pulse: PulseReader
  beats: number
  ticks: number
  isReported: boolean
}

export class Watchdog {
  readonly #threads: readonly Seen[]
  #ticksToEnd = Number.POSITIVE_INFINITY

  constructor(threads: readonly Watched[]) {
    this.#threads = threads.map((watched) => {
      const pulse = new PulseReader(watched.memory)
      return { watched, pulse, beats: 0, ticks: 0, isReported: false }
    })
  }

  /**
   * To be called every `tickMs`.
   * @returns what to report, and whether the process has to end.
   */
  tick(): Verdict[] {
    return [...this.#threads.flatMap((seen) => this.#look(seen)), ...this.#stopping()]
  }

  #look(seen: Seen): Verdict[] {
    const { watched, pulse } = seen
    const { beats } = pulse
    if (beats !== seen.beats || beats === 0) {
      const silentSeconds = Math.round((seen.ticks * tickMs) / 1000)
      const verdict = seen.isReported
        ? [reportOnly(`the loop of ${watched.name} turns again after ${silentSeconds} s`)]
        : []
      Object.assign(seen, { beats, ticks: 0, isReported: false })
      return verdict
    }
    seen.ticks++
    if (seen.isReported || seen.ticks * tickMs < silenceMs) return []
    seen.isReported = true
    const message = `the loop of ${watched.name} has been silent for ${silenceMs / 1000} s; the last work it started is ${pulse.work}`
    return [
      watched.isVital
        ? { message: `${message}; the server exits`, ends: true }
        : reportOnly(message),
    ]
  }

  /** A requested stop ends within its time, even if a loop no longer responds. */
  #stopping(): Verdict[] {
    if (this.#ticksToEnd === Number.POSITIVE_INFINITY) {
      const seconds = Math.max(...this.#threads.map(({ pulse }) => pulse.endWithinSeconds))
      if (seconds === 0) return []
      this.#ticksToEnd = (seconds * 1000) / tickMs
    }
    this.#ticksToEnd--
    if (this.#ticksToEnd > 0) return []
    return [{ message: 'the stop did not finish in time; the server exits', ends: true }]
  }
}

function reportOnly(message: string): Verdict {
  return { message, ends: false }
}
