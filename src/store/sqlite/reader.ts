/** What a request thread reads from the SQLite file: a read-only connection of its own. */
import type { Compilable } from 'kysely'
import type { GrantPosition } from '../../domain/grants.ts'
import type {
  AccessKeyRow,
  AuditStretchRow,
  CallCountRow,
  ImportTokenRow,
  KeyAliasRow,
  KeyGrantRow,
  KeyRow,
  KeyTagRow,
  KeyUseRow,
  KeyVersionRow,
  ProjectRow,
  Row,
  TableName,
  UserRow,
} from '../../domain/rows.ts'
import type {
  AliasListing,
  AuditLeaf,
  BegunImport,
  CareQuery,
  DueKind,
  DuePosition,
  Found,
  KeyCount,
  KeyListing,
  KeySearch,
  OrderedBy,
  ReportReader,
  RetirableGrants,
  SchemaFault,
  SoughtBy,
  StoredGrants,
  StoredKey,
  StoreStatistics,
  TaggedKeys,
  UnfinishedImports,
} from '../../ports/store.ts'
import { dueAfter, duePositions } from '../due.ts'
import { keyAliases } from '../key-aliases.ts'
import { nextPosition, retirableGrants } from '../key-grants.ts'
import { keySearch, pageOf } from '../key-search.ts'
import * as tagQueries from '../key-tags.ts'
import * as overview from '../overview.ts'
import * as queries from '../queries.ts'
import { type SchemaObject, schemaFaults } from '../schema.ts'
import { keyCountOf, keyStateOf } from '../statistics.ts'
import { unfinishedImports } from '../unfinished-imports.ts'
import { all, asRow, builder, Connection, first, type Value } from './connection.ts'
import { expectedSchema, schemaOf } from './schema.ts'

const versionFields = queries.fieldsOf('keyVersions')
const grantFields = queries.fieldsOf('keyGrants')
const tokenFields = queries.fieldsOf('importTokens')

export class SqliteReader implements ReportReader {
  readonly #db: Connection
  readonly #statements = new Map<TableName, ReturnType<typeof queries.rowStatements>>()
  readonly #versions = queries.versionsOfKey(builder)
  readonly #grants = queries.grantsOfKey(builder)
  readonly #tokens = queries.tokensOfKey(builder)
  readonly #alias = queries.keyOfAlias(builder)
  readonly #association = queries.keyOfAssociation(builder)
  readonly #userNamed = queries.userNamed(builder)
  readonly #usersNamed = queries.usersNamed(builder)
  readonly #count = queries.countKeys(builder)
  readonly #leaves = queries.auditLeaves(builder)
  #expectedSchema: SchemaObject[] | undefined

  constructor(file: string) {
    this.#db = new Connection(file, 'read')
  }

  async row<T extends TableName>(table: T, id: string): Promise<Row<T> | undefined> {
    return this.#row(table, id)
  }

  async rows<T extends TableName>(table: T, ids: readonly string[]): Promise<Row<T>[]> {
    if (ids.length === 0) return []
    return queries.inOrderOf(ids, this.#compiled(table, queries.rowsOfIds(builder, table, ids)))
  }

  async key(id: string): Promise<StoredKey | undefined> {
    return this.#snapshot(() => {
      const key = this.#row('keys', id)
      if (key === undefined) return undefined
      const versions = all(this.#db.prepare(this.#versions), id).map((values) => asRow<KeyVersionRow>(versionFields, values))
      return { key, versions }
    })
  }

