/**
 * Looks every second whether a database on another machine serves, also while nobody calls, and how
 * far its clock and this node's differ.
 */
import { toleratedSkewMs } from '../../domain/skew.ts'
import type { Clock } from '../../ports/clock.ts'
import { type StoreProbe, type StoreReason, StoreUnavailable } from '../../ports/store.ts'
import type { AlarmName, Alarms } from '../../telemetry/alarms.ts'
import type { Log } from '../../telemetry/log.ts'
import { type Family, gauge } from '../../telemetry/metrics.ts'

const alarmOf = {
  unreachable: 'database-unreachable',
  'read-only': 'database-read-only',
} as const satisfies Partial<Record<StoreReason, AlarmName>>

export class DatabaseWatch {
  readonly #probe: StoreProbe
  readonly #alarms: Alarms
  readonly #log: Log
  readonly #clock: Clock
  readonly #databaseInstant: (shown: number) => number
  #roundTripMs: number | undefined
  #isUp = true
  #skewMs = 0

  /** @param parts.databaseInstant passed what the database's clock shows; only tests change it. */
  constructor(parts: {
    probe: StoreProbe
    alarms: Alarms
    log: Log
    clock: Clock
    databaseInstant?: (shown: number) => number
  }) {
    this.#probe = parts.probe
    this.#alarms = parts.alarms
    this.#log = parts.log
    this.#clock = parts.clock
    this.#databaseInstant = parts.databaseInstant ?? ((shown) => shown)
  }

  async look(): Promise<void> {
    try {
      const { clockAt, roundTripMs } = await this.#probe.look()
      this.#roundTripMs = roundTripMs
      this.#compare(this.#databaseInstant(clockAt), roundTripMs)
      this.#raise(undefined)
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      this.#roundTripMs = undefined
      this.#raise(error.reason ?? 'unreachable')
    }
  }

  /** False from a failed look to the next that succeeds. */
  get isUp(): boolean {
    return this.#isUp
  }

  families(): Family[] {
    const isReachable = this.#roundTripMs !== undefined
    return [
      gauge('holdfast_database_up', 'Whether the database serves', isReachable ? 1 : 0),
      gauge(
        'holdfast_database_round_trip_seconds',
        'Time that the database took to answer, last measured within the last second',
        isReachable ? [{ labels: {}, value: (this.#roundTripMs ?? 0) / 1000 }] : [],
      ),
      gauge(
        'holdfast_clock_skew_seconds',
        'How far the clock of this node is ahead of that of the database',
        this.#skewMs / 1000,
      ),
    ]
  }

  close(): void {
    this.#probe.close()
  }

  #raise(holding: StoreReason | undefined): void {
    this.#isUp = holding === undefined
    for (const reason of Object.keys(alarmOf) as (keyof typeof alarmOf)[]) {
      if (reason === holding) this.#alarms.raise(alarmOf[reason])
      else this.#alarms.clear(alarmOf[reason])
    }
  }

  /** The database read its clock while the answer was on its way. */
  #compare(clockAt: number, roundTripMs: number): void {
    this.#skewMs = this.#clock.wallNow() - roundTripMs / 2 - clockAt
    const differs = Math.abs(this.#skewMs) > toleratedSkewMs + roundTripMs / 2
    if (differs === this.#alarms.isRaised('database-clock')) return
    if (differs) {
      this.#alarms.raise('database-clock')
      this.#log.event('clocks-differ', { ms: Math.round(this.#skewMs) })
    } else {
      this.#alarms.clear('database-clock')
      this.#log.event('clocks-agree')
    }
  }
}
