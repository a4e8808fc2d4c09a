/** What falls due: each kind is read by its own index from a position on, up to a limit. */
import { sql } from 'kysely'
import type { DueKind, DuePosition } from '../../ports/store.ts'
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
  after: DuePosition | null,
  limit: number,
): Read<DuePosition[]> {
  const [table, name, more = 'true'] = found[what]
  const column = sql.ref(name)
  const behind = after === null ? sql`true` : sql`(${column}, id) > (${after.at}, ${after.id})`
  const rows = yield* ask(
    raw(
      db,
      sql`select ${column}, id from ${sql.table(table)}
        where ${column} <= ${now} and ${behind} and ${sql.raw(more)} order by ${column}, id limit ${limit}`,
    ),
  )
  return rows.map(([at, id]) => ({ at: Number(at), id: String(id) }))
}
