/** Aliases that point at keys. */
import type { KeyAliasRow } from '../../domain/rows.ts'
import type { AliasListing } from '../../ports/store.ts'
import { type Builder, selectRows } from '../queries.ts'
import { type Read, rowsOf } from './read.ts'

/** The aliases of a project or of one of its keys, in order of name. */
export function aliases(
  db: Builder,
  { projectId, keyId, after, limit }: AliasListing,
): Read<KeyAliasRow[]> {
  let matching = selectRows(db, 'keyAliases').where('projectId', '=', projectId)
  if (keyId !== null) matching = matching.where('keyId', '=', keyId)
  if (after !== null) matching = matching.where('name', '>', after)
  return rowsOf('keyAliases', matching.orderBy('name').limit(limit))
}
