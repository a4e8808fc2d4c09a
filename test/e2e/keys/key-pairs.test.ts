/** The rules of the domain for asymmetric keys, over HTTP, signed by a real signer. */
import assert from 'node:assert/strict'
import {
  constants,
  createHash,
  createPublicKey,
  type KeyObject,
  publicEncrypt,
  randomBytes,
  sign,
  verify,
} from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { privateScalar, publicPoint } from '../../../src/crypto/asymmetric/ec-encodings.ts'
import { signSm2, sm2Digest, verifySm2 } from '../../../src/crypto/asymmetric/sm2.ts'
import type { AsymmetricSpecName } from '../../../src/domain/keys/key-specs.ts'
import { newPrivateKey } from '../../crypto/new-private-key.ts'
import { type HuaweiClient, wrap, wrapPrivateKey } from '../client.ts'
import { accepted, refused } from '../expect.ts'
import { TestServer } from '../server.ts'

type Spec = AsymmetricSpecName
const names = Object.keys(newPrivateKey) as Spec[]
const pkcs8 = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'pkcs8' })

const signingAlgorithms: Record<Spec, readonly string[]> = {
  RSA_2048: rsaAlgorithms(),
  RSA_3072: rsaAlgorithms(),
  RSA_4096: rsaAlgorithms(),
  EC_P256: ['ECDSA_SHA_256'],
  EC_P384: ['ECDSA_SHA_384'],
  EC_P521: ['ECDSA_SHA_512'],
  SECP256K1: ['ECDSA_SHA_256'],
  SM2: ['SM2DSA_SM3'],
  ED25519: ['ED25519_SHA_512'],
  ML_DSA_44: ['ML_DSA_SHAKE_256'],
  ML_DSA_65: ['ML_DSA_SHAKE_256'],
  ML_DSA_87: ['ML_DSA_SHAKE_256'],
}

function rsaAlgorithms(): string[] {
  return ['PSS', 'PKCS1_V1_5'].flatMap((scheme) =>
    [256, 384, 512].map((size) => `RSASSA_${scheme}_SHA_${size}`),
  )
}

/** The side of a client. */
type Side = {
  /** Undefined where only whole messages are signed. */
  digest(message: Buffer, publicKey: KeyObject): Uint8Array | undefined
  sign(message: Buffer, privateKey: KeyObject): Uint8Array
  verify(message: Buffer, publicKey: KeyObject, signature: Uint8Array): boolean
}

/**
 * SM2 with the usual signer ID is not available in node:crypto; test/crypto/sm2.test.ts compares it
 * with OpenSSL.
 */
const sm2Side: Side = {
  digest: (message, publicKey) => sm2Digest(publicPoint('SM2', publicKey), message),
  sign: (message, privateKey) =>
    signSm2(
      privateScalar('SM2', privateKey),
      sm2Digest(publicPoint('SM2', createPublicKey(pem(privateKey))), message),
    ),
  verify: (message, publicKey, signature) =>
    verifySm2(
      publicPoint('SM2', publicKey),
      sm2Digest(publicPoint('SM2', publicKey), message),
      signature,
    ),
}
const pem = (key: KeyObject): string => key.export({ format: 'pem', type: 'pkcs8' }).toString()

const wholeSide: Side = {
  digest: () => undefined,
  sign: (message, key) => sign(null, message, key),
  verify: (message, key, signature) => verify(null, message, key, signature),
}

/** OpenSSL's own view of an algorithm. */
function sideOf(algorithm: string): Side {
  if (algorithm === 'SM2DSA_SM3') return sm2Side
  if (algorithm === 'ED25519_SHA_512' || algorithm === 'ML_DSA_SHAKE_256') return wholeSide
  const hash = `sha${algorithm.slice(-3)}`
  const options = algorithm.includes('PSS')
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: Number(algorithm.slice(-3)) / 8 }
    : {}
  return {
    digest: (message) => createHash(hash).update(message).digest(),
    sign: (message, key) => sign(hash, message, { key, ...options }),
    verify: (message, key, signature) => verify(hash, message, { key, ...options }, signature),
  }
}

