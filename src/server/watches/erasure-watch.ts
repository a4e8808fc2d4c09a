/**
 * Reports an erasure that waits: by an alarm and a log line once it has waited longer than a
 * moment, and by a metric.
 */

import type { Clock } from '../../ports/clock.ts'
import type { Alarms } from '../../telemetry/alarms.ts'
import type { Log } from '../../telemetry/log.ts'
import { type Family, gauge } from '../../telemetry/metrics.ts'

/**
 * Readers of the service end within milliseconds; a backup that takes no longer than this is not
 * worth a line.
 */
const patienceMs = 5000

export class ErasureWatch {
  readonly #alarms: Alarms
  readonly #log: Log
  readonly #clock: Clock
  /** Since when one has been waiting, by the monotonic clock. */
  #since: number | undefined
  #timer: NodeJS.Timeout | undefined
  #said = false

  constructor(alarms: Alarms, log: Log, clock: Clock) {
    this.#alarms = alarms
    this.#log = log
    this.#clock = clock
  }

  waits(waits: boolean): void {
    clearTimeout(this.#timer)
    if (waits) {
      this.#since = this.#clock.monotonic()
      this.#timer = setTimeout(() => this.#say(), patienceMs)
      return
    }
    const ms = this.#waitedMs()
    this.#since = undefined
    this.#alarms.clear('erasure-waits')
    if (this.#said) this.#log.event('erasure-done', { ms })
    this.#said = false
  }

  family(): Family {
    const help = 'How long an erasure has waited for a reader of the database file'
    return gauge('holdfast_erasure_waiting_seconds', help, this.#waitedMs() / 1000)
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  #waitedMs(): number {
    return this.#since === undefined ? 0 : this.#clock.monotonic() - this.#since
  }

  #say(): void {
    this.#said = true
    const ms = this.#waitedMs()
    this.#alarms.raise('erasure-waits', ms)
    this.#log.event('erasure-delayed', { ms })
  }
}
