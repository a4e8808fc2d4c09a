/** All reads of a store, over any backend that drives them. */
import type { GrantPosition } from '../../domain/access/grants.ts'
import type {
  AccessKeyRow,
  CallCountRow,
  ImportTokenRow,
  KeyAliasRow,
  KeyRow,
  KeyTagRow,
  KeyUseRow,
  LogSegmentRow,
  ProjectRow,
  Row,
  UserRow,
} from '../../domain/rows.ts'
import type { TableName } from '../../domain/tables.ts'
import {
  type AliasListing,
  type BegunImport,
  type DueAfter,
  type DueKind,
  type DuePosition,
  type FindingsQuery,
  type Found,
  type KeyCount,
  type KeyListing,
  type KeyPart,
  type KeySearch,
  type LeafGroup,
  type OrderedBy,
  type ReportReader,
  type RetirableGrants,
  type SchemaFault,
  type SoughtBy,
  type StoredGrants,
  type StoredKey,
  type StoreStatistics,
  StoreUnavailable,
  type TaggedKeys,
  type UnfinishedImports,
} from '../../ports/store.ts'
import type { Builder } from '../queries.ts'
import { due } from './due.ts'
import { aliases } from './key-aliases.ts'
import { retirableGrants } from './key-grants.ts'
import { searchKeys } from './key-search.ts'
import * as tags from './key-tags.ts'
import * as keys from './keys.ts'
import * as log from './log.ts'
import * as overview from './overview.ts'
import type { Read } from './read.ts'
import * as rows from './rows.ts'
import { statistics } from './statistics.ts'
import { unfinishedImports } from './unfinished-imports.ts'
import * as users from './users.ts'

/** Called for a read that was not possible, because the store is unavailable. */
export type OnUnavailable = (error: StoreUnavailable) => void

export abstract class Reader implements ReportReader {
  readonly #db: Builder
  readonly #onUnavailable: OnUnavailable

  /** @param builder of the backend's dialect. */
  constructor(builder: Builder, onUnavailable: OnUnavailable = () => {}) {
    this.#db = builder
    this.#onUnavailable = onUnavailable
  }

  /** The error of a read, which is reported if the store is unavailable. */
  protected noticed(error: unknown): unknown {
    if (error instanceof StoreUnavailable) this.#onUnavailable(error)
    return error
  }

  /** Drives a read. */
  protected abstract run<R>(read: Read<R>): Promise<R>
  /** Drives a read whose statements belong together: no commit happens between them. */
  protected abstract snapshot<R>(read: Read<R>): Promise<R>
  abstract schemaFaults(): Promise<SchemaFault[]>
  abstract close(): void

