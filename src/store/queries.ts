/**
 * The statements of the store, built by one typed builder for every backend; a backend compiles and
 * runs them.
 */
import {
  CamelCasePlugin,
  type Compilable,
  type DialectAdapter,
  DummyDriver,
  Kysely,
  type QueryCompiler,
  type RawBuilder,
} from 'kysely'
import type { LedgerRow, Row, RowWrite } from '../domain/rows.ts'
import { columnsOf, type TableName } from '../domain/tables.ts'
import type { LeafGroup } from '../ports/store.ts'
import type { Value } from './reads/read.ts'

export type Schema = { [T in TableName]: Row<T> } & { logGroups: LeafGroup }
export type Builder = Kysely<Schema>

/**
 * The statements of one schema step, in order; a backend runs a step and its number in one
 * transaction.
 */
export type Migration = (db: Builder, tools: MigrationTools) => readonly (Compilable | Conversion)[]

/** Converts rows to other rows, one batch after the other. */
export type Conversion = {
  /** Takes the position of the last row of the previous batch, and the size of a batch. */
  readonly read: Compilable
  /** A position before all rows. */
  readonly before: number
  readonly position: (row: Value[]) => number
  /** The rows to write for those of a batch. */
  readonly convert: (rows: readonly Value[][]) => readonly Value[][]
  readonly write: Compilable
}

export const rowsConvertedAtOnce = 1000

/** What a step needs from outside the store. */
export type MigrationTools = {
  /**
   * The leaf of a record that was stored in columns, in the order of step 1, its tree index first.
   */
  readonly auditLeaf: (deployment: string, columns: readonly unknown[]) => Uint8Array
  /** @param leaves consecutive ones from `firstIndex` on. */
  readonly leafGroup: (log: string, firstIndex: number, leaves: readonly Uint8Array[]) => LeafGroup
}

/** A builder that only compiles: statements run where their backend prepared them. */
export function createBuilder(parts: {
  adapter: () => DialectAdapter
  compiler: () => QueryCompiler
}): Builder {
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

/** Handwritten SQL, in the dialect of the builder. */
export function raw(db: Builder, text: RawBuilder<unknown>): Compilable {
  return { compile: () => text.compile(db) }
}

/** Fields of a table's rows, in the order in which every statement here names them. */
export function fieldsOf(table: TableName): readonly string[] {
  const known = fields.get(table) ?? [
    ...Object.keys(columnsOf(table)),
    'revision',
    'schemaVersion',
    'mac',
  ]
  fields.set(table, known)
  return known
}

const fields = new Map<TableName, readonly string[]>()

/** A placeholder for a value that is bound when the statement runs. */
export const bound = null as never

/** Whole rows of a table, their fields in order. */
export function selectRows<T extends TableName>(db: Builder, table: T) {
  return db.selectFrom(table as TableName).select(fieldsOf(table) as never)
}

/**
 * One statement per table for each way in which single rows are read and written; parameters in the
 * order of the fields.
 */
export function rowStatements(db: Builder, table: TableName): RowStatements {
  const known = statements.get(db) ?? new Map<TableName, RowStatements>()
  statements.set(db, known)
  const found = known.get(table) ?? rowStatementsOf(db, table)
  known.set(table, found)
  return found
}

type RowStatements = ReturnType<typeof rowStatementsOf>
const statements = new WeakMap<Builder, Map<TableName, RowStatements>>()

function rowStatementsOf(db: Builder, table: TableName) {
  const fields = fieldsOf(table)
  const values = Object.fromEntries(fields.map((field) => [field, bound]))
  const select = selectRows(db, table)
  return {
    select: select.where('id', '=', bound),
    version: db.selectFrom(table).select(['revision', 'mac']).where('id', '=', bound),
    /** The first rows by ID, up to a limit. */
    first: select.orderBy('id').limit(bound),
    /** Those after an ID, up to a limit. */
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

/** What a statement needs of a change. */
export type Written = Pick<RowWrite, 'table' | 'id' | 'expected' | 'row'>

/** The change of the log's head that a transaction ends with. */
export function writeOfHead(head: LedgerRow): Written {
  return { table: 'ledgers', id: head.id, expected: head.revision - 1, row: head }
}

/** Parameters: log, firstIndex, count, leaves. */
export function insertLeafGroup(db: Builder): Compilable {
  return db
    .insertInto('logGroups')
    .values({ log: bound, firstIndex: bound, count: bound, leaves: bound })
}

/** The parameters of `insertLeafGroup`. */
export function columnsOfGroup({ log, firstIndex, count, leaves }: LeafGroup): Value[] {
  return [log, firstIndex, count, leaves]
}
