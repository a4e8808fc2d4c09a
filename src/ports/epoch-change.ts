/** A change of the epoch that is not part of a group. */
import type { RowWrite } from '../domain/rows.ts'
import type { StoreWriter } from './store.ts'

/**
 * Commits a change of the epoch in a transaction of its own, unless somebody changed it since: then
 * nothing happens.
 * @throws StoreUnavailable.
 */
export async function commitEpoch(store: StoreWriter, change: RowWrite): Promise<void> {
  const { id, from } = change
  const { versions } = await store.begin({
    log: id,
    rows: [['epochs', id, from]],
    changes: [['epochs', id]],
  })
  if (versions[0] !== from) return store.rollback()
  await store.apply([change])
  await store.commitAlone()
}
