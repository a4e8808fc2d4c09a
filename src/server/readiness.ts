/**
 * Whether a thread can serve its requests properly, and if not, why: a short list of named reasons,
 * one per line.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { type Journal, serviceEntry, submitOwn } from '../ports/journal.ts'
import type { JournalClient } from '../runtime/journal-client.ts'
import { type Alarms, redAlarmNames } from '../telemetry/alarms.ts'
import { type Family, gauge } from '../telemetry/metrics.ts'
import { clockReason } from './commands/clock-words.ts'

/**
 * The text is public: it says what is wrong and how to fix it, and contains no key ID and nothing
 * that a caller sent.
 */
type Reason = { readonly name: string; readonly text: string; readonly red: boolean }

export type ReadinessParts = {
  readonly alarms: Alarms
  readonly journal: JournalClient
  readonly requestId: () => string
}

const clockName = 'clock'
const auditLogName = 'audit-log'
const auditLogText =
  'the audit log cannot be written: is the disk full, or does another program hold the database?'

export class Readiness {
  readonly #parts: ReadinessParts

  constructor(parts: ReadinessParts) {
    this.#parts = parts
  }

  /**
   * Why the service is not ready, one line for each reason; undefined if it is. If calls could not
   * be recorded, this tries again, unless the server is about to end.
   */
  async notReady(): Promise<string | undefined> {
    const { journal, requestId } = this.#parts
    const red = this.#known().filter((one) => one.red)
    // While a reason is known, nobody waits for another try.
    if (red.length === 0 && !journal.available && !(await canRecord(journal, requestId())))
      red.push({ name: auditLogName, text: auditLogText, red: true })
    return red.length === 0 ? undefined : red.map(lineOf).join('\n')
  }

  /** What needs attention although the service is ready. */
  remarks(): string[] {
    return this.#known()
      .filter(({ red }) => !red)
      .map(lineOf)
  }

  /** A gauge with a value for each reason not to be ready: 1 if the reason holds, otherwise 0. */
  family(): Family {
    const holding = new Set(this.#known().map(({ name }) => name))
    if (!this.#parts.journal.available) holding.add(auditLogName)
    const values = [...redAlarmNames, clockName, auditLogName].map((reason) => ({
      labels: { reason },
      value: holding.has(reason) ? 1 : 0,
    }))
    return gauge('holdfast_not_ready', 'Whether the service is not ready for this reason', values)
  }

  #known(): Reason[] {
    const { alarms, journal } = this.#parts
    const clock = clockReason(journal)
    return [
      ...alarms.raised(),
      ...(clock === undefined ? [] : [{ name: clockName, text: clock, red: true }]),
    ]
  }
}

function lineOf({ name, text }: Reason): string {
  return `${name}: ${text}`
}

/** Who asks does not wait as long as a call does. */
const patienceMs = 2000

/** Calls recently could not be recorded: whether one can be now. */
async function canRecord(journal: Journal, requestId: string): Promise<boolean> {
  const entry = serviceEntry({ requestId, operation: 'readiness' })
  const tried = submitOwn(journal, { entry })
  const late = sleep(patienceMs, 'late' as const, { ref: false })
  return (await Promise.race([tried, late])) === 'recorded'
}
