/** Types of the tables' rows and of changes to them. */
import {
  type Column,
  type PartOfKeyTable,
  partsOfKey,
  type TableName,
  type Tables,
} from './tables.ts'

type ValueOf<C extends Column> =
  | (C['type'] extends 'text' ? string : C['type'] extends 'int' ? number : Uint8Array)
  | (C['nullable'] extends true ? null : never)

/** Columns that every row has in addition to its own: revision increases by 1 with each change. */
export type RowFrame = {
  readonly revision: number
  readonly schemaVersion: number
  readonly mac: Uint8Array
}

export type RowValues<T extends TableName> = {
  readonly [C in keyof Tables[T]['columns']]: ValueOf<Tables[T]['columns'][C] & Column>
}
export type Row<T extends TableName> = RowValues<T> & RowFrame

export type KeyRow = Row<'keys'>
export type KeyVersionRow = Row<'keyVersions'>
export type ImportTokenRow = Row<'importTokens'>
export type ProjectRow = Row<'projects'>
export type UserRow = Row<'users'>
export type AccessKeyRow = Row<'accessKeys'>
export type DeploymentRow = Row<'deployments'>
export type RootSlotRow = Row<'rootSlots'>
export type LedgerRow = Row<'ledgers'>
export type EpochRow = Row<'epochs'>
export type NodeRow = Row<'nodes'>
export type SessionRow = Row<'sessions'>
export type KeyTagRow = Row<'keyTags'>
export type KeyAliasRow = Row<'keyAliases'>
export type KeyGrantRow = Row<'keyGrants'>
export type GrantListRow = Row<'grantLists'>
export type ImportDraftRow = Row<'importDrafts'>
export type KeyUseRow = Row<'keyUses'>
export type CallCountRow = Row<'callCounts'>
export type LogSegmentRow = Row<'logSegments'>

/**
 * One change of one row. `expected` is the revision that the row must have now, 0 if the row must
 * not exist, and `from` the whole version.
 */
export type RowWrite<T extends TableName = TableName> = {
  readonly table: T
  readonly id: string
  readonly expected: number
  readonly from: RowVersion
  /** The row after the change, or null to delete it. */
  readonly row: Row<T> | null
  /** Digest of `row` for the audit log; null when deleted. */
  readonly digest: Uint8Array | null
}

/** ID of the key that the row of a change is part of, if it is part of one. */
export function keyOfPart({ table, row }: RowWrite): string | undefined {
  const by = partsOfKey.get(table as PartOfKeyTable)
  if (by === undefined || row === null) return undefined
  return (row as unknown as Readonly<Record<'id' | 'keyId', string>>)[by]
}

/** A change that leaves a row in place. */
export type RowSet<T extends TableName> = RowWrite<T> & { readonly row: Row<T> }

/**
 * A version of a row: its revision and its MAC, or an empty text if the row does not exist. A store
 * that went back counts to the same revision again, but the MAC of other content is another one.
 */
export type RowVersion = string

export const absent: RowVersion = ''

/** @param row undefined or null if it does not exist. */
export function versionOf(row: Versioned | undefined | null): RowVersion {
  return row ? `${row.revision} ${row.mac.toHex()}` : absent
}

/** Whether a row is at the version that was known, or has gone on since. */
export function isSameOrLater(found: RowVersion, known: RowVersion): boolean {
  return found === known || revisionIn(found) > revisionIn(known)
}

function revisionIn(version: RowVersion): number {
  return version === absent ? 0 : Number(version.slice(0, version.indexOf(' ')))
}

/** What of a row tells its version. */
export type Versioned = { readonly revision: number; readonly mac: Uint8Array }

/** A row by name, and the version that was read. */
export type RowReference = readonly [table: TableName, id: string, version: RowVersion]

export function referenceTo(
  table: TableName,
  row: Versioned & { readonly id: string },
): RowReference {
  return [table, row.id, versionOf(row)]
}

/** ID of the head of the tree over all logs, in the table of the heads: no node has this ID. */
export const deploymentTree = 'tree'

/** A row that changed, and the revision it has now: 0 if it is gone. */
export type RowChange = readonly [table: TableName, id: string, revision: number]
