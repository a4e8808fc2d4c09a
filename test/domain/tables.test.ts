/** What is declared of the tables, against what their columns say of themselves. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  columnsOf,
  isOfProject,
  isRecorded,
  partsOfKey,
  tableNames,
  tablesWithSecrets,
} from '../../src/domain/tables.ts'

/** Names of columns that hold a secret, whatever is declared of them. */
const secretName = /^sealed|^passwordHash$|secret/i

test('a column that holds a secret by its name is declared to hold one, and no other is', () => {
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

test('what ends with a key', () => {
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

test('what is part of a key is of its project and recorded', () => {
  for (const [table] of partsOfKey) {
    assert.ok(isOfProject(table), table)
    assert.ok(isRecorded(table), table)
  }
})

test('a table of a project says which', () => {
  for (const table of tableNames.filter(isOfProject))
    assert.ok('projectId' in columnsOf(table), table)
})

test('what the service keeps up by itself holds no secret', () => {
  for (const table of tablesWithSecrets) assert.ok(isRecorded(table), table)
})
