/** What ends between two instants: what a jump of the clock would affect. */
import type { StoreReader } from '../../ports/store.ts'

export type Ending = {
  readonly keyId: string
  readonly what: 'material-expires' | 'key-deleted'
  /** Milliseconds since 1970. */
  readonly at: number
}

const atMost = 200

/**
 * Keys whose material expires, or whose deletion falls due, after `from` and up to `to`, if that
 * has not happened yet. Only the first 200 of each are read: a list for people, not a count.
 */
export async function endingsBetween(
  reader: StoreReader,
  from: number,
  to: number,
): Promise<Ending[]> {
  const since = { at: from, id: null }
  const due = [
    ...(await reader.due('expired', to, since, atMost)),
    ...(await reader.due('deletions', to, since, atMost)),
  ]
  const found: Ending[] = []
  for (const keyId of new Set(due.map(({ id }) => id))) {
    const row = await reader.row('keys', keyId)
    const instants = [
      ['material-expires', row?.materialExpiresAt],
      ['key-deleted', row?.deletionAt],
    ] as const
    for (const [what, at] of instants)
      if (at !== null && at !== undefined && from < at && at <= to) found.push({ keyId, what, at })
  }
  return found.toSorted((a, b) => a.at - b.at)
}
