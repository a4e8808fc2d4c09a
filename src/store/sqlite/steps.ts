/** Runs steps of the schema on a connection to SQLite. */
import {
  type Conversion,
  type Migration,
  type MigrationTools,
  rowsConvertedAtOnce,
} from '../queries.ts'
import type { Value } from '../reads/read.ts'
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
  { read, before, convert: converted, write: into }: Conversion,
): void {
  for (let after = before, found = 1; found > 0; ) {
    const rows = all(db.prepare(read.compile()), after, rowsConvertedAtOnce)
    found = rows.length
    for (const row of rows) {
      const values = converted(row)
      after = Number(values[0])
      write(db.prepare(into.compile()), ...(values as Value[]))
    }
  }
}
