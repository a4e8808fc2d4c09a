/**
 * R1 to R11: what holds for every key, over every interface. The clock moves only when a test moves
 * it, so each instant is exact to the millisecond.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { KmsErrorCode } from '../../src/domain/errors.ts'
import type { KeySpecName } from '../../src/domain/keys/key-specs.ts'
import * as lifecycle from '../../src/engine/keys/lifecycle.ts'
import * as rotation from '../../src/engine/keys/rotation.ts'
import * as importing from '../../src/engine/material/import.ts'
import { EngineInProcess } from '../fakes/engine.ts'
import { materialFor, Owner } from './owner.ts'

const start = 1_800_000_000_000
const hour = 3_600_000
const day = 24 * hour

/** Specs whose material is a secret that can be deleted and can expire. */
const secretSpecs = ['AES_256', 'SM4'] as const satisfies readonly KeySpecName[]

let owner: Owner
before(async () => {
  owner = new Owner(await EngineInProcess.start(start))
})
after(() => owner.engine.close())

const now = (): number => owner.engine.clock.wallNow()
const pass = (ms: number): void => owner.engine.clock.advance(ms)
const refuses = (call: Promise<unknown>, code: KmsErrorCode): Promise<void> =>
  assert.rejects(call, { code })

/** @returns an external key that holds the material. */
async function holding(
  material: Uint8Array,
  spec: KeySpecName = 'AES_256',
  expiresAt: number | null = null,
): Promise<string> {
  const key = await owner.create('external', spec)
  await owner.import(key, material, expiresAt)
  return key
}

for (const spec of secretSpecs) {
  const fresh = (): Uint8Array => materialFor(spec)

  describe(`${spec}: rules of material`, () => {
    test('R1: a key has an ID, an alias, a description, a status and a creation date', async () => {
      const { key, state } = await owner.view(await owner.create('made-here', spec))
      assert.equal(state, 'enabled')
      assert.equal(key.createdAt, now())
      assert.ok(key.id !== '' && key.alias !== '' && key.description === '')
    })

    test('R2: made here, it works at once', async () => {
      const key = await owner.create('made-here', spec)
      assert.equal(await owner.decrypt(await owner.encrypt(key, 'at once')), 'at once')
    })

    test('R3: created empty, it works from its import on', async () => {
      const key = await owner.create('external', spec)
      await refuses(owner.encrypt(key), 'key-pending-import')
      await owner.import(key, fresh())
      assert.equal(await owner.decrypt(await owner.encrypt(key, 'now')), 'now')
    })

    test('R4: weak material is refused, and the key takes better material', async () => {
      const key = await owner.create('external', spec)
      const weak = new Uint8Array(fresh().length).fill(7)
      await refuses(owner.import(key, weak), 'material-weak')
      assert.equal(await owner.state(key), 'pending-import')
      await owner.import(key, fresh())
    })

    for (const disabled of [false, true])
      test(`R5: deleting the material of ${disabled ? 'a disabled' : 'an enabled'} key leaves everything else`, async () => {
        const material = fresh()
        const key = await holding(material, spec)
        if (disabled) await owner.on(key, lifecycle.disableKey)
        const sealed = disabled ? undefined : await owner.encrypt(key, 'kept')
        const { key: held } = await owner.view(key)
        await owner.on(key, importing.deleteImportedKeyMaterial)
        const { key: left, state } = await owner.view(key)
        assert.equal(state, 'pending-import')
        for (const column of ['id', 'alias', 'description', 'createdAt', 'disabled'] as const)
          assert.equal(left[column], held[column], column)
        await owner.import(key, material)
        assert.equal(await owner.state(key), disabled ? 'disabled' : 'enabled')
        if (sealed !== undefined) assert.equal(await owner.decrypt(sealed), 'kept')
      })

    test('R6: imported material never rotates', async () => {
      const key = await holding(fresh(), spec)
      const code = 'rotation-of-external-key'
      await refuses(owner.engine.run(rotation.enableKeyRotation, { key, days: 30 }), code)
      await refuses(owner.on(key, rotation.rotateOnDemand), code)
      await refuses(owner.on(key, rotation.disableKeyRotation), code)
      await refuses(owner.engine.run(rotation.updateRotationInterval, { key, days: 30 }), code)
    })

    test('R7: material works until the last millisecond before its expiry, and not from its instant on', async () => {
      const expiresAt = now() + hour
      const key = await holding(fresh(), spec, expiresAt)
      const sealed = await owner.encrypt(key, 'until then')
      pass(hour - 1)
      assert.equal(await owner.decrypt(sealed), 'until then')
      await refuses(owner.on(key, importing.expireKeyMaterial), 'material-not-present')
      pass(1)
      assert.equal(await owner.state(key), 'pending-import')
      await refuses(owner.decrypt(sealed), 'key-pending-import')
      await refuses(owner.encrypt(key), 'key-pending-import')
      await owner.on(key, importing.expireKeyMaterial)
      const { key: left } = await owner.view(key)
      assert.equal(left.materialVersion, null)
      assert.equal(left.materialExpiresAt, null)
    })

    test('R7: erased or not, expired material takes its own material again, with another expiry or none', async () => {
      for (const erased of [false, true]) {
        const material = fresh()
        const key = await holding(material, spec, now() + hour)
        const sealed = await owner.encrypt(key, 'back')
        pass(hour)
        if (erased) await owner.on(key, importing.expireKeyMaterial)
        await owner.import(key, material)
        assert.equal(await owner.decrypt(sealed), 'back')
        assert.equal((await owner.view(key)).key.materialExpiresAt, null)
      }
    })

    for (const [what, ms, answer] of [
      ['now', 0, 'expiry-in-past'],
      ['a millisecond ago', -1, 'expiry-in-past'],
      ['in a millisecond', 1, undefined],
    ] as const)
      test(`R7: an expiry ${what} is ${answer === undefined ? 'accepted' : 'refused'}`, async () => {
        const key = await owner.create('external', spec)
        const call = owner.import(key, fresh(), now() + ms)
        await (answer === undefined ? call : refuses(call, answer))
      })

    test('R9: material made here is never deleted by hand', async () => {
      const key = await owner.create('made-here', spec)
      await refuses(owner.on(key, importing.deleteImportedKeyMaterial), 'key-not-external')
      assert.equal(await owner.state(key), 'enabled')
    })

    test('R10: the first import binds: other material is refused forever, the same is accepted again', async () => {
      const material = fresh()
      const key = await holding(material, spec)
      for (let round = 0; round < 3; round++) {
        await owner.on(key, importing.deleteImportedKeyMaterial)
        await refuses(owner.import(key, fresh()), 'material-mismatch')
        await owner.import(key, material)
      }
    })

    test('R10: an import that fails does not bind', async () => {
      const key = await owner.create('external', spec)
      await refuses(owner.import(key, randomBytes(fresh().length - 1)), 'material-length-wrong')
      await owner.import(key, fresh())
    })

    test('R11: only the key that encrypted decrypts, even where another holds identical material', async () => {
      const material = fresh()
      const [one, other] = [await holding(material, spec), await holding(material, spec)]
      const sealed = await owner.encrypt(one, 'mine')
      await refuses(owner.decrypt(sealed, other), 'ciphertext-invalid')
      const forged = Uint8Array.from(sealed)
      forged.set(Buffer.from(other.replaceAll('-', ''), 'hex'), 3)
      await refuses(owner.decrypt(forged), 'ciphertext-invalid')
      assert.equal(await owner.decrypt(sealed), 'mine')
    })
  })
}

