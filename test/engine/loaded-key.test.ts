/**
 * A key that leaves the cache while calls are under way: they go on, and none of its material
 * outlasts them.
 */
import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { purposes } from '../../src/crypto/formats/labels.ts'
import { type ProjectKeys, Sealer } from '../../src/crypto/keyring.ts'
import type { KeyRow, KeyVersionRow, ProjectRow } from '../../src/domain/rows.ts'
import { LoadedKey, materialBinding, materialOf } from '../../src/engine/keys/loaded-key.ts'
import { systemRandom } from '../../src/ports/random.ts'

const frame = { revision: 1, schemaVersion: 1, mac: new Uint8Array(32) }
const projectId = '0c5b8e2f7d100c5b8e2f7d100c5b8e2f'

function loadedKey(material: Uint8Array): LoadedKey {
  const key = {
    ...frame,
    id: '1f0e9c1a-7b52-4d3e-9a64-0c5b8e2f7d10',
    projectId,
    spec: 'AES_256',
    origin: 'made-here',
  } as KeyRow
  const row = { ...frame, id: projectId } as ProjectRow
  const sealer = new Sealer(createSecretKey(systemRandom.bytes(32)), 'a deployment', projectId, 1)
  const sealedMaterial = sealer.seal(
    purposes.material,
    materialBinding(row, key, 1),
    material,
    systemRandom.bytes,
  )
  const version = {
    ...frame,
    id: `${key.id}/1`,
    keyId: key.id,
    projectId,
    version: 1,
    sealedMaterial,
    createdAt: 1,
  }
  return new LoadedKey(
    { key, versions: [version satisfies KeyVersionRow] },
    { row, keys: { sealer } as ProjectKeys },
  )
}

test('material stays open while the key is in the cache, and is wiped when it leaves', async () => {
  const key = loadedKey(new Uint8Array(32).fill(7))
  const material = materialOf(key, 1)
  await turn()
  assert.equal(materialOf(key, 1), material)
  assert.ok(!material.isWiped)
  key.wipe()
  assert.ok(material.isWiped)
})

test('material that a call opens after that lasts for its turn and is then wiped, each time', async () => {
  const key = loadedKey(new Uint8Array(32).fill(7))
  key.wipe()
  for (let call = 0; call < 3; call++) {
    const material = materialOf(key, 1)
    assert.equal(
      material.use((bytes) => bytes.toHex()),
      '07'.repeat(32),
    )
    await turn()
    assert.ok(material.isWiped)
  }
})
