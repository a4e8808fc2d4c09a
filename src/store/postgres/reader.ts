/** What a request thread reads from PostgreSQL: a few connections of its own. */
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
import { asRow, builder, connect, runQuery, type Sql, type Value } from './connection.ts'

const connections = 4
type Running = Parameters<typeof runQuery>[0]

export class PostgresReader implements StoreReader {
  readonly #sql: Sql

  constructor(url: string) {
    this.#sql = connect(url, { connections })
  }

  async row<T extends TableName>(table: T, id: string): Promise<Row<T> | undefined> {
    return this.#row(this.#sql, table, id)
  }

  async key(id: string): Promise<StoredKey | undefined> {
    return this.#snapshot(async (sql) => {
      const key = await this.#row(sql, 'keys', id)
      if (key === undefined) return undefined
      const versions = await runQuery(sql, queries.versionsOfKey(builder), id)
      const grants = await runQuery(sql, queries.grantsOfKey(builder), id)
      return {
        key,
        versions: versions.rows.map((values) => asRow<KeyVersionRow>(queries.fieldsOf('keyVersions'), values)),
        grants: grants.rows.map((values) => asRow<KeyGrantRow>(queries.fieldsOf('keyGrants'), values)),
      }
    })
  }

  async listKeys(listing: KeyListing): Promise<{ keys: KeyRow[]; total: number; more: boolean }> {
    const { page, total } = queries.keyListing(builder, listing)
    return this.#snapshot(async (sql) => {
      const found = await runQuery(sql, page, ...parametersOf(page))
      const count = await runQuery(sql, total, ...parametersOf(total))
      const keys = found.rows.slice(0, listing.limit).map((values) => asRow<KeyRow>(queries.fieldsOf('keys'), values))
      return { keys, total: Number(count.rows[0]?.[0] ?? 0), more: found.rows.length > listing.limit }
    })
  }

  async countKeys(projectId: string): Promise<number> {
    return Number(await this.#value(queries.countKeys(builder), projectId))
  }

  async keyOfAlias(projectId: string, alias: string): Promise<string | undefined> {
    return (await this.#value(queries.keyOfAlias(builder), projectId, alias)) as string | undefined
  }

  async keyOfAssociation(association: Uint8Array): Promise<string | undefined> {
    return (await this.#value(queries.keyOfAssociation(builder), association)) as string | undefined
  }

  async usersNamed(name: string): Promise<UserRow[]> {
    const { rows } = await runQuery(this.#sql, queries.named(builder, 'users'), name)
    return rows.map((values) => asRow<UserRow>(queries.fieldsOf('users'), values))
  }

  async projectNamed(name: string): Promise<ProjectRow | undefined> {
    const { rows } = await runQuery(this.#sql, queries.named(builder, 'projects'), name)
    return rows[0] && asRow<ProjectRow>(queries.fieldsOf('projects'), rows[0])
  }

  async importTokens(keyId: string): Promise<ImportTokenRow[]> {
    const { rows } = await runQuery(this.#sql, queries.tokensOfKey(builder), keyId)
    return rows.map((values) => asRow<ImportTokenRow>(queries.fieldsOf('importTokens'), values))
  }

  async due(now: number, limit: number): ReturnType<StoreReader['due']> {
    const { expired, deletions, rotations, tokens } = queries.dueStatements(builder)
    const ids = async (query: Compilable): Promise<string[]> =>
      (await runQuery(this.#sql, query, now, limit)).rows.map(([id]) => id as string)
    return {
      expired: await ids(expired),
      deletions: await ids(deletions),
      rotations: await ids(rotations),
      tokens: await ids(tokens),
    }
  }

  async statistics(now: number): Promise<StoreStatistics> {
    const { keys, next, log } = queries.statistics(builder, now)
    return this.#snapshot(async (sql) => {
      const rowsOf = async (query: Compilable): Promise<Value[][]> => (await runQuery(sql, query, ...parametersOf(query))).rows
      const [expiry, deletion] = (await rowsOf(next))[0] ?? []
      return {
        keys: (await rowsOf(keys)).map(([origin, disabled, usable, ending, count]) => ({
          origin: String(origin),
          state: keyStateOf({ disabled, usable, ending }),
          count: Number(count),
        })),
        nextExpiryAt: (expiry as number | null) ?? null,
        nextDeletionAt: (deletion as number | null) ?? null,
        auditRecords: Number((await rowsOf(log))[0]?.[0] ?? 0),
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
    const { rows } = await runQuery(this.#sql, queries.auditLeaves(builder), from, limit)
    return rows.map(([treeIndex, leaf]) => ({ treeIndex: treeIndex as number, leaf: leaf as Uint8Array }))
  }

  async stretchesBefore(firstIndex: number, limit: number): Promise<AuditStretchRow[]> {
    return this.#rows('auditStretches', queries.stretchesBefore(builder), firstIndex, limit)
  }

  async callCounts(projectId: string, widthMs: number, from: number): Promise<CallCountRow[]> {
    return this.#rows('callCounts', queries.callCounts(builder), projectId, widthMs, from)
  }

  async searchKeys(search: KeySearch): Promise<{ keys: KeyRow[]; tags: KeyTagRow[]; total: number }> {
    const statements = keySearch(builder, search)
    return this.#snapshot(async (sql) => {
      const run = async (query: Compilable): Promise<Value[][]> => (await runQuery(sql, query, ...parametersOf(query))).rows
      const total = Number((await run(statements.total))[0]?.[0] ?? 0)
      const page = pageOf(search, total)
      const ids = (await run(statements.ids(page))).map(([id]) => id as string)
      const keys = (await Promise.all(ids.map((id) => this.#row(sql, 'keys', id)))).filter((key) => key !== undefined)
      return { keys: page.fromEnd ? keys.toReversed() : keys, tags: await tagsOf(run, ids), total }
    })
  }

  async projectTags(projectId: string, limit: number): Promise<{ name: string; value: string }[]> {
    const query = tagQueries.projectTags(builder, projectId, limit)
    const { rows } = await runQuery(this.#sql, query, ...parametersOf(query))
    return rows.map(([name, value]) => ({ name: name as string, value: value as string }))
  }

  async keysByTags(query: TaggedKeys): Promise<{ keys: KeyRow[]; tags: KeyTagRow[]; total: number }> {
    return this.#snapshot(async (sql) => {
      const run = async (one: Compilable): Promise<Value[][]> => (await runQuery(sql, one, ...parametersOf(one))).rows
      const number = async (one: Compilable): Promise<number> => Number((await run(one))[0]?.[0] ?? 0)
      const counts: number[] = []
      for (const filter of query.filters) counts.push(await number(tagQueries.tagsMatching(builder, query.projectId, filter)))
      const statements = tagQueries.keysByTags(builder, query, tagQueries.rarest(query.filters, counts))
      const total = await number(statements.total)
      if (query.limit === 0) return { keys: [], tags: [], total }
      const keys = (await run(statements.page)).map((values) => asRow<KeyRow>(queries.fieldsOf('keys'), values))
      const ids = keys.map(({ id }) => id)
      return { keys, tags: await tagsOf(run, ids), total }
    })
  }

  async aliases(listing: AliasListing): Promise<KeyAliasRow[]> {
    return this.#compiled('keyAliases', keyAliases(builder, listing))
  }

  async retirableGrants(query: RetirableGrants): Promise<{ grants: KeyGrantRow[]; total: number }> {
    const { page, total } = retirableGrants(builder, query)
    return this.#snapshot(async (sql) => {
      const run = async (one: Compilable): Promise<Value[][]> => (await runQuery(sql, one, ...parametersOf(one))).rows
      const grants = (await run(page)).map((values) => asRow<KeyGrantRow>(queries.fieldsOf('keyGrants'), values))
      return { grants, total: Number((await run(total))[0]?.[0] ?? 0) }
    })
  }

  async keyCounts(projectId: string, now: number): Promise<KeyCount[]> {
    const query = overview.keyCounts(builder, projectId, now)
    return (await runQuery(this.#sql, query, ...parametersOf(query))).rows.map(keyCountOf)
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
    const { rows } = await runQuery(this.#sql, queries.rowStatements(builder, table).scan, afterId, limit)
    return rows.map((values) => asRow<Row<T>>(queries.fieldsOf(table), values))
  }

  close(): void {
    void this.#sql.end({ timeout: 1 })
  }

  /** A statement that holds its parameters. */
  #compiled<T extends TableName>(table: T, query: Compilable): Promise<Row<T>[]> {
    return this.#rows(table, query, ...parametersOf(query))
  }

  async #rows<T extends TableName>(table: T, query: Compilable, ...parameters: Value[]): Promise<Row<T>[]> {
    const { rows } = await runQuery(this.#sql, query, ...parameters)
    return rows.map((values) => asRow<Row<T>>(queries.fieldsOf(table), values))
  }

  async #row<T extends TableName>(sql: Running, table: T, id: string): Promise<Row<T> | undefined> {
    const { rows } = await runQuery(sql, queries.rowStatements(builder, table).select, id)
    return rows[0] && asRow<Row<T>>(queries.fieldsOf(table), rows[0])
  }

  async #value(query: Compilable, ...parameters: Value[]): Promise<Value | undefined> {
    return (await runQuery(this.#sql, query, ...parameters)).rows[0]?.[0]
  }

  /** Reads that belong together must not have a commit between them. */
  #snapshot<R>(read: (sql: Running) => Promise<R>): Promise<R> {
    return this.#sql.begin('isolation level repeatable read read only', (sql) => read(sql as unknown as Running)) as Promise<R>
  }
}

function parametersOf(query: Compilable): Value[] {
  return query.compile().parameters as Value[]
}

async function tagsOf(run: (query: Compilable) => Promise<Value[][]>, keyIds: readonly string[]): Promise<KeyTagRow[]> {
  const found = keyIds.length === 0 ? [] : await run(tagQueries.tagsOfKeys(builder, keyIds))
  return found.map((values) => asRow<KeyTagRow>(queries.fieldsOf('keyTags'), values))
}
