/**
 * How material travels to an import: each wrapping algorithm, over the API that offers it, from
 * wrapping to use, and what cannot be unwrapped.
 */
import assert from 'node:assert/strict'
import {
  constants,
  createPublicKey,
  generateKeyPairSync,
  publicEncrypt,
  randomBytes,
} from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { ml_dsa87 } from '@noble/post-quantum/ml-dsa.js'
import { integer, octets, oid, sequence } from '../../crypto/der.ts'
import { derOf, encryptSm2, pointOf } from '../../crypto/sm2-encryption.ts'
import { wrapOver } from '../../crypto/wrap-over.ts'
import { AdminClient } from '../admin-client.ts'
import { type Answer, type Body, type HuaweiClient, wrap, wrapPrivateKey } from '../client.ts'
import { accepted, refused } from '../expect.ts'
import { TestServer } from '../server.ts'

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
const made = (): Buffer =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    format: 'der',
    type: 'pkcs8',
  })

/** RSAES-OAEP of a temporary key, directly followed by the material under that key. */
function inOnePart(
  publicKey: string,
  material: Uint8Array,
  temporaryKey: Uint8Array = randomBytes(32),
): string {
  const key = { key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' } as const
  const first = publicEncrypt(
    { ...key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
    temporaryKey,
  )
  return base64(
    Buffer.concat([first, Buffer.from(wrapPrivateKey(temporaryKey, material), 'base64')]),
  )
}

describe('wrapping algorithms', () => {
  let server: TestServer
  let client: HuaweiClient
  let admin: AdminClient

  before(async () => {
    server = await TestServer.start()
    client = server.client()
    admin = new AdminClient(server.url)
    await admin.enter(client.credentials)
  })
  after(async () => {
    client.close()
    admin.close()
    await server[Symbol.asyncDispose]()
  })

  const external = (fields: object = {}): Promise<string> =>
    client.createKey({ origin: 'external', ...fields })
  const parameters = (keyId: string): Promise<Body> =>
    client.ok('get-parameters-for-import', { key_id: keyId, wrapping_algorithm: 'SM2_ENCRYPT' })
  const under = ({ public_key }: Body, bytes: Uint8Array): Buffer =>
    encryptSm2(pointOf(Buffer.from(public_key, 'base64')), bytes)
  const send = (
    keyId: string,
    { import_token }: Body,
    wrapped: Uint8Array,
    fields: object = {},
  ): Promise<Answer> =>
    client.call('import-key-material', {
      key_id: keyId,
      import_token,
      encrypted_key_material: base64(wrapped),
      ...fields,
    })

  describe('SM2_ENCRYPT', () => {
    test('the wrapping key is one of SM2, a new one for each token', async () => {
      const id = await external()
      const [one, other] = [await parameters(id), await parameters(id)]
      const spki = createPublicKey({
        key: Buffer.from(one.public_key, 'base64'),
        format: 'der',
        type: 'spki',
      })
      assert.equal(spki.export({ format: 'der', type: 'spki' }).toString('base64'), one.public_key)
      assert.match(
        Buffer.from(one.public_key, 'base64').toString('hex'),
        /06082a811ccf5501822d03420004/,
      )
      assert.notEqual(one.public_key, other.public_key)
      assert.ok(one.import_token.length >= 200)
    })

    test('material in both encodings of the ciphertext; the key encrypts', async () => {
      for (const form of [derOf, (bytes: Buffer) => bytes]) {
        const [id, material] = [await external(), randomBytes(32)]
        const given = await parameters(id)
        accepted(await send(id, given, form(under(given, material))))
        assert.equal(await client.decrypt(await client.encrypt(id, 'text')), 'text')
        accepted(await client.call('delete-imported-key-material', { key_id: id }))
        // The same material wrapped another way is the same material.
        accepted(await client.import(id, material))
      }
    })

    test('an HMAC secret of 64 bytes: more than one block of the mask', async () => {
      const id = await external({ key_spec: 'HMAC_512' })
      const given = await parameters(id)
      accepted(await send(id, given, derOf(under(given, randomBytes(64)))))
    })

    test('a private key under a temporary key of 16 bytes by SM4, of 32 bytes by AES', async () => {
      for (const size of [16, 32]) {
        const [id, temporaryKey, pkcs8] = [
          await external({ key_spec: 'EC_P256' }),
          randomBytes(size),
          made(),
        ]
        const given = await parameters(id)
        const wrapped =
          size === 16
            ? base64(wrapOver('sm4-ecb', temporaryKey, pkcs8))
            : wrapPrivateKey(temporaryKey, pkcs8)
        accepted(
          await send(id, given, derOf(under(given, temporaryKey)), {
            encrypted_privatekey: wrapped,
          }),
        )
        await client.ok('sign', {
          key_id: id,
          message: 'AAAA',
          message_type: 'RAW',
          signing_algorithm: 'ECDSA_SHA_256',
        })
      }
    })

    test('every failure to unwrap gets the same answer, and the tries are counted', async () => {
      const id = await external()
      const given = await parameters(id)
      const right = under(given, randomBytes(32))
      const changed = Buffer.from(right)
      changed[100] = (changed[100] ?? 0) ^ 1
      const offCurve = Buffer.from(right)
      offCurve[64] = (offCurve[64] ?? 0) ^ 1
      const rsa = await client.ok('get-parameters-for-import', {
        key_id: id,
        wrapping_algorithm: 'RSAES_OAEP_SHA_256',
      })
      const cases = [
        changed,
        offCurve,
        Buffer.concat([derOf(right), Buffer.of(0)]),
        under(await parameters(id), randomBytes(32)),
        Buffer.from(wrap(rsa.public_key, randomBytes(32)), 'base64'),
        randomBytes(129),
        Buffer.of(4),
      ]
      const bodies = new Set<string>()
      for (const wrapped of cases) {
        const refusal = await send(id, given, wrapped)
        refused(refusal, 400, 'KMS.0311')
        bodies.add(JSON.stringify(refusal.body))
      }
      assert.equal(bodies.size, 1)
      const rows = await server.select(
        `SELECT failed_attempts FROM import_tokens WHERE key_id = '${id}' ORDER BY failed_attempts`,
      )
      assert.deepEqual(
        rows.map(({ failed_attempts }) => Number(failed_attempts)),
        [0, 0, cases.length],
      )
      accepted(await send(id, given, right))
    })

    test('a token is valid for its own algorithm only', async () => {
      const id = await external()
      const given = await parameters(id)
      const rsa = await client.ok('get-parameters-for-import', {
        key_id: id,
        wrapping_algorithm: 'RSAES_OAEP_SHA_256',
      })
      refused(await send(id, rsa, under(given, randomBytes(32))), 400, 'KMS.0311')
      accepted(await send(id, given, under(given, randomBytes(32))))
    })

    test('wrong lengths and missing parts are refused as under RSA', async () => {
      const id = await external()
      for (const size of [16, 31, 33]) {
        const given = await parameters(id)
        refused(await send(id, given, under(given, randomBytes(size))), 400, 'KMS.2604')
      }
      const pair = await external({ key_spec: 'EC_P256' })
      const given = await parameters(pair)
      refused(await send(pair, given, under(given, randomBytes(16))), 400, 'KMS.2608')
      const wrapped = { encrypted_privatekey: wrapPrivateKey(randomBytes(32), made()) }
      refused(await send(pair, given, under(given, randomBytes(24)), wrapped), 400, 'KMS.2610')
      refused(await send(pair, given, under(given, randomBytes(32)), wrapped), 400, 'KMS.0311')
      // Sixteen bytes are an SM4 key here, not an AES key.
      const temporaryKey = randomBytes(16)
      const aes = { encrypted_privatekey: wrapPrivateKey(temporaryKey, made()) }
      refused(await send(pair, given, under(given, temporaryKey), aes), 400, 'KMS.0311')
      assert.equal((await client.describe(pair)).key_state, '5')
    })
  })

  describe('RSA_AES_KEY_WRAP_SHA_256', () => {
    const take = (keyId: string, of = 'import'): Promise<Body> =>
      admin.ok('POST', `/keys/${keyId}/${of}-parameters`, {
        wrapping_algorithm: 'RSA_AES_KEY_WRAP_SHA_256',
      })
    const give = (
      keyId: string,
      { token }: Body,
      wrapped_material: string,
      fields: object = {},
    ): Promise<Answer> =>
      admin.call('POST', `/keys/${keyId}/import`, { token, wrapped_material, ...fields })
    const says = ({ status, body }: Answer, code: string): void =>
      assert.deepEqual([status, body.error.code], [400, code])

    test('the Huawei API does not offer it, and says what it offers', async () => {
      const fields = { key_id: await external(), wrapping_algorithm: 'RSA_AES_KEY_WRAP_SHA_256' }
      const refusal = await client.call('get-parameters-for-import', fields)
      refused(refusal, 400, 'KMS.0308')
      assert.match(refusal.body.error.error_msg, /RSAES_OAEP_SHA_256, SM2_ENCRYPT$/)
      const other = { wrapping_algorithm: 'RSAES_PKCS1_V1_5' }
      assert.equal(
        (await admin.call('POST', `/keys/${fields.key_id}/import-parameters`, other)).status,
        400,
      )
    })

    test('material in one part, and its drill', async () => {
      const [id, material] = [await external(), randomBytes(32)]
      const given = await take(id)
      accepted(await give(id, given, inOnePart(given.public_key, material)))
      assert.equal(await client.decrypt(await client.encrypt(id, 'text')), 'text')
      const drill = await take(id, 'drill')
      const fields = { token: drill.token, wrapped_material: inOnePart(drill.public_key, material) }
      accepted(await admin.call('POST', `/keys/${id}/drill`, fields))
    })

    test('a private key in one part', async () => {
      const id = await external({ key_spec: 'EC_P256', key_usage: 'KEY_AGREEMENT' })
      const given = await take(id)
      accepted(await give(id, given, inOnePart(given.public_key, made())))
      assert.equal((await client.describe(id)).key_state, '2')
    })

    test('an RSA_4096 private key fits too', { timeout: 60_000 }, async () => {
      const id = await external({ key_spec: 'RSA_4096' })
      const given = await take(id)
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 4096 })
      accepted(
        await give(
          id,
          given,
          inOnePart(given.public_key, privateKey.export({ format: 'der', type: 'pkcs8' })),
        ),
      )
    })

    test('the longest private key there is fits too: ML_DSA_87 with its expanded key', async () => {
      const id = await external({ key_spec: 'ML_DSA_87' })
      const given = await take(id)
      const seed = randomBytes(32)
      const both = sequence(octets(seed), octets(ml_dsa87.keygen(seed).secretKey))
      const pkcs8 = sequence(integer(0n), sequence(oid('608648016503040313')), octets(both))
      accepted(await give(id, given, inOnePart(given.public_key, pkcs8)))
      assert.equal((await client.describe(id)).key_state, '2')
    })

    test('what cannot be unwrapped, and what has the wrong form', async () => {
      const id = await external()
      const given = await take(id)
      const right = Buffer.from(inOnePart(given.public_key, randomBytes(32)), 'base64')
      const changed = (at: number): Buffer => {
        const bytes = Buffer.from(right)
        bytes[at] = (bytes[at] ?? 0) ^ 1
        return bytes
      }
      for (const wrapped of [
        changed(0),
        changed(256),
        changed(right.length - 1),
        right.subarray(0, 256),
        right.subarray(0, -8),
      ])
        says(await give(id, given, base64(wrapped)), 'material-unwrap-failed')
      says(
        await give(id, given, inOnePart(given.public_key, randomBytes(16))),
        'material-length-wrong',
      )
      says(
        await give(id, given, inOnePart(given.public_key, randomBytes(32), randomBytes(16))),
        'temporary-key-length-wrong',
      )
      says(
        await give(id, given, base64(right), { wrapped_private_key: 'AAAA' }),
        'private-key-not-expected',
      )
      const pair = await external({ key_spec: 'EC_P256' })
      const theirs = await take(pair)
      says(
        await give(pair, theirs, inOnePart(theirs.public_key, randomBytes(64))),
        'private-key-invalid',
      )
      const parts = { wrapped_private_key: wrapPrivateKey(randomBytes(32), made()) }
      says(
        await give(pair, theirs, inOnePart(theirs.public_key, made()), parts),
        'private-key-not-expected',
      )
      for (const key of [id, pair]) assert.equal((await client.describe(key)).key_state, '5')
      accepted(await give(id, given, base64(right)))
    })
  })
})
