/** What is reported about a stored row that cannot be used. */
import { columnsOf, type TableName } from './tables.ts'

export type DamagedRow = {
  readonly table: TableName
  /** Its ID, without a name that a caller chose. */
  readonly row: string
  readonly reason: string
}

/** In a table with names, what follows a slash in an ID is the name. */
export function damagedRow(table: TableName, id: string, { message }: Error): DamagedRow {
  const [own = ''] = 'name' in columnsOf(table) ? id.split('/', 1) : [id]
  return { table, row: own, reason: message }
}
