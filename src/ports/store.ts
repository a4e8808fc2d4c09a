/**
 * Persistence. The store sees only sealed bytes and finished MACs; it decides nothing. One contract
 * suite (test/contracts/store.ts) runs over every backend.
 */

import type { GrantPosition } from '../domain/access/grants.ts'
import { KmsError } from '../domain/errors.ts'
import type { KeySort } from '../domain/keys/key-sorts.ts'
import type { KeyState } from '../domain/keys/key-state.ts'
import type { TagFilter } from '../domain/keys/tags.ts'
import type {
  AccessKeyRow,
  CallCountRow,
  GrantListRow,
  ImportTokenRow,
  KeyAliasRow,
  KeyGrantRow,
  KeyRow,
  KeyTagRow,
  KeyUseRow,
  KeyVersionRow,
  LedgerRow,
  LogSegmentRow,
  ProjectRow,
  Row,
  RowReference,
  RowVersion,
  RowWrite,
  UserRow,
  Versioned,
} from '../domain/rows.ts'
import type { PartOfKeyTable, TableName } from '../domain/tables.ts'

/**
 * Consecutive records of a log as they are stored: those of one transaction, packed
 * (src/audit/leaf-groups.ts).
 */
export type LeafGroup = {
  /** ID of the head of the log. */
  readonly log: string
  readonly firstIndex: number
  readonly count: number
  readonly leaves: Uint8Array
}

export type KeyListing = {
  readonly projectId: string
  readonly spec: string | null
  /** State to filter by, as the conditions that define it; null for all. */
  readonly state: KeyState | null
  readonly now: number
  /** Keys with a list number below this one; null to begin with the newest. */
  readonly before: number | null
  readonly limit: number
}

/** Statistics over all projects. */
export type StoreStatistics = {
  readonly keys: readonly {
    readonly state: KeyState
    readonly origin: string
    readonly count: number
  }[]
  /** Instants, milliseconds since 1970; null if nothing is scheduled. */
  readonly nextExpiryAt: number | null
  readonly nextDeletionAt: number | null
  /** Records in all logs. */
  readonly auditRecords: number
}

