/**
 * The log stores the bytes of its leaves instead of one column per field: half the work of a
 * record, and what is hashed is what is stored. Earlier records become the leaves that their fields
 * were hashed as.
 */
import { type Compilable, sql } from 'kysely'
import { type Builder, type Migration, raw } from '../queries.ts'

const columns = [
  'tree_index',
  'node',
  'node_sequence',
  'time_ms',
  'request_id',
  'signature_digest',
  'dialect',
  'operation',
  'project',
  'principal',
  'source',
  'key_id',
  'key_revision',
  'material_version',
  'outcome',
  'context_digest',
  'changes',
  'tries',
  'count',
  'detail',
]

function oldRecords(db: Builder): Compilable {
  const names = sql.join(columns.map((name) => sql.ref(`audit_records.${name}`)))
  return raw(
    db,
    sql`SELECT deployments.id, ${names} FROM audit_records, deployments WHERE tree_index > ${null} ORDER BY tree_index LIMIT ${null}`,
  )
}

export const auditLeaves: Migration = (db, { auditLeaf }) => [
  db.schema
    .createTable('auditLeaves')
    .addColumn('treeIndex', 'integer', (c) => c.primaryKey())
    .addColumn('leaf', 'blob', (c) => c.notNull()),
  {
    read: oldRecords(db),
    before: -1,
    position: ([, treeIndex]) => Number(treeIndex),
    convert: (rows) =>
      rows.map(([deployment, ...record]) => [
        Number(record[0]),
        auditLeaf(String(deployment), record),
      ]),
    write: raw(db, sql`INSERT INTO audit_leaves (tree_index, leaf) VALUES (${null}, ${null})`),
  },
  db.schema.dropTable('auditRecords'),
]
