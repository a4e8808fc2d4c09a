/**
 * Checks whether the logs in the store are those that were recorded: their ends at a start, and all
 * of them in passes, a few records at a time.
 */
import type { KeyObject } from 'node:crypto'
import { readLeaves } from '../audit/leaf-groups.ts'
import { LogCheck } from '../audit/log-check.ts'
import { verifyRow } from '../crypto/formats/row-mac.ts'
import {
  deploymentTree,
  isSameOrLater,
  type LedgerRow,
  type RowVersion,
  versionOf,
} from '../domain/rows.ts'
import type { LeafGroup, StoreReader } from '../ports/store.ts'
import { headsOf } from './logs.ts'

/** About a millisecond of reading and hashing. */
const leavesAtOnce = 500
/** Number of leaves that a start checks: takes some tens of milliseconds. */
const tailLeaves = 10_000

/** A pass over all logs. */
export type LogPass = { readonly records: number; readonly faults: number }

type LogReader = Pick<StoreReader, 'leafGroups' | 'scan'>
type Head = Pick<LedgerRow, 'id' | 'treeSize' | 'frontier'>

/** A log that is checked, with its ID. */
type Checked = { readonly log: string; readonly name: string; readonly check: LogCheck }
type CheckedOfPass = Checked & { readonly version: RowVersion }

export class LogWatch {
  readonly #reader: LogReader
  readonly #rowMac: KeyObject
  #pass:
    | {
        readonly checks: CheckedOfPass[]
        readonly records: number
        faults: number
        checked: number
      }
    | undefined

  /** @param rowMac of the deployment-wide tables. */
  constructor(reader: LogReader, rowMac: KeyObject) {
    this.#reader = reader
    this.#rowMac = rowMac
  }

  /** Number of records that were checked in the pass under way. */
  get checked(): number {
    return this.#pass?.checked ?? 0
  }

  /**
   * Checks the next few records of a pass. It begins again if the database went back since: what
   * is missing then was never there, and is what the node that lost it reports.
   * @returns what is wrong with them, and the pass, if this was its end.
   */
  async step(): Promise<{ faults: readonly string[]; ended?: LogPass }> {
    this.#pass ??= await this.#begun()
    const { checks, records } = this.#pass
    const [current] = checks
    const before = current?.check.next ?? 0
    const faults = current === undefined ? [] : await stepOf(current, this.#reader)
    if (current !== undefined && faults.length > 0 && (await this.#wentBack(current))) {
      this.#pass = undefined
      return { faults: [] }
    }
    this.#pass.checked += (current?.check.next ?? 0) - before
    this.#pass.faults += faults.length
    if (current?.check.isDone === true) checks.shift()
    if (checks.length > 0) return { faults }
    const ended = { records, faults: this.#pass.faults }
    this.#pass = undefined
    return { faults, ended }
  }

  async #wentBack({ log, version }: CheckedOfPass): Promise<boolean> {
    const now = (await this.#heads()).find(({ id }) => id === log)
    return !isSameOrLater(versionOf(now), version)
  }

  async #heads(): Promise<readonly LedgerRow[]> {
    const heads = await headsOf(this.#reader)
    for (const head of heads) verifyRow(this.#rowMac, 'ledgers', head)
    return heads
  }

  async #begun() {
    const heads = await this.#heads()
    const checks = heads.map((head) => ({
      log: head.id,
      version: versionOf(head),
      name: nameOf(head),
      check: new LogCheck(head, head.treeSize, nameOf(head)),
    }))
    const records = heads.reduce((sum, { treeSize }) => sum + treeSize, 0)
    return { checks, records, faults: 0, checked: 0 }
  }
}

/**
 * What a start can verify at once: whether a log begins and ends where its head says, and whether
 * the last subtrees of at most 10,000 records are those that were recorded. The rest is verified by
 * the first pass of a `LogWatch`.
 */
export async function checkEnds(reader: LogReader, head: Head): Promise<string[]> {
  const faults: string[] = []
  const { id, treeSize } = head
  const name = nameOf(head)
  const isThere = async (index: number): Promise<boolean> =>
    (await readLeaves(reader, id, index, 1))[0]?.treeIndex === index
  if (treeSize > 0 && !(await isThere(0))) faults.push(`record 0 of ${name} is missing`)
  if (treeSize > 0 && !(await isThere(treeSize - 1)))
    faults.push(`record ${treeSize - 1} of ${name}, the last one, is missing`)
  const [end] = await reader.leafGroups(id, treeSize, treeSize + 1)
  if (end !== undefined && end.firstIndex < treeSize)
    faults.push(`the last records of ${name} are stored with others that nobody recorded`)
  const check = new LogCheck(head, tailLeaves, name)
  while (!check.isDone)
    for (const fault of await stepOf({ log: id, name, check }, reader))
      if (!faults.includes(fault)) faults.push(fault)
  return faults
}

/**
 * The first record after the head of a log, which nobody recorded. The log may grow while this
 * runs.
 */
export async function strayRecord(
  reader: LogReader,
  { id, treeSize }: Pick<LedgerRow, 'id' | 'treeSize'>,
): Promise<number | undefined> {
  const [behind] = await reader.leafGroups(id, treeSize, treeSize + 1)
  // One that begins before the end does not block the next: it is damage, see `checkEnds`.
  if (behind === undefined || behind.firstIndex < treeSize) return undefined
  const now = (await headsOf(reader)).find((head) => head.id === id)
  return behind.firstIndex < (now?.treeSize ?? treeSize) ? undefined : behind.firstIndex
}

/** What people call a log. */
export function nameOf({ id }: Pick<LedgerRow, 'id'>): string {
  return id === deploymentTree ? 'the tree over the audit logs' : `the audit log of node ${id}`
}

async function stepOf({ log, name, check }: Checked, reader: LogReader): Promise<string[]> {
  if (check.isDone) return []
  const { next } = check
  // With the record before, so that groups that overlap between two steps are found, too.
  const groups = await reader.leafGroups(log, Math.max(next - 1, 0), next + leavesAtOnce)
  const leaves = await readLeaves(reader, log, next, leavesAtOnce)
  return [...doubled(groups, name), ...check.take(leaves)]
}

/** Which of two groups is read depends on where a reader begins, so no place may be in both. */
function doubled(groups: readonly LeafGroup[], name: string): string[] {
  return groups
    .filter(({ firstIndex }, i) => {
      const before = groups[i - 1]
      return before !== undefined && before.firstIndex + before.count > firstIndex
    })
    .map(({ firstIndex }) => `records of ${name} from ${firstIndex} on are stored twice`)
}
