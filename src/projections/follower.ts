/**
 * Follows the logs and keeps figures up to date with it: calls by time, the last use of each key,
 * what segments of the log hold. Everything here is derived from the log and could be rebuilt; one
 * transaction updates it together with the position that was reached.
 */
import type { KeyObject } from 'node:crypto'
import { readLeaves } from '../audit/leaf-groups.ts'
import { recordOf } from '../audit/record.ts'
import { insertRow, updateRow } from '../crypto/formats/row-writes.ts'
import type { RowWrite } from '../domain/rows.ts'
import type { Receipt } from '../ports/journal.ts'
import type { StoreReader } from '../ports/store.ts'
import type { DerivedRows } from './derived-rows.ts'
import { Fold } from './fold.ts'
import { firstStartOf, logsOf } from './logs.ts'
import { atOnce, nextTurn } from './steps.ts'

const leavesAtOnce = 2000
/** How far an earlier release had counted the first log, without its segments. */
const countedId = 'log'

export type FollowerParts = {
  readonly reader: StoreReader
  readonly rows: DerivedRows
  /** Of the deployment-wide tables. */
  readonly rowMac: KeyObject
  readonly submit: (writes: readonly RowWrite[]) => Promise<Receipt>
}

export class LogFollower {
  readonly #parts: FollowerParts
  readonly #counted = new Map<string, number>()

  constructor(parts: FollowerParts) {
    this.#parts = parts
  }

  /** Reads what was recorded since the last round. @returns whether there is already more. */
  async round(): Promise<boolean> {
    let hasMore = false
    for (const { id, treeSize } of await logsOf(this.#parts.reader))
      if (await this.#follow(id, treeSize)) hasMore = true
    return hasMore
  }

  async #follow(log: string, treeSize: number): Promise<boolean> {
    const { reader, rows, rowMac } = this.#parts
    const reading = await reader.row('readings', log)
    // Starting over would count everything twice: a damaged position needs a person.
    if (reading !== undefined && !rows.isIntact('readings', reading)) return false
    const position = reading?.position ?? 0
    if (position >= treeSize) return false
    const leaves = await readLeaves(reader, log, position, leavesAtOnce)
    const last = leaves.at(-1)
    if (last === undefined) return false
    const counted = await this.#countedBefore(log)
    if (counted === undefined) return false
    const fold = new Fold(this.#parts, log)
    let timeMs = 0
    for (const [i, { treeIndex, leaf }] of leaves.entries()) {
      if (i % atOnce === atOnce - 1) await nextTurn()
      const record = recordOf(leaf)
      fold.add(treeIndex, record, treeIndex >= counted)
      timeMs = record.timeMs
    }
    const values = { position: last.treeIndex + 1, timeMs }
    const moved =
      reading === undefined
        ? insertRow(rowMac, 'readings', { id: log, ...values })
        : updateRow(rowMac, 'readings', reading, values)
    // Stale: another node was faster. What it wrote is read in the next round.
    const receipt = await this.#parts.submit([...(await fold.writes()), moved])
    return receipt === 'recorded' && last.treeIndex + 1 < treeSize
  }

  /**
   * Records of the log before this place were counted by an earlier release; undefined if that is
   * damaged.
   */
  async #countedBefore(log: string): Promise<number | undefined> {
    const known = this.#counted.get(log)
    if (known !== undefined) return known
    const { reader, rows } = this.#parts
    const counted = await reader.row('readings', countedId)
    const isOf = counted !== undefined && (await firstStartOf(reader, log)) !== undefined
    if (isOf && !rows.isIntact('readings', counted)) return undefined
    const before = isOf ? counted.position : 0
    this.#counted.set(log, before)
    return before
  }
}
