/**
 * Levels, by which releases of one deployment work side by side: a release reads what its level
 * brought and writes it only once the deployment is at that level, when every node can read it.
 */
import { layoutLevel, type TableName } from './tables.ts'

/** Where a deployment begins. */
export const firstLevel = 1

/** The highest level that this release reads, and writes when the deployment is at it. */
export const newestLevel = 1

/** Whether a deployment at a level may write rows of a layout. */
export function mayWrite(table: TableName, layout: number, level: number): boolean {
  return layoutLevel(table, layout) <= level
}
