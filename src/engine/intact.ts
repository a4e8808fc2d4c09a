/** Listings leave out what is damaged. */
import type { KeyObject } from 'node:crypto'
import { verifyRow } from '../crypto/formats/row-mac.ts'
import type { Row } from '../domain/rows.ts'
import type { TableName } from '../domain/tables.ts'

/**
 * A damaged row must not keep the others from being listed; asked for by itself, it answers as
 * corrupt.
 */
export function isIntact<T extends TableName>(
  rowMacKey: KeyObject,
  table: T,
  row: Row<T>,
): boolean {
  try {
    verifyRow(rowMacKey, table, row)
    return true
  } catch {
    return false
  }
}
