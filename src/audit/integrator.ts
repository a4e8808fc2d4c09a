/**
 * The tree over all logs. Each second the heads that moved become leaves of it, whichever node does
 * that: a record is proved by its path in the tree of its log, and by the path of that log's head
 * in this one. What it costs depends on the number of nodes, not on that of records.
 */
import type { KeyObject } from 'node:crypto'
import { encodeAndHash } from '../crypto/formats/canonical.ts'
import { labels } from '../crypto/formats/labels.ts'
import { signRow, verifyRow } from '../crypto/formats/row-mac.ts'
import { insertRow, updateRow } from '../crypto/formats/row-writes.ts'
import { KmsError } from '../domain/errors.ts'
import {
  deploymentTree,
  type EpochRow,
  isSameOrLater,
  type LedgerRow,
  type Row,
  type RowWrite,
  versionOf,
} from '../domain/rows.ts'
import { allRows } from '../ports/all-rows.ts'
import { commitEpoch } from '../ports/epoch-change.ts'
import type { StoreWriter } from '../ports/store.ts'
import { epochLossText, lossText, withLoss } from './epochs.ts'
import { packed } from './leaf-groups.ts'
import { firstHead } from './log.ts'
import { Frontier, leafPrefix } from './tree.ts'

type Parts = {
  readonly deployment: string
  /** Of the deployment-wide tables. */
  readonly rowMac: KeyObject
  /** Used for one transaction at a time. */
  readonly store: StoreWriter
}

/** What was seen in a round. */
export type Seen = {
  /** Clock of the database, milliseconds since 1970, if it has one of its own. */
  readonly clockAt: number | undefined
  /** What the store has lost, for people, until an operator accepts it. */
  readonly lost: string | null
  /** Number of the epoch that began with the last accepted loss; 0 for none. */
  readonly lossAccepted: number
}

type Integrated = Row<'integratedHeads'>

