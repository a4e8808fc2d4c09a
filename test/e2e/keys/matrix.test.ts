/**
 * Every operation on every kind of key in every state: operations that the table does not allow are
 * refused, and a refusal changes nothing. The table is written here from the rules, not read from
 * the product.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { type Body, type HuaweiClient, wrap, wrapPrivateKey } from '../client.ts'
import { TestServer } from '../server.ts'

const specs = [
  'AES_256',
  'SM4',
  'RSA_2048',
  'RSA_3072',
  'RSA_4096',
  'EC_P256',
  'EC_P384',
  'EC_P521',
  'SECP256K1',
  'SM2',
  'ED25519',
  'ML_DSA_44',
  'ML_DSA_65',
  'ML_DSA_87',
  'HMAC_256',
  'HMAC_384',
  'HMAC_512',
  'HMAC_SM3',
] as const
type Spec = (typeof specs)[number]
type Usage = 'ENCRYPT_DECRYPT' | 'SIGN_VERIFY' | 'GENERATE_VERIFY_MAC' | 'KEY_AGREEMENT'
type Origin = 'kms' | 'external'
const states = ['enabled', 'disabled', 'pending deletion', 'pending import'] as const
type State = (typeof states)[number]
type Kind = {
  readonly spec: Spec
  readonly usage: Usage
  readonly origin: Origin
  readonly state: State
}

const usages: Readonly<Record<Spec, readonly Usage[]>> = {
  AES_256: ['ENCRYPT_DECRYPT'],
  SM4: ['ENCRYPT_DECRYPT'],
  RSA_2048: ['ENCRYPT_DECRYPT', 'SIGN_VERIFY'],
  RSA_3072: ['ENCRYPT_DECRYPT', 'SIGN_VERIFY'],
  RSA_4096: ['ENCRYPT_DECRYPT', 'SIGN_VERIFY'],
  EC_P256: ['SIGN_VERIFY', 'KEY_AGREEMENT'],
  EC_P384: ['SIGN_VERIFY', 'KEY_AGREEMENT'],
  EC_P521: ['SIGN_VERIFY', 'KEY_AGREEMENT'],
  SECP256K1: ['SIGN_VERIFY'],
  SM2: ['SIGN_VERIFY'],
  ED25519: ['SIGN_VERIFY'],
  ML_DSA_44: ['SIGN_VERIFY'],
  ML_DSA_65: ['SIGN_VERIFY'],
  ML_DSA_87: ['SIGN_VERIFY'],
  HMAC_256: ['GENERATE_VERIFY_MAC'],
  HMAC_384: ['GENERATE_VERIFY_MAC'],
  HMAC_512: ['GENERATE_VERIFY_MAC'],
  HMAC_SM3: ['GENERATE_VERIFY_MAC'],
}

/** Length of material of raw bytes. */
const secretBytes: Readonly<Partial<Record<Spec, number>>> = {
  AES_256: 32,
  SM4: 16,
  HMAC_256: 32,
  HMAC_384: 48,
  HMAC_512: 64,
  HMAC_SM3: 32,
}

const curves: Readonly<Partial<Record<Spec, string>>> = {
  EC_P256: 'P-256',
  EC_P384: 'P-384',
  EC_P521: 'P-521',
  SECP256K1: 'secp256k1',
  SM2: 'SM2',
}

const kinds: readonly Kind[] = specs.flatMap((spec) =>
  usages[spec].flatMap((usage) =>
    (['kms', 'external'] as const).flatMap((origin) =>
      states
        // Only a key that was created empty can lack its material.
        .filter((state) => origin === 'external' || state !== 'pending import')
        .map((state) => ({ spec, usage, origin, state })),
    ),
  ),
)

const symmetric = ({ spec }: Kind): boolean => spec === 'AES_256' || spec === 'SM4'
const secret = ({ spec }: Kind): boolean => secretBytes[spec] !== undefined
const rsa = ({ spec }: Kind): boolean => spec.startsWith('RSA')
const enabled = ({ state }: Kind): boolean => state === 'enabled'
const notEnding = ({ state }: Kind): boolean => state !== 'pending deletion'
const rotates = (kind: Kind): boolean => symmetric(kind) && kind.origin === 'kms'

