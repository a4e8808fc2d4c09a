/**
 * The data of a project's overview: counts of keys, keys with upcoming dates, keys that may need
 * attention, the busiest ones.
 */
import { type SqlBool, sql } from 'kysely'
import type { AccessKeyRow, KeyRow, KeyUseRow } from '../../domain/rows.ts'
import type { FindingsQuery, KeyCount } from '../../ports/store.ts'
import { type Builder, fieldsOf, selectRows } from '../queries.ts'
import { isUsable, keyStateIn, stateAt } from './key-facts.ts'
import { keysOf } from './keys.ts'
import { ask, type Read, rowsOf } from './read.ts'

const keyFields = fieldsOf('keys').map((field) => `keys.${field}`)

export function* keyCounts(db: Builder, projectId: string, now: number): Read<KeyCount[]> {
  const found = yield* ask(
    keysOf(db, projectId)
      .select(['spec', 'usage', 'origin', stateAt(now).as('state'), db.fn.countAll().as('n')])
      .groupBy(['spec', 'usage', 'origin', 'state']),
  )
  return found.map(([spec, usage, origin, state, count]) => ({
    spec: String(spec),
    usage: String(usage),
    origin: String(origin),
    state: keyStateIn(state),
    count: Number(count),
  }))
}

/** Keys with an automatic event until an instant, the nearest first. */
export function keysWithDates(
  db: Builder,
  projectId: string,
  until: number,
  limit: number,
): Read<KeyRow[]> {
  const far = sql<number>`${Number.MAX_SAFE_INTEGER}`
  const nearest = sql<number>`case
    when coalesce(deletion_at, ${far}) <= coalesce(material_expires_at, ${far}) and coalesce(deletion_at, ${far}) <= coalesce(next_rotation_at, ${far}) then deletion_at
    when coalesce(material_expires_at, ${far}) <= coalesce(next_rotation_at, ${far}) then material_expires_at
    else next_rotation_at end`
  const query = keysOf(db, projectId)
    .select(keyFields as never)
    .where((where) =>
      where.or([
        where('deletionAt', '<=', until),
        where('materialExpiresAt', '<=', until),
        where('nextRotationAt', '<=', until),
      ]),
    )
  return rowsOf('keys', query.orderBy(nearest).limit(limit))
}

/** Keys that the attention rules may report; those rules decide. */
export function keysForFindings(
  db: Builder,
  projectId: string,
  asked: FindingsQuery,
): Read<KeyRow[]> {
  const { until, drilledBefore, unusedSince, now } = asked
  const unused = sql<SqlBool>`(keys.created_at < ${unusedSince} and disabled = 0 and (last_used_at is null or last_used_at < ${unusedSince}))`
  const undrilled = sql<SqlBool>`(origin = 'external' and association is not null and (drilled_at is null or drilled_at < ${drilledBefore}))`
  const query = keysOf(db, projectId)
    .leftJoin('keyUses', 'keyUses.id', 'keys.id')
    .select(keyFields as never)
    .where((where) =>
      where.or([
        where('deletionAt', 'is not', null),
        where('materialExpiresAt', '<=', until),
        where('nextRotationAt', '<=', now),
        undrilled,
        where.not(isUsable(now)),
        unused,
      ]),
    )
  return rowsOf(
    'keys',
    query
      .orderBy(sql`coalesce(deletion_at, material_expires_at, keys.created_at)`)
      .limit(asked.limit),
  )
}

export function busiestKeys(db: Builder, projectId: string, limit: number): Read<KeyUseRow[]> {
  const query = selectRows(db, 'keyUses')
    .where('projectId', '=', projectId)
    .where('recentCalls', '>', 0)
  return rowsOf('keyUses', query.orderBy('recentCalls', 'desc').limit(limit))
}

/** Enabled access keys made before an instant, the oldest first. */
export function oldAccessKeys(
  db: Builder,
  projectId: string,
  before: number,
  limit: number,
): Read<AccessKeyRow[]> {
  const query = selectRows(db, 'accessKeys')
    .where('projectId', '=', projectId)
    .where('disabled', '=', sql.lit(0))
    .where('createdAt', '<', before)
  return rowsOf('accessKeys', query.orderBy('createdAt').limit(limit))
}
