/** What the care for access keys and the listing of begun imports find by an index. */
import type { Migration } from '../queries.ts'

export const reads: Migration = (db) => [
  db.schema.createIndex('access_keys_project').on('accessKeys').columns(['projectId', 'createdAt']),
]
