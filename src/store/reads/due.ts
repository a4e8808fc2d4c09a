/** What falls due: each kind is read by its own index from a position on, up to a limit. */
import { type RawBuilder, sql } from 'kysely'
import type { DueAfter, DueKind, DuePosition } from '../../ports/store.ts'
import { type Builder, raw } from '../queries.ts'
import { ask, type Read } from './read.ts'

/** Table, the column of the instant, and the other conditions of its index. */
const found: Readonly<Record<DueKind, readonly [table: string, column: string, more?: string]>> = {
  rotations: ['keys', 'next_rotation_at', 'disabled = 0 and deletion_at is null'],
  expired: ['keys', 'material_expires_at'],
  deletions: ['keys', 'deletion_at'],
  tokens: ['import_tokens', 'expires_at'],
  sessions: ['sessions', 'expires_at'],
}

export function* due(
  db: Builder,
  what: DueKind,
  now: number,
  after: DueAfter | null,
  limit: number,
): Read<DuePosition[]> {
  const [table, name, more = 'true'] = found[what]
  const column = sql.ref(name)
  const rows = yield* ask(
    raw(
      db,
      sql`select ${column}, id from ${sql.table(table)}
        where ${column} <= ${now} and ${isBehind(column, after)} and ${sql.raw(more)} order by ${column}, id limit ${limit}`,
    ),
  )
  return rows.map(([at, id]) => ({ at: Number(at), id: String(id) }))
}

function isBehind(column: RawBuilder<unknown>, after: DueAfter | null): RawBuilder<unknown> {
  if (after === null) return sql`true`
  return after.id === null
    ? sql`${column} > ${after.at}`
    : sql`(${column}, id) > (${after.at}, ${after.id})`
}
