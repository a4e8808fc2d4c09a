/** Grants on keys. */
import type { Migration } from '../queries.ts'
import { table } from './table.ts'

export const grants: Migration = (db) => [
  table(db, 'keyGrants', {
    id: 'text',
    keyId: 'text',
    projectId: 'text',
    name: 'text?',
    grantee: 'text',
    granteeType: 'text',
    operations: 'text',
    retiring: 'text?',
    issuing: 'text',
    parentId: 'text?',
    createdAt: 'integer',
  }),
  db.schema.createIndex('key_grants_key').on('keyGrants').columns(['keyId', 'createdAt', 'id']),
  db.schema
    .createIndex('key_grants_retiring')
    .on('keyGrants')
    .columns(['retiring', 'createdAt', 'id']),
]
