/** Tokens of an import: each is for one key and one purpose, and a key has few. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import * as drills from '../../src/engine/material/drill.ts'
import * as importing from '../../src/engine/material/import.ts'
import { wrap } from '../e2e/client.ts'
import { EngineInProcess } from '../fakes/engine.ts'
import { materialFor, Owner } from './owner.ts'

let owner: Owner
before(async () => {
  owner = new Owner(await EngineInProcess.start(1_800_000_000_000))
})
after(() => owner.engine.close())

const wrappingAlgorithm = 'RSAES_OAEP_SHA_256'
const refused = { code: 'import-token-invalid' }

test('a token for a drill imports nothing, and one for an import drills nothing', async () => {
  const material = materialFor('AES_256')
  const key = await owner.create('external')
  await owner.import(key, material)
  const drill = await owner.engine.run(drills.getDrillParameters, { key, wrappingAlgorithm })
  await owner.on(key, importing.deleteImportedKeyMaterial)
  const sent = {
    key,
    token: drill.token,
    wrappedMaterial: Buffer.from(
      wrap(Buffer.from(drill.publicKey).toString('base64'), material),
      'base64',
    ),
    wrappedPrivateKey: undefined,
    expiresAt: null,
  }
  await assert.rejects(owner.engine.run(importing.importKeyMaterial, sent), refused)
  await owner.import(key, material)
  const { token } = await owner.engine.run(importing.getImportOrRenewalParameters, {
    key,
    wrappingAlgorithm,
  })
  await assert.rejects(owner.engine.run(drills.drillBackup, { ...sent, token }), refused)
})

test('of two tokens that are made at once, one is decided again: it counts the other', async () => {
  const key = await owner.create('external')
  const input = { key, wrappingAlgorithm } as const
  const [first, second] = [
    await owner.engine.decide(importing.getImportParameters, input),
    await owner.engine.decide(importing.getImportParameters, input),
  ]
  assert.equal(await owner.engine.submit(first.submission), 'recorded')
  assert.equal(await owner.engine.submit(second.submission), 'stale')
})
