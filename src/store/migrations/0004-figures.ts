/**
 * Keys are counted by state for the figures of the service: an index that holds all that decides a
 * state is read, not the table.
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
