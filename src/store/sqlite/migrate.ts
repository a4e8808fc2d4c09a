/** Brings the SQLite file to this release's schema, before anything else opens it. */
import { migrations } from '../migrations/index.ts'
import { SchemaTooNew } from '../schema-too-new.ts'
import { builder, Connection } from './connection.ts'

/**
 * Runs the steps that the file has not seen, each with its number in one transaction. @returns the number of steps run.
 * @throws SchemaTooNew when the file has seen more steps than this release knows; nothing is changed then.
 */
export function migrateSqlite(file: string, steps = migrations): number {
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
      for (const statement of steps[step]?.(builder) ?? []) db.exec(statement.compile().sql)
      db.exec(`PRAGMA user_version=${step + 1}`)
      db.exec('COMMIT')
    }
    return steps.length - done
  } finally {
    db.close()
  }
}
