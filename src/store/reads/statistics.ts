/** Totals over all projects: keys by state, the next instants, and the size of the log. */
import type { StoreStatistics } from '../../ports/store.ts'
import type { Builder } from '../queries.ts'
import { keyStateIn, stateAt } from './key-facts.ts'
import { auditRecords } from './log.ts'
import { ask, type Read } from './read.ts'

export function* statistics(db: Builder, now: number): Read<StoreStatistics> {
  const keys = yield* ask(
    db
      .selectFrom('keys')
      .select(['origin', stateAt(now).as('state'), db.fn.countAll().as('n')])
      .where('deletedAt', 'is', null)
      .groupBy(['origin', 'state']),
  )
  const [expiry = null, deletion = null] =
    (yield* ask(
      db
        .selectFrom('keys')
        .select([
          db.fn.min('materialExpiresAt').as('expiry'),
          db.fn.min('deletionAt').as('deletion'),
        ]),
    ))[0] ?? []
  return {
    keys: keys.map(([origin, state, count]) => ({
      origin: String(origin),
      state: keyStateIn(state),
      count: Number(count),
    })),
    nextExpiryAt: instant(expiry),
    nextDeletionAt: instant(deletion),
    auditRecords: yield* auditRecords(db),
  }
}

function instant(value: unknown): number | null {
  return value === null ? null : Number(value)
}
