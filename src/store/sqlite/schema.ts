/** The schema of a SQLite file, and the one that the steps make in memory. */
import { migrations } from '../migrations/index.ts'
import type { MigrationTools } from '../queries.ts'
import type { SchemaObject } from '../schema.ts'
import { Connection } from './connection.ts'
import { runSteps } from './steps.ts'

/** Everything except the tables of ANALYZE, which only affect speed. */
const schemaQuery =
  "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema WHERE name NOT IN ('sqlite_stat1', 'sqlite_stat4') ORDER BY name"

export function schemaOf(db: Connection): SchemaObject[] {
  return db.read(schemaQuery).map(([kind, name, table, sql]) => ({
    kind: String(kind),
    name: kind === 'trigger' || kind === 'index' ? `${name} on ${table}` : String(name),
    definition: String(sql).replaceAll(/\s+/g, ' '),
  }))
}

export function expectedSchema(steps = migrations): SchemaObject[] {
  const db = new Connection(':memory:', 'write')
  try {
    runSteps(db, steps, 0, noRecords)
    return schemaOf(db)
  } finally {
    db.close()
  }
}

/** In memory there are no rows to convert. */
const noRecords: MigrationTools = {
  auditLeaf: noneToConvert,
  leafGroup: noneToConvert,
}

function noneToConvert(): never {
  throw new TypeError('an empty database contains no records')
}
