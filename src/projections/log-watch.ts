/**
 * Checks whether the log in the store is the one that was recorded: its end at a start, and all of
 * it in passes, a few records at a time.
 */
import type { KeyObject } from 'node:crypto'
import { LogCheck } from '../audit/log-check.ts'
import { verifyRow } from '../crypto/formats/row-mac.ts'
import type { LedgerRow } from '../domain/rows.ts'
import type { StoreReader } from '../ports/store.ts'

/** About a millisecond of reading and hashing. */
const leavesAtOnce = 500
/** Number of leaves that a start checks: takes some tens of milliseconds. */
const tailLeaves = 10_000

type LogReader = Pick<StoreReader, 'auditLeaves' | 'scan'>

export class LogWatch {
  readonly #reader: LogReader
  readonly #rowMac: KeyObject
  #check: LogCheck | undefined
  #faults = 0

  /** @param rowMac of the deployment-wide tables. */
  constructor(reader: LogReader, rowMac: KeyObject) {
    this.#reader = reader
    this.#rowMac = rowMac
  }

  /**
   * Checks the next few records of a pass.
   * @returns what is wrong with them, and at the end of a pass whether all of the log was intact.
   */
  async step(): Promise<{ faults: readonly string[]; ended?: { intact: boolean } }> {
    this.#check ??= new LogCheck(await this.#head())
    const faults = await stepOf(this.#check, this.#reader)
    this.#faults += faults.length
    if (!this.#check.isDone) return { faults }
    const ended = { intact: this.#faults === 0 }
    this.#check = undefined
    this.#faults = 0
    return { faults, ended }
  }

  async #head(): Promise<Pick<LedgerRow, 'treeSize' | 'frontier'>> {
    const [head] = await this.#reader.scan('ledgers', '', 1)
    if (head === undefined) return { treeSize: 0, frontier: new Uint8Array() }
    verifyRow(this.#rowMac, 'ledgers', head)
    return head
  }
}

/**
 * What a start can verify at once: whether the log begins and ends where its head says, and whether
 * the last subtrees of at most 10,000 records are those that were recorded. The rest is verified by
 * the first pass of a `LogWatch`.
 */
export async function checkEnds(
  reader: LogReader,
  head: Pick<LedgerRow, 'treeSize' | 'frontier'>,
): Promise<string[]> {
  const faults: string[] = []
  const { treeSize } = head
  if (treeSize > 0 && (await reader.auditLeaves(0, 1))[0]?.treeIndex !== 0)
    faults.push('record 0 of the audit log is missing')
  if (treeSize > 0 && (await reader.auditLeaves(treeSize - 1, 1))[0]?.treeIndex !== treeSize - 1)
    faults.push(`record ${treeSize - 1} of the audit log, the last one, is missing`)
  const check = new LogCheck(head, tailLeaves)
  while (!check.isDone)
    for (const fault of await stepOf(check, reader)) if (!faults.includes(fault)) faults.push(fault)
  return faults
}

/**
 * The first record after the head of the log, which nobody recorded. Other nodes may record while
 * this runs.
 */
export async function strayRecord(
  reader: LogReader,
  { treeSize }: Pick<LedgerRow, 'treeSize'>,
): Promise<number | undefined> {
  const [behind] = await reader.auditLeaves(treeSize, 1)
  if (behind === undefined) return undefined
  const [now] = await reader.scan('ledgers', '', 1)
  return behind.treeIndex < (now?.treeSize ?? treeSize) ? undefined : behind.treeIndex
}

async function stepOf(check: LogCheck, reader: LogReader): Promise<string[]> {
  return check.isDone ? [] : check.take(await reader.auditLeaves(check.next, leavesAtOnce))
}
