/** Statements about tags: those of a project, and keys that have some. */
import { type Compilable, sql } from 'kysely'
import type { TagFilter } from '../domain/tags.ts'
import type { TaggedKeys } from '../ports/store.ts'
import { hasPart, hasValue, tagged } from './key-search.ts'
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

/** So many keys are found from their tag; for a tag that more of them have, keys are walked in their order until a page is full. */
const fewKeys = 2000

/** How many tags match, counted no further than tells few from many. */
export function tagsMatching(db: Builder, projectId: string, filter: TagFilter): Compilable {
  const some = tagged(db, projectId, filter)
    .select('keyTags.name')
    .limit(fewKeys + 1)
  return db.selectFrom(some.as('some')).select(db.fn.countAll().as('n'))
}

/** @param counts of `tagsMatching` for each filter. @returns the filter that few keys match, and the fewest; undefined for none. */
export function rarest(filters: readonly TagFilter[], counts: readonly number[]): TagFilter | undefined {
  const least = Math.min(...counts)
  return least > fewKeys ? undefined : filters[counts.indexOf(least)]
}

/**
 * The keys of a page, and how many match in all.
 * @param rare the filter from whose tags the keys are found; without one the keys are walked.
 */
export function keysByTags(db: Builder, query: TaggedKeys, rare: TagFilter | undefined): { page: Compilable; total: Compilable } {
  const { projectId, filters } = query
  const keys = db.selectFrom('keys')
  // Behind a sum no index is seen: few keys are looked up and sorted, where a planner would walk through all for the sake of their order.
  let matching =
    rare === undefined
      ? keys.where('projectId', '=', projectId).where('deletedAt', 'is', null)
      : keys.where(sql`deleted_at + 0`, 'is', null).where('id', 'in', tagged(db, projectId, rare).select('keyTags.keyId'))
  for (const filter of filters) {
    if (filter === rare) continue
    matching = matching.where(({ exists }) => exists(tagOfThatKey(db, filter)))
  }
  if (query.alias !== null) matching = matching.where(hasPart(sql`alias`, query.alias))
  return {
    page: matching
      .select('id')
      .orderBy(rare === undefined ? 'listNumber' : sql`list_number + 0`, 'desc')
      .limit(query.limit)
      .offset(query.offset),
    total: matching.select(db.fn.countAll().as('n')),
  }
}

/**
 * Asked for each key that is walked, so the key alone finds its few tags. Without the project a planner cannot choose the index of the project's
 * tags here, which would walk the tags of all keys for each key; the project is the key's, which the outer statement asks for.
 */
function tagOfThatKey(db: Builder, filter: TagFilter) {
  const tags = db.selectFrom('keyTags').select('keyTags.id').where('keyTags.keyId', '=', sql.ref<string>('keys.id'))
  return hasValue(tags.where('keyTags.name', '=', filter.name), filter)
}
