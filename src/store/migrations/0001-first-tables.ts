/** The tables of the first release. */
import { sql } from 'kysely'
import type { Migration } from '../queries.ts'
import { table } from './table.ts'

export const firstTables: Migration = (db) => [
  table(db, 'deployments', {
    id: 'text',
    createdAt: 'integer',
    rootGeneration: 'integer',
    sealedRowMacKey: 'blob',
  }),
  table(db, 'rootSlots', {
    id: 'text',
    kind: 'text',
    generation: 'integer',
    publicKey: 'blob',
    encapsulatedKey: 'blob',
    sealedRoot: 'blob',
    parameters: 'text?',
    createdAt: 'integer',
  }),
  table(db, 'projects', {
    id: 'text',
    name: 'text',
    domainId: 'text',
    accountId: 'text',
    region: 'text',
    rootGeneration: 'integer',
    sealedProjectKey: 'blob',
    sealedAssociationKey: 'blob',
    sealedRowMacKey: 'blob',
    createdAt: 'integer',
  }),
  table(db, 'users', {
    id: 'text',
    projectId: 'text',
    name: 'text',
    passwordHash: 'text',
    passwordIsInitial: 'integer',
    role: 'text',
    disabled: 'integer',
    createdAt: 'integer',
  }),
  db.schema.createIndex('users_name').unique().on('users').columns(['projectId', 'name']),
  table(db, 'accessKeys', {
    id: 'text',
    userId: 'text',
    projectId: 'text',
    sealedSecret: 'blob',
    disabled: 'integer',
    createdAt: 'integer',
  }),
  table(db, 'keys', {
    id: 'text',
    projectId: 'text',
    listNumber: 'integer',
    alias: 'text?',
    description: 'text?',
    spec: 'text',
    usage: 'text',
    origin: 'text',
    disabled: 'integer',
    deletionAt: 'integer?',
    materialVersion: 'integer?',
    materialExpiresAt: 'integer?',
    versionsDigest: 'blob',
    association: 'blob?',
    checkValue: 'text?',
    importedAt: 'integer?',
    createdAt: 'integer',
    deletedAt: 'integer?',
  }),
  db.schema
    .createIndex('keys_list_number')
    .unique()
    .on('keys')
    .columns(['projectId', 'listNumber']),
  db.schema.createIndex('keys_alias').unique().on('keys').columns(['projectId', 'alias']),
  db.schema
    .createIndex('keys_expiry')
    .on('keys')
    .column('materialExpiresAt')
    .where(sql.ref('materialExpiresAt'), 'is not', null),
  db.schema
    .createIndex('keys_deletion')
    .on('keys')
    .column('deletionAt')
    .where(sql.ref('deletionAt'), 'is not', null),
  table(db, 'keyVersions', {
    id: 'text',
    keyId: 'text',
    projectId: 'text',
    version: 'integer',
    sealedMaterial: 'blob',
    createdAt: 'integer',
  }),
  db.schema.createIndex('key_versions_key').on('keyVersions').columns(['keyId', 'version']),
  table(db, 'importTokens', {
    id: 'text',
    keyId: 'text',
    projectId: 'text',
    wrappingAlgorithm: 'text',
    sealedPrivateKey: 'blob?',
    consumedBy: 'blob?',
    failedAttempts: 'integer',
    createdAt: 'integer',
    expiresAt: 'integer',
  }),
  db.schema.createIndex('import_tokens_key').on('importTokens').columns(['keyId', 'createdAt']),
  db.schema.createIndex('import_tokens_expiry').on('importTokens').column('expiresAt'),
  table(db, 'ledgers', {
    id: 'text',
    nodeSequence: 'integer',
    treeSize: 'integer',
    treeRoot: 'blob',
    frontier: 'blob',
    timeFloor: 'integer',
  }),
  db.schema
    .createTable('auditRecords')
    .addColumn('treeIndex', 'integer', (c) => c.primaryKey())
    .addColumn('node', 'text', (c) => c.notNull())
    .addColumn('nodeSequence', 'integer', (c) => c.notNull())
    .addColumn('timeMs', 'integer', (c) => c.notNull())
    .addColumn('requestId', 'text', (c) => c.notNull())
    .addColumn('signatureDigest', 'blob')
    .addColumn('dialect', 'text', (c) => c.notNull())
    .addColumn('operation', 'text', (c) => c.notNull())
    .addColumn('project', 'text')
    .addColumn('principal', 'text')
    .addColumn('source', 'text', (c) => c.notNull())
    .addColumn('keyId', 'text')
    .addColumn('keyRevision', 'integer')
    .addColumn('materialVersion', 'integer')
    .addColumn('outcome', 'text', (c) => c.notNull())
    .addColumn('contextDigest', 'blob')
    .addColumn('changes', 'blob', (c) => c.notNull())
    .addColumn('tries', 'integer', (c) => c.notNull())
    .addColumn('count', 'integer', (c) => c.notNull())
    .addColumn('detail', 'text')
    .addColumn('leafHash', 'blob', (c) => c.notNull()),
]
