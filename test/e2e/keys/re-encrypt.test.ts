/**
 * re-encrypt over HTTP: from every kind of key to every other, in both forms; what is refused; what
 * the records of both keys say.
 *
 * @also two-threads, postgresql
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { AdminClient } from '../admin-client.ts'
import type { Body, HuaweiClient } from '../client.ts'
import { accepted, refused } from '../expect.ts'
import { TestServer } from '../server.ts'
import { until } from '../until.ts'

const unknown = '00000000-0000-4000-8000-000000000000'
const oaep = 'RSAES_OAEP_SHA_256'

describe('re-encrypt', () => {
  let server: TestServer
  let client: HuaweiClient
  const keys = {
    from: '',
    to: '',
    imported: '',
    pair: '',
    signing: '',
    mac: '',
    disabled: '',
    ending: '',
    empty: '',
  }

  before(async () => {
    server = await TestServer.start()
    client = server.client()
    const made = await Promise.all(
      [
        {},
        {},
        { origin: 'external' },
        { key_spec: 'RSA_2048', key_usage: 'ENCRYPT_DECRYPT' },
        { key_spec: 'RSA_2048' },
        { key_spec: 'HMAC_256' },
        {},
        {},
        { origin: 'external' },
      ].map((fields) => client.createKey(fields)),
    )
    Object.keys(keys).forEach((name, i) => {
      keys[name as keyof typeof keys] = made[i] as string
    })
    accepted(await client.import(keys.imported, randomBytes(32)))
  })
  after(async () => {
    client.close()
    await server[Symbol.asyncDispose]()
  })

  const move = (fields: object) =>
    client.call('re-encrypt', { destination_key_id: keys.to, ...fields })
  const moved = async (fields: object) => {
    const answer = await move(fields)
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    return answer.body
  }
  const dataKey = (fields: object = {}) =>
    client.ok('create-datakey', { key_id: keys.from, ...fields })
  const openDataKey = (key_id: string, cipher_text: string, fields: object = {}) =>
    client.call('decrypt-datakey', { key_id, cipher_text, datakey_cipher_length: 32, ...fields })

  test('data is moved to another key: the answer names both, the new key opens it, the old one does not', async () => {
    const cipher_text = await client.encrypt(keys.from, 'päper ☂')
    const answer = await moved({ cipher_text })
    const { cipher_text: fresh, ...named } = answer
    assert.deepEqual(named, {
      key_id: keys.to,
      source_key_id: keys.from,
      source_encryption_algorithm: 'SYMMETRIC_DEFAULT',
      destination_encryption_algorithm: 'SYMMETRIC_DEFAULT',
    })
    assert.equal(await client.decrypt(fresh), 'päper ☂')
    refused(
      await client.call('decrypt-data', { cipher_text: fresh, key_id: keys.from }),
      400,
      'KMS.2201',
    )
    assert.equal(
      await client.decrypt(cipher_text),
      'päper ☂',
      'the old ciphertext stays what it was',
    )
  })

  test('contexts: the one that it was sealed with opens it, the new one binds the result', async () => {
    const cipher_text = await client.encrypt(keys.from, 'x', {
      additional_authenticated_data: 'old',
    })
    refused(await move({ cipher_text }), 400, 'KMS.2201')
    refused(
      await move({ cipher_text, source_additional_authenticated_data: 'other' }),
      400,
      'KMS.2201',
    )
    const bound = {
      source_additional_authenticated_data: 'old',
      destination_additional_authenticated_data: 'new',
    }
    const fresh = (await moved({ cipher_text, source_key_id: keys.from, ...bound })).cipher_text
    refused(await client.call('decrypt-data', { cipher_text: fresh }), 400, 'KMS.2201')
    assert.equal(await client.decrypt(fresh, { additional_authenticated_data: 'new' }), 'x')
    const free = (await moved({ cipher_text, source_additional_authenticated_data: 'old' }))
      .cipher_text
    assert.equal(await client.decrypt(free), 'x', 'a context is not carried over')
  })

  test('under the same key: the version that encrypts now, or another context', async () => {
    const cipher_text = await client.encrypt(keys.to, 'x')
    await client.ok('rotate-on-demand', { key_id: keys.to })
    const fresh = (await moved({ cipher_text })).cipher_text
    const version = (text: string) => Buffer.from(text, 'base64').readUInt32BE(19)
    assert.deepEqual([version(cipher_text), version(fresh)], [1, 2])
    assert.equal(await client.decrypt(fresh), 'x')
  })

  test('a data key stays a data key: in hexadecimal, for decrypt-datakey alone', async () => {
    const { cipher_text, plain_text } = await dataKey({ additional_authenticated_data: 'a' })
    const bound = {
      source_additional_authenticated_data: 'a',
      destination_additional_authenticated_data: 'b',
    }
    for (const datakey_cipher_length of [undefined, 32, '32', '16']) {
      const fresh = (await moved({ cipher_text, datakey_cipher_length, ...bound })).cipher_text
      assert.match(fresh, /^[0-9a-f]+$/)
      const back = await openDataKey(keys.to, fresh, { additional_authenticated_data: 'b' })
      assert.equal(back.body.data_key, plain_text)
      refused(await openDataKey(keys.to, fresh), 400, 'KMS.2201')
      const asData = Buffer.from(fresh, 'hex').toString('base64')
      refused(
        await client.call('decrypt-data', {
          cipher_text: asData,
          additional_authenticated_data: 'b',
        }),
        400,
        'KMS.2201',
      )
    }
  })

  test('the private key of a data key pair stays one: in base64, between symmetric keys alone, bound to its context', async () => {
    const bound = {
      source_additional_authenticated_data: 'a',
      destination_additional_authenticated_data: 'b',
    }
    // That of RSA_4096 is longer than what RSA_2048 could encrypt.
    for (const [operation, key_spec] of [
      ['create-ec-datakey-pair', 'ECC_NIST_P256'],
      ['create-rsa-datakey-pair', 'RSA_4096'],
    ] as const) {
      const pair = await client.ok(operation, {
        key_id: keys.from,
        key_spec,
        additional_authenticated_data: 'a',
      })
      const cipher_text = pair.private_key_cipher_text
      const purposeOf = (text: string) => Buffer.from(text, 'base64')[2]
      refused(await move({ cipher_text }), 400, 'KMS.2201')
      refused(await move({ cipher_text, ...bound, datakey_cipher_length: 32 }), 400, 'KMS.0308')
      const fresh = (await moved({ cipher_text, ...bound })).cipher_text
      assert.deepEqual([purposeOf(cipher_text), purposeOf(fresh)], [3, 3])
      const opened = await client.ok('decrypt-data', {
        cipher_text: fresh,
        additional_authenticated_data: 'b',
        key_id: keys.to,
      })
      assert.equal(opened.plain_text_base64, pair.private_key_plain_text)
      const toPair = { destination_key_id: keys.pair, destination_encryption_algorithm: oaep }
      refused(
        await move({ cipher_text, source_additional_authenticated_data: 'a', ...toPair }),
        400,
        'KMS.0325',
      )
    }
  })

  test('to imported keys and back', async () => {
    const there = await moved({
      cipher_text: await client.encrypt(keys.from, 'x'),
      destination_key_id: keys.imported,
    })
    assert.equal(
      await client.decrypt((await moved({ cipher_text: there.cipher_text })).cipher_text),
      'x',
    )
    const { cipher_text, plain_text } = await dataKey()
    const away = await moved({ cipher_text, destination_key_id: keys.imported })
    const home = await moved({ cipher_text: away.cipher_text })
    assert.equal((await openDataKey(keys.to, home.cipher_text)).body.data_key, plain_text)
  })

  test('to a key pair, from it to itself, and back', async () => {
    const toPair = { destination_key_id: keys.pair, destination_encryption_algorithm: oaep }
    const fromPair = { source_key_id: keys.pair, source_encryption_algorithm: oaep }
    const there = await moved({ cipher_text: await client.encrypt(keys.from, 'x'), ...toPair })
    assert.equal(there.destination_encryption_algorithm, oaep)
    assert.equal(
      await client.decrypt(there.cipher_text, { key_id: keys.pair, encryption_algorithm: oaep }),
      'x',
    )
    const again = await moved({ cipher_text: there.cipher_text, ...fromPair, ...toPair })
    assert.equal(
      await client.decrypt(
        (await moved({ cipher_text: again.cipher_text, ...fromPair })).cipher_text,
      ),
      'x',
    )
  })

  type Row = readonly [what: string, fields: () => Promise<object>, status: number, code: string]
  const data = async (fields: object = {}) => ({
    cipher_text: await client.encrypt(keys.from, 'x'),
    ...fields,
  })
  const sealed = async (fields: object = {}) => ({
    cipher_text: (await dataKey()).cipher_text,
    ...fields,
  })
  const damaged = (text: string, form: 'base64' | 'hex', at: number) => {
    const bytes = Buffer.from(text, form)
    bytes[at] = (bytes[at] as number) ^ 1
    return bytes.toString(form)
  }
  const rows: readonly Row[] = [
    ['no ciphertext', async () => ({}), 400, 'KMS.0204'],
    ['no destination', () => data({ destination_key_id: undefined }), 400, 'KMS.0204'],
    ['a destination that is not an ID', () => data({ destination_key_id: 'x' }), 400, 'KMS.0205'],
    ['a source that is not an ID', () => data({ source_key_id: 'x' }), 400, 'KMS.0205'],
    ['a destination that is unknown', () => data({ destination_key_id: unknown }), 404, 'KMS.0207'],
    [
      "a source that is not the ciphertext's",
      () => data({ source_key_id: keys.imported }),
      400,
      'KMS.2201',
    ],
    ['a source that is unknown', () => data({ source_key_id: unknown }), 400, 'KMS.2201'],
    [
      'a pair as source that is unknown',
      () => data({ source_key_id: unknown, source_encryption_algorithm: oaep }),
      404,
      'KMS.0207',
    ],
    [
      'a pair as source that is not named',
      () => data({ source_encryption_algorithm: oaep }),
      400,
      'KMS.0204',
    ],
    ['a ciphertext of nothing', () => data({ cipher_text: '' }), 400, 'KMS.2201'],
    ['what is neither hexadecimal nor base64', () => data({ cipher_text: '!' }), 400, 'KMS.2201'],
    [
      'a ciphertext that was changed',
      async () => ({ cipher_text: damaged((await data()).cipher_text, 'base64', 90) }),
      400,
      'KMS.2201',
    ],
    [
      'a ciphertext that names another key',
      async () => ({ cipher_text: damaged((await data()).cipher_text, 'base64', 3) }),
      400,
      'KMS.2201',
    ],
    [
      'a data key that was changed',
      async () => ({ cipher_text: damaged((await sealed()).cipher_text, 'hex', 90) }),
      400,
      'KMS.2201',
    ],
    [
      'a data key that names another key',
      async () => ({ cipher_text: damaged((await sealed()).cipher_text, 'hex', 3) }),
      400,
      'KMS.2201',
    ],
    [
      'data as if it were a data key',
      async () => ({
        cipher_text: Buffer.from((await data()).cipher_text, 'base64').toString('hex'),
      }),
      400,
      'KMS.2201',
    ],
    [
      'a data key as if it were data',
      async () => ({
        cipher_text: Buffer.from((await sealed()).cipher_text, 'hex').toString('base64'),
      }),
      400,
      'KMS.2201',
    ],
    ['a data key of no length', () => sealed({ datakey_cipher_length: 0 }), 400, 'KMS.2202'],
    [
      'a data key of a length in words',
      () => sealed({ datakey_cipher_length: 'long' }),
      400,
      'KMS.2202',
    ],
    ['a length for data', () => data({ datakey_cipher_length: 1 }), 400, 'KMS.0308'],
    [
      'a data key to a key pair',
      () => sealed({ destination_key_id: keys.pair, destination_encryption_algorithm: oaep }),
      400,
      'KMS.0325',
    ],
    [
      'a data key with an algorithm of key pairs',
      () => sealed({ source_encryption_algorithm: oaep }),
      400,
      'KMS.2105',
    ],
    [
      'a source with an algorithm of key pairs',
      () => data({ source_key_id: keys.from, source_encryption_algorithm: oaep }),
      400,
      'KMS.2105',
    ],
    [
      'a destination with an algorithm of key pairs',
      () => data({ destination_encryption_algorithm: oaep }),
      400,
      'KMS.2105',
    ],
    [
      'to a key pair for signing',
      () => data({ destination_key_id: keys.signing, destination_encryption_algorithm: oaep }),
      400,
      'KMS.0335',
    ],
    [
      'to a key pair with an algorithm of symmetric keys',
      () => data({ destination_key_id: keys.pair }),
      400,
      'KMS.2106',
    ],
    ['to an HMAC key', () => data({ destination_key_id: keys.mac }), 400, 'KMS.0341'],
    ['a data key to an HMAC key', () => sealed({ destination_key_id: keys.mac }), 400, 'KMS.0341'],
    ['to a key without material', () => data({ destination_key_id: keys.empty }), 400, 'KMS.1301'],
    [
      'a context for a key pair',
      () =>
        data({
          destination_key_id: keys.pair,
          destination_encryption_algorithm: oaep,
          destination_additional_authenticated_data: 'a',
        }),
      400,
      'KMS.0208',
    ],
    [
      'more than a key pair encrypts',
      async () => ({
        cipher_text: await client.encrypt(keys.from, 'x'.repeat(191)),
        destination_key_id: keys.pair,
        destination_encryption_algorithm: oaep,
      }),
      400,
      'KMS.2108',
    ],
  ]
  for (const [what, fields, status, code] of rows)
    test(`${what}: ${status} ${code}`, async () => {
      refused(await move(await fields()), status, code)
    })

  test('both keys must be usable', async () => {
    const states = [
      [keys.disabled, 'disable-key', {}, 'KMS.0209'],
      [keys.ending, 'schedule-key-deletion', { pending_days: 7 }, 'KMS.0210'],
    ] as const
    for (const [key, operation, fields, code] of states) {
      const cipher_text = await client.encrypt(key, 'x')
      const sealedKey = (await client.ok('create-datakey', { key_id: key })).cipher_text
      const back = await client.encrypt(keys.from, 'x')
      await moved({ cipher_text })
      await moved({ cipher_text: back, destination_key_id: key })
      await client.ok(operation, { key_id: key, ...fields })
      refused(await move({ cipher_text }), 400, code)
      refused(await move({ cipher_text: sealedKey }), 400, code)
      refused(await move({ cipher_text: back, destination_key_id: key }), 400, code)
      refused(await move({ ...(await sealed()), destination_key_id: key }), 400, code)
    }
  })

  test('one record names both keys, and both were used', async () => {
    const [from, to] = [await client.createKey(), await client.createKey()]
    const cipher_text = await client.encrypt(from, 'x')
    await client.ok('re-encrypt', { cipher_text, destination_key_id: to })
    await client.ok('disable-key', { key_id: from })
    refused(
      await client.call('re-encrypt', { cipher_text, destination_key_id: to }),
      400,
      'KMS.0209',
    )
    const admin = new AdminClient(server.url)
    await admin.enter(client.credentials)
    for (const id of [from, to]) {
      const { records } = await admin.ok('GET', `/audit?key_id=${id}&operation=re-encrypt`)
      assert.deepEqual(
        records.map(({ key_id, outcome, detail, material_version }: Body) => ({
          key_id,
          outcome,
          detail,
          material_version,
        })),
        [
          {
            key_id: to,
            outcome: 'key-disabled',
            detail: `source key ${from} at revision 2`,
            material_version: null,
          },
          {
            key_id: to,
            outcome: 'ok',
            detail: `source key ${from} at revision 1, version 1`,
            material_version: 1,
          },
        ],
      )
    }
    const used = async (id: string): Promise<boolean> =>
      (await admin.ok('GET', `/keys/${id}`)).last_operation === 're-encrypt'
    await until(async () => (await used(from)) && (await used(to)), 20_000)
    admin.close()
  })

  test('while both keys are disabled and enabled, what succeeds is correct, and nothing succeeds once a disable is answered', async () => {
    const cipher_text = await client.encrypt(keys.from, 'x')
    for (const key of [keys.from, keys.to]) {
      for (let round = 0; round < 10; round++) {
        const running = Array.from({ length: 8 }, () => move({ cipher_text }))
        await client.ok('disable-key', { key_id: key })
        refused(await move({ cipher_text }), 400, 'KMS.0209')
        await Promise.all(running)
        await client.ok('enable-key', { key_id: key })
      }
      await moved({ cipher_text })
    }
  })

  test('from the instant at which the material of either expires, nothing is re-encrypted', async () => {
    const expiring = await client.createKey({ origin: 'external' })
    const expiresAt = Math.ceil(Date.now() / 1000) + 2
    accepted(await client.import(expiring, randomBytes(32), { expiration_time: expiresAt }))
    const cipher_text = await client.encrypt(expiring, 'x')
    const back = await client.encrypt(keys.from, 'x')
    await moved({ cipher_text })
    await moved({ cipher_text: back, destination_key_id: expiring })
    await until(() => Date.now() >= expiresAt * 1000, 5000)
    refused(await move({ cipher_text }), 400, 'KMS.1301')
    refused(await move({ cipher_text: back, destination_key_id: expiring }), 400, 'KMS.1301')
  })
})
