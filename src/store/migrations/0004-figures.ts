/**
 * Keys are counted by state for the metrics of the service: an index that covers the state is read
 * instead of the table.
 */
import type { Migration } from '../queries.ts'

export const figures: Migration = (db) => [
  db.schema
    .createIndex('keys_figures')
    .on('keys')
    .columns([
      'deletedAt',
      'origin',
      'disabled',
      'materialVersion',
      'materialExpiresAt',
      'deletionAt',
    ]),
]
