/** Keys with their parts, keys by their unique attributes, and the listing of a project's keys. */
import type { ImportTokenRow } from '../../domain/rows.ts'
import type { Found, KeyListing, StoredGrants, StoredKey } from '../../ports/store.ts'
import { type Builder, bound, selectRows } from '../queries.ts'
import { isUsable } from './key-facts.ts'
import { ask, fixed, fixedRowsOf, numberOf, type Read } from './read.ts'
import { row } from './rows.ts'

const versionsOfKey = fixed((db) =>
  selectRows(db, 'keyVersions').where('keyId', '=', bound).orderBy('version'),
)
const grantsOfKey = fixed((db) =>
  selectRows(db, 'keyGrants').where('keyId', '=', bound).orderBy('createdAt').orderBy('id'),
)
const tokensOfKey = fixed((db) =>
  selectRows(db, 'importTokens').where('keyId', '=', bound).orderBy('createdAt').orderBy('id'),
)
const idOfAlias = fixed((db) =>
  db.selectFrom('keys').select('id').where('projectId', '=', bound).where('alias', '=', bound),
)
const idOfAssociation = fixed((db) =>
  db.selectFrom('keys').select('id').where('association', '=', bound),
)

export function* key(db: Builder, id: string): Read<StoredKey | undefined> {
  const found = yield* row(db, 'keys', id)
  return found && { key: found, versions: yield* fixedRowsOf('keyVersions', versionsOfKey(db), id) }
}

/** The oldest first. */
export function* grants(db: Builder, keyId: string): Read<StoredGrants> {
  return {
    list: yield* row(db, 'grantLists', keyId),
    grants: yield* fixedRowsOf('keyGrants', grantsOfKey(db), keyId),
  }
}

/** The oldest first. */
export function importTokens(db: Builder, keyId: string): Read<ImportTokenRow[]> {
  return fixedRowsOf('importTokens', tokensOfKey(db), keyId)
}

export function* keyOfAlias(
  db: Builder,
  projectId: string,
  alias: string,
): Read<string | undefined> {
  return idIn(yield { sql: idOfAlias(db), parameters: [projectId, alias] })
}

export function* keyOfAssociation(db: Builder, association: Uint8Array): Read<string | undefined> {
  return idIn(yield { sql: idOfAssociation(db), parameters: [association] })
}

function idIn([first]: readonly (readonly unknown[])[]): string | undefined {
  return first && String(first[0])
}

export function countKeys(db: Builder, projectId: string): Read<number> {
  return numberOf(keysOf(db, projectId).select(db.fn.countAll().as('n')))
}

/** Keys of a project that are not deleted. */
export function keysOf(db: Builder, projectId: string) {
  return db
    .selectFrom('keys')
    .where('keys.projectId', '=', projectId)
    .where('deletedAt', 'is', null)
}

/**
 * A page of a listing, read with one extra key to see whether more follow, and the number of all
 * that match.
 */
export function* listKeys(
  db: Builder,
  listing: KeyListing,
): Read<Found & { readonly next: number | null }> {
  const usable = isUsable(listing.now)
  let matching = keysOf(db, listing.projectId)
  if (listing.spec !== null) matching = matching.where('spec', '=', listing.spec)
  if (listing.state !== null)
    matching = matching.where(
      'deletionAt',
      listing.state === 'pending-deletion' ? 'is not' : 'is',
      null,
    )
  if (listing.state === 'pending-import') matching = matching.where(({ not }) => not(usable))
  if (listing.state === 'enabled' || listing.state === 'disabled') {
    matching = matching.where(usable).where('disabled', '=', listing.state === 'disabled' ? 1 : 0)
  }
  let page = matching.select(['id', 'listNumber']).orderBy('listNumber', 'desc')
  if (listing.before !== null) page = page.where('listNumber', '<', listing.before)
  const found = yield* ask(page.limit(listing.limit + 1))
  const total = yield* numberOf(matching.select(db.fn.countAll().as('n')))
  const shown = found.slice(0, listing.limit)
  const last = shown.at(-1)
  const next = last !== undefined && found.length > listing.limit ? Number(last[1]) : null
  return { ids: shown.map(([id]) => String(id)), total, next }
}
