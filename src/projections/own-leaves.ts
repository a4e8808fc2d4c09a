/**
 * What this node recorded last, as its writer handed it over: it is the same as in the store, and
 * need not be read back. Everything else is read from the store by its place.
 */
import { type AuditLeaf, unpacked } from '../audit/leaf-groups.ts'
import type { RecentGroup } from '../audit/recent-leaves.ts'
import type { LedgerRow } from '../domain/rows.ts'

type Kept = { readonly epoch: number | null; readonly leaves: readonly AuditLeaf[] }

export class OwnLeaves {
  readonly #ask: () => Promise<readonly RecentGroup[]>
  readonly #kept = new Map<string, Kept>()

  /** @param ask takes over what the writer has kept. */
  constructor(ask: () => Promise<readonly RecentGroup[]>) {
    this.#ask = ask
  }

  /** Asks for more once all of it was used: so its memory is bounded by one answer. */
  async refresh(): Promise<void> {
    if (this.#kept.size > 0) return
    for (const group of await this.#ask())
      this.#kept.set(group.log, { epoch: group.epoch, leaves: unpacked(group) })
  }

  /**
   * Records of a log from a place on, in order; none if they are not here.
   * @param head as it is stored: after a loss was accepted, the log goes on with other records, in
   * another epoch.
   */
  from(
    { id, treeSize, epoch }: Pick<LedgerRow, 'id' | 'treeSize' | 'epoch'>,
    place: number,
    limit: number,
  ): readonly AuditLeaf[] {
    const kept = this.#kept.get(id)
    if (kept === undefined) return []
    if (kept.epoch !== epoch) this.#kept.delete(id)
    const at = place - (kept.leaves[0]?.treeIndex ?? place)
    if (kept.epoch !== epoch || at < 0) return []
    return kept.leaves.slice(at, at + Math.min(limit, treeSize - place))
  }

  /** Forgets the records of a log before a place. */
  passed(log: string, place: number): void {
    const last = this.#kept.get(log)?.leaves.at(-1)
    if (last === undefined || last.treeIndex < place) this.#kept.delete(log)
  }
}
