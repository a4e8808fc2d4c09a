/** What the database has lost, as an operator sees it, and accepting that. */
import { KmsError } from '../../domain/errors.ts'
import { refusalOf } from '../../engine/engine.ts'
import { type Journal, serviceEntry, submitOwn } from '../../ports/journal.ts'
import type { Random } from '../../ports/random.ts'
import type { StoreReader } from '../../ports/store.ts'

type Parts = {
  readonly journal: Journal
  readonly reader: Pick<StoreReader, 'row'>
  readonly random: Random
  readonly deployment: string
  /** What this node found when it started. */
  readonly atStart: string | undefined
}

/** What was lost, for people; null if nothing was. */
export type LossView = { readonly lost: string | null }

export class Losses {
  readonly #parts: Parts
  #atStart: string | undefined

  constructor(parts: Parts) {
    this.#parts = parts
    this.#atStart = parts.atStart
  }

  async view(): Promise<LossView> {
    const { reader, deployment } = this.#parts
    const epoch = await reader.row('epochs', deployment)
    return { lost: epoch?.lost ?? this.#atStart ?? null }
  }

  /**
   * All nodes go on from what the database holds now. The record says what was lost.
   * @throws KmsError changed-meanwhile if nothing was, audit-unavailable.
   */
  async accept(): Promise<LossView> {
    const { journal, random } = this.#parts
    const { lost } = await this.view()
    if (lost === null)
      throw new KmsError(
        'changed-meanwhile',
        'the database has lost nothing: there is nothing to accept',
      )
    const entry = serviceEntry({
      requestId: random.bytes(16).toHex(),
      operation: 'accept-loss',
      principal: 'operator',
      detail: lost,
    })
    const refusal = refusalOf(await submitOwn(journal, { entry, acceptsLoss: true }))
    if (refusal !== undefined) throw refusal
    this.#atStart = undefined
    return { lost }
  }
}
