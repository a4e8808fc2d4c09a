/** Reports groups that take long, and a store that cannot be written. */
import type { Clock } from '../../ports/clock.ts'
import { StoreUnavailable } from '../../ports/store.ts'
import type { WrittenGroup } from '../../runtime/writer-loop.ts'
import type { Alarms } from '../../telemetry/alarms.ts'
import { slowCommitMs } from '../../telemetry/events.ts'
import type { Log } from '../../telemetry/log.ts'

export class StoreWatch {
  readonly #log: Log
  readonly #clock: Clock
  readonly #alarms: Alarms
  /** Since when nothing can be written, by the monotonic clock. */
  #unwritableSince: number | undefined

  constructor(log: Log, clock: Clock, alarms: Alarms) {
    this.#log = log
    this.#clock = clock
    this.#alarms = alarms
  }

  /** Called after every group. */
  group({ records, ms, outcome }: WrittenGroup): void {
    if (outcome instanceof StoreUnavailable) this.#refused(outcome)
    else {
      if (ms >= slowCommitMs) this.#log.event('commit-slow', { ms, records })
      // A group with nothing to write proves nothing: a full disk shows when something is written.
      if (outcome === 'committed') this.#committed()
    }
  }

  #refused({ detail, reason }: StoreUnavailable): void {
    if (reason === 'went-back') this.#alarms.raise('log-went-back')
    if (reason === 'newer-release') this.#alarms.raise('newer-release')
    if (this.#unwritableSince !== undefined) return
    this.#unwritableSince = this.#clock.monotonic()
    this.#log.event('store-unwritable', { reason: detail })
  }

  #committed(): void {
    this.#alarms.clear('log-went-back')
    this.#alarms.clear('newer-release')
    if (this.#unwritableSince === undefined) return
    this.#log.event('store-writable', { ms: this.#clock.monotonic() - this.#unwritableSince })
    this.#unwritableSince = undefined
  }
}
