/** Statements about the grants that one principal may retire, on whichever keys. */
import type { Compilable } from 'kysely'
import type { RetirableGrants } from '../ports/store.ts'
import { type Builder, fieldsOf } from './queries.ts'

/** A page and how many there are in all; the oldest first. */
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
      .select(fieldsOf('keyGrants') as never)
      .orderBy('createdAt')
      .orderBy('id')
      .limit(limit),
    total: all.select(db.fn.countAll().as('n')),
  }
}