export class Integrator {
  readonly #parts: Parts
  /** The heads of all logs as they were last, and the epoch in which they were. */
  #known = new Map<string, LedgerRow>()
  #epoch: EpochRow | undefined

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /**
   * One transaction, of which nothing is left if no head moved. If one has gone back, no node
   * writes from then on.
   * @throws StoreUnavailable, KmsError stored-record-corrupt.
   */
  async round(): Promise<Seen> {
    const { store } = this.#parts
    try {
      const { clockAt } = await store.begin({ log: deploymentTree, rows: [], changes: [] })
      return { clockAt, ...(await this.#integrate()) }
    } catch (error) {
      if (error instanceof KmsError) await store.rollback()
      throw error
    }
  }

  async #integrate(): Promise<Omit<Seen, 'clockAt'>> {
    const { store, rowMac, deployment } = this.#parts
    const epoch = await store.row('epochs', deployment)
    if (epoch !== undefined) verifyRow(rowMac, 'epochs', epoch)
    const heads = await this.#all('ledgers')
    const integrated = new Map((await this.#all('integratedHeads')).map((one) => [one.id, one]))
    const { lossAccepted = 0 } = epoch ?? {}
    const lost = epoch?.lost ?? this.#lossIn(heads, integrated, epoch)
    if (lost !== null) {
      await store.rollback()
      if (epoch?.lost !== lost) await this.#halt(epoch, lost)
      return { lost, lossAccepted }
    }
    this.#known = new Map(heads.map((head) => [head.id, head]))
    this.#epoch = epoch
    await this.#append(heads, integrated)
    return { lost, lossAccepted }
  }

  async #append(
    heads: readonly LedgerRow[],
    integrated: ReadonlyMap<string, Integrated>,
  ): Promise<void> {
    const { store, rowMac, deployment } = this.#parts
    const tree =
      heads.find(({ id }) => id === deploymentTree) ?? firstHead(rowMac, deploymentTree, 0)
    const moved = heads.filter((head) => this.#hasMoved(head, integrated.get(head.id)))
    if (moved.length === 0) return store.rollback()
    const frontier = Frontier.decode(tree.treeSize, tree.frontier)
    const writes: RowWrite[] = []
    const leaves: Uint8Array[] = []
    for (const head of moved) {
      const { encoded, hashed } = headLeaf(deployment, head)
      writes.push(this.#integrated(head, integrated.get(head.id), frontier.size))
      leaves.push(encoded)
      frontier.append(hashed)
    }
    await store.apply(writes)
    const next = {
      id: deploymentTree,
      nodeSequence: frontier.size,
      treeSize: frontier.size,
      treeRoot: frontier.root(),
      frontier: frontier.encode(),
      timeFloor: 0,
      epoch: this.#epoch?.epoch ?? 0,
    }
    const head = signRow(rowMac, 'ledgers', next, tree.revision + 1)
    await store.commit(packed(deploymentTree, tree.treeSize, leaves), head)
  }

  #hasMoved({ id, treeSize, treeRoot }: LedgerRow, known: Integrated | undefined): boolean {
    if (id === deploymentTree || treeSize === 0) return false
    if (known === undefined || treeSize > known.treeSize) return true
    // It went back, and that is accepted.
    const isAccepted = known.epoch < (this.#epoch?.lossAccepted ?? 0)
    return isAccepted && Buffer.compare(treeRoot, known.treeRoot) !== 0
  }

  /** What of the heads is not as it was seen last, or as the tree over them has it. */
  #lossIn(
    heads: readonly LedgerRow[],
    integrated: ReadonlyMap<string, Integrated>,
    epoch: EpochRow | undefined,
  ): string | null {
    const { epoch: number = 0, lossAccepted = 0 } = epoch ?? {}
    const last = this.#epoch?.epoch ?? 0
    if (number < last) return epochLossText(last, number)
    const found = new Map(heads.map((head) => [head.id, head]))
    // What was lost before that is accepted.
    const isNew = lossAccepted > (this.#epoch?.lossAccepted ?? 0)
    const known = isNew ? [] : this.#known.values()
    for (const head of known)
      if (!isSameOrLater(versionOf(found.get(head.id)), versionOf(head)))
        return lossText(head.id, head.treeSize, found.get(head.id)?.treeSize ?? 0)
    for (const { id, treeSize, treeRoot, epoch: since } of integrated.values()) {
      if (since < lossAccepted) continue
      const head = found.get(id)
      const isSame = head?.treeSize === treeSize && Buffer.compare(head.treeRoot, treeRoot) === 0
      if (!isSame && (head?.treeSize ?? 0) <= treeSize)
        return lossText(id, treeSize, head?.treeSize ?? 0)
    }
    return null
  }

  /** Keeps all nodes from writing: what one has lost, the others may have read. */
  async #halt(epoch: EpochRow | undefined, lost: string): Promise<void> {
    const { store, rowMac, deployment } = this.#parts
    const before = { current: epoch, known: this.#epoch?.epoch ?? 0 }
    await commitEpoch(store, withLoss(rowMac, deployment, before, lost))
  }

  #integrated(head: LedgerRow, known: Integrated | undefined, leafIndex: number): RowWrite {
    const { rowMac } = this.#parts
    const { id, treeSize, treeRoot } = head
    const values = { treeSize, treeRoot, leafIndex, epoch: this.#epoch?.epoch ?? 0 }
    return known === undefined
      ? insertRow(rowMac, 'integratedHeads', { id, ...values })
      : updateRow(rowMac, 'integratedHeads', known, values)
  }

  async #all<T extends 'ledgers' | 'integratedHeads'>(table: T): Promise<Row<T>[]> {
    const { store, rowMac } = this.#parts
    const rows = await allRows(store, table)
    for (const row of rows) verifyRow(rowMac, table, row)
    return rows
  }
}

/**
 * The leaf of a log's head in the tree over all logs. Its layout never changes:
 * docs/ciphertext-format.md.
 */
export function headLeaf(
  deployment: string,
  { id, treeSize, treeRoot, epoch }: Pick<LedgerRow, 'id' | 'treeSize' | 'treeRoot' | 'epoch'>,
): ReturnType<typeof encodeAndHash> {
  return encodeAndHash(leafPrefix, [labels.logHead, deployment, id, treeSize, treeRoot, epoch ?? 0])
}
