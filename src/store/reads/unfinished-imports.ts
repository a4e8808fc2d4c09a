/**
 * Unfinished imports: those with a draft, or with an open token for a key that waits for its
 * material.
 */
import { sql } from 'kysely'
import type { BegunImport, UnfinishedImports } from '../../ports/store.ts'
import { type Builder, raw } from '../queries.ts'
import { stateAt } from './key-facts.ts'
import { ask, numberOf, type Read } from './read.ts'

/** The most recently begun first. A token alone counts only while material is missing. */
export function* unfinishedImports(
  db: Builder,
  { projectId, keyId, now, offset, limit }: UnfinishedImports,
): Read<{ imports: BegunImport[]; total: number }> {
  const open = sql`select key_id, max(expires_at) as until from import_tokens
    where project_id = ${projectId} and purpose is null and sealed_private_key is not null and expires_at > ${now} group by key_id`
  const wanted = keyId === null ? sql`` : sql`and k.id = ${keyId}`
  const begun = sql`select d.id as key_id, d.updated_at as begun_at from import_drafts d join keys k on k.id = d.id
      where d.project_id = ${projectId} and k.project_id = ${projectId} and k.deleted_at is null ${wanted}
    union all
    select k.id, k.created_at from (${open}) t join keys k on k.id = t.key_id
      where k.project_id = ${projectId} and k.deleted_at is null ${wanted} and ${stateAt(now)} = 'pending-import'
      and not exists (select 1 from import_drafts d where d.id = k.id)`
  const page = sql`select b.key_id, t.until from (${begun}) b left join (${open}) t on t.key_id = b.key_id
    order by b.begun_at desc, b.key_id limit ${limit} offset ${offset}`
  const found = yield* ask(raw(db, page))
  return {
    imports: found.map(([id, until]) => ({
      keyId: String(id),
      tokenUntil: (until ?? null) === null ? null : Number(until),
    })),
    total: yield* numberOf(raw(db, sql`select count(*) from (${begun}) b`)),
  }
}
