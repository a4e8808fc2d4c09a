/** What a group is decided on a second time: the rows it names, and the time. */
import { absent, type RowReference, type RowVersion, versionOf } from '../../domain/rows.ts'
import type { TableName } from '../../domain/tables.ts'
import * as queries from '../queries.ts'
import { fixed, type Values } from '../reads/read.ts'
import { builder, type Statement, statementOf } from './statements.ts'

export const headFields = queries.fieldsOf('ledgers')

/** The head of a log. */
export function headOf(log: string): Statement {
  return statementOf(queries.rowStatements(builder, 'ledgers').select, log)
}

/** Read after the locks, so that a group that had to wait is decided at the right time. */
export const clock: Statement = {
  text: 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint',
  named: true,
}

const selectOf = fixed((db, table: TableName) =>
  db.selectFrom(table).select(['id', 'revision', 'mac']),
)

/**
 * All named rows in one statement, one table after the other. IDs contain no comma: they are
 * hexadecimal, UUIDs, letters and digits.
 */
export function versionsOf(rows: readonly RowReference[]): {
  readonly statements: readonly Statement[]
  /** The version of each row, from the rows of the statement. */
  readonly read: (found: Values) => RowVersion[]
} {
  if (rows.length === 0) return { statements: [], read: () => [] }
  const tables = [...new Set(rows.map(([table]) => table))]
  const parts = tables.map((table, i) => {
    return `SELECT ${i} AS at, found.id, found.revision, found.mac FROM (${selectOf(builder, table)}) found WHERE found.id = ANY(string_to_array($${i + 1}, ','))`
  })
  const parameters = tables.map((table) =>
    rows
      .filter(([one]) => one === table)
      .map(([, id]) => id)
      .toSorted()
      .join(','),
  )
  return {
    statements: [{ text: parts.join(' UNION ALL '), parameters, named: true }],
    read(found) {
      const versions = new Map(
        found.map(([at, id, revision, mac]) => [
          `${tables[Number(at)]} ${id}`,
          versionOf({ revision: Number(revision), mac: mac as Uint8Array }),
        ]),
      )
      return rows.map(([table, id]) => versions.get(`${table} ${id}`) ?? absent)
    },
  }
}
