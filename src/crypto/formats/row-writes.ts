/** Row writes, each with its MAC and its digest for the audit log. */
import type { KeyObject } from 'node:crypto'
import {
  type Row,
  type RowSet,
  type RowValues,
  type RowWrite,
  type Versioned,
  versionOf,
} from '../../domain/rows.ts'
import type { TableName } from '../../domain/tables.ts'
import { rowDigest, signRow } from './row-mac.ts'

export function insertRow<T extends TableName>(
  rowMacKey: KeyObject,
  table: T,
  values: RowValues<T> & { readonly id: string },
): RowSet<T> {
  return writeOf(table, values.id, undefined, signRow(rowMacKey, table, values, 1))
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
  return writeOf(table, current.id, current, signRow(rowMacKey, table, next, revision + 1))
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
  current: Versioned & { readonly id: string },
): RowWrite {
  const { id, revision: expected } = current
  return { table, id, expected, from: versionOf(current), row: null, digest: null }
}

function writeOf<T extends TableName>(
  table: T,
  id: string,
  current: Versioned | undefined,
  row: Row<T>,
): RowSet<T> {
  const expected = current?.revision ?? 0
  return { table, id, expected, from: versionOf(current), row, digest: rowDigest(table, row) }
}
