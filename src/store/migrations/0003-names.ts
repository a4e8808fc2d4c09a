/** Projects and users are found by name: a project's name is its own in the deployment. */
import type { Migration } from '../queries.ts'

export const names: Migration = (db) => [
  db.schema.createIndex('projects_name').unique().on('projects').column('name'),
  db.schema.createIndex('users_by_name').on('users').column('name'),
]
