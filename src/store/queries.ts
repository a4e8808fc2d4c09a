/** The statements of the store, built by one typed builder for every backend; a backend compiles and runs them. */
import {
  CamelCasePlugin,
  type Compilable,
  type DialectAdapter,
  DummyDriver,
  Kysely,
  type QueryCompiler,
  type RawBuilder,
  sql,
} from 'kysely'
import { type Row, type TableName, tables } from '../domain/rows.ts'
import type { AuditLeaf, KeyListing } from '../ports/store.ts'

export type Schema = { [T in TableName]: Row<T> } & { auditLeaves: AuditLeaf }
export type Builder = Kysely<Schema>

/** What a step of the schema does, in order; a backend runs a step and its number in one transaction. */
export type Migration = (db: Builder, tools: MigrationTools) => readonly (Compilable | Conversion)[]

/** Rows that become other rows: `read` takes the last one of the rows before and how many to read. */
export type Conversion = {
  readonly read: Compilable
  /** The first of them, or what stands before all of them. */
  readonly before: number
  readonly convert: (values: readonly unknown[]) => readonly (number | Uint8Array)[]
  /** Takes what `convert` gives; its first value is the one that `read` goes on from. */
  readonly write: Compilable
}

export const rowsConvertedAtOnce = 1000

/** What a step needs of rooms that the store does not know. */
export type MigrationTools = {
  /** The leaf of a record that was kept in columns, in the order of step 1, its tree index first. */
  readonly auditLeaf: (deployment: string, columns: readonly unknown[]) => Uint8Array
}

/** A builder that only compiles: statements run where their backend prepared them. */
export function createBuilder(parts: { adapter: () => DialectAdapter; compiler: () => QueryCompiler }): Builder {
  return new Kysely<Schema>({
    dialect: {
      createAdapter: parts.adapter,
      createDriver: () => new DummyDriver(),
      createQueryCompiler: parts.compiler,
      createIntrospector: () => {
        throw new TypeError('the schema is declared, not introspected')
      },
    },
    plugins: [new CamelCasePlugin()],
  })
}

/** SQL that is written out, in the dialect of the builder. */
export function raw(db: Builder, text: RawBuilder<unknown>): Compilable {
  return { compile: () => text.compile(db) }
}

/** Fields of a table's rows, in the order in which every statement here names them. */
export function fieldsOf(table: TableName): readonly string[] {
  return [...Object.keys(tables[table]), 'revision', 'schemaVersion', 'mac']
}

/** Stands for a value that is bound when the statement runs. */
const bound = null as never

/** One statement a table for each way in which single rows are read and written; parameters in the order of the fields named. */
export function rowStatements(db: Builder, table: TableName) {
  const fields = fieldsOf(table)
  const values = Object.fromEntries(fields.map((field) => [field, bound]))
  const select = db.selectFrom(table).select(fields as never)
  return {
    select: select.where('id', '=', bound),
    revision: db.selectFrom(table).select('revision').where('id', '=', bound),
    /** The rows after an ID, at most so many. */
    scan: select.where('id', '>', bound).orderBy('id').limit(bound),
    insert: db.insertInto(table).values(values as never),
    /** All fields, then ID and expected revision. */
    update: db
      .updateTable(table)
      .set(values as never)
      .where('id', '=', bound)
      .where('revision', '=', bound),
    delete: db.deleteFrom(table).where('id', '=', bound).where('revision', '=', bound),
  } satisfies Record<string, Compilable>
}

/** Parameters: treeIndex, leaf. */
export function insertAuditLeaf(db: Builder): Compilable {
  return db.insertInto('auditLeaves').values({ treeIndex: bound, leaf: bound })
}

export function versionsOfKey(db: Builder): Compilable {
  return db
    .selectFrom('keyVersions')
    .select(fieldsOf('keyVersions') as never)
    .where('keyId', '=', bound)
    .orderBy('version')
}

/** The oldest first. */
export function grantsOfKey(db: Builder): Compilable {
  return db
    .selectFrom('keyGrants')
    .select(fieldsOf('keyGrants') as never)
    .where('keyId', '=', bound)
    .orderBy('createdAt')
    .orderBy('id')
}

export function tokensOfKey(db: Builder): Compilable {
  return db
    .selectFrom('importTokens')
    .select(fieldsOf('importTokens') as never)
    .where('keyId', '=', bound)
    .orderBy('createdAt')
    .orderBy('id')
}

export function keyOfAlias(db: Builder): Compilable {
  return db.selectFrom('keys').select('id').where('projectId', '=', bound).where('alias', '=', bound)
}

export function keyOfAssociation(db: Builder): Compilable {
  return db.selectFrom('keys').select('id').where('association', '=', bound)
}

/** Users of a name, unordered, so that no more of them are read than are asked for. Parameters: name, limit. */
export function usersNamed(db: Builder): Compilable {
  return db
    .selectFrom('users')
    .select(fieldsOf('users') as never)
    .where('name', '=', bound)
    .limit(bound)
}

