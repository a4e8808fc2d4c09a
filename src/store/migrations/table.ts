/** A table of rows with a MAC: its own columns and those that every row has. */
import type { Builder } from '../queries.ts'

const frame = { revision: 'integer', schemaVersion: 'integer', mac: 'blob' } as const

type ColumnType = 'text' | 'integer' | 'blob'
type ColumnSpec = ColumnType | `${ColumnType}?`

/** @param columns with `?` after the type if null is allowed. */
export function table(db: Builder, name: string, columns: Record<string, ColumnSpec>) {
  let create = db.schema.createTable(name)
  for (const [column, spec] of Object.entries({ ...columns, ...frame })) {
    const nullable = spec.endsWith('?')
    create = create.addColumn(column, spec.replace('?', '') as ColumnType, (c) => {
      const typed = nullable ? c : c.notNull()
      return column === 'id' ? typed.primaryKey() : typed
    })
  }
  return create
}
