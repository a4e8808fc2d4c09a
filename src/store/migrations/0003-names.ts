/** Projects and users are found by name: the name of a project is unique in the deployment. */
import type { Migration } from '../queries.ts'

export const names: Migration = (db) => [
  db.schema.createIndex('projects_name').unique().on('projects').column('name'),
  db.schema.createIndex('users_by_name').on('users').column('name'),
]
