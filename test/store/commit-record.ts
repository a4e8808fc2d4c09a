/** One record in a transaction that has begun, and its end; the log is not told. */
import type { NodeLog } from '../../src/audit/log.ts'
import type { StoreWriter } from '../../src/ports/store.ts'
import { anyEntry } from '../fakes/audit-entry.ts'

export async function commitRecord(writer: StoreWriter, log: NodeLog, timeMs = 1): Promise<void> {
  log.append(anyEntry, timeMs, [])
  const { group, head } = log.ending(timeMs)
  await writer.commit(group, head)
}