/** A page of a key search by people. */
export type KeySearch = {
  readonly projectId: string
  /**
   * Part of an alias, including further ones, of a description or of a tag, or the start of an ID;
   * case-insensitive. Null for all.
   */
  readonly text: string | null
  /** Tags that a key must all have. */
  readonly tags: readonly TagFilter[]
  /** Null for all. */
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

/** Keys that have all of some tags, newest first. */
export type TaggedKeys = {
  readonly projectId: string
  readonly filters: readonly TagFilter[]
  /** Part of the alias, case-insensitive, or null. */
  readonly alias: string | null
  readonly offset: number
  readonly limit: number
}

/** A page of the grants that one principal is named to retire, in any project. */
export type RetirableGrants = {
  readonly retiring: string
  /** The last one of the previous page, or null. */
  readonly after: GrantPosition | null
  readonly limit: number
}

/** A key with its versions. */
export type StoredKey = { readonly key: KeyRow; readonly versions: readonly KeyVersionRow[] }

/** A row that is part of a key, in any table: it ends with the key. */
export type KeyPart = Versioned & {
  readonly table: PartOfKeyTable
  readonly id: string
}

/** The grants of a key. */
export type StoredGrants = {
  /** Undefined if no grant was ever changed. */
  readonly list: GrantListRow | undefined
  /** The oldest first. */
  readonly grants: readonly KeyGrantRow[]
}

/** Selects the keys that the rules of the overview are applied to. */
export type FindingsQuery = {
  /** Keys whose material expires by then. */
  readonly until: number
  /** Imported keys whose last drill was before then, or that had none. */
  readonly drilledBefore: number
  /** Keys created before then and not used since. */
  readonly unusedSince: number
  readonly now: number
  readonly limit: number
}

/** Aliases of a project, or of one of its keys, ordered by name. */
export type AliasListing = {
  readonly projectId: string
  /** Null for all of the project. */
  readonly keyId: string | null
  /** Those after this name; null to begin with the first. */
  readonly after: string | null
  readonly limit: number
}

/** A page of the imports that a project has under way at `now`. */
export type UnfinishedImports = {
  readonly projectId: string
  /** Only that of one key, or null. */
  readonly keyId: string | null
  readonly now: number
  readonly offset: number
  readonly limit: number
}

/** @property tokenUntil expiry of the open token that expires last, null if none is open. */
export type BegunImport = { readonly keyId: string; readonly tokenUntil: number | null }

export type KeyCount = {
  readonly spec: string
  readonly usage: string
  readonly origin: string
  readonly state: KeyState
  readonly count: number
}

/**
 * What falls due by itself: keys, except for import tokens and console sessions. Keys that are
 * disabled or pending deletion do not rotate.
 */
export const dueKinds = ['rotations', 'expired', 'deletions', 'tokens', 'sessions'] as const
export type DueKind = (typeof dueKinds)[number]

/** A row and the instant, in milliseconds, at which it fell due: due work is ordered by both. */
export type DuePosition = { readonly at: number; readonly id: string }

/** Where a page of due work begins; without an ID, after all rows of that instant. */
export type DueAfter = { readonly at: number; readonly id: string | null }

/** Columns by which a few rows of a table are found; each has an index that begins with it. */
export type SoughtBy = {
  readonly projects: 'name' | 'domainId'
  readonly users: 'projectId'
  readonly accessKeys: 'userId'
  readonly sessions: 'userId'
  readonly keyTags: 'keyId'
  readonly keyAliases: 'keyId'
}

/** A part of the schema that differs from what Holdfast creates. */
export type SchemaFault = {
  /** For people: the part, and what is wrong with it. */
  readonly text: string
  /**
   * Whether it takes effect when rows are read or written: what is returned may then differ from
   * what is stored.
   */
  readonly acts: boolean
}

/** Columns in whose order a table is read from its lowest value up; each has an index. */
export type OrderedBy = {
  readonly sessions: 'expiresAt'
  readonly callCounts: 'keptUntil'
  readonly signInFailures: 'lastAt'
  readonly provenPlaces: 'lastAt'
}

/**
 * What a request thread reads: single rows and short pages, found by an index, no matter how much
 * the store holds. Reads that walk over the keys of a project belong to `ReportReader`. Every
 * method answers from one snapshot that includes all acknowledged changes.
 */
export interface StoreReader {
  row<T extends TableName>(table: T, id: string): Promise<Row<T> | undefined>
  /**
   * The rows of those IDs that exist, in the order of the IDs.
   * @param ids a short page of them.
   */
  rows<T extends TableName>(table: T, ids: readonly string[]): Promise<readonly Row<T>[]>
  key(id: string): Promise<StoredKey | undefined>
  grants(keyId: string): Promise<StoredGrants>
  /** Every row that ends with a key, as it is stored. */
  partsOfKey(keyId: string): Promise<readonly KeyPart[]>
  /** ID of the key that holds the alias in the project. */
  keyOfAlias(projectId: string, alias: string): Promise<string | undefined>
  /**
   * ID of the key that a private key belongs to, by the association of its public key, in any
   * project.
   */
  keyOfAssociation(association: Uint8Array): Promise<string | undefined>
  /** The user of that name in one project. */
  userNamed(projectId: string, name: string): Promise<UserRow | undefined>
  /** Users of that name in any project, at most `limit` of them. */
  usersNamed(name: string, limit: number): Promise<readonly UserRow[]>
  projectNamed(name: string): Promise<ProjectRow | undefined>
  /** Tokens of a key, oldest first, used up or not. */
  importTokens(keyId: string): Promise<readonly ImportTokenRow[]>
  /** All tags of some keys. @param keyIds a short page of them. */
  tagsOfKeys(keyIds: readonly string[]): Promise<readonly KeyTagRow[]>
  /** What is due at `now`, longest overdue first: from a position on, or from the beginning. */
  due(
    what: DueKind,
    now: number,
    after: DueAfter | null,
    limit: number,
  ): Promise<readonly DuePosition[]>
  /** Rows of a table in which a field has a value, by ID. */
  rowsWhere<T extends keyof SoughtBy>(
    table: T,
    field: SoughtBy[T],
    value: string,
    limit: number,
  ): Promise<readonly Row<T>[]>
  /** Rows of a table in which a number is below a bound, lowest first. */
  rowsBelow<T extends keyof OrderedBy>(
    table: T,
    field: OrderedBy[T],
    bound: number,
    limit: number,
  ): Promise<readonly Row<T>[]>
  /**
   * The groups that hold the records of a log from `from` up to `to`, in order; if none of those
   * exists, the first group after them.
   */
  leafGroups(log: string, from: number, to: number): Promise<readonly LeafGroup[]>
  /** Number of records in all logs. */
  auditRecords(): Promise<number>
  aliases(listing: AliasListing): Promise<readonly KeyAliasRow[]>
  /** The rows of a table after an ID, or the first ones, by ID. */
  scan<T extends TableName>(
    table: T,
    afterId: string | null,
    limit: number,
  ): Promise<readonly Row<T>[]>
  /**
   * The differences between the actual schema and the one of this release; empty unless somebody
   * changed it.
   */
  schemaFaults(): Promise<readonly SchemaFault[]>
  close(): void
}

/** IDs of one page, and how many match in all. */
export type Found = { readonly ids: readonly string[]; readonly total: number }

/**
 * What the reports thread reads in addition: queries that walk over a project's keys, or over
 * everything, and take time in proportion. No request thread has it. It finds which rows belong on
 * a page; callers load and verify them.
 */
export interface ReportReader extends StoreReader {
  /**
   * Newest first. Tombstones never match. `next` is the list number below which the next page
   * begins, null if this is the last one.
   */
  listKeys(listing: KeyListing): Promise<Found & { readonly next: number | null }>
  countKeys(projectId: string): Promise<number>
  /**
   * ID of the first log of which a group is stored, whether it has a head or not: after another
   * one, or of all.
   */
  logAfter(log: string | null): Promise<string | undefined>
  /** Segments of a log that begin before a position, last one first. */
  segmentsBefore(log: string, firstIndex: number, limit: number): Promise<readonly LogSegmentRow[]>
  /** Counts of calls of a project in intervals of one width that begin from `from` on, in order. */
  callCounts(projectId: string, widthMs: number, from: number): Promise<readonly CallCountRow[]>
  /** Tombstones never match. */
  searchKeys(search: KeySearch): Promise<Found>
  /** Each distinct name and value of a tag on keys of the project, in order. */
  projectTags(
    projectId: string,
    limit: number,
  ): Promise<readonly { readonly name: string; readonly value: string }[]>
  /** Newest first. Tombstones never match. */
  keysByTags(query: TaggedKeys): Promise<Found>
  /** The oldest first. */
  retirableGrants(query: RetirableGrants): Promise<Found & { readonly next: GrantPosition | null }>
  /** Keys for which an import was begun and not finished, latest first. */
  unfinishedImports(
    query: UnfinishedImports,
  ): Promise<{ readonly imports: readonly BegunImport[]; readonly total: number }>
  keyCounts(projectId: string, now: number): Promise<readonly KeyCount[]>
  /** Keys to which something happens by itself before an instant, nearest first. */
  keysWithDates(projectId: string, until: number, limit: number): Promise<readonly KeyRow[]>
  /** Keys that may need attention: possibly more than do, never fewer, up to the limit. */
  keysForFindings(projectId: string, query: FindingsQuery): Promise<readonly KeyRow[]>
  busiestKeys(projectId: string, limit: number): Promise<readonly KeyUseRow[]>
  /** Enabled access keys of a project that were created before an instant, oldest first. */
  oldAccessKeys(projectId: string, before: number, limit: number): Promise<readonly AccessKeyRow[]>
  /**
   * Counts of failed sign-ins in excess of `kept`: the lowest and, among equals, the oldest first.
   */
  leastFailures(kept: number, limit: number): Promise<readonly Row<'signInFailures'>[]>
  statistics(now: number): Promise<StoreStatistics>
}

/**
 * A unique column already holds this value; the transaction continues without the writes of that
 * call.
 */
export class UniqueConflict extends Error {}

/**
 * The disk is full, another program holds the database's lock, or the database is unreachable:
 * nothing of the transaction was applied, and a later one may succeed. A call that only reads is
 * refused with the same code. Any other failure of a writer is fatal.
 */
export class StoreUnavailable extends KmsError {
  readonly reason: StoreReason | undefined
  /** For operators; it may name hosts and roles. */
  readonly detail: string

  /** @param options.reason if given, callers see it instead of the detail. */
  constructor(detail: string, options: { cause?: unknown; reason?: StoreReason } = {}) {
    const { reason, cause } = options
    super('audit-unavailable', reason === undefined ? detail : storeReasons[reason], { cause })
    this.reason = reason
    this.detail = detail
  }
}

/** Whether an error means that the store cannot be used now, in whichever thread it was found. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof KmsError && error.code === 'audit-unavailable'
}

/** Why a database cannot be used, with the text that callers see. */
export const storeReasons = {
  unreachable: 'the database cannot be reached',
  'read-only': 'the database is read-only',
  'went-back': 'the database is not in the state in which this node left it',
  clock: 'the clock of this node and that of the database differ',
  'newer-release': 'the deployment was updated, and this node still runs the release before',
} as const
export type StoreReason = keyof typeof storeReasons

/**
 * The database undid the transaction because another one was in the way: the same may be tried
 * again at once.
 */
export class TransactionAborted extends StoreUnavailable {}

/** What a database on another machine says when it is asked. */
export type StorePulse = {
  /** Its clock, milliseconds since 1970, read while the answer was on its way. */
  readonly clockAt: number
  readonly roundTripMs: number
}

/** Fills an empty store with what another one holds, byte for byte. */
export interface StoreLoader {
  /**
   * Adds whole rows of a table: all of them durably, or none.
   * @throws UniqueConflict, StoreUnavailable.
   */
  rows<T extends TableName>(table: T, rows: readonly Row<T>[]): Promise<void>
  /** The same for groups of records, of any logs. */
  groups(groups: readonly LeafGroup[]): Promise<void>
  /** Deletes every row and every record, or nothing. @throws StoreUnavailable. */
  clear(): Promise<void>
  close(): void
}

/** Asks whether a database serves, independently of calls. */
export interface StoreProbe {
  /** @throws StoreUnavailable within two seconds. */
  look(): Promise<StorePulse>
  close(): void
}

/** What a transaction relies on, changes and appends to. */
export type TransactionPlan = {
  /** ID of the log that it appends to: only one transaction at a time does. */
  readonly log: string
  /** Rows whose versions are read; nobody changes them before this transaction ends. */
  readonly rows: readonly RowReference[]
  /**
   * Rows that it changes, and keys that it adds parts to: no other transaction relies on them
   * before this one ends.
   */
  readonly changes: readonly RowName[]
}

export type RowName = readonly [table: TableName, id: string]

export type TransactionStart = {
  /** Version of each row named, in the given order. */
  readonly versions: readonly RowVersion[]
  /** Clock of the database, milliseconds since 1970, if it has one of its own. */
  readonly clockAt?: number
}

/**
 * What a writer uses, one transaction at a time: begin, any number of reads and apply, then commit
 * or rollback.
 */
export interface StoreWriter {
  /** Opens a transaction. @throws StoreUnavailable. */
  begin(plan: TransactionPlan): Promise<TransactionStart>
  /** A row as it is in the transaction. @throws StoreUnavailable. */
  row<T extends TableName>(table: T, id: string): Promise<Row<T> | undefined>
  /** The rows of a table after an ID, or the first ones, by ID, in the transaction. */
  scan<T extends TableName>(
    table: T,
    afterId: string | null,
    limit: number,
  ): Promise<readonly Row<T>[]>
  /** Applies all writes of one call or none. @throws UniqueConflict, StoreUnavailable. */
  apply(writes: readonly RowWrite[]): Promise<void>
  /**
   * Adds the records and the head of the log, and makes everything durable before it returns.
   * @param group null if nothing was recorded.
   * @throws StoreUnavailable.
   */
  commit(group: LeafGroup | null, head: LedgerRow): Promise<void>
  /**
   * Commits what was applied, without appending to a log: used to keep all nodes from writing.
   * @throws StoreUnavailable, also if it is not known whether it took place.
   */
  commitAlone(): Promise<void>
  rollback(): Promise<void>
  /**
   * Overwrites what committed transactions deleted. Blocks the writer only for a moment; must not
   * be called within a transaction.
   * @returns false if something prevented it and it must be retried; true once what was deleted can
   * no longer be read from any file of the store.
   */
  eraseDeleted(): Promise<boolean>
  close(): void
}
