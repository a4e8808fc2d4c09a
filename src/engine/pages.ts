/**
 * Long lists in short steps: a few rows are loaded and verified at a time, and other calls run in
 * between.
 */
import type { KeyObject } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { KeyRow, KeyTagRow, Row } from '../domain/rows.ts'
import type { TableName } from '../domain/tables.ts'
import type { Task } from './command.ts'
import { isIntact } from './intact.ts'

/**
 * Loading and verifying a row takes about 25 µs: a step takes a millisecond or two, and a page of
 * the usual size needs one.
 */
const rowsAtOnce = 50
/** A key has up to 20 tags, each verified as the key is. */
const taggedKeysAtOnce = 10

/**
 * Applies `step` to each piece of a list, one after the other, with a turn of the event loop for
 * others in between.
 */
export async function inPieces<T, R>(
  list: readonly T[],
  step: (piece: readonly T[]) => readonly R[] | Promise<readonly R[]>,
  atOnce = rowsAtOnce,
): Promise<R[]> {
  const made: R[] = []
  for (let at = 0; at < list.length; at += atOnce) {
    if (at > 0) await nextTurn()
    made.push(...(await step(list.slice(at, at + atOnce))))
  }
  return made
}

/** The intact rows of a list, checked in pieces. */
export function intactOf<T extends TableName>(
  rowMac: KeyObject,
  table: T,
  rows: readonly Row<T>[],
): Promise<Row<T>[]> {
  return inPieces(rows, (piece) => piece.filter((row) => isIntact(rowMac, table, row)))
}

/** @property damaged whether damaged rows were left out. */
export type IntactPage<R> = { readonly rows: readonly R[]; readonly damaged: boolean }

/**
 * Keys of the caller's project by ID, verified, in their current state: one that ended since its ID
 * was found is left out.
 */
export async function keysOfPage(
  { reader, call }: Task,
  ids: readonly string[],
): Promise<IntactPage<KeyRow>> {
  const { row: project, keys } = call.caller.project
  let damaged = false
  const rows = await inPieces(ids, async (piece) => {
    const found = await reader.rows('keys', piece)
    const intact = found.filter((row) => isIntact(keys.rowMac, 'keys', row))
    damaged ||= intact.length < found.length
    return intact.filter((row) => row.projectId === project.id && row.deletedAt === null)
  })
  return { rows, damaged }
}

export type TaggedKey = { readonly row: KeyRow; readonly tags: readonly KeyTagRow[] }

/** Like `keysOfPage`, with the tags of each. A key with a damaged tag is left out. */
export async function taggedKeysOfPage(
  task: Task,
  ids: readonly string[],
): Promise<IntactPage<TaggedKey>> {
  const { keys } = task.call.caller.project
  let damaged = false
  const step = async (piece: readonly string[]): Promise<TaggedKey[]> => {
    const page = await keysOfPage(task, piece)
    const tags = Map.groupBy(await task.reader.tagsOfKeys(piece), ({ keyId }) => keyId)
    const all = page.rows.map((row) => ({ row, tags: tags.get(row.id) ?? [] }))
    const intact = all.filter((one) =>
      one.tags.every((tag) => isIntact(keys.rowMac, 'keyTags', tag)),
    )
    damaged ||= page.damaged || intact.length < all.length
    return intact
  }
  const rows = await inPieces(ids, step, taggedKeysAtOnce)
  return { rows, damaged }
}

/** A result whose detail says if damaged rows were left out. */
export function asPage<R>(
  result: R,
  damaged: boolean,
): { readonly result: R; readonly detail?: string } {
  return damaged ? { result, detail: 'corrupt records left out' } : { result }
}
