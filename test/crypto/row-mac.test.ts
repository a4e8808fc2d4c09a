/** What the MAC and the digests of rows cover, besides what the golden files pin. */
import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import {
  grantsDigest,
  rowBytes,
  signRow,
  verifyRow,
  versionsDigest,
} from '../../src/crypto/formats/row-mac.ts'
import type { KeyGrantRow, KeyVersionRow, RowValues } from '../../src/domain/rows.ts'

const key = createSecretKey(randomBytes(32))
const corrupt = { code: 'stored-record-corrupt' }
const alias: RowValues<'keyAliases'> = {
  id: 'a',
  projectId: 'p',
  keyId: 'k',
  name: 'n',
  createdAt: 1,
  updatedAt: 2,
}

test('a row is intact as it was signed, and in no other way', () => {
  const row = signRow(key, 'keyAliases', alias, 1)
  verifyRow(key, 'keyAliases', row)
  for (const change of [
    { keyId: 'other' },
    { revision: 2 },
    { mac: row.mac.slice(0, 31) },
    { mac: new Uint8Array(0) },
    { mac: Buffer.concat([row.mac, new Uint8Array(1)]) },
  ])
    assert.throws(() => verifyRow(key, 'keyAliases', { ...row, ...change }), corrupt)
  assert.throws(() => verifyRow(createSecretKey(randomBytes(32)), 'keyAliases', row), corrupt)
})

test('a row of a layout to come is not taken for a forged one', () => {
  const row = { ...signRow(key, 'keyAliases', alias, 1), schemaVersion: 99 }
  assert.throws(() => verifyRow(key, 'keyAliases', row), {
    code: 'stored-record-newer',
    message: /written by a newer release of Holdfast: run that one on this node/,
  })
})

test('a layout that does not exist has no bytes', () => {
  const row = { ...alias, revision: 1, schemaVersion: 99 }
  assert.throws(() => rowBytes('label', 'keyAliases', row), /rows of keyAliases have no layout 99/)
})

test('the digest of versions does not depend on the order in which they are read', () => {
  const versions = [1, 2, 3].map((version) =>
    signRow(key, 'keyVersions', { id: `v${version}`, version } as RowValues<'keyVersions'>, 1),
  ) satisfies KeyVersionRow[]
  assert.deepEqual(versionsDigest(versions.toReversed()), versionsDigest(versions))
  assert.notDeepEqual(versionsDigest(versions.slice(1)), versionsDigest(versions))
})

test('nor does that of grants', () => {
  const grants = ['a', 'b', 'c'].map((id) =>
    signRow(key, 'keyGrants', { id } as RowValues<'keyGrants'>, 1),
  ) satisfies KeyGrantRow[]
  assert.deepEqual(grantsDigest(grants.toReversed()), grantsDigest(grants))
  assert.notDeepEqual(grantsDigest(grants.slice(1)), grantsDigest(grants))
})
