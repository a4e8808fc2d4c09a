/** What a request thread reads from PostgreSQL: a few connections of its own. */
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
import { migrations } from '../migrations/index.ts'
import * as overview from '../overview.ts'
import * as queries from '../queries.ts'
import { type SchemaObject, schemaFaults } from '../schema.ts'
import { keyCountOf, keyStateOf } from '../statistics.ts'
import { unfinishedImports } from '../unfinished-imports.ts'
import { asRow, builder, connect, type Database, runQuery, type Sql, type Value } from './connection.ts'
import { expectedSchema, schemaOf, stepsSeen } from './schema.ts'

const connections = 4
type Running = Parameters<typeof runQuery>[0]

export class PostgresReader implements ReportReader {
  readonly #sql: Sql
  #expectedSchema: SchemaObject[] | undefined

  /** @param sql connections of its own, unless somebody wants to watch what is asked. */
  constructor(database: Database, sql: Sql = connect(database, { connections })) {
    this.#sql = sql
  }

  async row<T extends TableName>(table: T, id: string): Promise<Row<T> | undefined> {
    return this.#row(this.#sql, table, id)
  }

  async rows<T extends TableName>(table: T, ids: readonly string[]): Promise<Row<T>[]> {
    if (ids.length === 0) return []
    return queries.inOrderOf(ids, await this.#compiled(table, queries.rowsOfIds(builder, table, ids)))
  }

  async key(id: string): Promise<StoredKey | undefined> {
    return this.#snapshot(async (sql) => {
      const key = await this.#row(sql, 'keys', id)
      if (key === undefined) return undefined
      const versions = await runQuery(sql, queries.versionsOfKey(builder), id)
      return {
        key,
        versions: versions.rows.map((values) => asRow<KeyVersionRow>(queries.fieldsOf('keyVersions'), values)),
      }
    })
  }

  async grants(keyId: string): Promise<StoredGrants> {
    return this.#snapshot(async (sql) => {
      const list = await this.#row(sql, 'grantLists', keyId)
      const { rows } = await runQuery(sql, queries.grantsOfKey(builder), keyId)
      return { list, grants: rows.map((values) => asRow<KeyGrantRow>(queries.fieldsOf('keyGrants'), values)) }
    })
  }

  async listKeys(listing: KeyListing): Promise<Found & { readonly next: number | null }> {
    const { page, total } = queries.keyListing(builder, listing)
    return this.#snapshot(async (sql) => {
      const found = (await runCompiled(sql, page)) as [id: string, listNumber: number][]
      const shown = found.slice(0, listing.limit)
      const next = found.length > listing.limit ? (shown.at(-1)?.[1] ?? null) : null
      return { ids: shown.map(([id]) => id), total: await number(sql, total), next }
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

  async userNamed(projectId: string, name: string): Promise<UserRow | undefined> {
    return (await this.#rows('users', queries.userNamed(builder), projectId, name))[0]
  }

  async usersNamed(name: string, limit: number): Promise<UserRow[]> {
    return this.#rows('users', queries.usersNamed(builder), name, limit)
  }

  async projectNamed(name: string): Promise<ProjectRow | undefined> {
    return (await this.rowsWhere('projects', 'name', name, 1))[0]
  }

  async importTokens(keyId: string): Promise<ImportTokenRow[]> {
    const { rows } = await runQuery(this.#sql, queries.tokensOfKey(builder), keyId)
    return rows.map((values) => asRow<ImportTokenRow>(queries.fieldsOf('importTokens'), values))
  }

  async tagsOfKeys(keyIds: readonly string[]): Promise<KeyTagRow[]> {
    return keyIds.length === 0 ? [] : this.#compiled('keyTags', tagQueries.tagsOfKeys(builder, keyIds))
  }

  async due(what: DueKind, now: number, after: DuePosition | null, limit: number): Promise<DuePosition[]> {
    return duePositions(await runCompiled(this.#sql, dueAfter(builder, what, now, after, limit)))
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

  async rowsWhere<T extends keyof SoughtBy>(table: T, field: SoughtBy[T], value: string, limit: number): Promise<Row<T>[]> {
    return this.#rows(table, queries.rowsWhere(builder, table, field), value, limit)
  }

  async rowsBelow<T extends keyof OrderedBy>(table: T, field: OrderedBy[T], bound: number, limit: number): Promise<Row<T>[]> {
    return this.#rows(table, queries.rowsBelow(builder, table, field), bound, limit)
  }

  async leastFailures(kept: number, limit: number): Promise<Row<'signInFailures'>[]> {
    const beyond = Number(await this.#value(queries.countFailures(builder))) - kept
    return beyond <= 0 ? [] : this.#rows('signInFailures', queries.leastFailures(builder), Math.min(beyond, limit))
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

  async searchKeys(search: KeySearch): Promise<Found> {
    const statements = keySearch(builder, search)
    return this.#snapshot(async (sql) => {
      const total = await number(sql, statements.total)
      const page = pageOf(search, total)
      const ids = await idsOf(sql, statements.ids(page))
      return { ids: page.fromEnd ? ids.toReversed() : ids, total }
    })
  }

  async projectTags(projectId: string, limit: number): Promise<{ name: string; value: string }[]> {
    const query = tagQueries.projectTags(builder, projectId, limit)
    const { rows } = await runQuery(this.#sql, query, ...parametersOf(query))
    return rows.map(([name, value]) => ({ name: name as string, value: value as string }))
  }

  async keysByTags(query: TaggedKeys): Promise<Found> {
    return this.#snapshot(async (sql) => {
      const counts: number[] = []
      for (const filter of query.filters)
        counts.push(await number(sql, tagQueries.tagsMatching(builder, query.projectId, filter)))
      const { page, total } = tagQueries.keysByTags(builder, query, tagQueries.rarest(query.filters, counts))
      return { ids: query.limit === 0 ? [] : await idsOf(sql, page), total: await number(sql, total) }
    })
  }

  async aliases(listing: AliasListing): Promise<KeyAliasRow[]> {
    return this.#compiled('keyAliases', keyAliases(builder, listing))
  }

  async retirableGrants(query: RetirableGrants): Promise<Found & { readonly next: GrantPosition | null }> {
    const { page, total } = retirableGrants(builder, query)
    return this.#snapshot(async (sql) => {
      const found = await runCompiled(sql, page)
      const ids = found.slice(0, query.limit).map(([id]) => id as string)
      return { ids, total: await number(sql, total), next: nextPosition(found, query.limit) }
    })
  }

  async unfinishedImports(query: UnfinishedImports): Promise<{ imports: BegunImport[]; total: number }> {
    const { page, total } = unfinishedImports(builder, query)
    return this.#snapshot(async (sql) => ({
      imports: (await runCompiled(sql, page)).map(([id, until]) => ({ keyId: id as string, tokenUntil: until as number | null })),
      total: await number(sql, total),
    }))
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

  async oldAccessKeys(projectId: string, before: number, limit: number): Promise<AccessKeyRow[]> {
    return this.#compiled('accessKeys', overview.oldAccessKeys(builder, projectId, before, limit))
  }

  async scan<T extends TableName>(table: T, afterId: string, limit: number): Promise<Row<T>[]> {
    const { rows } = await runQuery(this.#sql, queries.rowStatements(builder, table).scan, afterId, limit)
    return rows.map((values) => asRow<Row<T>>(queries.fieldsOf(table), values))
  }

  async schemaFaults(): Promise<SchemaFault[]> {
    this.#expectedSchema ??= await expectedSchema(this.#sql)
    const faults = schemaFaults(this.#expectedSchema, await schemaOf(this.#sql, this.#expectedSchema))
    // A node of a newer release may have started meanwhile: what its steps made is not known here.
    return (await stepsSeen(this.#sql)) > migrations.length ? faults.filter(({ acts }) => acts) : faults
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

/** Rows of a statement that holds its parameters. */
async function runCompiled(sql: Running, query: Compilable): Promise<Value[][]> {
  return (await runQuery(sql, query, ...parametersOf(query))).rows
}

async function number(sql: Running, query: Compilable): Promise<number> {
  return Number((await runCompiled(sql, query))[0]?.[0] ?? 0)
}

async function idsOf(sql: Running, query: Compilable): Promise<string[]> {
  return (await runCompiled(sql, query)).map(([id]) => id as string)
}
