/**
 * Decides when a thread whose loop no longer turns ends the process. Counts its own ticks, so that
 * a machine that was suspended proves nothing.
 */
import { PulseReader } from './pulse.ts'

export const tickMs = 250
/**
 * A loop that was silent for so long is taken to be stuck: the longest work of a loop is a
 * thousandth of it.
 */
export const silenceMs = 10_000

export type Watched = {
  readonly name: string
  readonly memory: SharedArrayBuffer
  /**
   * Whether the process ends with it. The writer and the niced threads may wait for a disk or a
   * processor; of them it is only told.
   */
  readonly isVital: boolean
}

export type Verdict = { readonly message: string; readonly ends: boolean }

type Seen = {
  readonly watched: Watched
  readonly pulse: PulseReader
  beats: number
  ticks: number
  isTold: boolean
}

export class Watchdog {
  readonly #threads: readonly Seen[]
  #ticksToEnd = Number.POSITIVE_INFINITY

  constructor(threads: readonly Watched[]) {
    this.#threads = threads.map((watched) => {
      const pulse = new PulseReader(watched.memory)
      return { watched, pulse, beats: 0, ticks: 0, isTold: false }
    })
  }

  /**
   * To be called every `tickMs`.
   * @returns what there is to tell, and whether the process has to end with it.
   */
  tick(): Verdict[] {
    return [...this.#threads.flatMap((seen) => this.#look(seen)), ...this.#stopping()]
  }

  #look(seen: Seen): Verdict[] {
    const { watched, pulse } = seen
    const { beats } = pulse
    if (beats !== seen.beats || beats === 0) {
      const silentSeconds = Math.round((seen.ticks * tickMs) / 1000)
      const verdict = seen.isTold
        ? [told(`the loop of ${watched.name} turns again after ${silentSeconds} s`)]
        : []
      Object.assign(seen, { beats, ticks: 0, isTold: false })
      return verdict
    }
    seen.ticks++
    if (seen.isTold || seen.ticks * tickMs < silenceMs) return []
    seen.isTold = true
    const message = `the loop of ${watched.name} has been silent for ${silenceMs / 1000} s; the work that it began last is ${pulse.work}`
    return [
      watched.isVital ? { message: `${message}; the server ends`, ends: true } : told(message),
    ]
  }

  /**
   * A stop that was asked for ends within its time, even where a loop no longer takes part in it.
   */
  #stopping(): Verdict[] {
    if (this.#ticksToEnd === Number.POSITIVE_INFINITY) {
      const seconds = Math.max(...this.#threads.map(({ pulse }) => pulse.endWithinSeconds))
      if (seconds === 0) return []
      this.#ticksToEnd = (seconds * 1000) / tickMs
    }
    this.#ticksToEnd--
    if (this.#ticksToEnd > 0) return []
    return [{ message: 'the stop did not come to its end in time; the server ends', ends: true }]
  }
}

function told(message: string): Verdict {
  return { message, ends: false }
}
