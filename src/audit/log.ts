/**
 * The log of one node: numbers records without gaps, hashes them into the tree, and keeps the head
 * that is written with them.
 */
import type { KeyObject } from 'node:crypto'
import type { CanonicalValue } from '../crypto/formats/canonical.ts'
import { signRow, verifyRow } from '../crypto/formats/row-mac.ts'
import type { LedgerRow, RowWrite } from '../domain/rows.ts'
import type { AuditLog } from '../ports/audit-log.ts'
import type { AuditEntry } from '../ports/journal.ts'
import type { LeafGroup } from '../ports/store.ts'
import { packed } from './leaf-groups.ts'
import { changesOf, hashedLeaf } from './record.ts'
import { Frontier } from './tree.ts'

/** Most calls change no row. */
const none: CanonicalValue[] = []

export class NodeLog implements AuditLog {
  readonly #deployment: string
  readonly #rowMacKey: KeyObject
  #durable: LedgerRow
  #durableFrontier: Frontier
  #sequence: number
  #frontier: Frontier
  /** Appended since the last commit. */
  #leaves: Uint8Array[] = []
  #pending: LedgerRow | undefined

  /**
   * @param head from the store, verified by the caller.
   * @param rowMacKey the deployment's.
   */
  constructor(deployment: string, rowMacKey: KeyObject, head: LedgerRow) {
    this.#deployment = deployment
    this.#rowMacKey = rowMacKey
    this.#durable = head
    this.#durableFrontier = Frontier.decode(head.treeSize, head.frontier)
    this.#sequence = head.nodeSequence
    this.#frontier = this.#durableFrontier.copy()
  }

  append(entry: AuditEntry, timeMs: number, writes: readonly RowWrite[]): void {
    this.#sequence++
    const changes = writes.length === 0 ? none : changesOf(writes)
    const record = {
      ...entry,
      node: this.#durable.id,
      nodeSequence: this.#sequence,
      timeMs,
      signatureDigest: bytesOrNull(entry.signatureDigest),
      contextDigest: bytesOrNull(entry.contextDigest),
    }
    const { encoded, hashed } = hashedLeaf(this.#deployment, record, changes)
    this.#frontier.append(hashed)
    this.#leaves.push(encoded)
  }

  ending(timeFloor: number): { readonly head: LedgerRow; readonly group: LeafGroup | null } {
    const values = {
      id: this.#durable.id,
      nodeSequence: this.#sequence,
      treeSize: this.#frontier.size,
      treeRoot: this.#frontier.root(),
      frontier: this.#frontier.encode(),
      timeFloor,
    }
    this.#pending = signRow(this.#rowMacKey, 'ledgers', values, this.#durable.revision + 1)
    const leaves = this.#leaves
    const group =
      leaves.length === 0 ? null : packed(this.#durable.id, this.#durable.treeSize, leaves)
    return { head: this.#pending, group }
  }

  rebase(head: LedgerRow): void {
    if (
      head.id === this.#durable.id &&
      head.revision === this.#durable.revision &&
      Buffer.compare(head.mac, this.#durable.mac) === 0
    )
      return
    verifyRow(this.#rowMacKey, 'ledgers', head)
    this.#durable = head
    this.#durableFrontier = Frontier.decode(head.treeSize, head.frontier)
    this.rolledBack()
  }

  committed(): void {
    if (this.#pending === undefined) throw new TypeError('no head was made since the last commit')
    this.#durable = this.#pending
    this.#durableFrontier = this.#frontier.copy()
    this.#pending = undefined
    this.#leaves = []
  }

  rolledBack(): void {
    this.#pending = undefined
    this.#leaves = []
    this.#sequence = this.#durable.nodeSequence
    this.#frontier = this.#durableFrontier.copy()
  }
}

/**
 * The head of a node that has recorded nothing yet: revision 0, never stored itself; the first
 * group of records writes revision 1.
 */
export function firstHead(rowMacKey: KeyObject, node: string, timeFloor: number): LedgerRow {
  const empty = new Frontier()
  const values = {
    id: node,
    nodeSequence: 0,
    treeSize: 0,
    treeRoot: empty.root(),
    frontier: empty.encode(),
    timeFloor,
  }
  return signRow(rowMacKey, 'ledgers', values, 0)
}

function bytesOrNull(hex: string | null): Uint8Array | null {
  return hex === null ? null : Buffer.from(hex, 'hex')
}
