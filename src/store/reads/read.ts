/**
 * A read is a generator: it yields one query after another, and is given the rows of each. Its
 * driver has a connection, to SQLite synchronously or to PostgreSQL over the network; the queries
 * and what is made of the rows are the same for both.
 */
import type { Compilable } from 'kysely'
import type { Row } from '../../domain/rows.ts'
import type { TableName } from '../../domain/tables.ts'
import { type Builder, fieldsOf } from '../queries.ts'

/** A column value, over all backends. */
export type Value = null | number | string | Uint8Array

/** A statement in the dialect of its backend, with the values of its parameters. */
export type Question = { readonly sql: string; readonly parameters: readonly Value[] }

/** Rows as arrays, in the order of the columns named. */
export type Values = readonly (readonly Value[])[]

export type Read<R> = Generator<Question, R, Values>

/** Answers each query synchronously. */
export function drive<R>(read: Read<R>, answer: (question: Question) => Values): R {
  let step = read.next()
  while (step.done !== true) step = read.next(answer(step.value))
  return step.value
}

/** Answers each query asynchronously. */
export async function driveLater<R>(
  read: Read<R>,
  answer: (question: Question) => Promise<Values>,
): Promise<R> {
  let step = read.next()
  while (step.done !== true) step = read.next(await answer(step.value))
  return step.value
}

/**
 * A statement that is compiled once per backend and per `of`. Its parameters are bound when it
 * runs.
 */
export function fixed<Of = void>(
  make: (db: Builder, of: Of) => Compilable,
): (db: Builder, of: Of) => string {
  const known = new WeakMap<Builder, Map<Of, string>>()
  return (db, of) => {
    const texts = known.get(db) ?? new Map<Of, string>()
    known.set(db, texts)
    const text = texts.get(of) ?? make(db, of).compile().sql
    texts.set(of, text)
    return text
  }
}

/** The rows of a statement that contains the values of its parameters. */
export function* ask(query: Compilable): Read<Values> {
  const { sql, parameters } = query.compile()
  // The builder was given only column values and limits.
  return yield { sql, parameters: parameters as readonly Value[] }
}

/** The first column of each row, which is text. */
export function* idsOf(query: Compilable): Read<string[]> {
  return (yield* ask(query)).map(([id]) => String(id))
}

/** The count that a statement returns in its first column. */
export function* numberOf(query: Compilable): Read<number> {
  return Number((yield* ask(query))[0]?.[0] ?? 0)
}

/** Whole rows of a table, from a statement that selects its fields in their order. */
export function* rowsOf<T extends TableName>(table: T, query: Compilable): Read<Row<T>[]> {
  return asRows(table, yield* ask(query))
}

/** The same, from a statement that was compiled earlier. */
export function* fixedRowsOf<T extends TableName>(
  table: T,
  sql: string,
  ...parameters: readonly Value[]
): Read<Row<T>[]> {
  return asRows(table, yield { sql, parameters })
}

function asRows<T extends TableName>(table: T, values: Values): Row<T>[] {
  const fields = fieldsOf(table)
  return values.map((row) => asRow<Row<T>>(fields, row))
}

/** A row as an object, from columns in the order of `fields`. */
export function asRow<T>(fields: readonly string[], values: readonly Value[]): T {
  const row: Record<string, Value> = {}
  for (let i = 0; i < fields.length; i++) row[fields[i] as string] = values[i] ?? null
  return row as T
}

/** The columns of a row in the order of its fields, as the statements that write it take them. */
export function columnsIn<T extends TableName>(table: T, row: Row<T>): Value[] {
  const values = row as unknown as Readonly<Record<string, Value>>
  return fieldsOf(table).map((field) => values[field] ?? null)
}
