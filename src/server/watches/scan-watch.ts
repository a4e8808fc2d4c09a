/**
 * Reports the passes of the integrity scan: the first one, then one a day, and each that finds more
 * or fewer damaged rows than the one reported before.
 */
import type { IntegrityScan, ScanPass } from '../../engine/service/integrity-scan.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Log } from '../../telemetry/log.ts'

const reportedAgainMs = 24 * 3_600_000

export class ScanWatch {
  readonly #scan: Pick<IntegrityScan, 'step'>
  readonly #log: Log
  readonly #clock: Clock
  /** When the pass in progress began, by the monotonic clock. */
  #began: number | undefined
  #reported: { readonly faults: number; readonly at: number } | undefined

  constructor(scan: Pick<IntegrityScan, 'step'>, log: Log, clock: Clock) {
    this.#scan = scan
    this.#log = log
    this.#clock = clock
  }

  /** Checks the next few rows. */
  async step(): Promise<void> {
    this.#began ??= this.#clock.monotonic()
    const pass = await this.#scan.step()
    if (pass === undefined) return
    this.#ended(pass, this.#began)
    this.#began = undefined
  }

  #ended(pass: ScanPass, began: number): void {
    const at = this.#clock.monotonic()
    const last = this.#reported
    if (last?.faults === pass.faults && at - last.at < reportedAgainMs) return
    this.#log.event('integrity-scan-finished', { ...pass, ms: at - began })
    this.#reported = { faults: pass.faults, at }
  }
}
