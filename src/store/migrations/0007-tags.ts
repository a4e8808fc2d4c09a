/** Tags of keys. */
import type { Migration } from '../queries.ts'
import { table } from './table.ts'

export const tags: Migration = (db) => [
  table(db, 'keyTags', {
    id: 'text',
    keyId: 'text',
    projectId: 'text',
    name: 'text',
    value: 'text',
    createdAt: 'integer',
  }),
  db.schema.createIndex('key_tags_key').on('keyTags').columns(['keyId', 'name', 'value']),
  db.schema.createIndex('key_tags_name').on('keyTags').columns(['projectId', 'name', 'value']),
]
