/** The schema of a SQLite file, and the one that the steps make in memory. */
import { migrations } from '../migrations/index.ts'
import { type IsAddition, type SchemaObject, schemaFaults } from '../schema.ts'
import { noRecords, type Place, placesTable, sectionsOf, statementsOf } from '../steps.ts'
import { builder, Connection } from './connection.ts'
import { placeIn, runSteps } from './steps.ts'

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

/** @param place where the step after those has come to, if it was interrupted. */
export function expectedSchema(steps = migrations, done = steps.length, place?: Place) {
  const db = new Connection(':memory:', 'write')
  try {
    runSteps(db, { steps: steps.slice(0, done), done: 0, tools: noRecords })
    const next = steps[done]
    if (place !== undefined) db.exec(placesTable)
    if (place !== undefined && next !== undefined)
      for (const text of statementsOf(sectionsOf(next, builder, noRecords).slice(0, place.section)))
        db.exec(text)
    return schemaOf(db)
  } finally {
    db.close()
  }
}

/** Number of steps that the file has seen. */
export function stepsSeen(db: Connection): number {
  return Number(db.pragma('user_version')[0])
}

/** What is in the file that the steps known here do not make, and that no later one adds. */
export function faultsIn(db: Connection, expected: readonly SchemaObject[], known: number) {
  const isNewer = stepsSeen(db) > known || placeIn(db) !== undefined
  return schemaFaults(expected, schemaOf(db), isNewer ? isAddition : undefined)
}

/**
 * Columns that are added are at the end of a table's text. A table that refers to one of ours could
 * keep its rows from being deleted.
 */
const isAddition: IsAddition = ({ kind, definition, name }, expected) => {
  if (expected === undefined && kind === 'table') return !/\breferences\b/i.test(definition)
  if (expected === undefined) return kind === 'index' && /^(create index .*)?$/i.test(definition)
  const own = expected.definition.replace(/\)$/, '')
  return (
    kind === 'table' &&
    name === expected.name &&
    definition.startsWith(own) &&
    /^(, "\w+" (text|integer|blob))+\)$/.test(definition.slice(own.length))
  )
}
