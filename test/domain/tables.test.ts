/** The declarations of the tables, compared with what their columns say themselves. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import {
  columnName,
  columnsOf,
  isOfProject,
  isRecorded,
  partsOfKey,
  tableNames,
  tablesWithSecrets,
} from '../../src/domain/tables.ts'

/** Names of columns that hold a secret, regardless of their declaration. */
const secretName = /^sealed|^passwordHash$|secret/i

test('a column whose name says that it holds a secret is declared to hold one, and no other is', () => {
  for (const table of tableNames)
    for (const [field, { secret }] of Object.entries(columnsOf(table)))
      assert.equal(secret ?? false, secretName.test(field), `${table}.${field}`)
})

test('a table that names a key has parts of keys', () => {
  const naming = tableNames.filter((table) => 'keyId' in columnsOf(table))
  for (const table of naming)
    assert.equal(new Map<string, string>(partsOfKey).get(table), 'keyId', table)
  for (const [table, by] of partsOfKey) assert.ok(by in columnsOf(table), table)
})

test('tables whose rows end with a key', () => {
  const expected = {
    keyVersions: 'keyId',
    importTokens: 'keyId',
    keyTags: 'keyId',
    keyAliases: 'keyId',
    keyGrants: 'keyId',
    grantLists: 'id',
    importDrafts: 'id',
  }
  assert.deepEqual(Object.fromEntries(partsOfKey), expected)
})

test('parts of a key belong to its project and are recorded', () => {
  for (const [table] of partsOfKey) {
    assert.ok(isOfProject(table), table)
    assert.ok(isRecorded(table), table)
  }
})

test('a table of a project names the project', () => {
  for (const table of tableNames.filter(isOfProject))
    assert.ok('projectId' in columnsOf(table), table)
})

test('the format document names the tables of a project, whose MACs have another key', () => {
  const document = readFileSync('docs/ciphertext-format.md', 'utf8')
  const [, names = ''] = /The tables (.+) use the row-MAC key of the project/.exec(document) ?? []
  assert.deepEqual(
    [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name).toSorted(),
    tableNames.filter(isOfProject).map(columnName).toSorted(),
  )
})

test('tables that the service maintains on its own hold no secrets', () => {
  for (const table of tablesWithSecrets) assert.ok(isRecorded(table), table)
})
