/**
 * What a node remembers of its logs outside the store, in its folder. By it, a start notices that
 * the store was restored, or lost what it had committed.
 */
import { open, rename } from 'node:fs/promises'
import { lossText } from '../../audit/epochs.ts'
import { readLeaves } from '../../audit/leaf-groups.ts'
import { Frontier, leafHash } from '../../audit/tree.ts'
import type { LedgerRow } from '../../domain/rows.ts'
import type { StoreReader } from '../../ports/store.ts'
import { checkEnds } from '../../projections/log-watch.ts'
import type { DataFolder } from '../../store/folder.ts'

export const markFile = 'marks.json'
const leavesAtOnce = 1000

/** What is read of the folder of a node. */
export type FolderOfNode = Pick<DataFolder, 'file' | 'read'>

/** A state of a node's log that was committed. */
export type Mark = {
  readonly log: string
  readonly epoch: number
  readonly treeSize: number
  readonly frontier: Uint8Array
}

/** What of a log is remembered. */
export type Marked = {
  readonly mark: Mark
  readonly epoch: { readonly lost: string | null }
}

/**
 * What is to be remembered of the logs of a node; undefined to keep the marks of before: they tell
 * what was lost.
 */
export function marksOf(logs: readonly Marked[]): Mark[] | undefined {
  if (logs.some(({ epoch }) => epoch.lost !== null)) return undefined
  return logs.map(({ mark }) => mark).filter(({ treeSize }) => treeSize > 0)
}

/** The content of the file. */
export function marksText(marks: readonly Mark[]): string {
  const texts = marks.map(({ frontier, ...mark }) => ({ ...mark, frontier: frontier.toHex() }))
  return `${JSON.stringify(texts)}\n`
}

/** Replaces the marks durably: after a crash the file holds these or the earlier ones. */
export async function writeMarks(path: string, marks: readonly Mark[]): Promise<void> {
  // The folder is this process's alone: what a crash leaves is written over.
  const unfinished = `${path}.new`
  const file = await open(unfinished, 'w', 0o600)
  try {
    await file.writeFile(marksText(marks))
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(unfinished, path)
}

/** @throws Error for a file that does not hold marks. */
export function readMarks(folder: FolderOfNode): Mark[] {
  const text = folder.read(markFile)?.toString('utf8')
  if (text === undefined) return []
  try {
    return (JSON.parse(text) as readonly Record<string, unknown>[]).map(markOf)
  } catch (error) {
    throw new Error(
      `${folder.file(markFile)} is damaged: it tells whether the database lost something since the last start; remove it to start without that check`,
      { cause: error },
    )
  }
}

/** @throws TypeError for a size without its subtrees. */
function markOf({ log, epoch, treeSize, frontier }: Record<string, unknown>): Mark {
  const bytes = Uint8Array.fromHex(String(frontier))
  Frontier.decode(Number(treeSize), bytes)
  return { log: String(log), epoch: Number(epoch), treeSize: Number(treeSize), frontier: bytes }
}

/**
 * What the log has lost since the mark was written, for people.
 * @param lossAccepted epoch that began with the last accepted loss: it was of what was before.
 */
export async function lossSince(
  reader: Pick<StoreReader, 'leafGroups' | 'scan'>,
  mark: Mark,
  head: LedgerRow | undefined,
  lossAccepted: number,
): Promise<string | undefined> {
  if (mark.epoch < lossAccepted) return undefined
  const loss = lossText(mark.log, mark.treeSize, head?.treeSize ?? 0)
  if (head === undefined || head.treeSize < mark.treeSize) return loss
  const frontier = Frontier.decode(mark.treeSize, mark.frontier)
  while (frontier.size < head.treeSize) {
    const leaves = await readLeaves(reader, head.id, frontier.size, leavesAtOnce)
    if (leaves[0]?.treeIndex !== frontier.size) return undefined
    for (const { treeIndex, leaf } of leaves)
      if (treeIndex < head.treeSize) frontier.append(leafHash(leaf))
  }
  if (Buffer.compare(frontier.root(), head.treeRoot) === 0) return undefined
  // Edited records are reported as damage, not as a loss.
  return (await checkEnds(reader, head)).length > 0 ? undefined : loss
}