describe('rules of private keys', () => {
  test('R8: once imported they are permanent: no deletion by hand, no expiry', async () => {
    const material = materialFor('EC_P256')
    const key = await owner.create('external', 'EC_P256')
    await refuses(owner.import(key, material, now() + hour), 'expiry-not-allowed')
    await owner.import(key, material)
    await refuses(owner.on(key, importing.deleteImportedKeyMaterial), 'material-permanent')
    assert.equal(await owner.state(key), 'enabled')
  })

  test('R10: no two keys hold one private key', async () => {
    const material = materialFor('EC_P256')
    await owner.import(await owner.create('external', 'EC_P256'), material)
    const other = await owner.create('external', 'EC_P256')
    await refuses(owner.import(other, material), 'private-key-held')
  })
})

describe('rules of tokens', () => {
  test('a request that is sent again gets its answer again, as long as the material is there', async () => {
    const key = await owner.create('external')
    const request = await owner.request(key, materialFor('AES_256'), now() + hour)
    const send = () => owner.engine.run(importing.importKeyMaterial, request)
    await send()
    await send()
    assert.equal(await owner.state(key), 'enabled')
    // Expired and not yet erased: the key has its row, and nothing that works.
    pass(hour)
    await refuses(send(), 'import-token-invalid')
    assert.equal(await owner.state(key), 'pending-import')
  })

  test('a token is valid until the last millisecond of its time', async () => {
    for (const [late, code] of [
      [-1, undefined],
      [0, 'import-token-expired'],
    ] as const) {
      const key = await owner.create('external')
      const request = await owner.request(key, materialFor('AES_256'))
      pass(day + late)
      const call = owner.engine.run(importing.importKeyMaterial, request)
      await (code === undefined ? call : refuses(call, code))
    }
  })

  test('a token of a clock that ran ahead by more than five minutes is refused', async () => {
    for (const [ahead, code] of [
      [300_000, undefined],
      [300_001, 'import-token-expired'],
    ] as const) {
      const key = await owner.create('external')
      const request = await owner.request(key, materialFor('AES_256'))
      owner.engine.clock.jump(-ahead)
      const { outcome } = await owner.engine.decide(importing.importKeyMaterial, request)
      owner.engine.clock.jump(ahead)
      const found = 'error' in outcome ? (outcome.error as { code?: string }).code : undefined
      assert.equal(found, code)
    }
  })

  test('an import is decided until its token or its expiry ends, whichever is first', async () => {
    for (const [expiresIn, notAfter] of [
      [null, day],
      [hour, hour],
      [2 * day, day],
    ] as const) {
      const key = await owner.create('external')
      const expiresAt = expiresIn === null ? null : now() + expiresIn
      const request = await owner.request(key, materialFor('AES_256'), expiresAt)
      const { submission } = await owner.engine.decide(importing.importKeyMaterial, request)
      assert.equal(submission.notAfter, now() + notAfter)
      pass(notAfter)
      assert.equal(await owner.engine.submit(submission), 'stale')
      assert.equal(await owner.state(key), 'pending-import')
    }
  })
})
