/** Statements about tags: those of a project, and keys that have some. */
import { type Compilable, sql } from 'kysely'
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
  let matching = db.selectFrom('keys').where('projectId', '=', query.projectId).where('deletedAt', 'is', null)
  for (const { name, values } of query.filters) {
    const among = values.length === 0 ? sql`` : sql` and key_tags.value in (${sql.join([...values])})`
    matching = matching.where(
      sql<boolean>`exists (select 1 from key_tags where key_tags.key_id = keys.id and key_tags.name = ${name}${among})`,
    )
  }
  if (query.alias !== null) matching = matching.where(hasPart(sql`alias`, query.alias))
  return {
    page: matching
      .select(fieldsOf('keys') as never)
      .orderBy('listNumber', 'desc')
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
