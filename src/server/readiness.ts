/**
 * Whether a thread's requests can be served as they should, and if not, why: a short list of
 * reasons with names, a line each.
 */

import { type Journal, serviceEntry, submitOwn } from '../ports/journal.ts'
import type { JournalClient } from '../runtime/journal-client.ts'
import { type Alarms, redAlarmNames } from '../telemetry/alarms.ts'
import { type Family, gauge } from '../telemetry/metrics.ts'
import { clockReason } from './commands/clock-words.ts'

/**
 * The text is public: it says what is wrong and the way out, and names no key and nothing that a
 * caller sent.
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
   * Why the service is not ready, a line for each reason; undefined when it is. Calls that could
   * not be recorded are tried again here.
   */
  async notReady(): Promise<string | undefined> {
    const { journal, requestId } = this.#parts
    const red = this.#known().filter((one) => one.red)
    if (!journal.available && !(await canRecord(journal, requestId())))
      red.push({ name: auditLogName, text: auditLogText, red: true })
    return red.length === 0 ? undefined : red.map(lineOf).join('\n')
  }

  /** What somebody should look at though the service is ready. */
  remarks(): string[] {
    return this.#known()
      .filter(({ red }) => !red)
      .map(lineOf)
  }

  /**
   * A gauge that is 1 under the name of each reason not to be ready that holds, and 0 under the
   * others.
   */
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

/** Calls could not be recorded lately: whether one can now. */
async function canRecord(journal: Journal, requestId: string): Promise<boolean> {
  return (
    (await submitOwn(journal, { entry: serviceEntry({ requestId, operation: 'readiness' }) })) ===
    'recorded'
  )
}
