/** Listings skip rows that fail their MAC. */
import type { KeyObject } from 'node:crypto'
import { verifyRow } from '../crypto/formats/row-mac.ts'
import { isDamage } from '../domain/damaged-row.ts'
import type { Row } from '../domain/rows.ts'
import type { TableName } from '../domain/tables.ts'

/**
 * A damaged row must not prevent the others from being listed; requested by itself, it is reported
 * as corrupt.
 */
export function isIntact<T extends TableName>(
  rowMacKey: KeyObject,
  table: T,
  row: Row<T>,
): boolean {
  try {
    verifyRow(rowMacKey, table, row)
    return true
  } catch (error) {
    if (!isDamage(error)) throw error
    return false
  }
}
