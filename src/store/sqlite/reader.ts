/** What a request thread reads from the SQLite file: a read-only connection of its own. */
import type { Compilable } from 'kysely'
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
  ProjectRow,
  Row,
  TableName,
  UserRow,
} from '../../domain/rows.ts'
import type {
  AliasListing,
  AuditLeaf,
  CareQuery,
  FieldOf,
  KeyCount,
  KeyListing,
  KeySearch,
  RetirableGrants,
  StoredKey,
  StoreReader,
  StoreStatistics,
  TaggedKeys,
} from '../../ports/store.ts'
import { keyAliases } from '../key-aliases.ts'
import { retirableGrants } from '../key-grants.ts'
import { keySearch, pageOf } from '../key-search.ts'
import * as tagQueries from '../key-tags.ts'
import * as overview from '../overview.ts'
import * as queries from '../queries.ts'
import { keyCountOf, keyStateOf } from '../statistics.ts'
import { all, asRow, builder, Connection, first, type Value } from './connection.ts'

const versionFields = queries.fieldsOf('keyVersions')
const keyFields = queries.fieldsOf('keys')
const grantFields = queries.fieldsOf('keyGrants')
const tokenFields = queries.fieldsOf('importTokens')

export class SqliteReader implements StoreReader {
  readonly #db: Connection
  readonly #statements = new Map<TableName, ReturnType<typeof queries.rowStatements>>()
  readonly #versions = queries.versionsOfKey(builder)
  readonly #grants = queries.grantsOfKey(builder)
  readonly #tokens = queries.tokensOfKey(builder)
  readonly #alias = queries.keyOfAlias(builder)
  readonly #association = queries.keyOfAssociation(builder)
  readonly #usersNamed = queries.named(builder, 'users')
  readonly #projectNamed = queries.named(builder, 'projects')
  readonly #count = queries.countKeys(builder)
  readonly #due = queries.dueStatements(builder)
  readonly #leaves = queries.auditLeaves(builder)

  constructor(file: string) {
    this.#db = new Connection(file, 'read')
  }

  async row<T extends TableName>(table: T, id: string): Promise<Row<T> | undefined> {
    return this.#row(table, id)
  }

  async key(id: string): Promise<StoredKey | undefined> {
    return this.#snapshot(() => {
      const key = this.#row('keys', id)
      if (key === undefined) return undefined
      const versions = all(this.#db.prepare(this.#versions), id).map((values) => asRow<KeyVersionRow>(versionFields, values))
      const grants = all(this.#db.prepare(this.#grants), id).map((values) => asRow<KeyGrantRow>(grantFields, values))
      return { key, versions, grants }
    })
  }

  async listKeys(listing: KeyListing): Promise<{ keys: KeyRow[]; total: number; more: boolean }> {
    const { page, total } = queries.keyListing(builder, listing)
    return this.#snapshot(() => {
      const found = this.#run(page)
      const keys = found.slice(0, listing.limit).map((values) => asRow<KeyRow>(keyFields, values))
      return { keys, total: this.#number(total), more: found.length > listing.limit }
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

  async usersNamed(name: string): Promise<UserRow[]> {
    return all(this.#db.prepare(this.#usersNamed), name).map((values) => asRow<UserRow>(queries.fieldsOf('users'), values))
  }

  async projectNamed(name: string): Promise<ProjectRow | undefined> {
    const values = first(this.#db.prepare(this.#projectNamed), name)
    return values && asRow<ProjectRow>(queries.fieldsOf('projects'), values)
  }

  async importTokens(keyId: string): Promise<ImportTokenRow[]> {
    return all(this.#db.prepare(this.#tokens), keyId).map((values) => asRow<ImportTokenRow>(tokenFields, values))
  }

  async due(now: number, limit: number): ReturnType<StoreReader['due']> {
    const ids = (query: Compilable): string[] => all(this.#db.prepare(query), now, limit).map((values) => values[0] as string)
    const { expired, deletions, rotations, tokens } = this.#due
    return { expired: ids(expired), deletions: ids(deletions), rotations: ids(rotations), tokens: ids(tokens) }
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

  async rowsWhere<T extends TableName>(table: T, field: FieldOf<T>, value: string | number, limit: number): Promise<Row<T>[]> {
    return this.#rows(table, queries.rowsWhere(builder, table, field), value, limit)
  }

  async rowsBelow<T extends TableName>(table: T, field: FieldOf<T>, bound: number, limit: number): Promise<Row<T>[]> {
    return this.#rows(table, queries.rowsBelow(builder, table, field), bound, limit)
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

  async searchKeys(search: KeySearch): Promise<{ keys: KeyRow[]; tags: KeyTagRow[]; total: number }> {
    const statements = keySearch(builder, search)
    return this.#snapshot(() => {
      const total = this.#number(statements.total)
      const page = pageOf(search, total)
      const ids = this.#run(statements.ids(page)).map(([id]) => id as string)
      const keys = ids.map((id) => this.#row('keys', id)).filter((key) => key !== undefined)
      return { keys: page.fromEnd ? keys.toReversed() : keys, tags: this.#tagsOf(ids), total }
    })
  }

  async projectTags(projectId: string, limit: number): Promise<{ name: string; value: string }[]> {
    return this.#run(tagQueries.projectTags(builder, projectId, limit)).map(([name, value]) => ({
      name: name as string,
      value: value as string,
    }))
  }

  async keysByTags(query: TaggedKeys): Promise<{ keys: KeyRow[]; tags: KeyTagRow[]; total: number }> {
    return this.#snapshot(() => {
      const counts = query.filters.map((filter) => this.#number(tagQueries.tagsMatching(builder, query.projectId, filter)))
      const { page, total } = tagQueries.keysByTags(builder, query, tagQueries.rarest(query.filters, counts))
      const keys = query.limit === 0 ? [] : this.#compiled('keys', page)
      return { keys, tags: this.#tagsOf(keys.map(({ id }) => id)), total: this.#number(total) }
    })
  }

  async aliases(listing: AliasListing): Promise<KeyAliasRow[]> {
    return this.#compiled('keyAliases', keyAliases(builder, listing))
  }

  async retirableGrants(query: RetirableGrants): Promise<{ grants: KeyGrantRow[]; total: number }> {
    const { page, total } = retirableGrants(builder, query)
    return this.#snapshot(() => ({ grants: this.#compiled('keyGrants', page), total: this.#number(total) }))
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

  async scan<T extends TableName>(table: T, afterId: string, limit: number): Promise<Row<T>[]> {
    const fields = queries.fieldsOf(table)
    return all(this.#db.prepare(this.#of(table).scan), afterId, limit).map((values) => asRow<Row<T>>(fields, values))
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

  #tagsOf(keyIds: readonly string[]): KeyTagRow[] {
    return keyIds.length === 0 ? [] : this.#compiled('keyTags', tagQueries.tagsOfKeys(builder, keyIds))
  }

  /** What a statement that holds its parameters gives. */
  #run(query: Compilable): Value[][] {
    return all(this.#db.prepare(query), ...(query.compile().parameters as Value[]))
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