/** When an operation is allowed. Everything else is refused. */
const allowed: Readonly<Record<string, (kind: Kind) => boolean>> = {
  'describe-key': () => true,
  'update-key-alias': notEnding,
  'update-key-description': notEnding,
  'enable-key': ({ state }) => state === 'disabled',
  'disable-key': enabled,
  'schedule-key-deletion': notEnding,
  'cancel-key-deletion': ({ state }) => state === 'pending deletion',
  'encrypt-data SYMMETRIC_DEFAULT': (kind) => symmetric(kind) && enabled(kind),
  'encrypt-data RSAES_OAEP_SHA_256': (kind) =>
    rsa(kind) && kind.usage === 'ENCRYPT_DECRYPT' && enabled(kind),
  'encrypt-data SM2_ENCRYPT': () => false,
  'create-datakey': (kind) => symmetric(kind) && enabled(kind),
  'create-datakey-without-plaintext': (kind) => symmetric(kind) && enabled(kind),
  'encrypt-datakey': (kind) => symmetric(kind) && enabled(kind),
  'create-rsa-datakey-pair RSA_2048': (kind) => symmetric(kind) && enabled(kind),
  'create-ec-datakey-pair ECC_NIST_P256': (kind) => symmetric(kind) && enabled(kind),
  'sign RSASSA_PSS_SHA_256': (kind) => rsa(kind) && kind.usage === 'SIGN_VERIFY' && enabled(kind),
  'sign RSASSA_PKCS1_V1_5_SHA_512': (kind) =>
    rsa(kind) && kind.usage === 'SIGN_VERIFY' && enabled(kind),
  'sign ECDSA_SHA_256': (kind) =>
    (kind.spec === 'EC_P256' || kind.spec === 'SECP256K1') &&
    kind.usage === 'SIGN_VERIFY' &&
    enabled(kind),
  'sign ECDSA_SHA_384': (kind) =>
    kind.spec === 'EC_P384' && kind.usage === 'SIGN_VERIFY' && enabled(kind),
  'sign ECDSA_SHA_512': (kind) =>
    kind.spec === 'EC_P521' && kind.usage === 'SIGN_VERIFY' && enabled(kind),
  'sign SM2DSA_SM3': (kind) => kind.spec === 'SM2' && enabled(kind),
  'verify RSASSA_PSS_SHA_256': (kind) => rsa(kind) && kind.usage === 'SIGN_VERIFY' && enabled(kind),
  'verify ECDSA_SHA_256': (kind) =>
    (kind.spec === 'EC_P256' || kind.spec === 'SECP256K1') &&
    kind.usage === 'SIGN_VERIFY' &&
    enabled(kind),
  'verify ECDSA_SHA_512': (kind) =>
    kind.spec === 'EC_P521' && kind.usage === 'SIGN_VERIFY' && enabled(kind),
  'sign ED25519_SHA_512': (kind) => kind.spec === 'ED25519' && enabled(kind),
  'verify ED25519_SHA_512': (kind) => kind.spec === 'ED25519' && enabled(kind),
  'sign ML_DSA_SHAKE_256': (kind) => kind.spec.startsWith('ML_DSA') && enabled(kind),
  'verify ML_DSA_SHAKE_256': (kind) => kind.spec.startsWith('ML_DSA') && enabled(kind),
  'verify SM2DSA_SM3': (kind) => kind.spec === 'SM2' && enabled(kind),
  'derive-shared-secret EC_P256': (kind) =>
    kind.spec === 'EC_P256' && kind.usage === 'KEY_AGREEMENT' && enabled(kind),
  'derive-shared-secret EC_P384': (kind) =>
    kind.spec === 'EC_P384' && kind.usage === 'KEY_AGREEMENT' && enabled(kind),
  'derive-shared-secret EC_P521': (kind) =>
    kind.spec === 'EC_P521' && kind.usage === 'KEY_AGREEMENT' && enabled(kind),
  'generate-mac HMAC_SHA_256': (kind) => kind.spec === 'HMAC_256' && enabled(kind),
  'generate-mac HMAC_SHA_384': (kind) => kind.spec === 'HMAC_384' && enabled(kind),
  'generate-mac HMAC_SHA_512': (kind) => kind.spec === 'HMAC_512' && enabled(kind),
  'generate-mac HMAC_SM3': (kind) => kind.spec === 'HMAC_SM3' && enabled(kind),
  'generate-mac HMAC_SHA_1': () => false,
  'verify-mac HMAC_SHA_256': (kind) => kind.spec === 'HMAC_256' && enabled(kind),
  'verify-mac HMAC_SHA_384': (kind) => kind.spec === 'HMAC_384' && enabled(kind),
  'verify-mac HMAC_SHA_512': (kind) => kind.spec === 'HMAC_512' && enabled(kind),
  'verify-mac HMAC_SM3': (kind) => kind.spec === 'HMAC_SM3' && enabled(kind),
  'get-publickey': (kind) => !secret(kind) && enabled(kind),
  'get-key-rotation-status': rotates,
  'enable-key-rotation': (kind) => rotates(kind) && enabled(kind),
  // Only a rotation that was enabled before can be disabled or changed.
  'disable-key-rotation': () => false,
  'update-key-rotation-interval': () => false,
  'rotate-on-demand': (kind) => rotates(kind) && enabled(kind),
  'get-parameters-for-import': ({ origin, state }) =>
    origin === 'external' && state === 'pending import',
  'delete-imported-key-material': (kind) =>
    secret(kind) &&
    kind.origin === 'external' &&
    (kind.state === 'enabled' || kind.state === 'disabled'),
  // With the token of another key.
  'import-key-material': () => false,
}

