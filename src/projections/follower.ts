/**
 * Follows the logs and keeps figures up to date with it: calls by time, the last use of each key,
 * what segments of the log hold. Everything here is derived from the log and could be rebuilt; one
 * transaction updates it together with the position that was reached.
 */
import type { KeyObject } from 'node:crypto'
import { readLeaves } from '../audit/leaf-groups.ts'
import type { RecentGroup } from '../audit/recent-leaves.ts'
import { recordOf } from '../audit/record.ts'
import { insertRow, updateRow } from '../crypto/formats/row-writes.ts'
import type { LedgerRow, RowWrite } from '../domain/rows.ts'
import type { Receipt } from '../ports/journal.ts'
import type { StoreReader } from '../ports/store.ts'
import type { DerivedRows } from './derived-rows.ts'
import { Fold } from './fold.ts'
import { firstStartOf, logsOf } from './logs.ts'
import { OwnLeaves } from './own-leaves.ts'
import { atOnce, nextTurn } from './steps.ts'

const leavesAtOnce = 2000
/** How far an earlier release had counted the first log, without its segments. */
const countedId = 'log'
/** The log of another node is left to it, unless its position does not move for this long. */
const leftMs = 10_000

export type FollowerParts = {
  readonly reader: StoreReader
  readonly rows: DerivedRows
  /** Of the deployment-wide tables. */
  readonly rowMac: KeyObject
  readonly submit: (writes: readonly RowWrite[]) => Promise<Receipt>
  /** Logs of this node, and how to take over what its writer recorded in them last. */
  readonly own: {
    readonly logs: ReadonlySet<string>
    readonly recent: () => Promise<readonly RecentGroup[]>
  }
  /** A monotonic clock, milliseconds. */
  readonly now: () => number
}

export class LogFollower {
  readonly #parts: FollowerParts
  readonly #counted = new Map<string, number>()
  readonly #own: OwnLeaves
  /** Where logs of other nodes were when they had last moved, and when that was noticed. */
  readonly #left = new Map<string, { readonly position: number; readonly at: number }>()

  constructor(parts: FollowerParts) {
    this.#parts = parts
    this.#own = new OwnLeaves(parts.own.recent)
  }

  /** Takes what was recorded since the last round. @returns whether there is already more. */
  async round(): Promise<boolean> {
    // Before the heads: so each of these records is counted by its head.
    await this.#own.refresh()
    let hasMore = false
    for (const head of await logsOf(this.#parts.reader))
      if (await this.#follow(head)) hasMore = true
    return hasMore
  }

  async #follow(head: LedgerRow): Promise<boolean> {
    const { reader, rows, rowMac } = this.#parts
    const { id: log, treeSize } = head
    const reading = await reader.row('readings', log)
    const counted = await this.#countedBefore(log)
    // Starting over would count everything twice: a damaged position needs a person.
    const isFixed =
      counted === undefined || (reading !== undefined && !rows.isIntact('readings', reading))
    const position = isFixed ? treeSize : (reading?.position ?? 0)
    this.#own.passed(log, position)
    if (isFixed || position >= treeSize) this.#left.delete(log)
    if (isFixed || position >= treeSize || this.#isLeft(log, position)) return false
    const known = this.#own.from(head, position, leavesAtOnce)
    const leaves = known.length > 0 ? known : await readLeaves(reader, log, position, leavesAtOnce)
    const last = leaves.at(-1)
    if (last === undefined) return false
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
    if (receipt !== 'recorded') return false
    this.#own.passed(log, values.position)
    const left = this.#left.get(log)
    if (left !== undefined) this.#left.set(log, { ...left, position: values.position })
    return values.position < treeSize
  }

  /** Whether a log is still followed by the node that it belongs to. */
  #isLeft(log: string, position: number): boolean {
    if (this.#parts.own.logs.has(log)) return false
    const now = this.#parts.now()
    const left = this.#left.get(log)
    if (left?.position === position) return now - left.at < leftMs
    this.#left.set(log, { position, at: now })
    return true
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
