/** Brings a PostgreSQL database to this release's schema. */
import type { Database } from '../../ports/database-url.ts'
import { type SchemaFault, StoreUnavailable } from '../../ports/store.ts'
import { migrations } from '../migrations/index.ts'
import type { MigrationTools } from '../queries.ts'
import { type OnSchemaFound, SchemaAltered } from '../schema.ts'
import { checkFaults } from '../schema-too-new.ts'
import type { OnProgress, Place, Step } from '../steps.ts'
import { checkOthers } from './other-nodes.ts'
import { expectedSchema, faultsIn, isUnderWay, placeIn, stepsSeen, stepsTable } from './schema.ts'
import { openSession, type Session } from './session.ts'
import type { OnStartWaiting } from './start-lock.ts'
import { runStep } from './steps.ts'

export type MigrationCalls = {
  /** Called before anything is changed. */
  readonly onFound?: OnSchemaFound
  readonly onWaiting?: OnStartWaiting
  readonly onProgress?: OnProgress
  /** ID of the node that migrates, if it has one already: it does not wait for itself. */
  readonly node?: string | undefined
}

/**
 * Runs the steps that the database has not seen. One that was interrupted goes on where it was.
 * @returns the number of steps run.
 * @throws SchemaTooNew when steps that this release does not know do more than add to it,
 * SchemaAltered when its schema is not the one that the steps made, StoreUnavailable while other
 * nodes run that a step would stop; nothing is changed then.
 */
export async function migratePostgres(
  database: Database,
  tools: MigrationTools,
  steps: readonly Step[] = migrations,
  { onFound = () => {}, onWaiting = () => {}, onProgress, node }: MigrationCalls = {},
): Promise<number> {
  const session = await openSession(database, { deadlineMs: null })
  try {
    // Checked first: a role that may not change the schema may not ask for an existing table
    // either.
    const [known] = await session.rows("SELECT to_regclass('schema_steps')::text")
    if (known?.[0] === null) await session.rows(stepsTable)
    const seen = await stepsSeen(session)
    const done = Math.min(seen, steps.length)
    if (done < steps.length) await checkMayChange(session)
    const place = done < steps.length ? await placeIn(session) : undefined
    checkFaults('the database', await faultsOf(session, steps, done, place), {
      seen,
      known: steps.length,
      isUnderWay: await isUnderWay(session),
    })
    if (done < steps.length) await checkOthers(session, steps.slice(done), node)
    onFound(seen, steps.length)
    const calls = { database, tools, onWaiting, ...(onProgress !== undefined && { onProgress }) }
    for (const [i, step] of steps.entries())
      if (i >= done)
        await runStep(session, { step, number: i + 1, ...calls }, i === done ? place : undefined)
    const left = done < steps.length ? await faultsOf(session, steps, steps.length) : []
    if (left.length > 0) throw new SchemaAltered(left)
    return steps.length - done
  } finally {
    session.close()
  }
}

/** @throws StoreUnavailable with what to do, for a role that may not change the schema. */
async function checkMayChange(session: Session): Promise<void> {
  const [found] = await session.rows(
    "SELECT has_schema_privilege(current_schema(), 'CREATE')::text",
  )
  if (found?.[0] === 'true') return
  throw new StoreUnavailable(
    'the database was made by an earlier release, and the role of the database URL may not change its schema: start once as its owner; ' +
      'nothing was changed',
  )
}

async function faultsOf(
  session: Session,
  steps: readonly Step[],
  done: number,
  place?: Place,
): Promise<SchemaFault[]> {
  return faultsIn(session, await expectedSchema(session, steps, done, place), steps.length)
}
