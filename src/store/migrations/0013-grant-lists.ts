/**
 * One row for all grants of a key: its revision counts their changes, separately from those of the
 * key.
 */
import type { Migration } from '../queries.ts'
import { table } from './table.ts'

export const grantLists: Migration = (db) => [
  table(db, 'grantLists', { id: 'text', projectId: 'text', grantsDigest: 'blob' }),
]