describe('key pairs', () => {
  let server: TestServer
  let client: HuaweiClient

  before(async () => {
    server = await TestServer.start()
    client = server.client()
  })
  after(async () => {
    client.close()
    await server[Symbol.asyncDispose]()
  })

  const make = (spec: Spec, fields: object = {}): Promise<string> =>
    client.createKey({ key_spec: spec, ...fields })
  const external = (spec: Spec, fields: object = {}): Promise<string> =>
    make(spec, { origin: 'external', ...fields })
  const publicKey = async (id: string): Promise<KeyObject> =>
    createPublicKey((await client.ok('get-publickey', { key_id: id })).public_key as string)

  for (const spec of names) {
    test(`${spec}: made here, it signs with each of its algorithms what anybody can verify, and verifies what others sign`, async () => {
      const id = await make(spec)
      const verifying = await publicKey(id)
      const message = randomBytes(100)
      for (const algorithm of signingAlgorithms[spec]) {
        const side = sideOf(algorithm)
        const digest = side.digest(message, verifying)
        const forms: [type: string | undefined, bytes: Uint8Array][] = [['RAW', message]]
        if (digest !== undefined) forms.push(['DIGEST', digest], [undefined, digest])
        for (const [type, bytes] of forms) {
          const fields = {
            key_id: id,
            message: Buffer.from(bytes).toString('base64'),
            signing_algorithm: algorithm,
            ...(type && { message_type: type }),
          }
          const { signature } = await client.ok('sign', fields)
          const made = Buffer.from(signature as string, 'base64')
          assert.ok(side.verify(message, verifying, made), `${algorithm} ${type}`)
          assert.equal(
            (await client.ok('verify', { ...fields, signature })).signature_valid,
            'true',
          )
          made[made.length - 1] = (made[made.length - 1] ?? 0) ^ 1
          assert.equal(
            (await client.ok('verify', { ...fields, signature: made.toString('base64') }))
              .signature_valid,
            'false',
          )
        }
      }
    })

    test(`${spec}: imported, it signs what the owner's public key verifies, and stays forever`, async () => {
      const id = await external(spec)
      const own = newPrivateKey[spec]()
      assert.equal((await client.describe(id)).key_state, '5')
      refused(
        await client.call('sign', {
          key_id: id,
          message: '',
          signing_algorithm: signingAlgorithms[spec][0],
        }),
        400,
        'KMS.1301',
      )
      accepted(await client.importPrivateKey(id, pkcs8(own)))
      const key = await client.describe(id)
      assert.deepEqual([key.key_state, key.origin, key.key_usage], ['2', 'external', 'SIGN_VERIFY'])
      const algorithm = signingAlgorithms[spec][0] as string
      const side = sideOf(algorithm)
      const message = randomBytes(50)
      const fields = {
        key_id: id,
        message: message.toString('base64'),
        signing_algorithm: algorithm,
        message_type: 'RAW',
      }
      const { signature } = await client.ok('sign', fields)
      assert.ok(
        side.verify(message, createPublicKey(own), Buffer.from(signature as string, 'base64')),
      )
      const theirs = Buffer.from(side.sign(message, own)).toString('base64')
      assert.equal(
        (await client.ok('verify', { ...fields, signature: theirs })).signature_valid,
        'true',
      )
      // R8: permanent.
      refused(await client.call('delete-imported-key-material', { key_id: id }), 400, 'KMS.2702')
      refused(
        await client.call('get-parameters-for-import', {
          key_id: id,
          wrapping_algorithm: 'RSAES_OAEP_SHA_256',
        }),
        400,
        'KMS.0310',
      )
      assert.equal((await client.describe(id)).key_state, '2')
    })
  }

  test('a digest is refused where whole messages are signed, and nothing is recorded as signed', async () => {
    for (const spec of ['ED25519', 'ML_DSA_44'] as const) {
      const id = await make(spec)
      const fields = {
        key_id: id,
        message: randomBytes(64).toString('base64'),
        signing_algorithm: signingAlgorithms[spec][0],
      }
      for (const message_type of ['DIGEST', undefined]) {
        const answer = await client.call('sign', {
          ...fields,
          ...(message_type && { message_type }),
        })
        refused(answer, 400, 'KMS.0308')
        assert.match(answer.body.error.error_msg, /signs whole messages/)
        refused(await client.call('verify', { ...fields, signature: 'AAAA' }), 400, 'KMS.0308')
      }
      refused(
        await client.call('sign', { ...fields, message_type: 'RAW', message: '' }),
        400,
        'KMS.0308',
      )
    }
  })

  test('R8: an expiry is refused, and nothing is imported', async () => {
    for (const spec of ['RSA_2048', 'EC_P256'] as const) {
      const id = await external(spec)
      const expiration_time = Math.floor(Date.now() / 1000) + 3600
      refused(
        await client.importPrivateKey(id, pkcs8(newPrivateKey[spec]()), { expiration_time }),
        400,
        'KMS.0308',
      )
      assert.equal((await client.describe(id)).key_state, '5')
    }
  })

  test('R9: material made here cannot be deleted, and takes no import', async () => {
    const id = await make('EC_P256')
    refused(await client.call('delete-imported-key-material', { key_id: id }), 400, 'KMS.0309')
    refused(
      await client.call('get-parameters-for-import', {
        key_id: id,
        wrapping_algorithm: 'RSAES_OAEP_SHA_256',
      }),
      400,
      'KMS.0309',
    )
  })

  test('R11: no second key takes a private key that another holds, until that one has finally ended', async () => {
    const own = newPrivateKey.EC_P256()
    const first = await external('EC_P256')
    const second = await external('EC_P256')
    accepted(await client.importPrivateKey(first, pkcs8(own)))
    refused(await client.importPrivateKey(second, pkcs8(own)), 400, 'KMS.2609')
    await client.ok('disable-key', { key_id: first })
    refused(await client.importPrivateKey(second, pkcs8(own)), 400, 'KMS.2609')
    await client.ok('schedule-key-deletion', { key_id: first, pending_days: '7' })
    refused(await client.importPrivateKey(second, pkcs8(own)), 400, 'KMS.2609')
    assert.equal((await client.describe(second)).key_state, '5')
    accepted(await client.importPrivateKey(second, pkcs8(newPrivateKey.EC_P256())))
  })

  test('R11: of twenty keys that import one private key at the same time, one has it', async () => {
    const own = pkcs8(newPrivateKey.RSA_2048())
    const ids = await Promise.all(Array.from({ length: 20 }, () => external('RSA_2048')))
    const answers = await Promise.all(ids.map((id) => client.importPrivateKey(id, own)))
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
    for (const { status, body } of answers)
      if (status !== 200) assert.equal(body.error.error_code, 'KMS.2609')
    const states = await Promise.all(ids.map(async (id) => (await client.describe(id)).key_state))
    assert.equal(states.filter((state) => state === '2').length, 1)
  })

  test('RSA: encrypts and decrypts with OAEP, and what owners encrypt with the public key', async () => {
    const id = await make('RSA_2048', { key_usage: 'ENCRYPT_DECRYPT' })
    const algorithm = { encryption_algorithm: 'RSAES_OAEP_SHA_256' }
    const cipher_text = await client.encrypt(id, 'small', algorithm)
    assert.equal(await client.decrypt(cipher_text, { key_id: id, ...algorithm }), 'small')
    const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
    const theirs = publicEncrypt(
      { key: await publicKey(id), ...oaep },
      Buffer.from('from outside'),
    ).toString('base64')
    assert.equal(await client.decrypt(theirs, { key_id: id, ...algorithm }), 'from outside')
    assert.equal(
      await client.decrypt(await client.encrypt(id, 'x'.repeat(190), algorithm), {
        key_id: id,
        ...algorithm,
      }),
      'x'.repeat(190),
    )
    const call = (operation: string, fields: object) =>
      client.call(operation, { key_id: id, ...fields })
    refused(
      await call('encrypt-data', { plain_text: 'x'.repeat(191), ...algorithm }),
      400,
      'KMS.2108',
    )
    refused(await call('encrypt-data', { plain_text: 'x' }), 400, 'KMS.2106')
    refused(
      await call('encrypt-data', {
        plain_text: 'x',
        additional_authenticated_data: 'a',
        ...algorithm,
      }),
      400,
      'KMS.0208',
    )
    refused(await client.call('decrypt-data', { cipher_text, ...algorithm }), 400, 'KMS.0204')
    refused(
      await call('decrypt-data', { cipher_text: `AAAA${cipher_text.slice(4)}`, ...algorithm }),
      400,
      'KMS.2201',
    )
    refused(
      await call('sign', {
        message: 'AAAA',
        message_type: 'RAW',
        signing_algorithm: 'RSASSA_PSS_SHA_256',
      }),
      400,
      'KMS.0334',
    )
  })

  test('a ciphertext of one RSA key is opened by no other, nor by a symmetric one', async () => {
    const [one, other] = [
      await make('RSA_2048', { key_usage: 'ENCRYPT_DECRYPT' }),
      await make('RSA_2048', { key_usage: 'ENCRYPT_DECRYPT' }),
    ]
    const algorithm = { encryption_algorithm: 'RSAES_OAEP_SHA_256' }
    const cipher_text = await client.encrypt(one, 'mine', algorithm)
    refused(
      await client.call('decrypt-data', { key_id: other, cipher_text, ...algorithm }),
      400,
      'KMS.2201',
    )
    const symmetric = await client.createKey()
    refused(
      await client.call('decrypt-data', { key_id: symmetric, cipher_text, ...algorithm }),
      400,
      'KMS.2105',
    )
    refused(await client.call('decrypt-data', { cipher_text }), 400, 'KMS.2201')
    const envelope = await client.encrypt(symmetric, 'sealed')
    refused(
      await client.call('decrypt-data', { key_id: one, cipher_text: envelope, ...algorithm }),
      400,
      'KMS.2201',
    )
    refused(
      await client.call('decrypt-data', { key_id: one, cipher_text: envelope }),
      400,
      'KMS.2201',
    )
  })

  test('an import in two parts: what each part must be', async () => {
    const id = await external('RSA_2048')
    const parameters = await client.ok('get-parameters-for-import', {
      key_id: id,
      wrapping_algorithm: 'RSAES_OAEP_SHA_256',
    })
    const own = pkcs8(newPrivateKey.RSA_2048())
    const call = (temporaryKey: Uint8Array, wrapped?: string) =>
      client.call('import-key-material', {
        key_id: id,
        import_token: parameters.import_token,
        encrypted_key_material: wrap(parameters.public_key as string, temporaryKey),
        ...(wrapped !== undefined && { encrypted_privatekey: wrapped }),
      })
    const [short, long] = [randomBytes(16), randomBytes(32)]
    refused(await call(long), 400, 'KMS.2608')
    refused(await call(randomBytes(24), wrapPrivateKey(long, own)), 400, 'KMS.2610')
    refused(await call(short, wrapPrivateKey(long, own)), 400, 'KMS.0311')
    refused(await call(long, wrapPrivateKey(long, randomBytes(100))), 400, 'KMS.2609')
    refused(
      await call(long, wrapPrivateKey(long, pkcs8(newPrivateKey.RSA_3072()))),
      400,
      'KMS.2609',
    )
    refused(await call(long, wrapPrivateKey(long, pkcs8(newPrivateKey.EC_P256()))), 400, 'KMS.2609')
    assert.equal((await client.describe(id)).key_state, '5')
    accepted(await call(short, wrapPrivateKey(short, own)))
    assert.equal((await client.describe(id)).key_state, '2')
    const symmetric = await client.createKey({ origin: 'external' })
    refused(await client.importPrivateKey(symmetric, own), 400, 'KMS.0308')
  })

  test('usages: the usual one, those a spec has, and no other', async () => {
    assert.equal((await client.describe(await make('RSA_2048'))).key_usage, 'SIGN_VERIFY')
    assert.equal((await client.describe(await make('EC_P256'))).key_usage, 'SIGN_VERIFY')
    const create = (fields: object) =>
      client.call('create-key', { key_alias: `k-${randomBytes(8).toString('hex')}`, ...fields })
    refused(await create({ key_spec: 'EC_P256', key_usage: 'ENCRYPT_DECRYPT' }), 400, 'KMS.0308')
    refused(await create({ key_spec: 'AES_256', key_usage: 'SIGN_VERIFY' }), 400, 'KMS.0308')
    refused(
      await create({ key_spec: 'RSA_2048', key_usage: 'GENERATE_VERIFY_MAC' }),
      400,
      'KMS.0308',
    )
  })

  test('lists: AES_256 unless asked otherwise', async () => {
    const id = await make('EC_P384')
    const list = async (fields: object): Promise<string[]> =>
      (await client.ok('list-keys', { limit: '1000', ...fields })).keys
    assert.ok(!(await list({})).includes(id))
    assert.ok((await list({ key_spec: 'ALL' })).includes(id))
    assert.ok((await list({ key_spec: 'EC_P384' })).includes(id))
  })
})
