/** Whole tables, read in pages. */
import type { Row } from '../domain/rows.ts'
import type { TableName } from '../domain/tables.ts'
import type { StoreReader } from './store.ts'

const rowsAtOnce = 100

/**
 * For a table with few rows, such as one for each node.
 * @returns all of them by ID, unverified. @throws StoreUnavailable.
 */
export async function allRows<T extends TableName>(
  from: Pick<StoreReader, 'scan'>,
  table: T,
): Promise<Row<T>[]> {
  const rows: Row<T>[] = []
  for await (const page of pagesOf(from, table, rowsAtOnce)) rows.push(...page)
  return rows
}

/** The rows of any table by ID, at most `limit` at once, unverified. @throws StoreUnavailable. */
export async function* pagesOf<T extends TableName>(
  from: Pick<StoreReader, 'scan'>,
  table: T,
  limit: number,
): AsyncGenerator<readonly Row<T>[], void> {
  for (let after: string | null = null; ; ) {
    const page: readonly Row<T>[] = await from.scan(table, after, limit)
    yield page
    const last = page.at(-1) as { readonly id?: string } | undefined
    if (page.length < limit || last?.id === undefined) return
    after = last.id
  }
}
