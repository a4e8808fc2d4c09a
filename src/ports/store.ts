/**
 * Who remembers. The store sees sealed bytes and finished MACs only; it decides nothing. One contract suite
 * (test/contracts/store.ts) runs over every backend.
 */
import type { GrantPosition } from '../domain/grants.ts'
import type { KeyState } from '../domain/key-state.ts'
import type {
  AuditStretchRow,
  CallCountRow,
  ImportTokenRow,
  KeyAliasRow,
  KeyGrantRow,
  KeyRow,
  KeyTagRow,
  KeyUseRow,
  KeyVersionRow,
  LedgerRow,
  ProjectRow,
  Row,
  RowReference,
  RowValues,
  RowWrite,
  TableName,
  UserRow,
} from '../domain/rows.ts'
import type { TagFilter } from '../domain/tags.ts'

/** A record as it stands in the log: the very bytes that its leaf in the tree is the hash of. docs/ciphertext-format.md */
export type AuditLeaf = { readonly treeIndex: number; readonly leaf: Uint8Array }

export type KeyListing = {
  readonly projectId: string
  readonly spec: string | null
  /** State to keep, as the conditions that make it; null for all. */
  readonly state: 'pending-import' | 'enabled' | 'disabled' | 'pending-deletion' | null
  readonly now: number
  /** Keys with a list number below this one; null to begin with the newest. */
  readonly before: number | null
  readonly limit: number
}

/** Figures about all projects together. */
export type StoreStatistics = {
  readonly keys: readonly { readonly state: NonNullable<KeyListing['state']>; readonly origin: string; readonly count: number }[]
  /** Instants, milliseconds since 1970; null when nothing is to come. */
  readonly nextExpiryAt: number | null
  readonly nextDeletionAt: number | null
  /** Records in the audit log. */
  readonly auditRecords: number
}

/** A page of keys as people look for them. */
export type KeySearch = {
  readonly projectId: string
  /** Part of an alias, further ones too, a description or a tag, or the beginning of an ID; in any case of letters. Null for all. */
  readonly text: string | null
  /** Tags that a key has all of. */
  readonly tags: readonly TagFilter[]
  /** Null for all of each. */
  readonly states: readonly KeyState[] | null
  readonly specs: readonly string[] | null
  readonly usages: readonly string[] | null
  readonly origins: readonly string[] | null
  readonly sort: KeySort
  readonly descending: boolean
  readonly offset: number
  readonly limit: number
  readonly now: number
}
export const keySorts = ['alias', 'state', 'spec', 'usage', 'origin', 'expires', 'rotates', 'used', 'created', 'drilled'] as const
export type KeySort = (typeof keySorts)[number]

/** Keys that have all of some tags, newest first. */
export type TaggedKeys = {
  readonly projectId: string
  readonly filters: readonly TagFilter[]
  /** Part of the alias, in any case of letters, or null. */
  readonly alias: string | null
  readonly offset: number
  readonly limit: number
}

/** A page of the grants that one principal is named to retire, in any project. */
export type RetirableGrants = {
  readonly retiring: string
  /** The last one of the page before, or null. */
  readonly after: GrantPosition | null
  readonly limit: number
}

/** A key with all that is decided on it. */
export type StoredKey = {
  readonly key: KeyRow
  readonly versions: readonly KeyVersionRow[]
  /** The oldest first. */
  readonly grants: readonly KeyGrantRow[]
}

/** Which keys the rules of care are asked about. */
export type CareQuery = {
  /** Keys whose material expires until then. */
  readonly until: number
  /** Imported keys whose last drill was before then, or that had none. */
  readonly drilledBefore: number
  /** Keys made before then and not used since. */
  readonly unusedSince: number
  readonly now: number
  readonly limit: number
}

/** Aliases of a project, or of one of its keys, in order of name. */
export type AliasListing = {
  readonly projectId: string
  /** Null for all of the project. */
  readonly keyId: string | null
  /** Those behind this name; null to begin with the first. */
  readonly after: string | null
  readonly limit: number
}

export type KeyCount = {
  readonly spec: string
  readonly usage: string
  readonly origin: string
  readonly state: KeyState
  readonly count: number
}

/** A field of a table that is text or a number: rows are found by it where an index allows. */
export type FieldOf<T extends TableName> = Exclude<keyof RowValues<T> & string, never>

