/** What is said about a damaged row names it, without what a caller chose. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { damagedRow } from '../../src/domain/damaged-row.ts'
import type { TableName } from '../../src/domain/tables.ts'

const rows: readonly (readonly [table: TableName, id: string, row: string])[] = [
  ['keys', 'a-key', 'a-key'],
  ['users', 'a-user', 'a-user'],
  ['keyVersions', 'a-key/2', 'a-key/2'],
  ['callCounts', 'a-project/300000/7', 'a-project/300000/7'],
  ['keyTags', 'a-key/cost center', 'a-key'],
  ['keyTags', 'a-key/with/slashes', 'a-key'],
  ['keyAliases', 'a-project/alias/orders', 'a-project'],
]
for (const [table, id, row] of rows)
  test(`${table} ${id}`, () =>
    assert.deepEqual(damagedRow(table, id, new Error('why')), { table, row, reason: 'why' }))
