/**
 * The rules of the domain once more over HTTP, signed by a real signer, with two request threads;
 * test/rules has all their cases.
 *
 * @also postgresql
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { hooksModule, moveClock } from '../../fakes/hooks.ts'
import { type HuaweiClient, wrap } from '../client.ts'
import { accepted, refused } from '../expect.ts'
import { newFolder, TestServer } from '../server.ts'
import { until } from '../until.ts'

const day = 86_400_000

for (const [spec, materialBytes, workers] of [['AES_256', 32, 2]] as const) {
  describe(`keys of ${spec}, ${workers} request thread(s)`, () => {
    const data = newFolder()
    const clockFile = join(data, 'clock')
    let moved = 0
    let server: TestServer
    let client: HuaweiClient

    /** Lets time pass for the server: both of its clocks agree that it did. */
    const pass = (ms: number): void => {
      moved += ms
      moveClock(clockFile, { wallMs: moved, monotonicMs: moved })
    }
    const now = (): number => Date.now() + moved
    /** Requests must carry the server's time. */
    const made = (fields: object = {}): Promise<string> =>
      client.createKey({ key_spec: spec, ...fields })
    const external = (fields: object = {}): Promise<string> =>
      made({ origin: 'external', ...fields })
    const fresh = (): Buffer => randomBytes(materialBytes)

    before(async () => {
      server = await TestServer.start({
        data,
        flags: ['--workers', String(workers)],
        hooks: { module: hooksModule, data: { clockFile } },
      })
      client = server.client()
      client.clock = now
    })
    after(async () => {
      client.close()
      await server[Symbol.asyncDispose]()
    })

    test('R1: a key shows its ID, alias, description, status and creation date', async () => {
      const alias = `alias-${spec}-${workers}`
      const id = await made({ key_alias: alias, key_description: 'for orders' })
      const key = await client.describe(id)
      assert.equal(key.key_id, id)
      assert.equal(key.key_alias, alias)
      assert.equal(key.key_description, 'for orders')
      assert.equal(key.key_state, '2')
      assert.ok(Math.abs(Number(key.creation_date) - now()) < 10_000)
    })

    test('R2: a key made here encrypts and decrypts as soon as it is created', async () => {
      const id = await made()
      assert.equal(await client.decrypt(await client.encrypt(id, 'at once')), 'at once')
    })

    test('R3: a key created empty is pending import and takes an import; then it is enabled', async () => {
      const id = await external()
      assert.equal((await client.describe(id)).key_state, '5')
      refused(await client.call('encrypt-data', { key_id: id, plain_text: 'x' }), 400, 'KMS.1301')
      accepted(await client.import(id, fresh()))
      assert.equal((await client.describe(id)).key_state, '2')
    })

    test('R3: a key made here takes no import', async () => {
      const id = await made()
      refused(await client.call('get-parameters-for-import', parameters(id)), 400, 'KMS.0309')
    })

    test('R3: a key that holds its material takes no import', async () => {
      const id = await external()
      accepted(await client.import(id, fresh()))
      refused(await client.call('get-parameters-for-import', parameters(id)), 400, 'KMS.0310')
    })

    test('R4: weak material is refused with the reason, and none of it is kept', async () => {
      const id = await external()
      const answer = await client.import(id, Buffer.alloc(materialBytes, 7))
      refused(answer, 400, 'KMS.0308')
      assert.match(answer.body.error.error_msg, /repeats one byte/)
      assert.equal((await client.describe(id)).key_state, '5')
      accepted(await client.import(id, fresh()))
    })

    test('R4: what was lost comes back from the owner’s backup', async () => {
      const id = await external()
      const backup = fresh()
      accepted(await client.import(id, backup))
      const ciphertext = await client.encrypt(id, 'kept')
      accepted(await client.call('delete-imported-key-material', { key_id: id }))
      accepted(await client.import(id, backup))
      assert.equal(await client.decrypt(ciphertext), 'kept')
    })

    for (const disabled of [false, true]) {
      test(`R5: material of ${disabled ? 'a disabled' : 'an enabled'} key is deleted; the key, its names and dates stay`, async () => {
        const id = await external({ key_description: 'stays' })
        accepted(await client.import(id, fresh()))
        if (disabled) accepted(await client.call('disable-key', { key_id: id }))
        const before = await client.describe(id)
        accepted(await client.call('delete-imported-key-material', { key_id: id }))
        assert.deepEqual(await client.describe(id), { ...before, key_state: '5' })
        refused(await client.call('encrypt-data', { key_id: id, plain_text: 'x' }), 400, 'KMS.1301')
        refused(await client.call('delete-imported-key-material', { key_id: id }), 400, 'KMS.2701')
      })
    }

    test('R5: a disabled key whose material was deleted and imported again is still disabled', async () => {
      const id = await external()
      const material = fresh()
      accepted(await client.import(id, material))
      accepted(await client.call('disable-key', { key_id: id }))
      accepted(await client.call('delete-imported-key-material', { key_id: id }))
      accepted(await client.import(id, material))
      assert.equal((await client.describe(id)).key_state, '3')
      accepted(await client.call('enable-key', { key_id: id }))
      assert.equal((await client.describe(id)).key_state, '2')
    })

    test('R6: an imported key does not rotate', async () => {
      const id = await external()
      accepted(await client.import(id, fresh()))
      for (const operation of ['enable-key-rotation', 'rotate-on-demand', 'disable-key-rotation'])
        refused(await client.call(operation, { key_id: id }), 400, 'KMS.0312')
      refused(
        await client.call('update-key-rotation-interval', { key_id: id, rotation_interval: 30 }),
        400,
        'KMS.0312',
      )
      assert.equal((await client.describe(id)).key_rotation_enabled, 'false')
    })

    for (const form of ['number', 'text'] as const) {
      test(`R7: from the instant of its expiry, given as ${form}, material no longer works; it is erased and the key stays`, async () => {
        const id = await external()
        const material = fresh()
        const expiresAt = Math.floor(now() / 1000) + 3600
        accepted(
          await client.import(id, material, {
            expiration_time: form === 'text' ? String(expiresAt) : expiresAt,
          }),
        )
        const ciphertext = await client.encrypt(id, 'until then')
        assert.equal((await client.describe(id)).expiration_time, String(expiresAt * 1000))
        pass(expiresAt * 1000 - now() - 2000)
        assert.equal(await client.decrypt(ciphertext), 'until then')
        pass(2000)
        refused(await client.call('decrypt-data', { cipher_text: ciphertext }), 400, 'KMS.1301')
        refused(await client.call('encrypt-data', { key_id: id, plain_text: 'x' }), 400, 'KMS.1301')
        assert.equal((await client.describe(id)).key_state, '5')
        // Erasure takes the expiry with it: only what is erased has none.
        await until(async () => (await client.describe(id)).expiration_time === '', 10_000)
        accepted(await client.import(id, material))
        assert.equal(await client.decrypt(ciphertext), 'until then')
        assert.equal((await client.describe(id)).expiration_time, '')
      })
    }

    test('R7: a key pending deletion whose material expires stays pending deletion', async () => {
      const id = await external()
      const material = fresh()
      accepted(
        await client.import(id, material, { expiration_time: Math.floor(now() / 1000) + 60 }),
      )
      accepted(await client.call('schedule-key-deletion', { key_id: id, pending_days: '7' }))
      pass(61_000)
      await until(async () => (await client.describe(id)).expiration_time === '', 10_000)
      assert.equal((await client.describe(id)).key_state, '4')
      assert.equal((await client.ok('cancel-key-deletion', { key_id: id })).key_state, '5')
      accepted(await client.import(id, material))
      assert.equal((await client.describe(id)).key_state, '2')
    })

    test('R7: an expiry in the past is refused, and the token stays valid', async () => {
      const id = await external()
      const { import_token, public_key } = await client.ok(
        'get-parameters-for-import',
        parameters(id),
      )
      const request = {
        key_id: id,
        import_token,
        encrypted_key_material: wrap(public_key, fresh()),
      }
      refused(
        await client.call('import-key-material', {
          ...request,
          expiration_time: Math.floor(now() / 1000) - 1,
        }),
        400,
        'KMS.2602',
      )
      assert.equal((await client.describe(id)).key_state, '5')
      accepted(await client.call('import-key-material', request))
    })

    test('R9: material made here cannot be deleted', async () => {
      const id = await made()
      refused(await client.call('delete-imported-key-material', { key_id: id }), 400, 'KMS.0309')
      assert.equal((await client.describe(id)).expiration_time, '')
    })

    test('R10: other material is refused forever, the same is accepted any number of times', async () => {
      const id = await external()
      const material = fresh()
      for (let round = 0; round < 3; round++) {
        accepted(await client.import(id, material))
        accepted(await client.call('delete-imported-key-material', { key_id: id }))
        refused(await client.import(id, fresh()), 400, 'KMS.2606')
      }
      assert.equal((await client.describe(id)).key_state, '5')
    })

    test('R10: the binding survives expiry and disabling', async () => {
      const id = await external()
      const material = fresh()
      accepted(
        await client.import(id, material, { expiration_time: Math.floor(now() / 1000) + 30 }),
      )
      accepted(await client.call('disable-key', { key_id: id }))
      pass(31_000)
      refused(await client.import(id, fresh()), 400, 'KMS.2606')
      accepted(await client.import(id, material))
    })

    test('R10: an import that fails leaves nothing: the first material to succeed is the one that counts', async () => {
      const id = await external()
      refused(await client.import(id, randomBytes(materialBytes - 1)), 400, 'KMS.2604')
      refused(
        await client.import(
          id,
          Buffer.from('0123456789abcdef0123456789abcdef').subarray(0, materialBytes),
        ),
        400,
        'KMS.0308',
      )
      accepted(await client.import(id, fresh()))
    })

    test('R11: of two keys with identical material only the one that encrypted decrypts', async () => {
      const material = fresh()
      const [one, other] = [await external(), await external()]
      accepted(await client.import(one, material))
      accepted(await client.import(other, material))
      const ciphertext = await client.encrypt(one, 'mine')
      refused(
        await client.call('decrypt-data', { cipher_text: ciphertext, key_id: other }),
        400,
        'KMS.2201',
      )
      // The other key's ID written over the header of the ciphertext opens nothing either.
      const moved = Buffer.from(ciphertext, 'base64')
      Buffer.from(other.replaceAll('-', ''), 'hex').copy(moved, 3)
      refused(
        await client.call('decrypt-data', { cipher_text: moved.toString('base64') }),
        400,
        'KMS.2201',
      )
      accepted(await client.call('delete-imported-key-material', { key_id: one }))
      refused(await client.call('decrypt-data', { cipher_text: ciphertext }), 400, 'KMS.1301')
    })

    test('a key is deleted only by scheduled deletion, and then answers as one that never existed', async () => {
      const id = await made()
      const ciphertext = await client.encrypt(id, 'x')
      assert.deepEqual(
        await client.ok('schedule-key-deletion', { key_id: id, pending_days: '7' }),
        {
          key_id: id,
          key_state: '4',
        },
      )
      refused(await client.call('encrypt-data', { key_id: id, plain_text: 'x' }), 400, 'KMS.0210')
      pass(7 * day)
      const unknown = '00000000-0000-4000-8000-000000000000'
      await until(
        async () => (await client.call('describe-key', { key_id: id })).status === 404,
        10_000,
      )
      const gone = await client.call('describe-key', { key_id: id })
      const never = await client.call('describe-key', { key_id: unknown })
      assert.equal(JSON.stringify(gone.body).replaceAll(id, unknown), JSON.stringify(never.body))
      refused(gone, 404, 'KMS.0207')
      refused(await client.call('decrypt-data', { cipher_text: ciphertext }), 400, 'KMS.2201')
    })

    test('a deletion that is cancelled leaves the key disabled', async () => {
      const id = await made()
      await client.ok('schedule-key-deletion', { key_id: id, pending_days: 1096 })
      assert.deepEqual(await client.ok('cancel-key-deletion', { key_id: id }), {
        key_id: id,
        key_state: '3',
      })
      assert.deepEqual(await client.ok('enable-key', { key_id: id }), {
        key_info: { key_id: id, key_state: '2' },
      })
    })

    for (const [what, wasDisabled, comesBack] of [
      ['an enabled key', false, '2'],
      ['a disabled key', true, '3'],
    ] as const)
      test(`a deletion that is cancelled leaves ${what} without material as it was: an import gives ${comesBack}`, async () => {
        const id = await external()
        const material = fresh()
        accepted(await client.import(id, material))
        if (wasDisabled) accepted(await client.call('disable-key', { key_id: id }))
        accepted(await client.call('delete-imported-key-material', { key_id: id }))
        await client.ok('schedule-key-deletion', { key_id: id, pending_days: 7 })
        assert.deepEqual(await client.ok('cancel-key-deletion', { key_id: id }), {
          key_id: id,
          key_state: '5',
        })
        accepted(await client.import(id, material))
        assert.equal((await client.describe(id)).key_state, comesBack)
      })

    test('a deletion that is cancelled leaves a key that never held material to be enabled by its first import', async () => {
      const id = await external()
      await client.ok('schedule-key-deletion', { key_id: id, pending_days: 7 })
      assert.deepEqual(await client.ok('cancel-key-deletion', { key_id: id }), {
        key_id: id,
        key_state: '5',
      })
      accepted(await client.import(id, fresh()))
      assert.equal((await client.describe(id)).key_state, '2')
    })
  })
}

function parameters(keyId: string): object {
  return { key_id: keyId, wrapping_algorithm: 'RSAES_OAEP_SHA_256' }
}
