/** Search for keys: filtered, sorted by any column, in pages that cost the same at any position. */
import { type RawBuilder, type SelectQueryBuilder, sql } from 'kysely'
import type { KeySort } from '../../domain/keys/key-sorts.ts'
import type { TagFilter } from '../../domain/keys/tags.ts'
import type { Found, KeySearch } from '../../ports/store.ts'
import type { Builder, Schema } from '../queries.ts'
import { stateAt } from './key-facts.ts'
import { keysOf } from './keys.ts'
import { idsOf, numberOf, type Read } from './read.ts'

/** The rows of one page, read from the end if that is closer: then they come in reverse. */
type Page = { readonly offset: number; readonly limit: number; readonly fromEnd: boolean }

function pageOf({ offset, limit }: KeySearch, total: number): Page {
  const left = Math.max(0, total - offset)
  const size = Math.min(limit, left)
  const fromEnd = offset > total / 2
  return { offset: fromEnd ? left - size : offset, limit: size, fromEnd }
}

type Direction = 'asc' | 'desc'
const opposite = { asc: 'desc', desc: 'asc' } as const

/** Dates that a key may lack: keys without one come last, in either direction. */
const dates: Partial<Record<KeySort, string>> = {
  expires: 'materialExpiresAt',
  rotates: 'nextRotationAt',
  drilled: 'drilledAt',
  used: 'lastUsedAt',
}

/** The number of keys that match a search, and a page of them. */
export function* searchKeys(db: Builder, search: KeySearch): Read<Found> {
  const matching = matchingKeys(db, search)
  const total = yield* numberOf(matching.select(db.fn.countAll().as('n')))
  const page = pageOf(search, total)
  const ids = yield* idsOf(
    inOrder(matching.select('keys.id'), search, page).limit(page.limit).offset(page.offset),
  )
  return { ids: page.fromEnd ? ids.toReversed() : ids, total }
}

function matchingKeys(db: Builder, search: KeySearch) {
  let matching = keysOf(db, search.projectId)
  if (search.text !== null) matching = matching.where(contains(search.projectId, search.text))
  for (const filter of search.tags)
    matching = matching.where(
      'keys.id',
      'in',
      tagged(db, search.projectId, filter).select('keyTags.keyId'),
    )
  if (search.states !== null)
    matching = matching.where(stateAt(search.now), 'in', [...search.states])
  if (search.specs !== null) matching = matching.where('spec', 'in', [...search.specs])
  if (search.usages !== null) matching = matching.where('usage', 'in', [...search.usages])
  if (search.origins !== null) matching = matching.where('origin', 'in', [...search.origins])
  return matching
}

function inOrder(
  keys: SelectQueryBuilder<Schema, 'keys', { id: string }>,
  search: KeySearch,
  { fromEnd }: Page,
) {
  const turned = (one: Direction): Direction => (fromEnd ? opposite[one] : one)
  const direction = turned(search.descending ? 'desc' : 'asc')
  const date = dates[search.sort]
  let ordered =
    search.sort === 'used'
      ? (keys.leftJoin('keyUses', 'keyUses.id', 'keys.id') as unknown as typeof keys)
      : keys
  if (date !== undefined) {
    const column = sql.ref(date)
    ordered = ordered
      .orderBy(sql`case when ${column} is null then 1 else 0 end`, turned('asc'))
      .orderBy(column, direction)
  } else if (search.sort === 'state') ordered = ordered.orderBy(stateAt(search.now), direction)
  else
    ordered = ordered.orderBy(
      sql.ref(search.sort === 'created' ? 'keys.createdAt' : `keys.${search.sort}`),
      direction,
    )
  return ordered.orderBy('listNumber', turned('desc'))
}

/**
 * Part of an alias (including further ones), of a description or of a tag, or the beginning of an
 * ID.
 */
function contains(projectId: string, text: string) {
  const inTag = sql`${hasPart(sql`name`, text)} or ${hasPart(sql`value`, text)}`
  // Tags and further aliases of the project are searched once, not once per key.
  const tagged = sql`keys.id in (select key_id from key_tags where project_id = ${projectId} and (${inTag}))`
  const pointedAt = sql`keys.id in (select key_id from key_aliases where project_id = ${projectId} and ${hasPart(sql`name`, text)})`
  return sql<boolean>`(${hasPart(sql`alias`, text)} or ${hasPart(sql`description`, text)} or keys.id like ${`${literally(text.toLowerCase())}%`} escape '\\' or ${tagged} or ${pointedAt})`
}

/** The tags of a name, with one of the values if any are given. */
export function tagged(db: Builder, projectId: string, filter: TagFilter) {
  return hasValue(
    db
      .selectFrom('keyTags')
      .where('keyTags.projectId', '=', projectId)
      .where('keyTags.name', '=', filter.name),
    filter,
  )
}

/** The given tags that have one of the values of a filter; all if it names no value. */
export function hasValue<O>(tags: SelectQueryBuilder<Schema, 'keyTags', O>, { values }: TagFilter) {
  return values.length === 0 ? tags : tags.where('keyTags.value', 'in', [...values])
}

/**
 * Whether a text column contains a part, ignoring the case of letters that the database can
 * convert: SQLite converts A to Z.
 */
export function hasPart(column: RawBuilder<unknown>, part: string) {
  return sql<boolean>`lower(${column}) like lower(${`%${literally(part)}%`}) escape '\\'`
}

/** A LIKE pattern that matches the text itself. */
function literally(text: string): string {
  return text.replaceAll(/[\\%_]/g, (character) => `\\${character}`)
}
