/**
 * Public keys and rotation. A private key belongs to one key of the deployment: its association is
 * unique.
 */
import { sql } from 'kysely'
import type { Migration } from '../queries.ts'

export const keyPairsAndRotation: Migration = (db) => [
  db.schema.alterTable('keys').addColumn('publicKey', 'blob'),
  db.schema.alterTable('keys').addColumn('rotationDays', 'integer'),
  db.schema.alterTable('keys').addColumn('nextRotationAt', 'integer'),
  db.schema.createIndex('keys_association').unique().on('keys').column('association'),
  db.schema
    .createIndex('keys_rotation')
    .on('keys')
    .column('nextRotationAt')
    .where(sql.ref('nextRotationAt'), 'is not', null),
]
