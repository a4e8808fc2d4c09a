/** The log, and the counts derived from it. */
import type { CallCountRow, LogSegmentRow } from '../../domain/rows.ts'
import type { AuditLeaf } from '../../ports/store.ts'
import { type Builder, bound, selectRows } from '../queries.ts'
import { fixed, type Read, rowsOf } from './read.ts'

const leavesFrom = fixed((db) =>
  db
    .selectFrom('auditLeaves')
    .select(['treeIndex', 'leaf'])
    .where('treeIndex', '>=', bound)
    .orderBy('treeIndex')
    .limit(bound),
)

/** Records from a position on, in order. */
export function* auditLeaves(db: Builder, from: number, limit: number): Read<AuditLeaf[]> {
  const found = yield { sql: leavesFrom(db), parameters: [from, limit] }
  return found.map(([treeIndex, leaf]) => ({
    treeIndex: Number(treeIndex),
    leaf: leaf as Uint8Array,
  }))
}

/** LogSegments that begin before a position, the last one first. */
export function segmentsBefore(
  db: Builder,
  firstIndex: number,
  limit: number,
): Read<LogSegmentRow[]> {
  const query = selectRows(db, 'auditStretches').where('firstIndex', '<', firstIndex)
  return rowsOf('auditStretches', query.orderBy('firstIndex', 'desc').limit(limit))
}

/** Counts of calls in intervals of one width that begin from an instant on, in order. */
export function callCounts(
  db: Builder,
  projectId: string,
  widthMs: number,
  from: number,
): Read<CallCountRow[]> {
  const query = selectRows(db, 'callCounts')
    .where('projectId', '=', projectId)
    .where('widthMs', '=', widthMs)
  return rowsOf('callCounts', query.where('startsAt', '>=', from).orderBy('startsAt'))
}