/** The one user of a name in a project. Parameters: project, name. */
export function userNamed(db: Builder): Compilable {
  return db
    .selectFrom('users')
    .select(fieldsOf('users') as never)
    .where('projectId', '=', bound)
    .where('name', '=', bound)
}

export function countKeys(db: Builder): Compilable {
  return db.selectFrom('keys').select(db.fn.countAll().as('n')).where('projectId', '=', bound).where('deletedAt', 'is', null)
}

/** Keys by the facts that make their state, the next instants, and the size of the log. */
export function statistics(db: Builder, now: number): Record<'keys' | 'next' | 'log', Compilable> {
  const usable = sql<number>`case when material_version is not null and (material_expires_at is null or material_expires_at > ${now}) then 1 else 0 end`
  const ending = sql<number>`case when deletion_at is null then 0 else 1 end`
  return {
    keys: db
      .selectFrom('keys')
      .select(['origin', 'disabled', usable.as('usable'), ending.as('ending'), db.fn.countAll().as('n')])
      .where('deletedAt', 'is', null)
      .groupBy(['origin', 'disabled', 'usable', 'ending']),
    next: db.selectFrom('keys').select([db.fn.min('materialExpiresAt').as('expiry'), db.fn.min('deletionAt').as('deletion')]),
    log: db.selectFrom('ledgers').select('treeSize'),
  }
}

/** The page of a listing (one more key than asked for tells whether more follow) and the count of all that match. */
export function keyListing(db: Builder, listing: KeyListing): { page: Compilable; total: Compilable } {
  const usable = sql<boolean>`(material_version is not null and (material_expires_at is null or material_expires_at > ${listing.now}))`
  let matching = db.selectFrom('keys').where('projectId', '=', listing.projectId).where('deletedAt', 'is', null)
  if (listing.spec !== null) matching = matching.where('spec', '=', listing.spec)
  if (listing.state !== null)
    matching = matching.where('deletionAt', listing.state === 'pending-deletion' ? 'is not' : 'is', null)
  if (listing.state === 'pending-import') matching = matching.where(sql<boolean>`not ${usable}`)
  if (listing.state === 'enabled' || listing.state === 'disabled') {
    matching = matching.where(usable).where('disabled', '=', listing.state === 'disabled' ? 1 : 0)
  }
  let page = matching.select(['id', 'listNumber']).orderBy('listNumber', 'desc')
  if (listing.before !== null) page = page.where('listNumber', '<', listing.before)
  return { page: page.limit(listing.limit + 1), total: matching.select(db.fn.countAll().as('n')) }
}

/** @param ids at least one. */
export function rowsOfIds(db: Builder, table: TableName, ids: readonly string[]): Compilable {
  const select = db.selectFrom(table).select(fieldsOf(table) as never)
  return select.where('id', 'in', [...ids])
}

/** Rows in the order of the IDs that they were asked for by. */
export function inOrderOf<R extends object>(ids: readonly string[], rows: readonly R[]): R[] {
  const byId = new Map(rows.map((row) => [(row as { readonly id?: string }).id, row]))
  return ids.flatMap((id) => byId.get(id) ?? [])
}

/** Rows in which a field has a value, and those in which it is below a bound. Parameters: value, limit. */
export function rowsWhere(db: Builder, table: TableName, field: string): Compilable {
  const select = db.selectFrom(table).select(fieldsOf(table) as never)
  return select
    .where(field as never, '=', bound)
    .orderBy('id')
    .limit(bound)
}

export function rowsBelow(db: Builder, table: TableName, field: string): Compilable {
  const select = db.selectFrom(table).select(fieldsOf(table) as never)
  return select
    .where(field as never, '<', bound)
    .orderBy(field as never)
    .limit(bound)
}

export function countFailures(db: Builder): Compilable {
  return db.selectFrom('signInFailures').select(db.fn.countAll().as('n'))
}

/** The least counts, and among them the oldest. Parameter: limit. */
export function leastFailures(db: Builder): Compilable {
  return db
    .selectFrom('signInFailures')
    .select(fieldsOf('signInFailures') as never)
    .orderBy('count')
    .orderBy('lastAt')
    .limit(bound)
}

/** Parameters: the first place, limit. */
export function auditLeaves(db: Builder): Compilable {
  return db
    .selectFrom('auditLeaves')
    .select(['treeIndex', 'leaf'])
    .where('treeIndex', '>=', bound)
    .orderBy('treeIndex')
    .limit(bound)
}

/** Parameters: the place before which they begin, limit. */
export function stretchesBefore(db: Builder): Compilable {
  return db
    .selectFrom('auditStretches')
    .select(fieldsOf('auditStretches') as never)
    .where('firstIndex', '<', bound)
    .orderBy('firstIndex', 'desc')
    .limit(bound)
}

/** Parameters: project, width, first instant. */
export function callCounts(db: Builder): Compilable {
  return db
    .selectFrom('callCounts')
    .select(fieldsOf('callCounts') as never)
    .where('projectId', '=', bound)
    .where('widthMs', '=', bound)
    .where('startsAt', '>=', bound)
    .orderBy('startsAt')
}
