/**
 * For sign-in: projects by their domain, the lowest counts of failures, and the places from which
 * users signed in.
 */
import type { Migration } from '../queries.ts'
import { table } from './table.ts'

export const signIn: Migration = (db) => [
  db.schema.createIndex('projects_domain').unique().on('projects').column('domainId'),
  db.schema.createIndex('sign_in_failures_least').on('signInFailures').columns(['count', 'lastAt']),
  table(db, 'provenPlaces', { id: 'text', lastAt: 'integer' }),
  db.schema.createIndex('proven_places_last').on('provenPlaces').column('lastAt'),
]
