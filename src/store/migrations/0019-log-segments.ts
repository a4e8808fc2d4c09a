/**
 * A segment belongs to one of several logs. Segments are derived from the logs, so the earlier ones
 * are dropped and made again.
 */
import type { Migration } from '../queries.ts'
import { table } from './table.ts'

export const logSegments: Migration = (db) => [
  db.schema.dropTable('auditStretches'),
  table(db, 'logSegments', {
    id: 'text',
    log: 'text',
    firstIndex: 'integer',
    firstTime: 'integer',
    lastTime: 'integer',
    keys: 'blob',
    terms: 'text',
  }),
  db.schema.createIndex('log_segments_place').on('logSegments').columns(['log', 'firstIndex']),
]