/**
 * Operations that change a key when they are allowed. They come last, so that one key serves all
 * the others.
 */
const changing: ReadonlySet<string> = new Set([
  'update-key-alias',
  'update-key-description',
  'enable-key',
  'disable-key',
  'schedule-key-deletion',
  'cancel-key-deletion',
  'enable-key-rotation',
  'delete-imported-key-material',
])

const message = randomBytes(32).toString('base64')
const peerOn = (namedCurve: string): string =>
  generateKeyPairSync('ec', { namedCurve })
    .publicKey.export({ format: 'der', type: 'spki' })
    .toString('base64')
/** Public keys of the other side of a key agreement. */
const peers = { EC_P256: peerOn('P-256'), EC_P384: peerOn('P-384'), EC_P521: peerOn('P-521') }

describe('operation x spec x usage x origin x state', () => {
  let server: TestServer
  let client: HuaweiClient
  let foreignToken: Body

  before(async () => {
    server = await TestServer.start()
    client = server.client()
    const other = await client.createKey({ origin: 'external' })
    foreignToken = await client.ok('get-parameters-for-import', {
      key_id: other,
      wrapping_algorithm: 'RSAES_OAEP_SHA_256',
    })
  })
  after(async () => {
    await server[Symbol.asyncDispose]()
    client?.close()
  })

  const privateKey = (spec: Spec): KeyObject => {
    if (spec === 'ED25519') return generateKeyPairSync('ed25519').privateKey
    if (spec.startsWith('ML_DSA'))
      return generateKeyPairSync(`ml-dsa-${spec.slice(-2)}` as 'ml-dsa-44').privateKey
    return spec.startsWith('RSA')
      ? generateKeyPairSync('rsa', { modulusLength: Number(spec.slice(4)) }).privateKey
      : generateKeyPairSync('ec', { namedCurve: curves[spec] as string }).privateKey
  }

  const make = async ({ spec, usage, origin, state }: Kind): Promise<string> => {
    const id = await client.createKey({ key_spec: spec, key_usage: usage, origin })
    if (origin === 'external' && state !== 'pending import') {
      const size = secretBytes[spec]
      const imported =
        size !== undefined
          ? await client.import(id, randomBytes(size))
          : await client.importPrivateKey(
              id,
              privateKey(spec).export({ format: 'der', type: 'pkcs8' }),
            )
      assert.equal(imported.status, 200, JSON.stringify(imported.body))
    }
    if (state === 'disabled') await client.ok('disable-key', { key_id: id })
    if (state === 'pending deletion')
      await client.ok('schedule-key-deletion', { key_id: id, pending_days: '7' })
    return id
  }

  const fieldsOf = (operation: string, id: string, spec: string): object => {
    const [name, algorithm] = operation.split(' ')
    switch (name) {
      case 'encrypt-data':
        return { plain_text: 'x', encryption_algorithm: algorithm }
      case 'create-rsa-datakey-pair':
      case 'create-ec-datakey-pair':
        return { key_spec: algorithm }
      case 'sign':
        return { message, message_type: 'RAW', signing_algorithm: algorithm }
      case 'verify':
        return { message, message_type: 'RAW', signing_algorithm: algorithm, signature: 'AAAA' }
      case 'derive-shared-secret':
        return {
          key_agreement_algorithm: 'ECDH',
          public_key: peers[algorithm as keyof typeof peers],
        }
      case 'generate-mac':
        return { message, mac_algorithm: algorithm }
      case 'verify-mac':
        return { message, mac_algorithm: algorithm, mac: '00'.repeat(32) }
      case 'schedule-key-deletion':
        return { pending_days: '7' }
      case 'update-key-alias':
        return { key_alias: `renamed-${id}` }
      case 'update-key-description':
        return { key_description: 'described' }
      case 'update-key-rotation-interval':
        return { rotation_interval: 30 }
      case 'get-parameters-for-import':
        return { wrapping_algorithm: 'RSAES_OAEP_SHA_256' }
      case 'encrypt-datakey': {
        const dataKey = randomBytes(32)
        const digest = createHash(spec === 'SM4' ? 'sm3' : 'sha256')
          .update(dataKey)
          .digest('hex')
        return { plain_text: dataKey.toString('hex') + digest, datakey_plain_length: 32 }
      }
      case 'import-key-material': {
        const temporaryKey = randomBytes(32)
        return {
          import_token: foreignToken.import_token,
          encrypted_key_material: wrap(foreignToken.public_key, temporaryKey),
          encrypted_privatekey: wrapPrivateKey(temporaryKey, randomBytes(64)),
        }
      }
      default:
        return {}
    }
  }

  for (const kind of kinds) {
    test(Object.values(kind).join(', '), { timeout: 60_000 }, async () => {
      const id = await make(kind)
      const shown = await client.describe(id)
      for (const [operation, isAllowed] of Object.entries(allowed)) {
        const expected = isAllowed(kind)
        if (expected && changing.has(operation)) continue
        const { status, body } = await client.call(operation.split(' ')[0] as string, {
          key_id: id,
          ...fieldsOf(operation, id, kind.spec),
        })
        if (expected) assert.equal(status, 200, `${operation}: ${JSON.stringify(body)}`)
        else {
          assert.equal(
            status,
            400,
            `${operation} must be refused: ${status} ${JSON.stringify(body)}`,
          )
          assert.match(body.error.error_code, /^KMS\.\d{4}$/)
          assert.deepEqual(
            await client.describe(id),
            shown,
            `${operation} was refused and changed the key`,
          )
        }
      }
      // Operations that change a key come last. Each of these is allowed in the key's state, so the
      // first of them is tried.
      const first = Object.entries(allowed).find(
        ([operation, isAllowed]) => changing.has(operation) && isAllowed(kind),
      )
      if (first !== undefined)
        await client.ok(first[0], { key_id: id, ...fieldsOf(first[0], id, kind.spec) })
    })
  }

  test('decryption: only with the algorithm of the key, only while it is enabled', async () => {
    const aes = await client.createKey()
    const pair = await client.createKey({ key_spec: 'RSA_2048', key_usage: 'ENCRYPT_DECRYPT' })
    const oaep = { encryption_algorithm: 'RSAES_OAEP_SHA_256' }
    const [sealed, wrapped] = [
      await client.encrypt(aes, 'x'),
      await client.encrypt(pair, 'x', oaep),
    ]
    const { cipher_text: dataKey } = await client.ok('create-datakey', { key_id: aes })
    const tries: readonly (readonly [operation: string, fields: object, allowed: boolean])[] = [
      ['decrypt-data', { cipher_text: sealed }, true],
      ['decrypt-data', { cipher_text: sealed, key_id: aes }, true],
      ['decrypt-data', { cipher_text: sealed, key_id: pair }, false],
      ['decrypt-data', { cipher_text: sealed, key_id: aes, ...oaep }, false],
      ['decrypt-data', { cipher_text: wrapped, key_id: pair, ...oaep }, true],
      ['decrypt-data', { cipher_text: wrapped, key_id: pair }, false],
      ['decrypt-data', { cipher_text: wrapped, key_id: aes, ...oaep }, false],
      ['decrypt-data', { cipher_text: wrapped, ...oaep }, false],
      ['decrypt-datakey', { cipher_text: dataKey, key_id: aes, datakey_cipher_length: 32 }, true],
      ['decrypt-datakey', { cipher_text: dataKey, key_id: pair, datakey_cipher_length: 32 }, false],
    ]
    for (const usable of [true, false]) {
      for (const [operation, fields, isAllowed] of tries) {
        const { status } = await client.call(operation, fields)
        assert.equal(
          status,
          isAllowed && usable ? 200 : 400,
          `${operation} ${JSON.stringify(fields).slice(0, 80)}`,
        )
      }
      for (const key_id of [aes, pair]) if (usable) await client.ok('disable-key', { key_id })
    }
  })
})
