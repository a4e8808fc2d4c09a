/**
 * What each release of level 1 reads. Anything later belongs to a level, so that no node ever meets
 * what it cannot read.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { firstLevel, mayWrite, newestLevel } from '../../src/domain/levels.ts'
import { layoutLevel, rowSchemaVersion, tableNames } from '../../src/domain/tables.ts'
import { migrations } from '../../src/store/migrations/index.ts'

/** Tables of level 1, each with its last layout. */
const ofFirstLevel: Readonly<Record<string, number>> = {
  deployments: 1,
  rootSlots: 1,
  projects: 1,
  users: 2,
  accessKeys: 1,
  keys: 3,
  keyVersions: 1,
  importTokens: 2,
  importDrafts: 1,
  keyTags: 1,
  keyAliases: 1,
  keyGrants: 2,
  grantLists: 1,
  sessions: 1,
  signInFailures: 1,
  provenPlaces: 1,
  readings: 1,
  logSegments: 1,
  callCounts: 1,
  keyUses: 1,
  ledgers: 2,
  nodes: 2,
  integratedHeads: 1,
  epochs: 2,
}

const layouts = tableNames.flatMap((table) =>
  Array.from({ length: rowSchemaVersion(table) }, (_, i) => [table, i + 1] as const),
)

test('a layout that a release of level 1 does not know has a level of its own', () => {
  const later = layouts.filter(([table, layout]) => layout > (ofFirstLevel[table] ?? 0))
  for (const [table, layout] of later)
    assert.ok(layoutLevel(table, layout) > firstLevel, `${table}: writtenFrom for ${layout}`)
  for (const [table, layout] of layouts.filter((one) => !later.includes(one)))
    assert.equal(layoutLevel(table, layout), firstLevel, `${table}: ${layout}`)
})

test('what every group reads has no level: a node would not learn that it is too old', () => {
  for (const table of ['ledgers', 'integratedHeads', 'epochs'] as const)
    for (let layout = 1; layout <= rowSchemaVersion(table); layout++)
      assert.equal(layoutLevel(table, layout), firstLevel)
})

test('this release reads every layout that it declares, and writes it at its own level', () => {
  for (const [table, layout] of layouts) {
    assert.ok(layoutLevel(table, layout) <= newestLevel)
    const row = { schemaVersion: layout }
    assert.equal(mayWrite(table, row, newestLevel), true)
    assert.equal(mayWrite(table, row, layoutLevel(table, layout) - 1), false)
  }
})

test('no step after those of level 1 stops nodes of the release before', () => {
  const stopping = migrations.filter(({ others }) => others === 'stop').length
  assert.equal(stopping, 18, 'make it an addition')
})
