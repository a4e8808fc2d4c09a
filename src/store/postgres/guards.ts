/** What a group is decided on a second time: the head of the log and the rows it names. */
import { absent, type RowReference, type RowVersion, versionOf } from '../../domain/rows.ts'
import * as queries from '../queries.ts'
import type { Values } from '../reads/read.ts'
import { builder, type Statement } from './statements.ts'

export const headFields = queries.fieldsOf('ledgers')

/** The one row of the log's head, locked until the transaction ends. */
export const headLocked: Statement = {
  text: `${builder
    .selectFrom('ledgers')
    .select(headFields as never)
    .orderBy('id')
    .limit(1)
    .compile()
    .sql.replace('$1', '1')} FOR UPDATE`,
  named: true,
}

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
    const { sql: select } = builder.selectFrom(table).select(['id', 'revision', 'mac']).compile()
    return `SELECT ${i} AS at, found.id, found.revision, found.mac FROM (${select}) found WHERE found.id = ANY(string_to_array($${i + 1}, ','))`
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
