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

/** A pass over all of the log. */
export type LogPass = { readonly records: number; readonly faults: number }

type LogReader = Pick<StoreReader, 'auditLeaves' | 'scan'>

export class LogWatch {
  readonly #reader: LogReader
  readonly #rowMac: KeyObject
  #pass: { readonly check: LogCheck; readonly records: number; faults: number } | undefined

  /** @param rowMac of the deployment-wide tables. */
  constructor(reader: LogReader, rowMac: KeyObject) {
    this.#reader = reader
    this.#rowMac = rowMac
  }

  /**
   * Checks the next few records of a pass.
   * @returns what is wrong with them, and the pass, if this was its end.
   */
  async step(): Promise<{ faults: readonly string[]; ended?: LogPass }> {
    this.#pass ??= await this.#begun()
    const { check } = this.#pass
    const faults = await stepOf(check, this.#reader)
    this.#pass.faults += faults.length
    if (!check.isDone) return { faults }
    const ended = { records: this.#pass.records, faults: this.#pass.faults }
    this.#pass = undefined
    return { faults, ended }
  }

  async #begun() {
    const head = await this.#head()
    return { check: new LogCheck(head), records: head.treeSize, faults: 0 }
  }

  async #head(): Promise<Pick<LedgerRow, 'treeSize' | 'frontier'>> {
    const [head] = await this.#reader.scan('ledgers', null, 1)
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
  const [now] = await reader.scan('ledgers', null, 1)
  return behind.treeIndex < (now?.treeSize ?? treeSize) ? undefined : behind.treeIndex
}

async function stepOf(check: LogCheck, reader: LogReader): Promise<string[]> {
  return check.isDone ? [] : check.take(await reader.auditLeaves(check.next, leavesAtOnce))
}
