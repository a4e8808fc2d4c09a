/** What an overview of a project is made of: counts of keys, keys with dates ahead, keys that may need care, the busiest ones. */
import { type Compilable, type SqlBool, sql } from 'kysely'
import type { CareQuery } from '../ports/store.ts'
import { type Builder, fieldsOf } from './queries.ts'

const keyFields = fieldsOf('keys').map((field) => `keys.${field}`)

function keysOf(db: Builder, projectId: string) {
  return db.selectFrom('keys').where('keys.projectId', '=', projectId).where('deletedAt', 'is', null)
}

/** Columns: spec, usage, origin, disabled, usable, ending, n. */
export function keyCounts(db: Builder, projectId: string, now: number): Compilable {
  const usable = sql<number>`case when material_version is not null and (material_expires_at is null or material_expires_at > ${now}) then 1 else 0 end`
  const ending = sql<number>`case when deletion_at is null then 0 else 1 end`
  return keysOf(db, projectId)
    .select(['spec', 'usage', 'origin', 'disabled', usable.as('usable'), ending.as('ending'), db.fn.countAll().as('n')])
    .groupBy(['spec', 'usage', 'origin', 'disabled', 'usable', 'ending'])
}

/** Keys to which something happens by itself until an instant, the nearest first. */
export function keysWithDates(db: Builder, projectId: string, until: number, limit: number): Compilable {
  const far = sql<number>`${Number.MAX_SAFE_INTEGER}`
  const nearest = sql<number>`case
    when coalesce(deletion_at, ${far}) <= coalesce(material_expires_at, ${far}) and coalesce(deletion_at, ${far}) <= coalesce(next_rotation_at, ${far}) then deletion_at
    when coalesce(material_expires_at, ${far}) <= coalesce(next_rotation_at, ${far}) then material_expires_at
    else next_rotation_at end`
  return keysOf(db, projectId)
    .select(keyFields as never)
    .where((where) =>
      where.or([where('deletionAt', '<=', until), where('materialExpiresAt', '<=', until), where('nextRotationAt', '<=', until)]),
    )
    .orderBy(nearest)
    .limit(limit)
}

/** Keys about which the rules of care may have something to say; those rules have the word. */
export function keysToCareFor(db: Builder, projectId: string, query: CareQuery): Compilable {
  const { until, drilledBefore, unusedSince, now } = query
  const unused = sql<SqlBool>`(keys.created_at < ${unusedSince} and disabled = 0 and (last_used_at is null or last_used_at < ${unusedSince}))`
  const undrilled = sql<SqlBool>`(origin = 'external' and association is not null and (drilled_at is null or drilled_at < ${drilledBefore}))`
  const empty = sql<SqlBool>`(material_version is null or material_expires_at <= ${now})`
  return keysOf(db, projectId)
    .leftJoin('keyUses', 'keyUses.id', 'keys.id')
    .select(keyFields as never)
    .where((where) =>
      where.or([
        where('deletionAt', 'is not', null),
        where('materialExpiresAt', '<=', until),
        where('nextRotationAt', '<=', now),
        undrilled,
        empty,
        unused,
      ]),
    )
    .orderBy(sql`coalesce(deletion_at, material_expires_at, keys.created_at)`)
    .limit(query.limit)
}

export function busiestKeys(db: Builder, projectId: string, limit: number): Compilable {
  return db
    .selectFrom('keyUses')
    .select(fieldsOf('keyUses') as never)
    .where('projectId', '=', projectId)
    .where('recentCalls', '>', 0)
    .orderBy('recentCalls', 'desc')
    .limit(limit)
}

/** Enabled access keys made before an instant, the oldest first. */
export function oldAccessKeys(db: Builder, projectId: string, before: number, limit: number): Compilable {
  return db
    .selectFrom('accessKeys')
    .select(fieldsOf('accessKeys') as never)
    .where('projectId', '=', projectId)
    .where('disabled', '=', sql.lit(0))
    .where('createdAt', '<', before)
    .orderBy('createdAt')
    .limit(limit)
}
