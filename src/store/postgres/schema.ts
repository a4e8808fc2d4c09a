/**
 * The schema of a PostgreSQL database, and the one that the steps make: they run in the temporary
 * schema of a transaction on the same server, which is rolled back. So both are described in the
 * same terms, and no second database is needed.
 */

import { columnName, type TableName, tableNames } from '../../domain/tables.ts'
import type { Database } from '../../ports/database-url.ts'
import { type SchemaFault, StoreUnavailable } from '../../ports/store.ts'
import { migrations } from '../migrations/index.ts'
import { type SchemaObject, schemaFaults } from '../schema.ts'
import {
  noRecords,
  type Place,
  placeOf,
  placeQuery,
  type Step,
  sectionsOf,
  statementsOf,
} from '../steps.ts'
import { stateOf } from './errors.ts'
import { openSession, type Session } from './session.ts'
import { begin, builder, rollback } from './statements.ts'

const insufficientPrivilege = '42501'

/** Numbers of the steps that a database has seen. This is not itself a step. */
export const stepsTable = 'CREATE TABLE schema_steps (step bigint PRIMARY KEY)'

/**
 * The schema that the steps make.
 * @param place where the step after those has come to, if it was interrupted.
 * @throws StoreUnavailable, also if the role may not create temporary tables.
 */
export async function expectedSchema(
  session: Session,
  steps: readonly Step[] = migrations,
  done = steps.length,
  place?: Place,
): Promise<SchemaObject[]> {
  const next = steps[done]
  const begun = place === undefined || next === undefined ? [] : sections(next)
  const texts = [
    ...steps.slice(0, done).flatMap((step) => statementsOf(sections(step))),
    ...statementsOf(begun.slice(0, place?.section)),
  ]
  try {
    // No name in a step can resolve to a permanent table.
    await session.flight([
      begin('READ COMMITTED', { idle: 0 }),
      { text: 'SET LOCAL search_path TO pg_temp' },
      { text: stepsTable },
      ...texts.map((text) => ({ text: inItsTypes(text) })),
    ])
    return await objectsIn(session, 'pg_my_temp_schema()')
  } catch (error) {
    if (stateOf((error as Error).cause) !== insufficientPrivilege) throw error
    throw new StoreUnavailable(
      'the role of the database URL needs TEMPORARY on the database, to compare its schema',
      { cause: error },
    )
  } finally {
    // Everything was made only to be inspected.
    await session.flight([rollback]).catch(() => {})
  }
}

/** Number of the last step that the database has seen. */
export async function stepsSeen(session: Session): Promise<number> {
  const [found] = await session.rows('SELECT coalesce(max(step), 0) FROM schema_steps')
  return Number(found?.[0] ?? 0)
}

/** Where the first step goes on that the database has not seen to its end. */
export async function placeIn(session: Session): Promise<Place | undefined> {
  return (await isUnderWay(session)) ? placeOf((await session.rows(placeQuery))[0]) : undefined
}

/** Whether a step has begun and not ended. Any role may ask. */
export async function isUnderWay(session: Session): Promise<boolean> {
  const [known] = await session.rows("SELECT to_regclass('schema_places')::text")
  return known?.[0] !== null
}

/** What is in the database that the steps known here do not make, and that no later one adds. */
export async function faultsIn(
  session: Session,
  expected: readonly SchemaObject[],
  known: number,
): Promise<SchemaFault[]> {
  const found = await schemaOf(session, expected)
  // In this order: a step that ends in between is seen as under way, or as one more step.
  const isNewer = (await isUnderWay(session)) || (await stepsSeen(session)) > known
  return schemaFaults(
    expected,
    found,
    isNewer ? ({ isAddition }, own) => isAddition === true && own === undefined : undefined,
  )
}

/** ID of the deployment in a database, which may have been made by any release, or be empty. */
export async function deploymentIn(session: Session): Promise<string | undefined> {
  const [table] = await session.rows("SELECT to_regclass('deployments')::text")
  if (table?.[0] === null) return undefined
  const [found] = await session.rows('SELECT id FROM deployments LIMIT 1')
  return found && String(found[0])
}

/** The same, on a connection of its own. */
export async function deploymentFound(database: Database): Promise<string | undefined> {
  const session = await openSession(database)
  try {
    return await deploymentIn(session)
  } finally {
    session.close()
  }
}

/**
 * The expected tables as they exist, and everything that depends on them. Other tables of the
 * schema are ignored.
 */
async function schemaOf(
  session: Session,
  expected: readonly SchemaObject[],
): Promise<SchemaObject[]> {
  const tables = expected.filter(({ kind }) => kind === 'table').map(({ name }) => name)
  return objectsIn(session, 'current_schema()::regnamespace::oid', tables)
}

function sections(step: Step) {
  return sectionsOf(step, builder, noRecords)
}

