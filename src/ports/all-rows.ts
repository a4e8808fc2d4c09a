/** The rows of a table with few of them, such as one for each node, read in pages. */
import type { Row } from '../domain/rows.ts'
import type { TableName } from '../domain/tables.ts'
import type { StoreReader } from './store.ts'

const rowsAtOnce = 100

/** @returns all of them by ID, unverified. @throws StoreUnavailable. */
export async function allRows<T extends TableName>(
  from: Pick<StoreReader, 'scan'>,
  table: T,
): Promise<Row<T>[]> {
  const rows: Row<T>[] = []
  for (let after: string | null = null; ; ) {
    const page: readonly Row<T>[] = await from.scan(table, after, rowsAtOnce)
    rows.push(...page)
    const last = page.at(-1) as { readonly id?: string } | undefined
    if (page.length < rowsAtOnce || last?.id === undefined) return rows
    after = last.id
  }
}
