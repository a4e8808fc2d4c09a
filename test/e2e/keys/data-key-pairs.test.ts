/**
 * Data key pairs over HTTP: pairs that OpenSSL accepts, whose private keys are returned by
 * decrypt-data and in no other way.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { missing, tool } from '../../tools.ts'
import { AdminClient } from '../admin-client.ts'
import type { Body, HuaweiClient } from '../client.ts'
import { refused } from '../expect.ts'
import { TestServer } from '../server.ts'

type Pair = {
  readonly operation: string
  readonly spec: string
  readonly details: Readonly<Record<string, unknown>>
}
const rsaPair = (bits: number): Pair => ({
  operation: 'create-rsa-datakey-pair',
  spec: `RSA_${bits}`,
  details: { modulusLength: bits, publicExponent: 65_537n },
})
const ecPair = (spec: string, namedCurve: string): Pair => ({
  operation: 'create-ec-datakey-pair',
  spec,
  details: { namedCurve },
})
const pairs: readonly Pair[] = [
  rsaPair(2048),
  rsaPair(3072),
  rsaPair(4096),
  ecPair('ECC_NIST_P256', 'prime256v1'),
  ecPair('ECC_NIST_P384', 'secp384r1'),
  ecPair('ECC_NIST_P521', 'secp521r1'),
  ecPair('ECC_SECG_P256K1', 'secp256k1'),
]
const small = 'create-ec-datakey-pair'
const p256 = { key_spec: 'ECC_NIST_P256' }

const publicOf = (base64: string): KeyObject =>
  createPublicKey({ key: Buffer.from(base64, 'base64'), format: 'der', type: 'spki' })
const privateOf = (base64: string): KeyObject =>
  createPrivateKey({ key: Buffer.from(base64, 'base64'), format: 'der', type: 'pkcs8' })

describe('data key pairs', () => {
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
  const make = (fields: object = p256, operation = small): Promise<Body> =>
    client.ok(operation, { key_id: id, ...fields })
  const open = (made: Body, fields: object = {}) =>
    client.call('decrypt-data', { cipher_text: made.private_key_cipher_text, ...fields })

  for (const { operation, spec, details } of pairs) {
    test(`${spec}: a pair that signs and verifies, and whose private key comes back as it was made`, {
      timeout: 60_000,
    }, async () => {
      const made = await make({ key_spec: spec }, operation)
      const fields = [
        'key_id',
        'key_spec',
        'private_key_cipher_text',
        'private_key_plain_text',
        'public_key',
      ]
      assert.deepEqual(Object.keys(made).toSorted(), fields)
      assert.deepEqual([made.key_id, made.key_spec], [id, spec])
      const [publicKey, privateKey] = [
        publicOf(made.public_key),
        privateOf(made.private_key_plain_text),
      ]
      assert.deepEqual({ ...publicKey.asymmetricKeyDetails }, details)
      const message = Buffer.from('made to be used elsewhere')
      assert.ok(verify('sha256', message, publicKey, sign('sha256', message, privateKey)))
      const { status, body } = await open(made)
      assert.equal(status, 200, JSON.stringify(body))
      // A private key in DER is not text.
      assert.deepEqual(body, {
        key_id: id,
        plain_text: '',
        plain_text_base64: made.private_key_plain_text,
      })
      // Documented bounds of cipher_text.
      assert.ok(
        made.private_key_cipher_text.length >= 128 && made.private_key_cipher_text.length <= 5648,
      )
    })
  }

  test('the names that create-key has for the curves are taken as well', async () => {
    for (const [own, documented] of [
      ['EC_P256', 'ECC_NIST_P256'],
      ['EC_P384', 'ECC_NIST_P384'],
      ['EC_P521', 'ECC_NIST_P521'],
      ['SECP256K1', 'ECC_SECG_P256K1'],
    ])
      assert.equal((await make({ key_spec: own })).key_spec, documented)
  })

  test('SM2: the openssl command line signs with the private key and verifies with the public one', {
    skip: missing('openssl'),
  }, async () => {
    const made = await make({ key_spec: 'SM2' })
    assert.equal(made.key_spec, 'SM2')
    assert.equal((await open(made)).body.plain_text_base64, made.private_key_plain_text)
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
    try {
      const file = (name: string, base64: string): void =>
        writeFileSync(join(folder, name), Buffer.from(base64, 'base64'))
      file('message', Buffer.from('made to be used elsewhere').toString('base64'))
      file('private', made.private_key_plain_text)
      file('public', made.public_key)
      const digest = [
        '-rawin',
        '-digest',
        'sm3',
        '-pkeyopt',
        'distid:1234567812345678',
        '-in',
        'message',
      ]
      const run = (...args: string[]) =>
        spawnSync(tool('openssl'), ['pkeyutl', ...args, ...digest], {
          cwd: folder,
          encoding: 'utf8',
        })
      const signed = run('-sign', '-inkey', 'private', '-keyform', 'DER', '-out', 'signature')
      assert.equal(signed.status, 0, signed.stderr)
      const verified = run(
        '-verify',
        '-pubin',
        '-inkey',
        'public',
        '-keyform',
        'DER',
        '-sigfile',
        'signature',
      )
      assert.equal(verified.status, 0, verified.stderr)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  test('without plaintext: the answer has none, and the private key opens all the same', async () => {
    const made = await make({ ...p256, with_plain_text: false })
    assert.deepEqual(Object.keys(made).toSorted(), [
      'key_id',
      'key_spec',
      'private_key_cipher_text',
      'public_key',
    ])
    const { body } = await open(made, { key_id: id })
    const opened = createPublicKey(privateOf(body.plain_text_base64) as never)
    assert.equal(opened.export({ format: 'der', type: 'spki' }).toString('base64'), made.public_key)
    assert.ok((await make({ ...p256, with_plain_text: true })).private_key_plain_text)
  })

  test('no two pairs are the same, one after the other or at once', async () => {
    const made = await Promise.all(Array.from({ length: 12 }, () => make()))
    assert.equal(new Set(made.map(({ public_key }) => public_key)).size, 12)
    assert.equal(new Set(made.map(({ private_key_plain_text }) => private_key_plain_text)).size, 12)
  })

  test('a context binds a private key', async () => {
    const context = { additional_authenticated_data: 'orders' }
    const made = await make({ ...p256, ...context })
    refused(await open(made), 400, 'KMS.2201')
    refused(await open(made, { additional_authenticated_data: 'invoices' }), 400, 'KMS.2201')
    assert.equal((await open(made, context)).body.plain_text_base64, made.private_key_plain_text)
  })

  test('a private key is opened by the key that sealed it, by every version of it, and by no other', async () => {
    const made = await make()
    const other = await client.createKey()
    refused(await open(made, { key_id: other }), 400, 'KMS.2201')
    const moved = Buffer.from(made.private_key_cipher_text, 'base64')
    Buffer.from(other.replaceAll('-', ''), 'hex').copy(moved, 3)
    refused(
      await client.call('decrypt-data', { cipher_text: moved.toString('base64') }),
      400,
      'KMS.2201',
    )
    await client.ok('rotate-on-demand', { key_id: id })
    assert.equal((await open(made)).body.plain_text_base64, made.private_key_plain_text)
    await client.ok('disable-key', { key_id: id })
    refused(await open(made), 400, 'KMS.0209')
    refused(await call(small, p256), 400, 'KMS.0209')
    await client.ok('enable-key', { key_id: id })
  })

  test('what a ciphertext is for is in its header and cannot be changed: pair, data and data key stay apart', async () => {
    const made = await make()
    const asDataKey = Buffer.from(made.private_key_cipher_text, 'base64').toString('hex')
    refused(
      await call('decrypt-datakey', { cipher_text: asDataKey, datakey_cipher_length: 138 }),
      400,
      'KMS.2201',
    )
    const data = await client.encrypt(id, 'x')
    for (const [sealed, purposes] of [
      [made.private_key_cipher_text, [1, 2]],
      [data, [2, 3]],
    ] as const)
      for (const purpose of purposes) {
        const changed = Buffer.from(sealed, 'base64')
        changed[2] = purpose
        refused(
          await client.call('decrypt-data', { cipher_text: changed.toString('base64') }),
          400,
          'KMS.2201',
        )
      }
  })

  test('private keys survive a kill', async () => {
    const made = await make()
    client.close()
    await server.signal('SIGKILL')
    server = await TestServer.start({ data: server.data })
    client = server.client()
    assert.equal((await open(made)).body.plain_text_base64, made.private_key_plain_text)
  })

  const rsa = 'create-rsa-datakey-pair'
  const bad: readonly (readonly [what: string, operation: string, fields: object, code: string])[] =
    [
      ['no spec', rsa, {}, 'KMS.0204'],
      ['an unknown spec', rsa, { key_spec: 'RSA_1024' }, 'KMS.1902'],
      ['a spec of the other operation', rsa, p256, 'KMS.1902'],
      ['a spec of the other operation', small, { key_spec: 'RSA_2048' }, 'KMS.1902'],
      ['a name of every object', small, { key_spec: 'constructor' }, 'KMS.1902'],
      ['plaintext asked for in words', small, { ...p256, with_plain_text: 'yes' }, 'KMS.0308'],
      ['a PIN', small, { ...p256, pin: '1234' }, 'KMS.0308'],
      ['a kind of PIN', small, { ...p256, pin_type: 'CipherText' }, 'KMS.0308'],
      [
        'a context of 9 KiB',
        small,
        { ...p256, additional_authenticated_data: 'a'.repeat(9216) },
        'KMS.0208',
      ],
      ['a sequence of 65 characters', small, { ...p256, sequence: 's'.repeat(65) }, 'KMS.0206'],
    ]
  for (const [what, operation, fields, code] of bad) {
    test(`${operation} with ${what}: ${code}`, async () =>
      refused(await call(operation, fields), 400, code))
  }

  test('only symmetric keys seal private keys', async () => {
    const pair = await client.createKey({ key_spec: 'RSA_2048', key_usage: 'ENCRYPT_DECRYPT' })
    const mac = await client.createKey({ key_spec: 'HMAC_256' })
    refused(await call(small, { ...p256, key_id: pair }), 400, 'KMS.0325')
    refused(await call(small, { ...p256, key_id: mac }), 400, 'KMS.0341')
    refused(
      await call(small, { ...p256, key_id: await client.createKey({ origin: 'external' }) }),
      400,
      'KMS.1301',
    )
  })

  test('the record of a pair has its key and version, and neither half', async () => {
    const key = await client.createKey()
    const made = await make({ ...p256, key_id: key })
    const admin = new AdminClient(server.url)
    await admin.enter(client.credentials)
    const { records } = await admin.ok('GET', `/keys/${key}/activity`)
    admin.close()
    const found = (records as Body[]).filter(
      ({ operation }) => operation === 'create-data-key-pair',
    )
    assert.deepEqual(
      found.map(({ outcome, material_version }) => [outcome, material_version]),
      [['ok', 1]],
    )
    const der = Buffer.from(made.private_key_plain_text, 'base64')
    if (server.storeFlags.includes('--database-url')) return
    const files = ['holdfast.db', 'holdfast.db-wal'].map((name) =>
      readFileSync(join(server.data, name)),
    )
    for (const file of files) assert.equal(file.includes(der.subarray(36, 68)), false)
  })
})
