/** Runs steps of the schema on a connection to SQLite. */
import {
  type Conversion,
  type Migration,
  type MigrationTools,
  rowsConvertedAtOnce,
} from '../queries.ts'
import { all, builder, type Connection, write } from './connection.ts'

/** Runs the steps from number `done` on, each with its number in one transaction. */
export function runSteps(
  db: Connection,
  steps: readonly Migration[],
  done: number,
  tools: MigrationTools,
): void {
  for (let step = done; step < steps.length; step++) {
    db.exec('BEGIN IMMEDIATE')
    for (const part of steps[step]?.(builder, tools) ?? []) {
      if ('convert' in part) convert(db, part)
      else db.exec(part.compile().sql)
    }
    db.exec(`PRAGMA user_version=${step + 1}`)
    db.exec('COMMIT')
  }
}

function convert(
  db: Connection,
  { read, before, position, convert: converted, write: into }: Conversion,
): void {
  for (let after = before; ; ) {
    const rows = all(db.prepare(read.compile()), after, rowsConvertedAtOnce)
    const last = rows.at(-1)
    if (last === undefined) return
    after = position(last)
    for (const values of converted(rows)) write(db.prepare(into.compile()), ...values)
  }
}
