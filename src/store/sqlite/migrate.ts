/** Brings the SQLite file to this release's schema, before anything else opens it. */
import { migrations } from '../migrations/index.ts'
import type { Migration, MigrationTools } from '../queries.ts'
import { type OnSchemaFound, SchemaAltered, schemaFaults } from '../schema.ts'
import { SchemaTooNew } from '../schema-too-new.ts'
import { Connection } from './connection.ts'
import { expectedSchema, schemaOf } from './schema.ts'
import { runSteps } from './steps.ts'

/**
 * Runs the steps that the file has not seen, each with its number in one transaction.
 * @param onFound called before anything is changed.
 * @returns the number of steps run.
 * @throws SchemaTooNew when the file has seen more steps than this release knows, SchemaAltered
 * when its schema is not the one that the steps made; nothing is changed then.
 */
export function migrateSqlite(
  file: string,
  tools: MigrationTools,
  steps = migrations,
  onFound: OnSchemaFound = () => {},
): number {
  const db = new Connection(file, 'write')
  try {
    const done = Number(db.pragma('user_version')[0])
    if (done > steps.length) {
      throw new SchemaTooNew(
        `${file} was written by a newer Holdfast (schema ${done}, this one knows ${steps.length}); nothing was changed`,
      )
    }
    verify(db, steps.slice(0, done))
    onFound(done, steps.length)
    if (done < steps.length) {
      runSteps(db, steps, done, tools)
      verify(db, steps)
    }
    return steps.length - done
  } finally {
    db.close()
  }
}

function verify(db: Connection, steps: readonly Migration[]): void {
  const faults = schemaFaults(expectedSchema(steps), schemaOf(db))
  if (faults.length > 0) throw new SchemaAltered(faults)
}
