/** The grants that one principal may retire, on any key. */
import type { GrantPosition } from '../../domain/access/grants.ts'
import type { Found, RetirableGrants } from '../../ports/store.ts'
import type { Builder } from '../queries.ts'
import { ask, numberOf, type Read } from './read.ts'

/**
 * A page, read with one extra grant to see whether more follow, and the total number; the oldest
 * first.
 */
export function* retirableGrants(
  db: Builder,
  { retiring, after, limit }: RetirableGrants,
): Read<Found & { readonly next: GrantPosition | null }> {
  const all = db.selectFrom('keyGrants').where('retiring', '=', retiring)
  const behind =
    after === null
      ? all
      : all.where(({ eb, and, or }) =>
          or([
            eb('createdAt', '>', after.createdAt),
            and([eb('createdAt', '=', after.createdAt), eb('id', '>', after.id)]),
          ]),
        )
  const page = behind.select(['id', 'createdAt']).orderBy('createdAt').orderBy('id')
  const found = yield* ask(page.limit(limit + 1))
  const total = yield* numberOf(all.select(db.fn.countAll().as('n')))
  const [id, createdAt] = found[limit - 1] ?? []
  const next = found.length > limit ? { createdAt: Number(createdAt), id: String(id) } : null
  return { ids: found.slice(0, limit).map(([one]) => String(one)), total, next }
}
