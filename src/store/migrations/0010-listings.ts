/**
 * Listings: keys are listed in order, and counted, by indexes that cover a key's state. So neither
 * the page nor the total reads rows that are not shown. The index that keeps list numbers unique
 * has its columns reversed, so that no listing uses it.
 */
import { sql } from 'kysely'
import type { Migration } from '../queries.ts'

const state = ['deletionAt', 'disabled', 'materialVersion', 'materialExpiresAt'] as const

export const listings: Migration = (db) => [
  db.schema.dropIndex('keys_list_number'),
  db.schema
    .createIndex('keys_list_number')
    .unique()
    .on('keys')
    .columns(['listNumber', 'projectId']),
  db.schema
    .createIndex('keys_listed')
    .on('keys')
    .columns(['projectId', 'listNumber', ...state])
    .where(sql.ref('deletedAt'), 'is', null),
  db.schema
    .createIndex('keys_listed_by_spec')
    .on('keys')
    .columns(['projectId', 'spec', 'listNumber', ...state])
    .where(sql.ref('deletedAt'), 'is', null),
]
