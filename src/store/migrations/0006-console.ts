/** For the console: sessions, drills, drafts of imports, and figures derived from the log. */
import { sql } from 'kysely'
import type { Migration } from '../queries.ts'
import { table } from './table.ts'

export const consoleTables: Migration = (db) => [
  db.schema.alterTable('keys').addColumn('drilledAt', 'integer'),
  db.schema.alterTable('keys').addColumn('drilledBy', 'text'),
  db.schema.alterTable('keys').addColumn('backupPlace', 'text'),
  db.schema.alterTable('keys').addColumn('succeeds', 'text'),
  db.schema.alterTable('importTokens').addColumn('purpose', 'text'),
  table(db, 'importDrafts', {
    id: 'text',
    projectId: 'text',
    userId: 'text',
    step: 'text',
    choices: 'text',
    updatedAt: 'integer',
  }),
  db.schema.createIndex('import_drafts_project').on('importDrafts').column('projectId'),
  table(db, 'sessions', {
    id: 'text',
    userId: 'text',
    projectId: 'text',
    source: 'text',
    agent: 'text',
    createdAt: 'integer',
    expiresAt: 'integer',
  }),
  db.schema.createIndex('sessions_user').on('sessions').column('userId'),
  db.schema.createIndex('sessions_expiry').on('sessions').column('expiresAt'),
  db.schema.createIndex('access_keys_user').on('accessKeys').column('userId'),
  table(db, 'signInFailures', {
    id: 'text',
    count: 'integer',
    until: 'integer',
    lastAt: 'integer',
  }),
  db.schema.createIndex('sign_in_failures_last').on('signInFailures').column('lastAt'),
  table(db, 'readings', { id: 'text', position: 'integer', timeMs: 'integer' }),
  table(db, 'auditStretches', {
    id: 'text',
    firstIndex: 'integer',
    firstTime: 'integer',
    lastTime: 'integer',
    keys: 'blob',
    terms: 'text',
  }),
  db.schema.createIndex('audit_stretches_first').unique().on('auditStretches').column('firstIndex'),
  table(db, 'callCounts', {
    id: 'text',
    projectId: 'text',
    widthMs: 'integer',
    startsAt: 'integer',
    keptUntil: 'integer',
    counts: 'text',
  }),
  db.schema
    .createIndex('call_counts_time')
    .on('callCounts')
    .columns(['projectId', 'widthMs', 'startsAt']),
  db.schema.createIndex('call_counts_age').on('callCounts').column('keptUntil'),
  table(db, 'keyUses', {
    id: 'text',
    projectId: 'text',
    lastUsedAt: 'integer?',
    lastOperation: 'text?',
    lastPrincipal: 'text?',
    recentCalls: 'integer',
    recent: 'text',
  }),
  db.schema.createIndex('key_uses_last').on('keyUses').columns(['projectId', 'lastUsedAt']),
  db.schema.createIndex('key_uses_calls').on('keyUses').columns(['projectId', 'recentCalls']),
  db.schema.createIndex('import_tokens_project').on('importTokens').column('projectId'),
  db.schema
    .createIndex('keys_created')
    .on('keys')
    .columns(['projectId', 'createdAt'])
    .where(sql.ref('deletedAt'), 'is', null),
]
