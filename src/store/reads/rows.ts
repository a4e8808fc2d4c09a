/** Rows by their ID, by a column with few rows per value, and in order of ID. */
import { sql } from 'kysely'
import type { Row } from '../../domain/rows.ts'
import { columnName, partsOfKey, type TableName } from '../../domain/tables.ts'
import type { KeyPart } from '../../ports/store.ts'
import { type Builder, bound, raw, rowStatements, selectRows } from '../queries.ts'
import { fixed, fixedRowsOf, type Read, rowsOf } from './read.ts'

const selectOne = fixed((db, table: TableName) => rowStatements(db, table).select)
const selectFirst = fixed((db, table: TableName) => rowStatements(db, table).first)
const selectNext = fixed((db, table: TableName) => rowStatements(db, table).scan)

export function* row<T extends TableName>(
  db: Builder,
  table: T,
  id: string,
): Read<Row<T> | undefined> {
  return (yield* fixedRowsOf(table, selectOne(db, table), id))[0]
}

/** The rows of some IDs, in the order of the IDs. */
export function* rows<T extends TableName>(
  db: Builder,
  table: T,
  ids: readonly string[],
): Read<Row<T>[]> {
  if (ids.length === 0) return []
  const found = yield* rowsOf(table, selectRows(db, table).where('id', 'in', [...ids]))
  const byId = new Map(found.map((one) => [(one as { readonly id?: string }).id, one]))
  return ids.flatMap((id) => byId.get(id) ?? [])
}

/**
 * The rows after an ID, or the first ones, up to a limit. The beginning is no ID rather than an
 * empty text, after which a database that treats it as NULL finds nothing.
 */
export function* scan<T extends TableName>(
  db: Builder,
  table: T,
  afterId: string | null,
  limit: number,
): Read<Row<T>[]> {
  if (afterId === null) return yield* fixedRowsOf(table, selectFirst(db, table), limit)
  return yield* fixedRowsOf(table, selectNext(db, table), afterId, limit)
}

/** Rows in which a field has a value. */
export function* rowsWhere<T extends TableName>(
  db: Builder,
  table: T,
  field: string,
  value: string,
  limit: number,
): Read<Row<T>[]> {
  const query = selectRows(db, table).where(sql.ref(field), '=', value)
  return yield* rowsOf(table, query.orderBy('id').limit(limit))
}

/** Rows in which a field is below a bound, the lowest first. */
export function* rowsBelow<T extends TableName>(
  db: Builder,
  table: T,
  field: string,
  below: number,
  limit: number,
): Read<Row<T>[]> {
  const query = selectRows(db, table).where(sql.ref(field), '<', below)
  return yield* rowsOf(table, query.orderBy(sql.ref(field)).limit(limit))
}

const tablesOfParts = [...partsOfKey]
const selectParts = fixed((db) =>
  raw(
    db,
    sql.join(
      tablesOfParts.map(
        ([table, by], i) =>
          sql`select ${sql.lit(i)}, id, revision, mac from ${sql.table(columnName(table))} where ${sql.ref(columnName(by))} = ${bound}`,
      ),
      sql` union all `,
    ),
  ),
)

/** Every row that is a part of a key, from any table. */
export function* parts(db: Builder, keyId: string): Read<KeyPart[]> {
  const found = yield { sql: selectParts(db), parameters: tablesOfParts.map(() => keyId) }
  return found.map(([i, id, revision, mac]) => {
    const [table] = tablesOfParts[Number(i)] as (typeof tablesOfParts)[number]
    return { table, id: String(id), revision: Number(revision), mac: mac as Uint8Array }
  })
}
