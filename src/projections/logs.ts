/** The logs of a deployment: each has a head, and the first one began with the deployment. */
import { readLeaves } from '../audit/leaf-groups.ts'
import { recordOf } from '../audit/record.ts'
import { deploymentTree, type LedgerRow } from '../domain/rows.ts'
import { allRows } from '../ports/all-rows.ts'
import { firstStartOperation } from '../ports/journal.ts'
import type { StoreReader } from '../ports/store.ts'

/** The heads of the logs of all nodes, by ID; unverified. */
export async function logsOf(reader: Pick<StoreReader, 'scan'>): Promise<LedgerRow[]> {
  return (await headsOf(reader)).filter(({ id }) => id !== deploymentTree)
}

/** The same, with the head of the tree over them. */
export function headsOf(reader: Pick<StoreReader, 'scan'>): Promise<LedgerRow[]> {
  return allRows(reader, 'ledgers')
}

/** The first record of a log, if that is the one that began with the deployment. */
export async function firstStartOf(
  reader: Pick<StoreReader, 'leafGroups'>,
  log: string,
): Promise<ReturnType<typeof recordOf> | undefined> {
  const [first] = await readLeaves(reader, log, 0, 1)
  if (first?.treeIndex !== 0) return undefined
  const record = recordOf(first.leaf)
  return record.operation === firstStartOperation ? record : undefined
}
