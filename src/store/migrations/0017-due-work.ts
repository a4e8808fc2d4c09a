/**
 * Due work is read in pages, in the order of instant and ID: these indexes contain both, and for
 * rotations only those that may happen. So neither many rows with the same instant nor keys that do
 * not rotate are read again every second.
 */
import { sql } from 'kysely'
import type { Migration } from '../queries.ts'

export const dueWork: Migration = (db) => [
  ...[
    'keys_expiry',
    'keys_deletion',
    'keys_rotation',
    'import_tokens_expiry',
    'sessions_expiry',
  ].map((name) => db.schema.dropIndex(name)),
  db.schema
    .createIndex('keys_expiry')
    .on('keys')
    .columns(['materialExpiresAt', 'id'])
    .where(sql.ref('materialExpiresAt'), 'is not', null),
  db.schema
    .createIndex('keys_deletion')
    .on('keys')
    .columns(['deletionAt', 'id'])
    .where(sql.ref('deletionAt'), 'is not', null),
  db.schema
    .createIndex('keys_rotation')
    .on('keys')
    .columns(['nextRotationAt', 'id'])
    .where(sql<boolean>`next_rotation_at is not null and disabled = 0 and deletion_at is null`),
  db.schema.createIndex('import_tokens_expiry').on('importTokens').columns(['expiresAt', 'id']),
  db.schema.createIndex('sessions_expiry').on('sessions').columns(['expiresAt', 'id']),
]
