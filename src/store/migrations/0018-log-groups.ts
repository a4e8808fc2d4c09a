/**
 * The records of one transaction become one row, compressed, in the log of the node that wrote
 * them: a fifth of the bytes, and one statement for any number of records. The only log
 * so far becomes that of its head.
 */
import { sql } from 'kysely'
import { type Migration, raw } from '../queries.ts'
import type { Value } from '../reads/read.ts'

/** Splits a batch where records are missing. */
function runsOf(rows: readonly Value[][]): Value[][][] {
  const runs: Value[][][] = []
  for (const row of rows) {
    const run = runs.at(-1)
    if (run !== undefined && Number(run.at(-1)?.[1]) + 1 === Number(row[1])) run.push(row)
    else runs.push([row])
  }
  return runs
}

export const logGroups: Migration = (db, { leafGroup }) => [
  db.schema
    .createTable('logGroups')
    .addColumn('log', 'text', (c) => c.notNull())
    .addColumn('firstIndex', 'integer', (c) => c.notNull())
    .addColumn('count', 'integer', (c) => c.notNull())
    .addColumn('leaves', 'blob', (c) => c.notNull())
    .addPrimaryKeyConstraint('log_groups_place', ['log', 'firstIndex']),
  // A node of the release before cannot add to it from here on: nothing it writes is left behind.
  db.schema.alterTable('auditLeaves').renameTo('convertedLeaves'),
  {
    read: raw(
      db,
      sql`SELECT (SELECT min(id) FROM ledgers), tree_index, leaf FROM converted_leaves WHERE tree_index > ${null} ORDER BY tree_index LIMIT ${null}`,
    ),
    before: -1,
    position: ([, treeIndex]) => Number(treeIndex),
    convert: (rows) =>
      runsOf(rows).map((run) => {
        const [log, first] = run[0] ?? []
        if (typeof log !== 'string') throw new TypeError('a log with records must have a head')
        const leaves = run.map((row) => row[2] as Uint8Array)
        const group = leafGroup(log, Number(first), leaves)
        return [group.log, group.firstIndex, group.count, group.leaves]
      }),
    write: raw(
      db,
      sql`INSERT INTO log_groups (log, first_index, count, leaves) VALUES (${null}, ${null}, ${null}, ${null})`,
    ),
  },
  db.schema.dropTable('convertedLeaves'),
]
