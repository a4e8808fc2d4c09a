/** Copies everything but the deployment itself from one store to another, a page at a time. */
import type { LedgerRow } from '../../domain/rows.ts'
import { type TableName, tableNames } from '../../domain/tables.ts'
import { pagesOf } from '../../ports/all-rows.ts'
import type { Failpoints } from '../../ports/failpoints.ts'
import type { ReportReader, StoreLoader } from '../../ports/store.ts'
import type { Progress } from './progress.ts'

/** Rows of a transaction: most have a few hundred bytes, and a few have some kilobytes. */
const rowsAtOnce = 250
/** Records whose groups are one transaction; a group that reaches further is part of it. */
const recordsAtOnce = 1000

type Stores = {
  readonly from: ReportReader
  readonly into: StoreLoader
  readonly progress: Progress
  readonly failpoint: Failpoints
}

/**
 * @param heads of all logs, which were checked: their groups are one after the other.
 * @throws StoreUnavailable. What was copied until then stays.
 */
export async function copyAll(stores: Stores, heads: readonly LedgerRow[]): Promise<void> {
  stores.progress.begin('copying')
  let rows = 0
  // The row of the deployment comes last, by itself: without it no node starts on the rest.
  for (const table of tableNames.filter((one) => one !== 'deployments'))
    rows = await copyTable(stores, table, rows)
  let records = 0
  for (const head of heads) records = await copyLog(stores, head, { rows, records })
}

/** @returns the number of rows that were copied with those before. */
async function copyTable(
  { from, into, progress, failpoint }: Stores,
  table: TableName,
  before: number,
): Promise<number> {
  let copied = before
  for await (const page of pagesOf(from, table, rowsAtOnce)) {
    await into.rows(table, page)
    failpoint('move:page')
    copied += page.length
    progress.at(copied, 0)
  }
  return copied
}

/** @returns the number of records that were copied with those before. */
async function copyLog(
  { from, into, progress, failpoint }: Stores,
  { id, treeSize }: LedgerRow,
  { rows, records }: { readonly rows: number; readonly records: number },
): Promise<number> {
  for (let next = 0; next < treeSize; ) {
    const groups = await from.leafGroups(id, next, Math.min(next + recordsAtOnce, treeSize))
    const last = groups.at(-1)
    if (last === undefined) throw new TypeError('a log that was checked is complete')
    await into.groups(groups)
    failpoint('move:page')
    next = last.firstIndex + last.count
    progress.at(rows, records + next)
  }
  return records + treeSize
}
