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

const clock =
  'SELECT 0 AS at, NULL::text AS id, (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS revision, NULL::bytea AS mac'

const selectOf = fixed((db, table: TableName) =>
  db.selectFrom(table).select(['id', 'revision', 'mac']),
)

/**
 * What a group is decided on, in one statement: the clock of the database and the named rows, one
 * table after the other. It is sent after the locks, so that a group that had to wait is decided at
 * the right time. IDs contain no comma: they are hexadecimal, UUIDs, letters and digits.
 */
export function guardsOf(rows: readonly RowReference[]): {
  readonly statement: Statement
  /** The version of each row, and the instant in milliseconds, from the rows of the statement. */
  readonly read: (found: Values) => {
    readonly versions: RowVersion[]
    readonly clockAt: number
  }
} {
  const tables = [...new Set(rows.map(([table]) => table))]
  const parts = tables.map((table, i) => {
    return `SELECT ${i + 1} AS at, found.id, found.revision, found.mac FROM (${selectOf(builder, table)}) found WHERE found.id = ANY(string_to_array($${i + 1}, ','))`
  })
  const parameters = tables.map((table) =>
    rows
      .filter(([one]) => one === table)
      .map(([, id]) => id)
      .toSorted()
      .join(','),
  )
  return {
    statement: { text: [clock, ...parts].join(' UNION ALL '), parameters, named: true },
    read(found) {
      const versions = new Map<string, RowVersion>()
      let clockAt = Number.NaN
      for (const [at, id, revision, mac] of found)
        if (at === 0) clockAt = Number(revision)
        else
          versions.set(
            `${tables[Number(at) - 1]} ${id}`,
            versionOf({ revision: Number(revision), mac: mac as Uint8Array }),
          )
      const known = rows.map(([table, id]) => versions.get(`${table} ${id}`) ?? absent)
      return { versions: known, clockAt }
    },
  }
}
