/** Statements about tags: those of a project, and keys that have some. */
import { type Compilable, sql } from 'kysely'
import type { TagFilter } from '../domain/tags.ts'
import type { TaggedKeys } from '../ports/store.ts'
import { hasPart } from './key-search.ts'
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

/** The keys of a page, how many match in all, and the tags of keys that are named. */
export function keysByTags(
  db: Builder,
  query: TaggedKeys,
): { page: Compilable; total: Compilable; tags: (keyIds: readonly string[]) => Compilable } {
  const { projectId, filters } = query
  const [first] = filters
  const keys = db.selectFrom('keys')
  const having = ({ name, values }: TagFilter) => {
    const tags = db.selectFrom('keyTags').where('projectId', '=', projectId).where('name', '=', name)
    return values.length === 0 ? tags : tags.where('value', 'in', [...values])
  }
  // From the tags to the keys. Behind a sum no index is seen: few keys have a tag, and they are looked up and sorted, where a planner
  // would walk through all keys for the sake of their order.
  let matching =
    first === undefined
      ? keys.where('projectId', '=', projectId).where('deletedAt', 'is', null)
      : keys.where(sql`deleted_at + 0`, 'is', null)
  for (const filter of filters) matching = matching.where('id', 'in', having(filter).select('keyId'))
  if (query.alias !== null) matching = matching.where(hasPart(sql`alias`, query.alias))
  return {
    page: matching
      .select(fieldsOf('keys') as never)
      .orderBy(first === undefined ? 'listNumber' : sql`list_number + 0`, 'desc')
      .limit(query.limit)
      .offset(query.offset),
    total: matching.select(db.fn.countAll().as('n')),
    tags: (keyIds) =>
      db
        .selectFrom('keyTags')
        .select(fieldsOf('keyTags') as never)
        .where('keyId', 'in', [...keyIds])
        .orderBy('id'),
  }
}
