/**
 * Hashes of passwords are sealed. What stands there already is sealed at a start, by who holds the
 * keys.
 */
import type { Migration } from '../queries.ts'

export const sealedPasswords: Migration = (db) => [
  db.schema.alterTable('users').addColumn('sealedPasswordHash', 'blob'),
]
