/** The level at which the nodes of a deployment write, and the one that each of them could. */
import type { Migration } from '../queries.ts'

export const levels: Migration = (db) => [
  db.schema.alterTable('epochs').addColumn('level', 'integer'),
  db.schema.alterTable('epochs').addColumn('levelHeld', 'integer'),
  db.schema.alterTable('nodes').addColumn('level', 'integer'),
]
