/** What is reported about a stored row that cannot be used. */
import { KmsError, type KmsErrorCode } from './errors.ts'
import { columnsOf, type TableName } from './tables.ts'

export type DamagedRow = {
  readonly table: TableName
  /** Its ID, without a name that a caller chose. */
  readonly row: string
  readonly reason: string
}

const unusable: ReadonlySet<KmsErrorCode> = new Set([
  'stored-record-corrupt',
  'stored-record-newer',
])

/**
 * Whether an error says that what is stored is damaged, or of a release to come, and not that it
 * cannot be read now.
 */
export function isDamage(error: unknown): error is KmsError {
  return error instanceof KmsError && unusable.has(error.code)
}

/** In a table with names, what follows a slash in an ID is the name. */
export function damagedRow(table: TableName, id: string, { message }: Error): DamagedRow {
  const [own = ''] = 'name' in columnsOf(table) ? id.split('/', 1) : [id]
  return { table, row: own, reason: message }
}