/** What a request thread reads. Every method answers from one snapshot in which all acknowledged changes stand. */
export interface StoreReader {
  row<T extends TableName>(table: T, id: string): Promise<Row<T> | undefined>
  key(id: string): Promise<StoredKey | undefined>
  /** Newest first; at most `limit` keys, and how many match in all. Tombstones never match. */
  listKeys(listing: KeyListing): Promise<{ readonly keys: readonly KeyRow[]; readonly total: number; readonly more: boolean }>
  countKeys(projectId: string): Promise<number>
  /** ID of the key that holds the alias in the project. */
  keyOfAlias(projectId: string, alias: string): Promise<string | undefined>
  /** ID of the key that a private key belongs to: association of its public key, in any project. */
  keyOfAssociation(association: Uint8Array): Promise<string | undefined>
  /** Users of that name in any project. */
  usersNamed(name: string): Promise<readonly UserRow[]>
  projectNamed(name: string): Promise<ProjectRow | undefined>
  /** Tokens of a key, oldest first, used up or not. */
  importTokens(keyId: string): Promise<readonly ImportTokenRow[]>
  /** IDs of keys whose material expired, whose deletion or, while they are enabled, rotation is due at `now`, and of tokens that ended. */
  due(
    now: number,
    limit: number,
  ): Promise<{
    readonly expired: string[]
    readonly deletions: string[]
    readonly rotations: string[]
    readonly tokens: string[]
  }>
  /** Rows of a table in which a field has a value, by ID. */
  rowsWhere<T extends TableName>(table: T, field: FieldOf<T>, value: string | number, limit: number): Promise<readonly Row<T>[]>
  /** Rows of a table in which a number is below a bound, the least first. */
  rowsBelow<T extends TableName>(table: T, field: FieldOf<T>, bound: number, limit: number): Promise<readonly Row<T>[]>
  /** At most `limit` records of the log from a place on, in order. */
  auditLeaves(from: number, limit: number): Promise<readonly AuditLeaf[]>
  /** Stretches of the log that begin before a place, the last one first. */
  stretchesBefore(firstIndex: number, limit: number): Promise<readonly AuditStretchRow[]>
  /** Counts of calls of a project in stretches of one width that begin from `from` on, in order. */
  callCounts(projectId: string, widthMs: number, from: number): Promise<readonly CallCountRow[]>
  /** The keys of one page with all their tags, and how many match in all. Tombstones never match. */
  searchKeys(
    search: KeySearch,
  ): Promise<{ readonly keys: readonly KeyRow[]; readonly tags: readonly KeyTagRow[]; readonly total: number }>
  /** Each name and value of a tag that keys of the project have, once, in order. */
  projectTags(projectId: string, limit: number): Promise<readonly { readonly name: string; readonly value: string }[]>
  /** The keys of one page with all their tags, and how many match in all. Tombstones never match. */
  keysByTags(
    query: TaggedKeys,
  ): Promise<{ readonly keys: readonly KeyRow[]; readonly tags: readonly KeyTagRow[]; readonly total: number }>
  aliases(listing: AliasListing): Promise<readonly KeyAliasRow[]>
  /** The oldest first, and how many there are in all. */
  retirableGrants(query: RetirableGrants): Promise<{ readonly grants: readonly KeyGrantRow[]; readonly total: number }>
  keyCounts(projectId: string, now: number): Promise<readonly KeyCount[]>
  /** Keys to which something happens by itself until an instant, the nearest first. */
  keysWithDates(projectId: string, until: number, limit: number): Promise<readonly KeyRow[]>
  /** Keys that may need care: more than do, never fewer up to the limit. */
  keysToCareFor(projectId: string, query: CareQuery): Promise<readonly KeyRow[]>
  busiestKeys(projectId: string, limit: number): Promise<readonly KeyUseRow[]>
  /** The next rows of a table by ID, for the check that passes over everything. */
  scan<T extends TableName>(table: T, afterId: string, limit: number): Promise<readonly Row<T>[]>
  statistics(now: number): Promise<StoreStatistics>
  close(): void
}

/** A unique column holds this value already; the transaction goes on without the writes of that call. */
export class UniqueConflict extends Error {}

/**
 * The disk is full, or the database is not to be reached: nothing of the transaction stands, and a later one may succeed. Any other
 * failure of a writer is fatal.
 */
export class StoreUnavailable extends Error {}

export type TransactionStart = {
  /** Revision of each row named, 0 for one that is not there, in the order given. */
  readonly revisions: readonly number[]
  /** Head of the log as it stands in this transaction, where other nodes may have written since; else left out. */
  readonly head?: LedgerRow
}

/** What the one writer of a node uses, one transaction at a time: begin, any number of apply, then commit or rollback. */
export interface StoreWriter {
  /** Opens a transaction. @throws StoreUnavailable. */
  begin(rows: readonly RowReference[]): Promise<TransactionStart>
  /** All writes of one call or none. @throws UniqueConflict, StoreUnavailable. */
  apply(writes: readonly RowWrite[]): Promise<void>
  /** Adds the records and the head of the log, and makes everything durable before it returns. @throws StoreUnavailable. */
  commit(records: readonly AuditLeaf[], head: LedgerRow): Promise<void>
  rollback(): Promise<void>
  /** Returns once what was deleted can no longer be read from any file of the store. */
  eraseDeleted(): Promise<void>
  close(): void
}
