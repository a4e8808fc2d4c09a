/** Aliases of keys. */
import type { Migration } from '../queries.ts'
import { table } from './table.ts'

export const aliases: Migration = (db) => [
  table(db, 'keyAliases', {
    id: 'text',
    keyId: 'text',
    projectId: 'text',
    name: 'text',
    createdAt: 'integer',
    updatedAt: 'integer',
  }),
  db.schema.createIndex('key_aliases_key').on('keyAliases').columns(['keyId', 'name']),
  db.schema.createIndex('key_aliases_name').on('keyAliases').columns(['projectId', 'name']),
]
