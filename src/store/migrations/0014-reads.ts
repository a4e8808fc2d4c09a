/** Indexes for the findings about access keys and the list of unfinished imports. */
import type { Migration } from '../queries.ts'

export const reads: Migration = (db) => [
  db.schema.createIndex('access_keys_project').on('accessKeys').columns(['projectId', 'createdAt']),
]