  async grants(keyId: string): Promise<StoredGrants> {
    return this.#snapshot(() => ({
      list: this.#row('grantLists', keyId),
      grants: all(this.#db.prepare(this.#grants), keyId).map((values) => asRow<KeyGrantRow>(grantFields, values)),
    }))
  }

  async listKeys(listing: KeyListing): Promise<Found & { readonly next: number | null }> {
    const { page, total } = queries.keyListing(builder, listing)
    return this.#snapshot(() => {
      const found = this.#run(page) as [id: string, listNumber: number][]
      const shown = found.slice(0, listing.limit)
      const next = found.length > listing.limit ? (shown.at(-1)?.[1] ?? null) : null
      return { ids: shown.map(([id]) => id), total: this.#number(total), next }
    })
  }

  async countKeys(projectId: string): Promise<number> {
    return Number(first(this.#db.prepare(this.#count), projectId)?.[0] ?? 0)
  }

  async keyOfAlias(projectId: string, alias: string): Promise<string | undefined> {
    return first(this.#db.prepare(this.#alias), projectId, alias)?.[0] as string | undefined
  }

  async keyOfAssociation(association: Uint8Array): Promise<string | undefined> {
    return first(this.#db.prepare(this.#association), association)?.[0] as string | undefined
  }

  async userNamed(projectId: string, name: string): Promise<UserRow | undefined> {
    return this.#rows('users', this.#userNamed, projectId, name)[0]
  }

  async usersNamed(name: string, limit: number): Promise<UserRow[]> {
    return this.#rows('users', this.#usersNamed, name, limit)
  }

  async projectNamed(name: string): Promise<ProjectRow | undefined> {
    return (await this.rowsWhere('projects', 'name', name, 1))[0]
  }

  async importTokens(keyId: string): Promise<ImportTokenRow[]> {
    return all(this.#db.prepare(this.#tokens), keyId).map((values) => asRow<ImportTokenRow>(tokenFields, values))
  }

  async tagsOfKeys(keyIds: readonly string[]): Promise<KeyTagRow[]> {
    return keyIds.length === 0 ? [] : this.#compiled('keyTags', tagQueries.tagsOfKeys(builder, keyIds))
  }

  async due(what: DueKind, now: number, after: DuePosition | null, limit: number): Promise<DuePosition[]> {
    return duePositions(this.#run(dueAfter(builder, what, now, after, limit)))
  }

  async statistics(now: number): Promise<StoreStatistics> {
    const { keys, next, log } = queries.statistics(builder, now)
    return this.#snapshot(() => {
      const [expiry, deletion] = this.#run(next)[0] ?? []
      return {
        keys: this.#run(keys).map(([origin, disabled, usable, ending, count]) => ({
          origin: String(origin),
          state: keyStateOf({ disabled, usable, ending }),
          count: Number(count),
        })),
        nextExpiryAt: (expiry as number | null) ?? null,
        nextDeletionAt: (deletion as number | null) ?? null,
        auditRecords: this.#number(log),
      }
    })
  }

  async rowsWhere<T extends keyof SoughtBy>(table: T, field: SoughtBy[T], value: string, limit: number): Promise<Row<T>[]> {
    return this.#rows(table, queries.rowsWhere(builder, table, field), value, limit)
  }

  async rowsBelow<T extends keyof OrderedBy>(table: T, field: OrderedBy[T], bound: number, limit: number): Promise<Row<T>[]> {
    return this.#rows(table, queries.rowsBelow(builder, table, field), bound, limit)
  }

  async leastFailures(kept: number, limit: number): Promise<Row<'signInFailures'>[]> {
    const beyond = this.#number(queries.countFailures(builder)) - kept
    return beyond <= 0 ? [] : this.#rows('signInFailures', queries.leastFailures(builder), Math.min(beyond, limit))
  }

  async auditLeaves(from: number, limit: number): Promise<AuditLeaf[]> {
    const found = all(this.#db.prepare(this.#leaves), from, limit)
    return found.map(([treeIndex, leaf]) => ({ treeIndex: treeIndex as number, leaf: leaf as Uint8Array }))
  }

  async stretchesBefore(firstIndex: number, limit: number): Promise<AuditStretchRow[]> {
    return this.#rows('auditStretches', queries.stretchesBefore(builder), firstIndex, limit)
  }

  async callCounts(projectId: string, widthMs: number, from: number): Promise<CallCountRow[]> {
    return this.#rows('callCounts', queries.callCounts(builder), projectId, widthMs, from)
  }

  async searchKeys(search: KeySearch): Promise<Found> {
    const statements = keySearch(builder, search)
    return this.#snapshot(() => {
      const total = this.#number(statements.total)
      const page = pageOf(search, total)
      const ids = this.#ids(statements.ids(page))
      return { ids: page.fromEnd ? ids.toReversed() : ids, total }
    })
  }

  async projectTags(projectId: string, limit: number): Promise<{ name: string; value: string }[]> {
    return this.#run(tagQueries.projectTags(builder, projectId, limit)).map(([name, value]) => ({
      name: name as string,
      value: value as string,
    }))
  }

  async keysByTags(query: TaggedKeys): Promise<Found> {
    return this.#snapshot(() => {
      const counts = query.filters.map((filter) => this.#number(tagQueries.tagsMatching(builder, query.projectId, filter)))
      const { page, total } = tagQueries.keysByTags(builder, query, tagQueries.rarest(query.filters, counts))
      return { ids: query.limit === 0 ? [] : this.#ids(page), total: this.#number(total) }
    })
  }

  async aliases(listing: AliasListing): Promise<KeyAliasRow[]> {
    return this.#compiled('keyAliases', keyAliases(builder, listing))
  }

  async retirableGrants(query: RetirableGrants): Promise<Found & { readonly next: GrantPosition | null }> {
    const { page, total } = retirableGrants(builder, query)
    return this.#snapshot(() => {
      const found = this.#run(page)
      const ids = found.slice(0, query.limit).map(([id]) => id as string)
      return { ids, total: this.#number(total), next: nextPosition(found, query.limit) }
    })
  }

  async unfinishedImports(query: UnfinishedImports): Promise<{ imports: BegunImport[]; total: number }> {
    const { page, total } = unfinishedImports(builder, query)
    return this.#snapshot(() => ({
      imports: this.#run(page).map(([keyId, until]) => ({ keyId: keyId as string, tokenUntil: until as number | null })),
      total: this.#number(total),
    }))
  }

  async keyCounts(projectId: string, now: number): Promise<KeyCount[]> {
    return this.#run(overview.keyCounts(builder, projectId, now)).map(keyCountOf)
  }

  async keysWithDates(projectId: string, until: number, limit: number): Promise<KeyRow[]> {
    return this.#compiled('keys', overview.keysWithDates(builder, projectId, until, limit))
  }

  async keysToCareFor(projectId: string, query: CareQuery): Promise<KeyRow[]> {
    return this.#compiled('keys', overview.keysToCareFor(builder, projectId, query))
  }

  async busiestKeys(projectId: string, limit: number): Promise<KeyUseRow[]> {
    return this.#compiled('keyUses', overview.busiestKeys(builder, projectId, limit))
  }

  async oldAccessKeys(projectId: string, before: number, limit: number): Promise<AccessKeyRow[]> {
    return this.#compiled('accessKeys', overview.oldAccessKeys(builder, projectId, before, limit))
  }

  async scan<T extends TableName>(table: T, afterId: string, limit: number): Promise<Row<T>[]> {
    const fields = queries.fieldsOf(table)
    return all(this.#db.prepare(this.#of(table).scan), afterId, limit).map((values) => asRow<Row<T>>(fields, values))
  }

  async schemaFaults(): Promise<SchemaFault[]> {
    this.#expectedSchema ??= expectedSchema()
    return schemaFaults(this.#expectedSchema, schemaOf(this.#db))
  }

  close(): void {
    this.#db.close()
  }

  #of(table: TableName): ReturnType<typeof queries.rowStatements> {
    const known = this.#statements.get(table)
    if (known !== undefined) return known
    const made = queries.rowStatements(builder, table)
    this.#statements.set(table, made)
    return made
  }

  /** What a statement that holds its parameters gives. */
  #run(query: Compilable): Value[][] {
    return all(this.#db.prepare(query), ...(query.compile().parameters as Value[]))
  }

  #ids(query: Compilable): string[] {
    return this.#run(query).map(([id]) => id as string)
  }

  #number(query: Compilable): number {
    return Number(this.#run(query)[0]?.[0] ?? 0)
  }

  #compiled<T extends TableName>(table: T, query: Compilable): Row<T>[] {
    const fields = queries.fieldsOf(table)
    return this.#run(query).map((values) => asRow<Row<T>>(fields, values))
  }

  #rows<T extends TableName>(table: T, query: Compilable, ...parameters: Value[]): Row<T>[] {
    const fields = queries.fieldsOf(table)
    return all(this.#db.prepare(query), ...parameters).map((values) => asRow<Row<T>>(fields, values))
  }

  #row<T extends TableName>(table: T, id: string): Row<T> | undefined {
    const values = first(this.#db.prepare(this.#of(table).select), id)
    return values && asRow<Row<T>>(queries.fieldsOf(table), values)
  }

  /** Two reads that belong together must not have a commit between them. */
  #snapshot<R>(read: () => R): R {
    this.#db.exec('BEGIN')
    try {
      return read()
    } finally {
      this.#db.exec('COMMIT')
    }
  }
}
