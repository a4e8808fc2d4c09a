/**
 * Levels, by which releases of one deployment work side by side: a release reads what its level
 * brought and writes it only once the deployment is at that level, when every node can read it.
 */
import { rowLevel, type TableName } from './tables.ts'

/** Where a deployment begins. */
export const firstLevel = 1

/** The highest level that this release reads, and writes when the deployment is at it. */
export const newestLevel = 1

/** A node says this often that it is there, milliseconds. */
export const beatEveryMs = 30_000

/** One that has said nothing for longer is not there. */
export const silentMs = 3 * beatEveryMs

/** Whether a deployment at a level may write a row: each of its nodes knows all that is in it. */
export function mayWrite(
  table: TableName,
  row: { readonly schemaVersion: number },
  level: number,
): boolean {
  return rowLevel(table, row) <= level
}
