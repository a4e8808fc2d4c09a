/**
 * What a node says of itself in the table of nodes, every half minute. While nobody calls, this
 * stores the floor of time as well.
 */
import type { KeyObject } from 'node:crypto'
import { insertRow, updateRow } from '../../crypto/formats/row-writes.ts'
import { newestLevel } from '../../domain/levels.ts'
import type { NodeRow } from '../../domain/rows.ts'
import { type Journal, submitOwn } from '../../ports/journal.ts'
import type { StoreReader } from '../../ports/store.ts'

type Parts = {
  readonly journal: Journal
  readonly reader: Pick<StoreReader, 'row'>
  /** Of the deployment-wide tables. */
  readonly rowMac: KeyObject
  /** ID of the node. */
  readonly id: string
  readonly version: string
  readonly address: string
}

export class Heartbeat {
  readonly #parts: Parts
  readonly #startedAt: number
  #last: NodeRow | undefined

  constructor(parts: Parts) {
    this.#parts = parts
    this.#startedAt = parts.journal.decidingNow()
  }

  async beat(): Promise<void> {
    await this.#say(null)
  }

  /** The node stops: nobody waits for it. */
  async end(): Promise<void> {
    await this.#say(this.#parts.journal.decidingNow())
  }

  async #say(stoppedAt: number | null): Promise<void> {
    const { journal, reader, rowMac, id, version, address } = this.#parts
    const seenAt = journal.decidingNow()
    const level = newestLevel
    const values = { version, address, startedAt: this.#startedAt, seenAt, stoppedAt, level }
    // Nobody else writes it, except after the store went back.
    const known = this.#last ?? (await reader.row('nodes', id))
    const write =
      known === undefined
        ? insertRow(rowMac, 'nodes', { id, ...values })
        : updateRow(rowMac, 'nodes', known, values)
    const receipt = await submitOwn(journal, { writes: [write] })
    this.#last = receipt === 'recorded' ? write.row : undefined
  }
}
