/** Statements about the grants that one principal may retire, on whichever keys. */
import type { Compilable } from 'kysely'
import type { GrantPosition } from '../domain/grants.ts'
import type { RetirableGrants } from '../ports/store.ts'
import type { Builder } from './queries.ts'

/** A page, one more than asked for where more follow, and how many there are in all; the oldest first. */
export function retirableGrants(
  db: Builder,
  { retiring, after, limit }: RetirableGrants,
): { page: Compilable; total: Compilable } {
  const all = db.selectFrom('keyGrants').where('retiring', '=', retiring)
  const behind =
    after === null
      ? all
      : all.where(({ eb, and, or }) =>
          or([eb('createdAt', '>', after.createdAt), and([eb('createdAt', '=', after.createdAt), eb('id', '>', after.id)])]),
        )
  return {
    page: behind
      .select(['id', 'createdAt'])
      .orderBy('createdAt')
      .orderBy('id')
      .limit(limit + 1),
    total: all.select(db.fn.countAll().as('n')),
  }
}

/** The position that a next page comes after, from the rows of this page and perhaps one more. */
export function nextPosition(found: readonly (readonly unknown[])[], limit: number): GrantPosition | null {
  const [id, createdAt] = found[limit - 1] ?? []
  return found.length > limit ? { createdAt: Number(createdAt), id: String(id) } : null
}
