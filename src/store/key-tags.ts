/** Statements about tags: those of a project, and keys that have some. */
import { type Compilable, sql } from 'kysely'
import type { TaggedKeys } from '../ports/store.ts'
import { hasPart, hasTag } from './key-search.ts'
import { type Builder, fieldsOf } from './queries.ts'

/** Each name and value once. */
export function projectTags(db: Builder, projectId: string, limit: number): Compilable {
  return db
    .selectFrom('keyTags')
    .select(['name', 'value'])
    .distinct()
    .where('projectId', '=', projectId)
    .orderBy('name')
    .orderBy('value')
    .limit(limit)
}

/** The tags of keys. @param keyIds at least one. */
export function tagsOfKeys(db: Builder, keyIds: readonly string[]): Compilable {
  return db
    .selectFrom('keyTags')
    .select(fieldsOf('keyTags') as never)
    .where('keyId', 'in', [...keyIds])
    .orderBy('id')
}

/** The keys of a page, and how many match in all. */
export function keysByTags(db: Builder, query: TaggedKeys): { page: Compilable; total: Compilable } {
  const { projectId, filters } = query
  const keys = db.selectFrom('keys')
  // From the tags to the keys. Behind a sum no index is seen: few keys have a tag, and they are looked up and sorted, where a planner
  // would walk through all keys for the sake of their order.
  const fromTags = filters.length > 0
  let matching = fromTags
    ? keys.where(sql`deleted_at + 0`, 'is', null)
    : keys.where('projectId', '=', projectId).where('deletedAt', 'is', null)
  for (const filter of filters) matching = matching.where(hasTag(projectId, filter))
  if (query.alias !== null) matching = matching.where(hasPart(sql`alias`, query.alias))
  return {
    page: matching
      .select(fieldsOf('keys') as never)
      .orderBy(fromTags ? sql`list_number + 0` : 'listNumber', 'desc')
      .limit(query.limit)
      .offset(query.offset),
    total: matching.select(db.fn.countAll().as('n')),
  }
}
