/**
 * Data keys and random bytes over HTTP: every length and form.
 *
 * @also two-threads, postgresql
 */
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { HuaweiClient } from '../client.ts'
import { refused } from '../expect.ts'
import { TestServer } from '../server.ts'

describe('data keys', () => {
  let server: TestServer
  let client: HuaweiClient
  let id: string

  before(async () => {
    server = await TestServer.start()
    client = server.client()
    id = await client.createKey()
  })
  after(async () => {
    client.close()
    await server[Symbol.asyncDispose]()
  })

  const call = (operation: string, fields: object) =>
    client.call(operation, { key_id: id, ...fields })
  const ok = (operation: string, fields: object) => client.ok(operation, { key_id: id, ...fields })
  const withDigest = (dataKey: Buffer, digest = 'sha256'): string =>
    Buffer.concat([dataKey, createHash(digest).update(dataKey).digest()]).toString('hex')

  test('every length from 8 to 8192 bits comes back as it was made', async () => {
    for (const bits of [8, 16, 128, 256, 512, 1024, 4096, 8184, 8192]) {
      for (const datakey_length of [bits, String(bits)]) {
        const made = await ok('create-datakey', { datakey_length })
        assert.deepEqual(Object.keys(made).sort(), ['cipher_text', 'key_id', 'plain_text'])
        assert.match(made.plain_text, /^[0-9a-f]+$/)
        assert.equal(made.plain_text.length, bits / 4)
        const back = await ok('decrypt-datakey', {
          cipher_text: made.cipher_text,
          datakey_cipher_length: String(bits / 8),
        })
        assert.equal(back.data_key, made.plain_text)
        assert.equal(back.datakey_length, String(bits / 8))
        assert.equal(
          back.datakey_dgst,
          createHash('sha256').update(Buffer.from(made.plain_text, 'hex')).digest('hex'),
        )
      }
    }
  })

  test('specs in place of a length; the length counts where both are given; 256 bits where neither is', async () => {
    const bits = async (fields: object): Promise<number> =>
      (await ok('create-datakey', fields)).plain_text.length * 4
    assert.equal(await bits({}), 256)
    assert.equal(await bits({ key_spec: 'AES_128' }), 128)
    assert.equal(await bits({ key_spec: 'AES_256' }), 256)
    assert.equal(await bits({ key_spec: 'AES_128', datakey_length: '512' }), 512)
  })

  test('without plaintext: the answer has none, and the key opens all the same', async () => {
    const made = await ok('create-datakey-without-plaintext', { key_spec: 'AES_128' })
    assert.deepEqual(Object.keys(made).sort(), ['cipher_text', 'key_id'])
    const { data_key } = await ok('decrypt-datakey', {
      cipher_text: made.cipher_text,
      datakey_cipher_length: 16,
    })
    assert.equal(data_key.length, 32)
  })

  test("a data key of the caller's own goes in with its digest and comes back", async () => {
    for (const size of [1, 16, 32, 64, 1024]) {
      const dataKey = randomBytes(size)
      for (const plain_text of [withDigest(dataKey), withDigest(dataKey).toUpperCase()]) {
        const sealed = await ok('encrypt-datakey', {
          plain_text,
          datakey_plain_length: String(size),
        })
        assert.equal(sealed.datakey_length, String(size))
        const back = await ok('decrypt-datakey', {
          cipher_text: sealed.cipher_text,
          datakey_cipher_length: size,
        })
        assert.equal(back.data_key, dataKey.toString('hex'))
      }
    }
  })

  test('two data keys are never the same, nor are two ciphertexts of one', async () => {
    const made = await Promise.all(Array.from({ length: 200 }, () => ok('create-datakey', {})))
    assert.equal(new Set(made.map(({ plain_text }) => plain_text)).size, 200)
    const plain_text = withDigest(randomBytes(32))
    const sealed = await Promise.all(
      Array.from({ length: 50 }, () =>
        ok('encrypt-datakey', { plain_text, datakey_plain_length: 32 }),
      ),
    )
    assert.equal(new Set(sealed.map(({ cipher_text }) => cipher_text)).size, 50)
  })

  test('a context binds a data key', async () => {
    const context = { additional_authenticated_data: 'orders' }
    const { cipher_text, plain_text } = await ok('create-datakey', context)
    const open = (fields: object) =>
      call('decrypt-datakey', { cipher_text, datakey_cipher_length: 32, ...fields })
    refused(await open({}), 400, 'KMS.2201')
    refused(await open({ additional_authenticated_data: 'invoices' }), 400, 'KMS.2201')
    assert.equal((await open(context)).body.data_key, plain_text)
  })

  test('data keys and data are sealed for their own operation only', async () => {
    const { cipher_text } = await ok('create-datakey', {})
    const asData = Buffer.from(cipher_text, 'hex').toString('base64')
    refused(await client.call('decrypt-data', { cipher_text: asData }), 400, 'KMS.2201')
    const data = Buffer.from(await client.encrypt(id, 'x'.repeat(32)), 'base64').toString('hex')
    refused(
      await call('decrypt-datakey', { cipher_text: data, datakey_cipher_length: 32 }),
      400,
      'KMS.2201',
    )
  })

  for (const key_spec of ['AES_256', 'SM4'])
    test(`${key_spec}: a data key of one key is opened by no other, and by every version of its own`, async () => {
      const [key_id, other] = [
        await client.createKey({ key_spec }),
        await client.createKey({ key_spec }),
      ]
      const { cipher_text, plain_text } = await ok('create-datakey', { key_id })
      refused(
        await call('decrypt-datakey', { key_id: other, cipher_text, datakey_cipher_length: 32 }),
        400,
        'KMS.2201',
      )
      await ok('rotate-on-demand', { key_id })
      assert.equal(
        (await ok('decrypt-datakey', { key_id, cipher_text, datakey_cipher_length: 32 })).data_key,
        plain_text,
      )
    })

  test('data keys survive restart and kill', async () => {
    const { cipher_text, plain_text } = await ok('create-datakey', {})
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      client.close()
      await server.signal(signal)
      server = await TestServer.start({ data: server.data })
      client = server.client()
      assert.equal(
        (await ok('decrypt-datakey', { cipher_text, datakey_cipher_length: 32 })).data_key,
        plain_text,
      )
    }
  })

  const hex = 'ab'.repeat(32)
  const good = withDigest(Buffer.alloc(32, 7))
  const bad: readonly (readonly [what: string, operation: string, fields: object, code: string])[] =
    [
      ['no bits', 'create-datakey', { datakey_length: '0' }, 'KMS.1901'],
      ['7 bits', 'create-datakey', { datakey_length: '7' }, 'KMS.1901'],
      ['8200 bits', 'create-datakey', { datakey_length: 8200 }, 'KMS.1901'],
      ['12 bits', 'create-datakey', { datakey_length: '12' }, 'KMS.1903'],
      ['a length that is not a number', 'create-datakey', { datakey_length: 'many' }, 'KMS.1901'],
      ['an unknown spec', 'create-datakey', { key_spec: 'DES' }, 'KMS.1902'],
      ['a PIN', 'create-datakey', { pin: '1234' }, 'KMS.0308'],
      [
        '12 bits without plaintext',
        'create-datakey-without-plaintext',
        { datakey_length: '12' },
        'KMS.1903',
      ],
      [
        'a wrong digest',
        'encrypt-datakey',
        { plain_text: hex.repeat(2), datakey_plain_length: 32 },
        'KMS.2103',
      ],
      [
        'a plaintext of another length',
        'encrypt-datakey',
        { plain_text: good, datakey_plain_length: 31 },
        'KMS.2104',
      ],
      ['no digest', 'encrypt-datakey', { plain_text: hex, datakey_plain_length: 32 }, 'KMS.2104'],
      [
        'a plaintext that is not hexadecimal',
        'encrypt-datakey',
        { plain_text: `${good.slice(1)}x`, datakey_plain_length: 32 },
        'KMS.2101',
      ],
      [
        'half a byte',
        'encrypt-datakey',
        { plain_text: `${good}a`, datakey_plain_length: 32 },
        'KMS.2101',
      ],
      [
        'a plaintext of 0 bytes',
        'encrypt-datakey',
        { plain_text: good, datakey_plain_length: '0' },
        'KMS.2102',
      ],
      [
        'a plaintext of 1025 bytes',
        'encrypt-datakey',
        { plain_text: good, datakey_plain_length: '1025' },
        'KMS.2102',
      ],
      [
        'a data key of another kind',
        'encrypt-datakey',
        { plain_text: good, datakey_plain_length: 32, key_spec: 'RSA' },
        'KMS.0308',
      ],
      ['no length', 'encrypt-datakey', { plain_text: good }, 'KMS.0204'],
      [
        'a ciphertext that is not hexadecimal',
        'decrypt-datakey',
        { cipher_text: 'zz', datakey_cipher_length: 32 },
        'KMS.2201',
      ],
      [
        'an invalid ciphertext',
        'decrypt-datakey',
        { cipher_text: hex, datakey_cipher_length: 32 },
        'KMS.2201',
      ],
      [
        'a ciphertext of 0 bytes',
        'decrypt-datakey',
        { cipher_text: hex, datakey_cipher_length: 0 },
        'KMS.2202',
      ],
      ['random bits without a length', 'gen-random', {}, 'KMS.0204'],
      ['8200 random bits', 'gen-random', { random_data_length: '8200' }, 'KMS.1801'],
      ['12 random bits', 'gen-random', { random_data_length: '12' }, 'KMS.1802'],
    ]
  for (const [what, operation, fields, code] of bad) {
    test(`${operation} with ${what}: ${code}`, async () => {
      refused(
        operation === 'gen-random'
          ? await client.call(operation, fields)
          : await call(operation, fields),
        400,
        code,
      )
    })
  }

  test('datakey_cipher_length is checked and has no effect: the encryption SDK for Java sends 32 for every data key', async () => {
    const { cipher_text, plain_text } = await ok('create-datakey', { datakey_length: 128 })
    for (const datakey_cipher_length of ['32', 16, 1, '1024']) {
      const opened = await ok('decrypt-datakey', { cipher_text, datakey_cipher_length })
      assert.deepEqual([opened.data_key, opened.datakey_length], [plain_text, '16'])
    }
    for (const datakey_cipher_length of [0, '1025', 'all'])
      refused(
        await call('decrypt-datakey', { cipher_text, datakey_cipher_length }),
        400,
        'KMS.2202',
      )
  })

  for (const [key_spec, digest, other] of [
    ['AES_256', 'sha256', 'sm3'],
    ['SM4', 'sm3', 'sha256'],
  ] as const)
    test(`${key_spec}: a data key is sealed with its ${digest}, returned with its SHA-256; its ${other} is refused`, async () => {
      const key_id = await client.createKey({ key_spec })
      for (const size of [1, 16, 32, 1024]) {
        const dataKey = randomBytes(size)
        const fields = { key_id, datakey_plain_length: String(size) }
        const { cipher_text } = await ok('encrypt-datakey', {
          ...fields,
          plain_text: withDigest(dataKey, digest),
        })
        const back = await ok('decrypt-datakey', {
          key_id,
          cipher_text,
          datakey_cipher_length: '32',
        })
        const expected = [
          dataKey.toString('hex'),
          createHash('sha256').update(dataKey).digest('hex'),
        ]
        assert.deepEqual([back.data_key, back.datakey_dgst], expected)
        refused(
          await call('encrypt-datakey', { ...fields, plain_text: withDigest(dataKey, other) }),
          400,
          'KMS.2103',
        )
      }
    })

  test('an asymmetric key has no data keys of this kind, and a disabled one has none at all', async () => {
    const pair = await client.createKey({ key_spec: 'RSA_2048', key_usage: 'ENCRYPT_DECRYPT' })
    refused(await call('create-datakey', { key_id: pair }), 400, 'KMS.0325')
    const disabled = await client.createKey()
    await client.ok('disable-key', { key_id: disabled })
    refused(await call('create-datakey', { key_id: disabled }), 400, 'KMS.0209')
  })

  test('random bytes: as many as asked for, never twice the same', async () => {
    for (const bits of [8, 512, 8192]) {
      const { random_data } = await client.ok('gen-random', { random_data_length: String(bits) })
      assert.match(random_data, /^[0-9a-f]+$/)
      assert.equal(random_data.length, bits / 4)
    }
    const drawn = await Promise.all(
      Array.from({ length: 100 }, () => client.ok('gen-random', { random_data_length: '256' })),
    )
    assert.equal(new Set(drawn.map(({ random_data }) => random_data)).size, 100)
  })
})