/** Tables in which a value may be taken, other than an ID. */
export const tablesWithUniqueColumns: ReadonlySet<TableName> = new Set(
  tableNames.filter((table) =>
    migrations
      .flatMap((step) => statementsOf(sections(step)))
      .some((sql) => new RegExp(`^create unique index .* on "${columnName(table)}"`).test(sql)),
  ),
)

/**
 * The steps use SQLite's types; times in milliseconds need 64 bits here. No table or column has the
 * name of either type.
 */
export function inItsTypes(ddl: string): string {
  return ddl.replaceAll(/\binteger\b/g, 'bigint').replaceAll(/\bblob\b/g, 'bytea')
}

/** Table names are our own and plain, so they can be written into the statement. */
async function objectsIn(
  session: Session,
  schema: string,
  tables?: readonly string[],
): Promise<SchemaObject[]> {
  const named =
    tables === undefined ? '' : `AND c.relname = ANY (string_to_array('${tables.join(',')}', ','))`
  const ours = `SELECT c.oid, c.relname::text AS name, c.relkind, c.relpersistence, c.relrowsecurity, c.relforcerowsecurity FROM pg_class c
    WHERE c.relnamespace = ${schema} AND c.relkind NOT IN ('i', 'I', 't', 'S', 'c') ${named}`
  const rows = await session.rows(
    `WITH ours AS (${ours}) ${parts.join(' UNION ALL ')} ORDER BY 1, 2`,
  )
  return rows.map(([kind, name, definition, isAddition]) => ({
    kind: String(kind),
    name: String(name),
    definition: String(definition),
    isAddition: isAddition === 1,
  }))
}

/**
 * Columns: kind, name, definition, and whether a step that only adds may have made it: then nothing
 * happens in rows that a release writes which does not know it, so a column may be null and has a
 * type of PostgreSQL, because a domain has checks and a default of its own, and an index calls no
 * functions but those of PostgreSQL. A temporary table stands for a permanent one; schemas are left
 * out of the comparison.
 */
const parts = [
  `SELECT 'table', name, concat_ws(' ', relkind, CASE relpersistence WHEN 't' THEN 'p' ELSE relpersistence END,
     relrowsecurity, relforcerowsecurity), 0 FROM ours`,
  `SELECT 'column', name || '.' || attname, concat_ws(' ', format_type(atttypid, atttypmod), attnotnull, attgenerated, attidentity,
     attcollation, pg_get_expr(adbin, adrelid)), (NOT attnotnull AND adbin IS NULL AND attgenerated = '' AND attidentity = ''
       AND atttypid IN ('text'::regtype, 'bigint'::regtype, 'bytea'::regtype))::int
     FROM ours JOIN pg_attribute ON attrelid = ours.oid LEFT JOIN pg_attrdef ON adrelid = ours.oid AND adnum = attnum
     WHERE attnum > 0 AND NOT attisdropped`,
  `SELECT 'constraint', conname || ' on ' || name, pg_get_constraintdef(k.oid), 0 FROM ours JOIN pg_constraint k ON conrelid = ours.oid`,
  `SELECT 'constraint', conname || ' on ' || conrelid::regclass, 'refers to ' || name, 0 FROM ours JOIN pg_constraint ON confrelid = ours.oid
     WHERE conrelid NOT IN (SELECT oid FROM ours)`,
  `SELECT 'index', i.relname || ' on ' || ours.name, concat_ws(' ', indisunique, indisvalid, indisready,
     substring(pg_get_indexdef(indexrelid) FROM position(' USING ' IN pg_get_indexdef(indexrelid)))),
     (NOT indisunique AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = indexrelid
       AND refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_opclass'::regclass)))::int
     FROM ours JOIN pg_index ON indrelid = ours.oid JOIN pg_class i ON i.oid = indexrelid`,
  `SELECT 'trigger', tgname || ' on ' || name, concat_ws(' ', tgenabled, pg_get_triggerdef(t.oid)), 0
     FROM ours JOIN pg_trigger t ON tgrelid = ours.oid WHERE NOT tgisinternal`,
  `SELECT 'rule', rulename || ' on ' || name, pg_get_ruledef(r.oid), 0 FROM ours JOIN pg_rewrite r ON ev_class = ours.oid
     WHERE rulename <> '_RETURN'`,
  `SELECT 'policy', polname || ' on ' || name, polcmd::text, 0 FROM ours JOIN pg_policy ON polrelid = ours.oid`,
  `SELECT 'child table', inhrelid::regclass || ' of ' || name, '', 0 FROM ours JOIN pg_inherits ON inhparent = ours.oid`,
  `SELECT 'parent table', inhparent::regclass || ' of ' || name, '', 0 FROM ours JOIN pg_inherits ON inhrelid = ours.oid`,
  `SELECT DISTINCT 'view', ev_class::regclass::text, 'reads ' || name, 0
     FROM ours JOIN pg_depend ON refclassid = 'pg_class'::regclass AND refobjid = ours.oid AND classid = 'pg_rewrite'::regclass
     JOIN pg_rewrite r ON r.oid = objid WHERE ev_class NOT IN (SELECT oid FROM ours)`,
]
