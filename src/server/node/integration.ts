/** Takes the tree over all logs further each second, and reports what is wrong. */
import type { KeyObject } from 'node:crypto'
import { Integrator } from '../../audit/integrator.ts'
import { KmsError } from '../../domain/errors.ts'
import { isUnavailable, type StoreWriter } from '../../ports/store.ts'
import type { Alarms } from '../../telemetry/alarms.ts'
import type { Log } from '../../telemetry/log.ts'

type Parts = {
  readonly deployment: string
  /** Of the deployment-wide tables. */
  readonly rowMac: KeyObject
  readonly store: StoreWriter
  readonly log: Log
  readonly alarms: Alarms
}

export class Integration {
  readonly #parts: Parts
  readonly #integrator: Integrator
  /** What the store has lost, as it was said last. */
  #lost: string | null = null
  /** Epoch of the last accepted loss, as of the last round. */
  #accepted: number | undefined

  constructor(parts: Parts) {
    this.#parts = parts
    this.#integrator = new Integrator(parts)
  }

  /** @returns the clock of the database, if it has one of its own and serves. */
  async round(): Promise<number | undefined> {
    try {
      const { clockAt, lost, lossAccepted } = await this.#integrator.round()
      if (lost !== this.#lost) this.#say(lost)
      // A writer may have found a loss, and an operator accepted it, between two rounds.
      if (lost === null && lossAccepted > (this.#accepted ?? lossAccepted))
        this.#parts.alarms.clear('log-went-back')
      this.#accepted = lossAccepted
      return clockAt
    } catch (error) {
      if (!(error instanceof KmsError)) throw error
      // The log says by itself that the store is not available, once.
      if (!isUnavailable(error))
        this.#parts.log.event('background-work-failed', { work: 'tree over the logs', error })
      return undefined
    }
  }

  close(): void {
    this.#parts.store.close()
  }

  #say(lost: string | null): void {
    const { log, alarms } = this.#parts
    this.#lost = lost
    if (lost === null) {
      alarms.clear('log-went-back')
      log.event('loss-accepted')
    } else {
      alarms.raise('log-went-back')
      log.event('log-went-back', { lost })
    }
  }
}
