/** The scan of stored rows tells damage from a store that cannot be read. */
import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { insertRow } from '../../src/crypto/formats/row-writes.ts'
import type { DamagedRow } from '../../src/domain/damaged-row.ts'
import type { Row } from '../../src/domain/rows.ts'
import { type TableName, tableNames } from '../../src/domain/tables.ts'
import { isIntact } from '../../src/engine/intact.ts'
import { IntegrityScan } from '../../src/engine/service/integrity-scan.ts'
import { StoreUnavailable } from '../../src/ports/store.ts'
import { emptyKey } from '../fakes/key-row.ts'

const rowMac = createSecretKey(randomBytes(32))
const { row } = insertRow(createSecretKey(randomBytes(32)), 'keys', emptyKey)

test('rows of a project that cannot be loaded now are not called damaged', async () => {
  const found: DamagedRow[] = []
  const scan = new IntegrityScan({
    reader: {
      scan: async <T extends TableName>(table: T) =>
        table === 'keys' ? [row as unknown as Row<T> & { readonly id: string }] : [],
    },
    projects: {
      load: async () => {
        throw new StoreUnavailable('the database cannot be reached')
      },
    },
    rowMac,
    onDamaged: (damaged) => found.push(damaged),
  })
  await assert.rejects(async () => {
    for (const _ of tableNames) await scan.step()
  }, StoreUnavailable)
  assert.deepEqual(found, [])
})

test('a row with another MAC is damaged; one whose table does not exist is a defect', () => {
  assert.equal(isIntact(rowMac, 'keys', row), false)
  assert.throws(() => isIntact(rowMac, 'nothing' as 'keys', row), TypeError)
})
