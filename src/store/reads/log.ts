/** The log, and the counts derived from it. */
import { sql } from 'kysely'
import { type CallCountRow, deploymentTree, type LogSegmentRow } from '../../domain/rows.ts'
import type { LeafGroup } from '../../ports/store.ts'
import { type Builder, bound, raw, selectRows } from '../queries.ts'
import { fixed, numberOf, type Read, rowsOf, type Values } from './read.ts'

const columns = sql`log, first_index, count, leaves`
const groupsFrom = fixed((db) =>
  raw(
    db,
    sql`select ${columns} from log_groups where log = ${bound} and first_index < ${bound} and first_index >= coalesce((select max(first_index) from log_groups where log = ${bound} and first_index <= ${bound}), 0) order by first_index`,
  ),
)
const groupAfter = fixed((db) =>
  raw(
    db,
    sql`select ${columns} from log_groups where log = ${bound} and first_index >= ${bound} order by first_index limit 1`,
  ),
)

/** The groups that hold records from a place up to another, or the first one after them. */
export function* leafGroups(db: Builder, log: string, from: number, to: number): Read<LeafGroup[]> {
  const found = groups(yield { sql: groupsFrom(db), parameters: [log, to, log, from] })
  const reaching = found.filter(({ firstIndex, count }) => firstIndex + count > from)
  if (reaching.length > 0) return reaching
  return groups(yield { sql: groupAfter(db), parameters: [log, to] })
}

const firstLog = fixed((db) => raw(db, sql`select log from log_groups order by log limit 1`))
const logBehind = fixed((db) =>
  raw(db, sql`select log from log_groups where log > ${bound} order by log limit 1`),
)

/** The first log, after another one or of all, of which anything is stored. */
export function* logAfter(db: Builder, log: string | null): Read<string | undefined> {
  const question =
    log === null ? { sql: firstLog(db), parameters: [] } : { sql: logBehind(db), parameters: [log] }
  const [found] = yield question
  return found === undefined ? undefined : String(found[0])
}

/** The number of records in all logs. */
export function auditRecords(db: Builder): Read<number> {
  return numberOf(
    db
      .selectFrom('ledgers')
      .select(db.fn.sum('treeSize').as('n'))
      .where('id', '<>', deploymentTree),
  )
}

function groups(rows: Values): LeafGroup[] {
  return rows.map(([log, firstIndex, count, leaves]) => ({
    log: String(log),
    firstIndex: Number(firstIndex),
    count: Number(count),
    leaves: leaves as Uint8Array,
  }))
}

/** Segments of a log that begin before a position, the last one first. */
export function segmentsBefore(
  db: Builder,
  log: string,
  firstIndex: number,
  limit: number,
): Read<LogSegmentRow[]> {
  const query = selectRows(db, 'logSegments')
    .where('log', '=', log)
    .where('firstIndex', '<', firstIndex)
  return rowsOf('logSegments', query.orderBy('firstIndex', 'desc').limit(limit))
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
