/**
 * A row for the grants of each key as a whole: its revision counts their changes, apart from those
 * of the key.
 */
import type { Migration } from '../queries.ts'
import { table } from './table.ts'

export const grantLists: Migration = (db) => [
  table(db, 'grantLists', { id: 'text', projectId: 'text', grantsDigest: 'blob' }),
]
