/** Statements about imports that were begun and not finished: by a draft, or by an open token for a key that waits for its material. */
import { type Compilable, sql } from 'kysely'
import type { UnfinishedImports } from '../ports/store.ts'
import { type Builder, raw } from './queries.ts'

/** Columns of the page: ID of the key, end of the open token that ends last. A token alone says something only while material is missing. */
export function unfinishedImports(
  db: Builder,
  { projectId, keyId, now, offset, limit }: UnfinishedImports,
): { page: Compilable; total: Compilable } {
  const open = sql`select key_id, max(expires_at) as until from import_tokens
    where project_id = ${projectId} and purpose is null and sealed_private_key is not null and expires_at > ${now} group by key_id`
  const empty = sql`deletion_at is null and (material_version is null or material_expires_at <= ${now})`
  const wanted = keyId === null ? sql`` : sql`and k.id = ${keyId}`
  const begun = sql`select d.id as key_id, d.updated_at as begun_at from import_drafts d join keys k on k.id = d.id
      where d.project_id = ${projectId} and k.project_id = ${projectId} and k.deleted_at is null ${wanted}
    union all
    select k.id, k.created_at from (${open}) t join keys k on k.id = t.key_id
      where k.project_id = ${projectId} and k.deleted_at is null ${wanted} and ${empty}
      and not exists (select 1 from import_drafts d where d.id = k.id)`
  return {
    page: raw(
      db,
      sql`select b.key_id, t.until from (${begun}) b left join (${open}) t on t.key_id = b.key_id
        order by b.begun_at desc, b.key_id limit ${limit} offset ${offset}`,
    ),
    total: raw(db, sql`select count(*) from (${begun}) b`),
  }
}
