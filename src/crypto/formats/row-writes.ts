/** Row writes, each with its MAC and its digest for the audit log. */
import type { KeyObject } from 'node:crypto'
import type { Row, RowSet, RowValues, RowWrite } from '../../domain/rows.ts'
import type { TableName } from '../../domain/tables.ts'
import { rowDigest, signRow } from './row-mac.ts'

export function insertRow<T extends TableName>(
  rowMacKey: KeyObject,
  table: T,
  values: RowValues<T> & { readonly id: string },
): RowSet<T> {
  return writeOf(table, values.id, 0, signRow(rowMacKey, table, values, 1))
}

/** The row with `patch` applied, at the next revision. */
export function updateRow<T extends TableName>(
  rowMacKey: KeyObject,
  table: T,
  current: Row<T> & { readonly id: string },
  patch: Partial<RowValues<T>>,
): RowSet<T> {
  const { revision, schemaVersion: _, mac: __, ...values } = current
  const next = { ...values, ...patch } as unknown as RowValues<T>
  return writeOf(table, current.id, revision, signRow(rowMacKey, table, next, revision + 1))
}

/**
 * The same row at its next revision, so that decisions based on the previous one are made again.
 */
export function touchRow<T extends TableName>(
  rowMacKey: KeyObject,
  table: T,
  current: Row<T> & { readonly id: string },
): RowSet<T> {
  return updateRow(rowMacKey, table, current, {})
}

export function deleteRow(
  table: TableName,
  current: { readonly id: string; readonly revision: number },
): RowWrite {
  return { table, id: current.id, expected: current.revision, row: null, digest: null }
}

function writeOf<T extends TableName>(
  table: T,
  id: string,
  expected: number,
  row: Row<T>,
): RowSet<T> {
  return { table, id, expected, row, digest: rowDigest(table, row) }
}
