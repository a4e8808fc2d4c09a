/**
 * The list of a key's grants: grants that were removed, restored or edited in the database are
 * detected when they are loaded.
 */
import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import { insertRow } from '../../src/crypto/formats/row-writes.ts'
import type { ProjectKeys } from '../../src/crypto/keyring.ts'
import {
  absent,
  type GrantListRow,
  type KeyGrantRow,
  type KeyRow,
  type ProjectRow,
  versionOf,
} from '../../src/domain/rows.ts'
import { LoadedGrants, loadGrants } from '../../src/engine/access/loaded-grants.ts'
import { LoadedKey } from '../../src/engine/keys/loaded-key.ts'
import type { StoredGrants, StoreReader } from '../../src/ports/store.ts'

const rowMac = createSecretKey(new Uint8Array(32))
const frame = { revision: 1, schemaVersion: 1, mac: new Uint8Array(32) }
const project = { row: { ...frame, id: 'p' } as ProjectRow, keys: { rowMac } as ProjectKeys }
const keyId = '1f0e9c1a-7b52-4d3e-9a64-0c5b8e2f7d10'
const key = new LoadedKey(
  { key: { ...frame, id: keyId, projectId: 'p', spec: 'AES_256' } as KeyRow, versions: [] },
  project,
)
const keys = { peek: () => key, load: async () => key, drop: () => {} }

function grant(id: string): KeyGrantRow {
  const values = {
    keyId,
    projectId: 'p',
    name: null,
    grantee: 'g',
    granteeType: 'user',
    operations: '["sign"]',
  }
  return insertRow(rowMac, 'keyGrants', {
    id,
    ...values,
    retiring: null,
    issuing: 'i',
    parentId: null,
    createdAt: 1,
  }).row as KeyGrantRow
}
function listOf(...grants: KeyGrantRow[]): GrantListRow {
  return new LoadedGrants(keyId, { list: undefined, grants: [] }).changedTo(grants, rowMac, 'p')
    .row as GrantListRow
}
const load = (stored: StoredGrants) =>
  loadGrants({ grants: async () => stored } as unknown as StoreReader, keys, keyId)

const [a, b] = [grant('a'), grant('b')] as const
const damaged: Readonly<Record<string, StoredGrants>> = {
  'a grant taken away': { list: listOf(a, b), grants: [a] },
  'a grant that ended, put back': { list: listOf(a), grants: [a, b] },
  'all of them taken away': { list: listOf(a, b), grants: [] },
  'a grant edited': { list: listOf(a), grants: [{ ...a, grantee: 'mallory' }] },
  'the list edited': { list: { ...listOf(a), grantsDigest: listOf().grantsDigest }, grants: [] },
}
for (const [what, stored] of Object.entries(damaged))
  test(`${what}: the grants of the key are corrupt`, async () => {
    await assert.rejects(load(stored), { code: 'stored-record-corrupt' })
  })

test('intact grants load, and so do those made before there were lists', async () => {
  for (const list of [listOf(b, a), undefined]) {
    const loaded = await load({ list, grants: [a, b] })
    assert.equal(loaded?.grants.length, 2)
    const version = list === undefined ? absent : versionOf(list)
    assert.deepEqual(loaded?.reference, ['grantLists', keyId, version])
  }
})
