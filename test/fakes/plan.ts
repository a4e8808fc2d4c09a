/** What a transaction of a test is about: rows that it reads, and nothing that it changes. */
import type { RowReference } from '../../src/domain/rows.ts'
import type { TransactionPlan } from '../../src/ports/store.ts'

export function planOf(
  rows: readonly RowReference[] = [],
  { log = 'node', changes = [] }: Partial<Omit<TransactionPlan, 'rows'>> = {},
): TransactionPlan {
  return { log, rows, changes }
}
