/**
 * Searches the logs of all nodes backwards, newest record first. Within a log the order is that of
 * the log; between logs, records are ordered by time.
 */

import { placesIn, placesText } from '../domain/log-places.ts'
import type { AuditLine, AuditPage, AuditQuery } from '../ports/reports.ts'
import type { ReportReader } from '../ports/store.ts'
import type { DerivedRows } from './derived-rows.ts'
import { LogCursor } from './log-cursor.ts'
import { firstStartOf, logsOf } from './logs.ts'
import { nextTurn } from './steps.ts'

/** Maximum number of records that one search decodes before it reports how far it got. */
const decodedAtMost = 200_000

export async function searchAudit(
  reader: ReportReader,
  rows: DerivedRows,
  asked: AuditQuery,
): Promise<AuditPage> {
  const heads = await logsOf(reader)
  const withStrangers =
    asked.withStrangers && (await firstProject(reader, heads)) === asked.projectId
  const query = { ...asked, withStrangers }
  const places = asked.before === null ? undefined : placesIn(asked.before)
  const cursors = heads.map(({ id: log, treeSize }) => {
    const position = places === undefined ? treeSize : Math.min(places.get(log) ?? 0, treeSize)
    return new LogCursor({ reader, rows, query, log, position })
  })
  return pageOf(cursors, query)
}

async function pageOf(cursors: readonly LogCursor[], query: AuditQuery): Promise<AuditPage> {
  const records: AuditLine[] = []
  const most = query.looksAt ?? decodedAtMost
  const decoded = (): number => cursors.reduce((sum, cursor) => sum + cursor.decoded, 0)
  let next = latest(cursors)
  while (next !== undefined && records.length < query.limit) {
    const found = next.take()
    if (found !== undefined) records.push(found)
    // Each log is read at least once: otherwise a page could end without progress in any of them.
    else if (decoded() >= most && Number.isFinite(next.reached)) break
    else {
      await next.step()
      await nextTurn()
    }
    next = latest(cursors)
  }
  return {
    records,
    next: placesText(new Map(cursors.map(({ log, place }) => [log, place]))),
    // All logs were searched back to the time of the newest record that may be left.
    searchedTo: next === undefined || records.length === query.limit ? null : next.reached,
    hidden: cursors.reduce((sum, { hidden }) => sum + hidden, 0),
    withStrangers: query.withStrangers,
  }
}

/** The log that may hold the newest record of those that are left. */
function latest(cursors: readonly LogCursor[]): LogCursor | undefined {
  let found: LogCursor | undefined
  for (const cursor of cursors)
    if (!cursor.isDone && (found === undefined || cursor.reached > found.reached)) found = cursor
  return found
}

/** The project that was created with the deployment: the first record of the first log names it. */
async function firstProject(
  reader: ReportReader,
  heads: readonly { readonly id: string }[],
): Promise<string | null> {
  for (const { id } of heads) {
    const first = await firstStartOf(reader, id)
    if (first !== undefined) return first.project
  }
  return null
}
