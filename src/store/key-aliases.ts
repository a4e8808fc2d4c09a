/** Statements about aliases of keys. */
import type { Compilable } from 'kysely'
import type { AliasListing } from '../ports/store.ts'
import { type Builder, fieldsOf } from './queries.ts'

/** Those of a project or of one of its keys, in order of name. */
export function keyAliases(db: Builder, { projectId, keyId, after, limit }: AliasListing): Compilable {
  let matching = db
    .selectFrom('keyAliases')
    .select(fieldsOf('keyAliases') as never)
    .where('projectId', '=', projectId)
  if (keyId !== null) matching = matching.where('keyId', '=', keyId)
  if (after !== null) matching = matching.where('name', '>', after)
  return matching.orderBy('name').limit(limit)
}
