/** What holds of the database at the end. */
import { headLeaf } from '../../src/audit/integrator.ts'
import { readLeaves } from '../../src/audit/leaf-groups.ts'
import { deploymentTree, type Row } from '../../src/domain/rows.ts'
import { LogWatch } from '../../src/projections/log-watch.ts'
import type { Deployment } from './deployment.ts'
import type { Oracle } from './oracle.ts'
import type { State } from './store/database.ts'
import { readerOf, rowIn } from './store/reader.ts'

/**
 * @param readsLogs whether all records are read again: each was checked when it was committed.
 * @returns what is wrong: with the logs, or with the tree over them.
 */
export async function faultsAtEnd(
  state: State,
  { id, keyring }: Deployment,
  oracle: Oracle,
  readsLogs: boolean,
): Promise<string[]> {
  const faults: string[] = []
  const watch = new LogWatch(readerOf(state), keyring.rowMac)
  for (let isOver = !readsLogs; !isOver; ) {
    const step = await watch.step()
    faults.push(...step.faults)
    isOver = step.ended !== undefined
  }
  for (const head of headsOfNodes(state)) {
    const known = rowIn(state, 'integratedHeads', head.id)
    const fault = known === undefined ? 'is missing' : await faultOf(known, id, state, oracle)
    if (fault !== undefined) faults.push(`the head of ${head.id} in the tree ${fault}`)
  }
  return faults
}

/** Whether the tree over all logs has them as they are. */
export function isIntegrated(state: State): boolean {
  return headsOfNodes(state).every(
    ({ id, treeSize }) => rowIn(state, 'integratedHeads', id)?.treeSize === treeSize,
  )
}

function headsOfNodes(state: State): Row<'ledgers'>[] {
  const heads = [...(state.tables.get('ledgers')?.values() ?? [])] as unknown as Row<'ledgers'>[]
  return heads.filter(({ id, treeSize }) => id !== deploymentTree && treeSize > 0)
}

async function faultOf(
  { id, treeSize, treeRoot, leafIndex }: Row<'integratedHeads'>,
  deployment: string,
  state: State,
  oracle: Oracle,
): Promise<string | undefined> {
  const heads = oracle.headsAt(id, treeSize, treeRoot)
  if (heads.length === 0) return `is not one that the log ever had: ${treeSize}`
  const [leaf] = await readLeaves(readerOf(state), deploymentTree, leafIndex, 1)
  const leaves = heads.map((head) => headLeaf(deployment, head).encoded)
  const isOne = leaf !== undefined && leaves.some((one) => Buffer.compare(one, leaf.leaf) === 0)
  return isOne ? undefined : `is not the leaf ${leafIndex}`
}
