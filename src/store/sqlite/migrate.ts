/** Brings the SQLite file to this release's schema, before anything else opens it. */
import { migrations } from '../migrations/index.ts'
import type { MigrationTools } from '../queries.ts'
import { type OnSchemaFound, SchemaAltered } from '../schema.ts'
import { checkFaults } from '../schema-too-new.ts'
import type { OnProgress, Place, Step } from '../steps.ts'
import { Connection } from './connection.ts'
import { expectedSchema, faultsIn, stepsSeen } from './schema.ts'
import { placeIn, runSteps } from './steps.ts'

/**
 * Runs the steps that the file has not seen. One that was interrupted goes on where it was.
 * @param calls.onFound called before anything is changed.
 * @returns the number of steps run.
 * @throws SchemaTooNew when steps that this release does not know do more than add to the file,
 * SchemaAltered when its schema is not the one that the steps made; nothing is changed then.
 */
export function migrateSqlite(
  file: string,
  tools: MigrationTools,
  steps: readonly Step[] = migrations,
  { onFound = () => {}, onProgress }: { onFound?: OnSchemaFound; onProgress?: OnProgress } = {},
): number {
  const db = new Connection(file, 'write')
  try {
    const seen = stepsSeen(db)
    const done = Math.min(seen, steps.length)
    const place = placeIn(db)
    checkFaults(file, faultsOf(db, steps, done, place), {
      seen,
      known: steps.length,
      isUnderWay: place !== undefined,
    })
    onFound(seen, steps.length)
    if (done < steps.length) {
      runSteps(db, {
        steps,
        done,
        tools,
        ...(place !== undefined && { place }),
        ...(onProgress !== undefined && { onProgress }),
      })
      const left = faultsOf(db, steps, steps.length)
      if (left.length > 0) throw new SchemaAltered(left)
    }
    return steps.length - done
  } finally {
    db.close()
  }
}

function faultsOf(db: Connection, steps: readonly Step[], done: number, place?: Place) {
  return faultsIn(db, expectedSchema(steps, done, place), steps.length)
}
