/** Checks every few seconds that the schema is still the one that Holdfast made. */

import type { SchemaFault, StoreReader } from '../../ports/store.ts'
import type { Alarms } from '../../telemetry/alarms.ts'
import type { Log } from '../../telemetry/log.ts'

export class SchemaWatch {
  readonly #reader: Pick<StoreReader, 'schemaFaults'>
  readonly #alarms: Alarms
  readonly #log: Log
  readonly #onActing: () => void
  #said = new Set<string>()

  /**
   * @param parts.onActing called if something acts on rows by itself, so that answers may differ
   * from what is stored: the process must end.
   */
  constructor(parts: {
    reader: Pick<StoreReader, 'schemaFaults'>
    alarms: Alarms
    log: Log
    onActing: () => void
  }) {
    this.#reader = parts.reader
    this.#alarms = parts.alarms
    this.#log = parts.log
    this.#onActing = parts.onActing
  }

  async look(): Promise<void> {
    const faults = await this.#reader.schemaFaults()
    for (const { text } of faults)
      if (!this.#said.has(text)) this.#log.event('schema-changed', { fault: text })
    if (faults.length === 0 && this.#said.size > 0) this.#log.event('schema-restored')
    this.#said = new Set(faults.map(({ text }) => text))
    this.#tell(faults)
  }

  /**
   * An extra column or view does not stop the service: rows are still verified. It has to be looked
   * at, and prevents the next start.
   */
  #tell(faults: readonly SchemaFault[]): void {
    if (faults.length === 0) this.#alarms.clear('schema-altered')
    else this.#alarms.raise('schema-altered')
    if (!faults.some(({ acts }) => acts)) return
    // So that nothing is acknowledged that is not stored.
    this.#log.event('schema-acts')
    this.#onActing()
  }
}
