/**
 * MAC and digest of stored rows, so that access to the database alone is not enough to edit, move
 * or swap a row. Layout: docs/ciphertext-format.md.
 */
import { createHmac, hash, type KeyObject, timingSafeEqual } from 'node:crypto'
import { KmsError } from '../../domain/errors.ts'
import { firstLevel } from '../../domain/levels.ts'
import type { KeyGrantRow, KeyVersionRow, Row, RowValues } from '../../domain/rows.ts'
import {
  columnName,
  columnSince,
  columnsOf,
  layoutLevel,
  rowSchemaVersion,
  type TableName,
  tableNames,
} from '../../domain/tables.ts'
import { type CanonicalValue, encodeCanonical } from './canonical.ts'
import { labels } from './labels.ts'

type Field = { readonly field: string; readonly column: string }
type Layout = {
  readonly fields: readonly Field[]
  /** Fields added later: null in a row of this layout. */
  readonly later: readonly string[]
}

/** Layouts of each table, the first one at index 1. */
const layouts = Object.fromEntries(
  tableNames.map((table) => {
    const versions = Array.from({ length: rowSchemaVersion(table) }, (_, i) => layout(table, i + 1))
    return [table, [undefined, ...versions]]
  }),
) as unknown as Record<TableName, readonly (Layout | undefined)[]>

function layout(table: TableName, version: number): Layout {
  const all = Object.keys(columnsOf(table))
  const fields = all
    .filter((field) => columnSince(table, field) <= version)
    .map((field) => ({ field, column: columnName(field) }))
    .sort((a, b) => (a.column < b.column ? -1 : 1))
  return { fields, later: all.filter((field) => columnSince(table, field) > version) }
}

type Unsigned = { readonly revision: number; readonly schemaVersion: number; readonly id: unknown }

/**
 * The bytes that MAC and digest cover: table, layout, every column by name, revision.
 * @throws TypeError for an unknown layout.
 */
export function rowBytes(label: string, table: TableName, row: Unsigned): Uint8Array {
  const values = row as unknown as Readonly<Record<string, CanonicalValue>>
  const known = layouts[table][row.schemaVersion]
  if (known === undefined)
    throw new TypeError(`rows of ${table} have no layout ${row.schemaVersion}`)
  const columns = known.fields.map(
    ({ field, column }): CanonicalValue => [column, values[field] ?? null],
  )
  return encodeCanonical([label, columnName(table), row.schemaVersion, columns, row.revision])
}

/** The layout that each row of a table has at least: the last one that every level writes. */
const usualLayouts = Object.fromEntries(
  tableNames.map((table) => {
    let usual = 1
    for (let next = 2; next <= rowSchemaVersion(table); next++)
      if (layoutLevel(table, next) === firstLevel) usual = next
    return [table, usual]
  }),
) as Record<TableName, number>

/** The first layout from the usual one on that holds all values. */
function layoutFor(table: TableName, values: object): number {
  const fields = values as Readonly<Record<string, unknown>>
  let chosen = usualLayouts[table]
  // Nothing is later than the newest one.
  while (layouts[table][chosen]?.later.some((field) => (fields[field] ?? null) !== null)) chosen++
  return chosen
}

/**
 * Finishes a row: sets its layout number and its MAC. What only a later level brought is in the
 * layout if the row holds some of it, and the writer refuses it until the deployment is there.
 */
export function signRow<T extends TableName>(
  key: KeyObject,
  table: T,
  values: RowValues<T>,
  revision: number,
): Row<T> {
  const unsigned = { ...values, revision, schemaVersion: layoutFor(table, values) }
  const mac = createHmac('sha256', key)
    .update(rowBytes(labels.row, table, unsigned))
    .digest()
  return { ...unsigned, mac }
}

/** SHA-256 of a row's current state, for the audit log. */
export function rowDigest<T extends TableName>(table: T, row: Row<T>): Uint8Array {
  return hash('sha256', rowBytes(labels.rowDigest, table, row), 'buffer')
}

/**
 * @throws KmsError stored-record-corrupt when the row is not as Holdfast wrote it,
 * stored-record-newer for a layout that this release does not know.
 */
export function verifyRow<T extends TableName>(key: KeyObject, table: T, row: Row<T>): void {
  if (row.schemaVersion > rowSchemaVersion(table))
    throw new KmsError(
      'stored-record-newer',
      `a stored record in ${columnName(table)} was written by a newer release of Holdfast: run that one on this node`,
    )
  const known = layouts[table][row.schemaVersion]
  const values = row as unknown as Readonly<Record<string, CanonicalValue>>
  // The MAC does not cover columns added after the row was written: any value in them did not come
  // from Holdfast.
  if (known?.later.every((field) => (values[field] ?? null) === null) && row.mac.length === 32) {
    const mac = createHmac('sha256', key)
      .update(rowBytes(labels.row, table, row))
      .digest()
    if (timingSafeEqual(mac, row.mac)) return
  }
  throw new KmsError(
    'stored-record-corrupt',
    `the stored record in ${columnName(table)} fails its integrity check`,
  )
}

/** The digest of a key's version rows, in order of version, that its own row holds. */
export function versionsDigest(versions: readonly KeyVersionRow[]): Uint8Array {
  const ordered = versions.toSorted((a, b) => a.version - b.version)
  return hash(
    'sha256',
    encodeCanonical(ordered.map((row) => rowDigest('keyVersions', row))),
    'buffer',
  )
}

/** The digest of a key's grants, in order of ID, that their list holds. */
export function grantsDigest(grants: readonly KeyGrantRow[]): Uint8Array {
  const ordered = grants.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  return hash(
    'sha256',
    encodeCanonical(ordered.map((row) => rowDigest('keyGrants', row))),
    'buffer',
  )
}
