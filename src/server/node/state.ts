/**
 * The identity of a node, and what it continues from. Its ID is in a file of its folder; where the
 * store is a file, it is that of the log.
 */

import type { KeyObject } from 'node:crypto'
import { latestFloor, withLoss } from '../../audit/epochs.ts'
import { firstHead } from '../../audit/log.ts'
import { verifyRow } from '../../crypto/formats/row-mac.ts'
import type { Keyring } from '../../crypto/keyring.ts'
import { KmsError } from '../../domain/errors.ts'
import { deploymentTree, type EpochRow, type LedgerRow } from '../../domain/rows.ts'
import { commitEpoch } from '../../ports/epoch-change.ts'
import { noFailpoints } from '../../ports/failpoints.ts'
import { writeNewFile } from '../../ports/new-files.ts'
import type { Random } from '../../ports/random.ts'
import type { StoreReader } from '../../ports/store.ts'
import { headsOf } from '../../projections/logs.ts'
import { openWriter, type StoreSpec } from '../store.ts'
import { type FolderOfNode, lossSince, readMarks } from './marks.ts'

const nodeFile = 'node'
const idBytes = 8
/** Most groups of a node that are under way at once; each uses a connection of its own. */
const lanesOfDatabase = 6

/** What a node continues from. */
export type NodeState = {
  /** Heads of its logs, one for each group that may be under way at once. */
  readonly heads: readonly LedgerRow[]
  readonly epoch: EpochRow | undefined
  /** Where time goes on, milliseconds since 1970: no node has seen a later instant. */
  readonly timeFloor: number
  /** What the store has lost, for people, if no operator has accepted it. */
  readonly loss: string | undefined
}

/** ID of the node with these logs: that of the first one. */
export function nodeOf(heads: readonly LedgerRow[]): string {
  const [first] = heads
  if (first === undefined) throw new TypeError('a node has a log')
  return first.id
}

/** The ID of the node that this folder belongs to; undefined before its first start. */
export function knownNodeIdOf(folder: FolderOfNode): string | undefined {
  const known = folder.read(nodeFile)?.toString('utf8').trim()
  if (known === undefined || /^[0-9a-f]{8,32}$/.test(known)) return known
  throw new Error(`${folder.file(nodeFile)} does not hold the ID of a node; nothing was changed`)
}

/** The same, made at its first start. */
export function nodeIdOf(folder: FolderOfNode, random: Random): string {
  const known = knownNodeIdOf(folder)
  if (known !== undefined) return known
  const made = random.bytes(idBytes).toHex()
  writeNewFile(folder.file(nodeFile), Buffer.from(`${made}\n`))
  return made
}

/** @throws KmsError stored-record-corrupt. */
export async function nodeState(
  reader: Pick<StoreReader, 'leafGroups' | 'row' | 'scan'>,
  parts: {
    readonly folder: FolderOfNode
    readonly random: Random
    readonly keyring: Keyring
    readonly deployment: string
    readonly store: StoreSpec
  },
): Promise<NodeState> {
  const { folder, random, keyring, deployment, store } = parts
  const { rowMac } = keyring
  const all = await headsOf(reader)
  for (const head of all) verifyRow(rowMac, 'ledgers', head)
  const logs = all.filter(({ id }) => id !== deploymentTree)
  const epoch = await reader.row('epochs', deployment)
  if (epoch !== undefined) verifyRow(rowMac, 'epochs', epoch)
  const { clockAccepted = 0, timeFloor: accepted = 0 } = epoch ?? {}
  const timeFloor = latestFloor({ epoch: clockAccepted, timeFloor: accepted }, logs)
  const heads = headsOfNode(logs, { folder, random, rowMac, store, timeFloor })
  let loss = epoch?.lost ?? undefined
  for (const mark of readMarks(folder)) {
    const head = logs.find((one) => one.id === mark.log)
    loss ??= await lossSince(reader, mark, head, epoch?.lossAccepted ?? 0)
  }
  return { heads, epoch, timeFloor, loss }
}

/** The heads of the node's logs in the store, and of those that it begins now. */
function headsOfNode(
  logs: readonly LedgerRow[],
  parts: {
    readonly folder: FolderOfNode
    readonly random: Random
    readonly rowMac: KeyObject
    readonly store: StoreSpec
    readonly timeFloor: number
  },
): LedgerRow[] {
  const { folder, random, rowMac, store, timeFloor } = parts
  const [only] = logs
  if (store.kind === 'sqlite' && only !== undefined) return [only]
  const node = nodeIdOf(folder, random)
  const ids = store.kind === 'sqlite' ? [node] : logsOfNode(node)
  return ids.map((id) => logs.find((head) => head.id === id) ?? firstHead(rowMac, id, timeFloor))
}

/** IDs of the logs of a node over a database. */
function logsOfNode(node: string): string[] {
  return Array.from({ length: lanesOfDatabase }, (_, lane) =>
    lane === 0 ? node : `${node}-${lane}`,
  )
}

/**
 * Waits until nothing is under way that this node sent before it ended: its heads do not move any
 * more.
 */
export async function settle(spec: StoreSpec, node: string): Promise<void> {
  const store = await openWriter(spec, noFailpoints)
  try {
    for (const log of logsOfNode(node)) {
      await store.begin({ log, rows: [], changes: [] })
      await store.rollback()
    }
  } finally {
    store.close()
  }
}

/**
 * Refuses to start on a store that has lost something, and keeps the other nodes from writing: they
 * may have read what was lost.
 * @throws KmsError always, StoreUnavailable.
 */
export async function refuseAfterLoss(
  spec: StoreSpec,
  { epoch, loss }: Pick<NodeState, 'epoch'> & { readonly loss: string },
  { rowMac }: Keyring,
  deployment: string,
): Promise<never> {
  if (spec.kind !== 'sqlite' && (epoch?.lost ?? null) === null) {
    const store = await openWriter(spec, noFailpoints)
    try {
      await commitEpoch(store, withLoss(rowMac, deployment, { current: epoch }, loss))
    } finally {
      store.close()
    }
  }
  throw new KmsError(
    'stored-record-corrupt',
    `the database is not in the state in which this node left it: ${loss}. It was restored, or lost what it had committed. ` +
      'Bring the right database back, or go on from this one with: holdfast recover --accept-loss',
  )
}
