/**
 * The rules of the domain for HMAC keys, over HTTP, signed by a real signer: made here, imported,
 * deleted and restored, after a restart.
 */
import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { hooksModule, moveClock } from '../../fakes/hooks.ts'
import { AdminClient } from '../admin-client.ts'
import type { Answer, Body, HuaweiClient } from '../client.ts'
import { accepted, refused } from '../expect.ts'
import { newFolder, TestServer } from '../server.ts'
import { until } from '../until.ts'

const specs = {
  HMAC_256: { bytes: 32, algorithm: 'HMAC_SHA_256', digest: 'sha256' },
  HMAC_384: { bytes: 48, algorithm: 'HMAC_SHA_384', digest: 'sha384' },
  HMAC_512: { bytes: 64, algorithm: 'HMAC_SHA_512', digest: 'sha512' },
  HMAC_SM3: { bytes: 32, algorithm: 'HMAC_SM3', digest: 'sm3' },
} as const
type Spec = keyof typeof specs
const names = Object.keys(specs) as Spec[]

describe('HMAC keys', () => {
  const data = newFolder()
  const clockFile = join(data, 'clock')
  let moved = 0
  let server: TestServer
  let client: HuaweiClient

  const start = async (): Promise<void> => {
    server = await TestServer.start({ data, hooks: { module: hooksModule, data: { clockFile } } })
    client = server.client()
    client.clock = () => Date.now() + moved
  }
  const pass = (ms: number): void => {
    moved += ms
    moveClock(clockFile, { wallMs: moved, monotonicMs: moved })
  }
  before(start)
  after(async () => {
    client.close()
    await server[Symbol.asyncDispose]()
  })

  const make = (spec: Spec, fields: object = {}): Promise<string> =>
    client.createKey({ key_spec: spec, ...fields })
  const external = (spec: Spec): Promise<string> => make(spec, { origin: 'external' })
  const fieldsOf = (id: string, spec: Spec, message: Uint8Array) => ({
    key_id: id,
    mac_algorithm: specs[spec].algorithm,
    message: Buffer.from(message).toString('base64'),
  })
  const macOf = async (id: string, spec: Spec, message: Uint8Array): Promise<string> =>
    (await client.ok('generate-mac', fieldsOf(id, spec, message))).mac
  const holds = async (
    id: string,
    spec: Spec,
    message: Uint8Array,
    mac: string,
  ): Promise<boolean> =>
    (await client.ok('verify-mac', { ...fieldsOf(id, spec, message), mac })).mac_valid
  const verifying = (id: string, spec: Spec): Promise<Answer> =>
    client.call('verify-mac', { ...fieldsOf(id, spec, randomBytes(8)), mac: '00' })

  for (const spec of names) {
    const { bytes, algorithm, digest } = specs[spec]

    test(`${spec}: made here, it makes MACs at once, of 1 to 4096 bytes, and verifies its own and no others`, async () => {
      const id = await make(spec)
      const key = await client.describe(id)
      assert.deepEqual(
        [key.key_state, key.key_spec, key.key_usage, key.origin],
        ['2', spec, 'GENERATE_VERIFY_MAC', 'kms'],
      )
      for (const size of [1, 100, 4096]) {
        const message = randomBytes(size)
        const answer = await client.ok('generate-mac', fieldsOf(id, spec, message))
        assert.deepEqual(Object.keys(answer).toSorted(), ['key_id', 'mac', 'mac_algorithm'])
        assert.deepEqual([answer.key_id, answer.mac_algorithm], [id, algorithm])
        assert.match(answer.mac, new RegExp(`^[0-9a-f]{${bytes * 2}}$`))
        assert.equal(await macOf(id, spec, message), answer.mac)
        const verified = await client.ok('verify-mac', {
          ...fieldsOf(id, spec, message),
          mac: answer.mac.toUpperCase(),
        })
        assert.deepEqual(verified, { key_id: id, mac_algorithm: algorithm, mac_valid: true })
        const wrong = Buffer.from(answer.mac, 'hex')
        wrong[size % bytes] = (wrong[size % bytes] ?? 0) ^ 1
        for (const other of [
          wrong.toString('hex'),
          answer.mac.slice(0, -2),
          `${answer.mac}00`,
          answer.mac.slice(0, 32),
          '',
        ])
          assert.equal(await holds(id, spec, message, other), false)
        assert.equal(
          await holds(
            id,
            spec,
            Buffer.concat([message.subarray(1), Buffer.of(message[0] ?? 0, 1)]).subarray(0, 4096),
            answer.mac,
          ),
          false,
        )
      }
    })

    test(`${spec}: imported, its MACs are those that its owner makes, and other material makes others`, async () => {
      const id = await external(spec)
      refused(await verifying(id, spec), 400, 'KMS.1301')
      const material = randomBytes(bytes)
      for (const size of [bytes - 1, bytes + 1, 16])
        refused(await client.import(id, randomBytes(size)), 400, 'KMS.2604')
      refused(await client.import(id, Buffer.alloc(bytes, 7)), 400, 'KMS.0308')
      accepted(await client.import(id, material))
      const message = randomBytes(200)
      const theirs = createHmac(digest, material).update(message).digest('hex')
      assert.equal(await macOf(id, spec, message), theirs)
      assert.equal(await holds(id, spec, message, theirs), true)
      assert.equal(
        await holds(
          id,
          spec,
          message,
          createHmac(digest, randomBytes(bytes)).update(message).digest('hex'),
        ),
        false,
      )
    })

    test(`${spec}: deleted material takes the MACs with it, and only the same brings them back`, async () => {
      const id = await external(spec)
      const material = randomBytes(bytes)
      accepted(await client.import(id, material))
      const message = randomBytes(50)
      const mac = await macOf(id, spec, message)
      accepted(await client.call('delete-imported-key-material', { key_id: id }))
      assert.equal((await client.describe(id)).key_state, '5')
      refused(await client.call('generate-mac', fieldsOf(id, spec, message)), 400, 'KMS.1301')
      refused(await client.import(id, randomBytes(bytes)), 400, 'KMS.2606')
      accepted(await client.import(id, material))
      assert.equal(await macOf(id, spec, message), mac)
      assert.equal(await holds(id, spec, message, mac), true)
    })
  }

  test('R5: the material of a disabled key is deleted and comes back; the key stays disabled', async () => {
    const id = await external('HMAC_256')
    const material = randomBytes(32)
    accepted(await client.import(id, material))
    await client.ok('disable-key', { key_id: id })
    refused(await verifying(id, 'HMAC_256'), 400, 'KMS.0209')
    accepted(await client.call('delete-imported-key-material', { key_id: id }))
    accepted(await client.import(id, material))
    assert.equal((await client.describe(id)).key_state, '3')
  })

  test('R7: from the instant of its expiry an HMAC key makes and checks nothing; the same material may come again', async () => {
    const id = await external('HMAC_512')
    const material = randomBytes(64)
    const message = randomBytes(20)
    const expiration_time = Math.floor((Date.now() + moved) / 1000) + 3600
    accepted(await client.import(id, material, { expiration_time }))
    const mac = await macOf(id, 'HMAC_512', message)
    pass(expiration_time * 1000 - (Date.now() + moved))
    for (const operation of ['generate-mac', 'verify-mac'])
      refused(
        await client.call(operation, { ...fieldsOf(id, 'HMAC_512', message), mac }),
        400,
        'KMS.1301',
      )
    await until(async () => (await client.describe(id)).expiration_time === '', 10_000)
    accepted(await client.import(id, material))
    assert.equal(await holds(id, 'HMAC_512', message, mac), true)
  })

  test('R9: an HMAC key made here never rotates, takes no import, and keeps its material', async () => {
    for (const spec of names) {
      const id = await make(spec)
      for (const operation of [
        'enable-key-rotation',
        'disable-key-rotation',
        'rotate-on-demand',
        'get-key-rotation-status',
      ])
        refused(await client.call(operation, { key_id: id }), 400, 'KMS.0341')
      refused(
        await client.call('update-key-rotation-interval', { key_id: id, rotation_interval: 30 }),
        400,
        'KMS.0341',
      )
      refused(await client.call('delete-imported-key-material', { key_id: id }), 400, 'KMS.0309')
      refused(
        await client.call('get-parameters-for-import', {
          key_id: id,
          wrapping_algorithm: 'RSAES_OAEP_SHA_256',
        }),
        400,
        'KMS.0309',
      )
    }
    const imported = await external('HMAC_256')
    accepted(await client.import(imported, randomBytes(32)))
    refused(await client.call('rotate-on-demand', { key_id: imported }), 400, 'KMS.0312')
  })

  test('R11 is about encryption: two keys may hold the same secret, and a MAC of one is then a MAC of the other', async () => {
    const material = randomBytes(32)
    const [one, other] = [await external('HMAC_256'), await external('HMAC_256')]
    accepted(await client.import(one, material))
    accepted(await client.import(other, material))
    const message = randomBytes(30)
    assert.equal(
      await holds(other, 'HMAC_256', message, await macOf(one, 'HMAC_256', message)),
      true,
    )
  })

  test('the same bytes in an HMAC key and in an AES key stay apart: neither does what the other does', async () => {
    const material = randomBytes(32)
    const [mac, aes] = [await external('HMAC_256'), await client.createKey({ origin: 'external' })]
    accepted(await client.import(mac, material))
    accepted(await client.import(aes, material))
    const cipher_text = await client.encrypt(aes, 'x')
    // The HMAC key's ID over the header: refused for its spec, before any byte is opened.
    const moved = Buffer.from(cipher_text, 'base64')
    Buffer.from(mac.replaceAll('-', ''), 'hex').copy(moved, 3)
    refused(
      await client.call('decrypt-data', { cipher_text: moved.toString('base64') }),
      400,
      'KMS.0341',
    )
    refused(await client.call('decrypt-data', { cipher_text, key_id: mac }), 400, 'KMS.2201')
    refused(
      await client.call('generate-mac', fieldsOf(aes, 'HMAC_256', randomBytes(3))),
      400,
      'KMS.0331',
    )
  })

  test('disabled or pending deletion, it does nothing; once finally deleted it is unknown', async () => {
    const id = await make('HMAC_SM3')
    await client.ok('disable-key', { key_id: id })
    refused(await verifying(id, 'HMAC_SM3'), 400, 'KMS.0209')
    await client.ok('enable-key', { key_id: id })
    await client.ok('schedule-key-deletion', { key_id: id, pending_days: '7' })
    refused(await verifying(id, 'HMAC_SM3'), 400, 'KMS.0210')
    pass(7 * 86_400_000)
    await until(
      async () => (await client.call('describe-key', { key_id: id })).status === 404,
      10_000,
    )
    refused(await verifying(id, 'HMAC_SM3'), 404, 'KMS.0207')
  })

  test('lists: only if HMAC keys are asked for', async () => {
    const id = await make('HMAC_384')
    const list = async (fields: object): Promise<string[]> =>
      (await client.ok('list-keys', { limit: '1000', ...fields })).keys
    assert.ok(!(await list({})).includes(id))
    assert.ok((await list({ key_spec: 'HMAC_384' })).includes(id))
    assert.ok((await list({ key_spec: 'ALL' })).includes(id))
  })

  test('every MAC made and checked is on record, with its key, its version and the result', async () => {
    const id = await make('HMAC_256')
    const message = randomBytes(10)
    const mac = await macOf(id, 'HMAC_256', message)
    await holds(id, 'HMAC_256', message, mac)
    await holds(id, 'HMAC_256', message, '00')
    await client.call('generate-mac', fieldsOf(id, 'HMAC_384', message))
    const admin = new AdminClient(server.url)
    await admin.enter(client.credentials)
    const { records } = await admin.ok('GET', `/keys/${id}/activity`)
    admin.close()
    const told = (records as Body[])
      .filter(({ operation }) => /-mac$/.test(operation))
      .map((one) => [one.operation, one.outcome, one.material_version, one.detail])
    assert.deepEqual(told, [
      ['generate-mac', 'mac-algorithm-unsupported', null, null],
      ['verify-mac', 'ok', 1, 'MAC not valid'],
      ['verify-mac', 'ok', 1, null],
      ['generate-mac', 'ok', 1, null],
    ])
    const text = JSON.stringify(records)
    assert.ok(!text.includes(mac) && !text.includes(message.toString('base64')))
  })

  test('after a restart the same MACs are valid', async () => {
    const kept = await Promise.all(
      names.map(async (spec) => {
        const message = randomBytes(64)
        const id = await make(spec)
        return { id, spec, message, mac: await macOf(id, spec, message) }
      }),
    )
    client.close()
    await server.stop()
    await start()
    for (const { id, spec, message, mac } of kept) {
      assert.equal(await macOf(id, spec, message), mac)
      assert.equal(await holds(id, spec, message, mac), true)
    }
  })
})
