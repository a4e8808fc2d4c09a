/** Brings the SQLite file to this release's schema, before anything else opens it. */
import { migrations } from '../migrations/index.ts'
import { type Conversion, type MigrationTools, rowsConvertedAtOnce } from '../queries.ts'
import { SchemaTooNew } from '../schema-too-new.ts'
import { all, builder, Connection, type Value, write } from './connection.ts'

/**
 * Runs the steps that the file has not seen, each with its number in one transaction. @returns the number of steps run.
 * @throws SchemaTooNew when the file has seen more steps than this release knows; nothing is changed then.
 */
export function migrateSqlite(file: string, tools: MigrationTools, steps = migrations): number {
  const db = new Connection(file, 'write')
  try {
    const done = Number(db.pragma('user_version')[0])
    if (done > steps.length) {
      throw new SchemaTooNew(
        `${file} was written by a newer Holdfast (schema ${done}, this one knows ${steps.length}); nothing was changed`,
      )
    }
    for (let step = done; step < steps.length; step++) {
      db.exec('BEGIN IMMEDIATE')
      for (const part of steps[step]?.(builder, tools) ?? []) {
        if ('convert' in part) convert(db, part)
        else db.exec(part.compile().sql)
      }
      db.exec(`PRAGMA user_version=${step + 1}`)
      db.exec('COMMIT')
    }
    return steps.length - done
  } finally {
    db.close()
  }
}

function convert(db: Connection, { read, before, convert: converted, write: into }: Conversion): void {
  for (let after = before, found = 1; found > 0; ) {
    const rows = all(db.prepare(read), after, rowsConvertedAtOnce)
    found = rows.length
    for (const row of rows) {
      const values = converted(row)
      after = Number(values[0])
      write(db.prepare(into), ...(values as Value[]))
    }
  }
}