  row<T extends TableName>(table: T, id: string): Promise<Row<T> | undefined> {
    return this.run(rows.row(this.#db, table, id))
  }

  rows<T extends TableName>(table: T, ids: readonly string[]): Promise<Row<T>[]> {
    return this.run(rows.rows(this.#db, table, ids))
  }

  rowsWhere<T extends keyof SoughtBy>(
    table: T,
    field: SoughtBy[T],
    value: string,
    limit: number,
  ): Promise<Row<T>[]> {
    return this.run(rows.rowsWhere(this.#db, table, field, value, limit))
  }

  rowsBelow<T extends keyof OrderedBy>(
    table: T,
    field: OrderedBy[T],
    bound: number,
    limit: number,
  ): Promise<Row<T>[]> {
    return this.run(rows.rowsBelow(this.#db, table, field, bound, limit))
  }

  scan<T extends TableName>(table: T, afterId: string | null, limit: number): Promise<Row<T>[]> {
    return this.run(rows.scan(this.#db, table, afterId, limit))
  }

  partsOfKey(keyId: string): Promise<KeyPart[]> {
    return this.run(rows.parts(this.#db, keyId))
  }

  key(id: string): Promise<StoredKey | undefined> {
    return this.snapshot(keys.key(this.#db, id))
  }

  grants(keyId: string): Promise<StoredGrants> {
    return this.snapshot(keys.grants(this.#db, keyId))
  }

  importTokens(keyId: string): Promise<ImportTokenRow[]> {
    return this.run(keys.importTokens(this.#db, keyId))
  }

  keyOfAlias(projectId: string, alias: string): Promise<string | undefined> {
    return this.run(keys.keyOfAlias(this.#db, projectId, alias))
  }

  keyOfAssociation(association: Uint8Array): Promise<string | undefined> {
    return this.run(keys.keyOfAssociation(this.#db, association))
  }

  listKeys(listing: KeyListing): Promise<Found & { readonly next: number | null }> {
    return this.snapshot(keys.listKeys(this.#db, listing))
  }

  countKeys(projectId: string): Promise<number> {
    return this.run(keys.countKeys(this.#db, projectId))
  }

  searchKeys(search: KeySearch): Promise<Found> {
    return this.snapshot(searchKeys(this.#db, search))
  }

  projectTags(projectId: string, limit: number): Promise<{ name: string; value: string }[]> {
    return this.run(tags.projectTags(this.#db, projectId, limit))
  }

  tagsOfKeys(keyIds: readonly string[]): Promise<KeyTagRow[]> {
    return this.run(tags.tagsOfKeys(this.#db, keyIds))
  }

  keysByTags(query: TaggedKeys): Promise<Found> {
    return this.snapshot(tags.keysByTags(this.#db, query))
  }

  aliases(listing: AliasListing): Promise<KeyAliasRow[]> {
    return this.run(aliases(this.#db, listing))
  }

  retirableGrants(
    query: RetirableGrants,
  ): Promise<Found & { readonly next: GrantPosition | null }> {
    return this.snapshot(retirableGrants(this.#db, query))
  }

  unfinishedImports(query: UnfinishedImports): Promise<{ imports: BegunImport[]; total: number }> {
    return this.snapshot(unfinishedImports(this.#db, query))
  }

  due(what: DueKind, now: number, after: DueAfter | null, limit: number): Promise<DuePosition[]> {
    return this.run(due(this.#db, what, now, after, limit))
  }

  statistics(now: number): Promise<StoreStatistics> {
    return this.snapshot(statistics(this.#db, now))
  }

  keyCounts(projectId: string, now: number): Promise<KeyCount[]> {
    return this.run(overview.keyCounts(this.#db, projectId, now))
  }

  keysWithDates(projectId: string, until: number, limit: number): Promise<KeyRow[]> {
    return this.run(overview.keysWithDates(this.#db, projectId, until, limit))
  }

  keysForFindings(projectId: string, query: FindingsQuery): Promise<KeyRow[]> {
    return this.run(overview.keysForFindings(this.#db, projectId, query))
  }

  busiestKeys(projectId: string, limit: number): Promise<KeyUseRow[]> {
    return this.run(overview.busiestKeys(this.#db, projectId, limit))
  }

  oldAccessKeys(projectId: string, before: number, limit: number): Promise<AccessKeyRow[]> {
    return this.run(overview.oldAccessKeys(this.#db, projectId, before, limit))
  }

  userNamed(projectId: string, name: string): Promise<UserRow | undefined> {
    return this.run(users.userNamed(this.#db, projectId, name))
  }

  usersNamed(name: string, limit: number): Promise<UserRow[]> {
    return this.run(users.usersNamed(this.#db, name, limit))
  }

  async projectNamed(name: string): Promise<ProjectRow | undefined> {
    return (await this.rowsWhere('projects', 'name', name, 1))[0]
  }

  leastFailures(kept: number, limit: number): Promise<Row<'signInFailures'>[]> {
    return this.run(users.leastFailures(this.#db, kept, limit))
  }

  auditRecords(): Promise<number> {
    return this.run(log.auditRecords(this.#db))
  }

  leafGroups(ofLog: string, from: number, to: number): Promise<LeafGroup[]> {
    return this.run(log.leafGroups(this.#db, ofLog, from, to))
  }

  logAfter(ofLog: string | null): Promise<string | undefined> {
    return this.run(log.logAfter(this.#db, ofLog))
  }

  segmentsBefore(ofLog: string, firstIndex: number, limit: number): Promise<LogSegmentRow[]> {
    return this.run(log.segmentsBefore(this.#db, ofLog, firstIndex, limit))
  }

  callCounts(projectId: string, widthMs: number, from: number): Promise<CallCountRow[]> {
    return this.run(log.callCounts(this.#db, projectId, widthMs, from))
  }
}
