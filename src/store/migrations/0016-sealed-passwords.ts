/**
 * Password hashes are sealed. Existing ones are sealed at a start, by the code that holds the keys.
 */
import type { Migration } from '../queries.ts'

export const sealedPasswords: Migration = (db) => [
  db.schema.alterTable('users').addColumn('sealedPasswordHash', 'blob'),
]
