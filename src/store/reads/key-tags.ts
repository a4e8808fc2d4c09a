/** Tags: those of a project, those of some keys, and keys that have some. */
import { sql } from 'kysely'
import type { TagFilter } from '../../domain/keys/tags.ts'
import type { KeyTagRow } from '../../domain/rows.ts'
import type { Found, TaggedKeys } from '../../ports/store.ts'
import { type Builder, selectRows } from '../queries.ts'
import { hasPart, hasValue, tagged } from './key-search.ts'
import { keysOf } from './keys.ts'
import { ask, idsOf, numberOf, type Read, rowsOf } from './read.ts'

/** Each name and value once. */
export function* projectTags(
  db: Builder,
  projectId: string,
  limit: number,
): Read<{ name: string; value: string }[]> {
  const query = db
    .selectFrom('keyTags')
    .select(['name', 'value'])
    .distinct()
    .where('projectId', '=', projectId)
  const found = yield* ask(query.orderBy('name').orderBy('value').limit(limit))
  return found.map(([name, value]) => ({ name: String(name), value: String(value) }))
}

/** The tags of some keys. */
export function* tagsOfKeys(db: Builder, keyIds: readonly string[]): Read<KeyTagRow[]> {
  if (keyIds.length === 0) return []
  return yield* rowsOf(
    'keyTags',
    selectRows(db, 'keyTags')
      .where('keyId', 'in', [...keyIds])
      .orderBy('id'),
  )
}

/**
 * Up to this many keys are looked up by their tag; if more keys have it, keys are read in order
 * until a page is full.
 */
const fewKeys = 2000

/** How many tags match, counted only far enough to distinguish few from many. */
function tagsMatching(db: Builder, projectId: string, filter: TagFilter): Read<number> {
  const some = tagged(db, projectId, filter)
    .select('keyTags.name')
    .limit(fewKeys + 1)
  return numberOf(db.selectFrom(some.as('some')).select(db.fn.countAll().as('n')))
}

/** The filter that the fewest keys match; undefined if many keys match each of them. */
function* rarest(db: Builder, { projectId, filters }: TaggedKeys): Read<TagFilter | undefined> {
  const counts: number[] = []
  for (const filter of filters) counts.push(yield* tagsMatching(db, projectId, filter))
  const least = Math.min(...counts)
  return least > fewKeys ? undefined : filters[counts.indexOf(least)]
}

/** The number of keys that have all of some tags, and a page of them. */
export function* keysByTags(db: Builder, query: TaggedKeys): Read<Found> {
  const rare = yield* rarest(db, query)
  const matching = matchingKeys(db, query, rare)
  const page = matching
    .select('id')
    .orderBy(rare === undefined ? 'listNumber' : sql`list_number + 0`, 'desc')
  const ids = query.limit === 0 ? [] : yield* idsOf(page.limit(query.limit).offset(query.offset))
  return { ids, total: yield* numberOf(matching.select(db.fn.countAll().as('n'))) }
}

/** @param rare the filter whose tags lead to the keys; without one, keys are read in order. */
function matchingKeys(
  db: Builder,
  { projectId, filters, alias }: TaggedKeys,
  rare: TagFilter | undefined,
) {
  // The sum hides the column from indexes: few keys are looked up and sorted, whereas a planner
  // would read all of them to get their order.
  let matching =
    rare === undefined
      ? keysOf(db, projectId)
      : db
          .selectFrom('keys')
          .where(sql`deleted_at + 0`, 'is', null)
          .where('id', 'in', tagged(db, projectId, rare).select('keyTags.keyId'))
  for (const filter of filters) {
    if (filter === rare) continue
    matching = matching.where(({ exists }) => exists(tagOfThatKey(db, filter)))
  }
  return alias === null ? matching : matching.where(hasPart(sql`alias`, alias))
}

/**
 * Evaluated for each key that is read, so the few tags of a key are found by the key alone. Without
 * the project, a planner cannot choose the index of the project's tags here, which would read the
 * tags of all keys for each key; the outer statement selects by project.
 */
function tagOfThatKey(db: Builder, filter: TagFilter) {
  const tags = db
    .selectFrom('keyTags')
    .select('keyTags.id')
    .where('keyTags.keyId', '=', sql.ref<string>('keys.id'))
  return hasValue(tags.where('keyTags.name', '=', filter.name), filter)
}
