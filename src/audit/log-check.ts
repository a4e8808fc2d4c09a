/**
 * Compares leaves of the log with a head that is known to be intact: its frontier holds the roots
 * of the perfect subtrees that make up the tree (RFC 6962), so each of them is verified on its own,
 * and the last of them without reading what came before.
 */
import type { LedgerRow } from '../domain/rows.ts'
import type { AuditLeaf } from './leaf-groups.ts'
import { Frontier, hashBytes, leafHash } from './tree.ts'

type Subtree = { readonly first: number; readonly size: number; readonly root: Uint8Array }

export class LogCheck {
  readonly #subtrees: readonly Subtree[]
  readonly #name: string
  #at: number
  #next: number
  #frontier = new Frontier()

  /**
   * @param head verified by the caller.
   * @param atMost maximum number of leaves that are checked: the last subtrees whose total does not
   * exceed it, which may be few; all of them if omitted.
   * @param name of the log, for people.
   */
  constructor(
    head: Pick<LedgerRow, 'treeSize' | 'frontier'>,
    atMost = head.treeSize,
    name = 'the audit log',
  ) {
    this.#subtrees = subtreesOf(head)
    this.#name = name
    const first = this.#subtrees.findIndex((subtree) => head.treeSize - subtree.first <= atMost)
    this.#at = first === -1 ? this.#subtrees.length : first
    this.#next = this.#subtrees[this.#at]?.first ?? head.treeSize
  }

  /** Index of the next leaf to check. */
  get next(): number {
    return this.#next
  }

  get isDone(): boolean {
    return this.#at === this.#subtrees.length
  }

  /**
   * @param leaves from `next` on, in order, as the store has them; those after the head are
   * ignored.
   * @returns what is wrong, for people.
   */
  take(leaves: readonly AuditLeaf[]): string[] {
    const faults: string[] = []
    for (const { treeIndex, leaf } of leaves) {
      const subtree = this.#subtrees[this.#at]
      if (subtree === undefined || treeIndex < this.#next) continue
      if (treeIndex > this.#next) {
        faults.push(this.#missing(treeIndex))
        break
      }
      this.#frontier.append(leafHash(leaf))
      this.#next++
      if (this.#next < subtree.first + subtree.size) continue
      if (Buffer.compare(this.#frontier.root(), subtree.root) !== 0)
        faults.push(
          `records ${subtree.first} to ${this.#next - 1} of ${this.#name} are not those that were recorded`,
        )
      this.#enter(this.#at + 1)
    }
    if (leaves.length === 0 && !this.isDone) faults.push(this.#missing(undefined))
    return faults
  }

  /**
   * A gap: the rest of its subtree proves nothing, so the check continues with the next subtree.
   */
  #missing(found: number | undefined): string {
    const first = this.#next
    this.#enter(found === undefined ? this.#subtrees.length : this.#at + 1)
    if (found === undefined) return `records of ${this.#name} from ${first} on are missing`
    return found === first + 1
      ? `record ${first} of ${this.#name} is missing`
      : `records ${first} to ${found - 1} of ${this.#name} are missing`
  }

  #enter(at: number): void {
    this.#at = at
    this.#next = this.#subtrees[at]?.first ?? this.#next
    this.#frontier = new Frontier()
  }
}

/** Largest first, as the frontier holds them: one for each bit of the size. */
function subtreesOf({ treeSize, frontier }: Pick<LedgerRow, 'treeSize' | 'frontier'>): Subtree[] {
  const subtrees: Subtree[] = []
  for (let first = 0; first < treeSize; ) {
    const size = 2 ** Math.floor(Math.log2(treeSize - first))
    const at = subtrees.length * hashBytes
    subtrees.push({ first, size, root: frontier.subarray(at, at + hashBytes) })
    first += size
  }
  return subtrees
}
