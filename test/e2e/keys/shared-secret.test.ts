/**
 * derive-shared-secret over HTTP: the secrets that OpenSSL computes on the other side, for keys of
 * that usage only.
 */
import assert from 'node:assert/strict'
import {
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { AdminClient } from '../admin-client.ts'
import type { Answer, Body, HuaweiClient } from '../client.ts'
import { accepted, refused } from '../expect.ts'
import { TestServer } from '../server.ts'

const curves = {
  EC_P256: { namedCurve: 'prime256v1', bytes: 32, signing: 'ECDSA_SHA_256' },
  EC_P384: { namedCurve: 'secp384r1', bytes: 48, signing: 'ECDSA_SHA_384' },
} as const
type Spec = keyof typeof curves
const specs = Object.keys(curves) as Spec[]
const make = (spec: Spec) => generateKeyPairSync('ec', { namedCurve: curves[spec].namedCurve })
const spkiOf = (key: KeyObject): string =>
  key.export({ format: 'der', type: 'spki' }).toString('base64')

describe('shared secrets', () => {
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

  const agreeing = (spec: Spec, fields: object = {}): Promise<string> =>
    client.createKey({ key_spec: spec, key_usage: 'KEY_AGREEMENT', ...fields })
  const derive = (id: string, peer: KeyObject | string, fields: object = {}): Promise<Answer> =>
    client.call('derive-shared-secret', {
      key_id: id,
      key_agreement_algorithm: 'ECDH',
      public_key: typeof peer === 'string' ? peer : spkiOf(peer),
      ...fields,
    })
  const secretOf = async (id: string, peer: KeyObject): Promise<string> => {
    const answer = await derive(id, peer)
    accepted(answer)
    return answer.body.shared_secret
  }
  const publicKeyOf = async (id: string): Promise<KeyObject> =>
    createPublicKey((await client.ok('get-publickey', { key_id: id })).public_key)
  const sign = (id: string, spec: Spec): Promise<Answer> =>
    client.call('sign', {
      key_id: id,
      message: 'AAAA',
      message_type: 'RAW',
      signing_algorithm: curves[spec].signing,
    })

  for (const spec of specs) {
    const { bytes } = curves[spec]

    test(`${spec}: made here, it derives the secret that OpenSSL derives on the other side`, async () => {
      const id = await agreeing(spec)
      assert.equal((await client.describe(id)).key_usage, 'KEY_AGREEMENT')
      const peer = make(spec)
      const { body } = await derive(id, peer.publicKey)
      assert.deepEqual(Object.keys(body).toSorted(), [
        'key_agreement_algorithm',
        'key_id',
        'shared_secret',
      ])
      assert.deepEqual([body.key_id, body.key_agreement_algorithm], [id, 'ECDH'])
      const theirs = diffieHellman({
        privateKey: peer.privateKey,
        publicKey: await publicKeyOf(id),
      })
      assert.equal(body.shared_secret, theirs.toString('base64'))
      assert.equal(theirs.length, bytes)
    })

    test(`${spec}: two keys of this service derive the same secret, each with the other's public key`, async () => {
      const [one, other] = [await agreeing(spec), await agreeing(spec)]
      assert.equal(
        await secretOf(one, await publicKeyOf(other)),
        await secretOf(other, await publicKeyOf(one)),
      )
    })

    test(`${spec}: imported, it derives what its owner derives with the same private key`, async () => {
      const id = await agreeing(spec, { origin: 'external' })
      const [owner, peer] = [make(spec), make(spec)]
      refused(await derive(id, peer.publicKey), 400, 'KMS.1301')
      accepted(
        await client.importPrivateKey(
          id,
          owner.privateKey.export({ format: 'der', type: 'pkcs8' }),
        ),
      )
      const theirs = diffieHellman({ privateKey: owner.privateKey, publicKey: peer.publicKey })
      assert.equal(await secretOf(id, peer.publicKey), theirs.toString('base64'))
      refused(await client.call('delete-imported-key-material', { key_id: id }), 400, 'KMS.2702')
    })

    test(`${spec}: a key for agreement signs and encrypts nothing, a key for signatures derives nothing`, async () => {
      const [agrees, signs] = [await agreeing(spec), await client.createKey({ key_spec: spec })]
      assert.equal((await client.describe(signs)).key_usage, 'SIGN_VERIFY')
      refused(await sign(agrees, spec), 400, 'KMS.0325')
      refused(
        await client.call('verify', {
          key_id: agrees,
          message: 'AAAA',
          message_type: 'RAW',
          signing_algorithm: curves[spec].signing,
          signature: 'AAAA',
        }),
        400,
        'KMS.0325',
      )
      refused(
        await client.call('encrypt-data', { key_id: agrees, plain_text: 'x' }),
        400,
        'KMS.1114',
      )
      const refusal = await derive(signs, make(spec).publicKey)
      refused(refusal, 400, 'KMS.0325')
      assert.equal(refusal.body.error.reason, 'key-does-not-agree')
      accepted(await sign(signs, spec))
    })
  }

  test('the usage is for curves: no other spec has it, and no other key derives secrets', async () => {
    for (const [key_spec, code] of [
      ['AES_256', 'KMS.0331'],
      ['HMAC_256', 'KMS.0341'],
      ['RSA_2048', 'KMS.0325'],
    ] as const) {
      const fields = { key_alias: `no-${key_spec}`, key_spec, key_usage: 'KEY_AGREEMENT' }
      refused(await client.call('create-key', fields), 400, 'KMS.0308')
      refused(
        await derive(await client.createKey({ key_spec }), make('EC_P256').publicKey),
        400,
        code,
      )
    }
  })

  test('a key that is disabled, or pending deletion, derives nothing', async () => {
    const id = await agreeing('EC_P256')
    const peer = make('EC_P256').publicKey
    await client.ok('disable-key', { key_id: id })
    refused(await derive(id, peer), 400, 'KMS.0209')
    await client.ok('schedule-key-deletion', { key_id: id, pending_days: 7 })
    refused(await derive(id, peer), 400, 'KMS.0210')
  })

  test('public keys that are invalid, or not on this curve, get the same refusal', async () => {
    const id = await agreeing('EC_P256')
    const peer = spkiOf(make('EC_P256').publicKey)
    const offCurve = Buffer.from(peer, 'base64')
    offCurve[90] = (offCurve[90] ?? 0) ^ 1
    const wrong = [
      spkiOf(make('EC_P384').publicKey),
      spkiOf(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey),
      offCurve.toString('base64'),
      Buffer.concat([Buffer.from(peer, 'base64'), Buffer.of(0)]).toString('base64'),
      randomBytes(91).toString('base64'),
      'AAAA',
      '',
      peer.slice(0, -2),
      `${peer} `,
      make('EC_P256').publicKey.export({ format: 'pem', type: 'spki' }),
      'A'.repeat(4096),
    ]
    for (const public_key of wrong) {
      const refusal = await derive(id, public_key)
      refused(refusal, 400, 'KMS.0308')
      assert.equal(refusal.body.error.reason, 'public-key-invalid')
    }
    accepted(await derive(id, peer))
  })

  test('other algorithms, missing fields and attested recipients are refused', async () => {
    const id = await agreeing('EC_P256')
    const peer = make('EC_P256').publicKey
    refused(await derive(id, peer, { key_agreement_algorithm: 'SM2KAP' }), 400, 'KMS.0308')
    refused(await derive(id, peer, { key_agreement_algorithm: undefined }), 400, 'KMS.0204')
    refused(await derive(id, peer, { public_key: undefined }), 400, 'KMS.0204')
    refused(await derive(id, peer, { key_id: 'x' }), 400, 'KMS.0205')
    refused(await derive('00000000-0000-4000-8000-000000000000', peer), 404, 'KMS.0207')
    for (const recipient of [
      {},
      { attestation_document: 'AAAA', key_encryption_algorithm: 'RSAES_OAEP_SHA_256' },
      'x',
    ])
      refused(await derive(id, peer, { recipient }), 400, 'KMS.0308')
  })

  test('each call is on record with its key and version; the secret is not', async () => {
    const id = await agreeing('EC_P256')
    const secret = await secretOf(id, make('EC_P256').publicKey)
    const admin = new AdminClient(server.url)
    await admin.enter(client.credentials)
    const { records } = await admin.ok('GET', `/keys/${id}/activity`)
    admin.close()
    const found = (records as Body[]).filter(
      ({ operation }) => operation === 'derive-shared-secret',
    )
    assert.deepEqual(
      found.map(({ outcome, material_version }) => [outcome, material_version]),
      [['ok', 1]],
    )
    assert.ok(!JSON.stringify(records).includes(secret))
  })
})
