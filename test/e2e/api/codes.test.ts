/**
 * Every documented code that can occur in this release, over HTTP, as a table: the call, its
 * status, its code.
 *
 * @also postgresql
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { type Answer, type HuaweiClient, wrap } from '../client.ts'
import { accepted, refused } from '../expect.ts'
import { TestServer } from '../server.ts'

const unknown = '00000000-0000-4000-8000-000000000000'

describe('answers of the Huawei API', () => {
  let server: TestServer
  let client: HuaweiClient
  /** Keys in each state. */
  const keys = {
    enabled: '',
    disabled: '',
    pendingDeletion: '',
    pendingImport: '',
    imported: '',
    mac: '',
    pair: '',
  }
  let ciphertext = ''

  before(async () => {
    server = await TestServer.start({ flags: ['--max-keys', '20'] })
    client = server.client()
    keys.enabled = await client.createKey({ key_alias: 'taken' })
    keys.disabled = await client.createKey()
    keys.pendingDeletion = await client.createKey()
    keys.pendingImport = await client.createKey({ origin: 'external' })
    keys.imported = await client.createKey({ origin: 'external' })
    keys.mac = await client.createKey({ key_spec: 'HMAC_256' })
    keys.pair = await client.createKey({ key_spec: 'EC_P256' })
    await client.ok('disable-key', { key_id: keys.disabled })
    await client.ok('schedule-key-deletion', { key_id: keys.pendingDeletion, pending_days: 7 })
    accepted(await client.import(keys.imported, randomBytes(32)))
    ciphertext = await client.encrypt(keys.enabled, 'x', { additional_authenticated_data: 'a' })
  })
  after(async () => {
    client.close()
    await server[Symbol.asyncDispose]()
  })

  const grant = (fields: object): object => ({
    key_id: keys.enabled,
    grantee_principal: 'x',
    operations: ['sign'],
    ...fields,
  })

  type Row = readonly [
    what: string,
    operation: string,
    fields: () => object,
    status: number,
    code: string,
  ]
  const rows: readonly Row[] = [
    ['an operation that does not exist', 'make-coffee', () => ({}), 400, 'KMS.0201'],
    ['a missing field', 'describe-key', () => ({}), 400, 'KMS.0204'],
    ['a field that is null', 'describe-key', () => ({ key_id: null }), 400, 'KMS.0204'],
    ['an invalid ID', 'describe-key', () => ({ key_id: 'x' }), 400, 'KMS.0205'],
    ['an ID of a wrong type', 'describe-key', () => ({ key_id: 5 }), 400, 'KMS.0205'],
    [
      'an ID in upper case',
      'describe-key',
      () => ({ key_id: keys.enabled.toUpperCase() }),
      400,
      'KMS.0205',
    ],
    ['a key that is unknown', 'describe-key', () => ({ key_id: unknown }), 404, 'KMS.0207'],
    [
      'an ID beyond hexadecimal',
      'describe-key',
      () => ({ key_id: unknown.replaceAll('0', 'z') }),
      404,
      'KMS.0207',
    ],
    [
      'an invalid sequence',
      'describe-key',
      () => ({ key_id: keys.enabled, sequence: 'a b' }),
      400,
      'KMS.0206',
    ],
    [
      'a grant of nothing but create-grant',
      'create-grant',
      () => grant({ operations: ['create-grant'] }),
      400,
      'KMS.2401',
    ],
    [
      'an invalid grantee',
      'create-grant',
      () => grant({ grantee_principal: 'a b' }),
      400,
      'KMS.2402',
    ],
    [
      'a grant that is not there',
      'revoke-grant',
      () => ({ key_id: keys.enabled, grant_id: '0'.repeat(64) }),
      400,
      'KMS.2501',
    ],
    ['an alias with a space', 'create-key', () => ({ key_alias: 'a b' }), 400, 'KMS.1101'],
    ['an empty alias', 'create-key', () => ({ key_alias: '' }), 400, 'KMS.1101'],
    [
      'an alias of 256 characters',
      'create-key',
      () => ({ key_alias: 'a'.repeat(256) }),
      400,
      'KMS.1101',
    ],
    ['an alias that is taken', 'create-key', () => ({ key_alias: 'taken' }), 400, 'KMS.1104'],
    [
      'renaming to an alias that is taken',
      'update-key-alias',
      () => ({ key_id: keys.disabled, key_alias: 'taken' }),
      400,
      'KMS.1104',
    ],
    [
      'a description of 256 bytes',
      'create-key',
      () => ({ key_alias: 'd', key_description: 'ä'.repeat(128) }),
      400,
      'KMS.1103',
    ],
    [
      'a spec of data keys alone',
      'create-key',
      () => ({ key_alias: 's', key_spec: 'AES_128' }),
      400,
      'KMS.0308',
    ],
    [
      'an HMAC key that is to encrypt',
      'create-key',
      () => ({ key_alias: 's', key_spec: 'HMAC_256', key_usage: 'ENCRYPT_DECRYPT' }),
      400,
      'KMS.0308',
    ],
    [
      'an AES key that is to make MACs',
      'create-key',
      () => ({ key_alias: 's', key_usage: 'GENERATE_VERIFY_MAC' }),
      400,
      'KMS.0308',
    ],
    [
      'a usage that does not exist',
      'create-key',
      () => ({ key_alias: 's', key_usage: 'EVERYTHING' }),
      400,
      'KMS.0308',
    ],
    [
      'a spec that does not exist',
      'create-key',
      () => ({ key_alias: 's', key_spec: 'DES' }),
      400,
      'KMS.0308',
    ],
    [
      'a usage that does not fit',
      'create-key',
      () => ({ key_alias: 's', key_usage: 'SIGN_VERIFY' }),
      400,
      'KMS.0308',
    ],
    [
      'an origin that does not exist',
      'create-key',
      () => ({ key_alias: 's', origin: 'heaven' }),
      400,
      'KMS.0308',
    ],
    ['a key store', 'create-key', () => ({ key_alias: 's', keystore_id: 'abc' }), 400, 'KMS.0340'],
    [
      'encrypting with a disabled key',
      'encrypt-data',
      () => ({ key_id: keys.disabled, plain_text: 'x' }),
      400,
      'KMS.0209',
    ],
    [
      'encrypting with a key pending deletion',
      'encrypt-data',
      () => ({ key_id: keys.pendingDeletion, plain_text: 'x' }),
      400,
      'KMS.0210',
    ],
    [
      'encrypting with a key pending import',
      'encrypt-data',
      () => ({ key_id: keys.pendingImport, plain_text: 'x' }),
      400,
      'KMS.1301',
    ],
    [
      'encrypting nothing',
      'encrypt-data',
      () => ({ key_id: keys.enabled, plain_text: '' }),
      400,
      'KMS.2101',
    ],
    [
      'encrypting 4097 bytes',
      'encrypt-data',
      () => ({ key_id: keys.enabled, plain_text: 'a'.repeat(4097) }),
      400,
      'KMS.2101',
    ],
    [
      'encrypting 2049 characters of two bytes',
      'encrypt-data',
      () => ({ key_id: keys.enabled, plain_text: 'ä'.repeat(2049) }),
      400,
      'KMS.2101',
    ],
    [
      'an algorithm of another kind of key',
      'encrypt-data',
      () => ({ key_id: keys.enabled, plain_text: 'x', encryption_algorithm: 'RSAES_OAEP_SHA_256' }),
      400,
      'KMS.2105',
    ],
    [
      'both forms of context',
      'encrypt-data',
      () => ({
        key_id: keys.enabled,
        plain_text: 'x',
        encryption_context: {},
        additional_authenticated_data: '',
      }),
      400,
      'KMS.0208',
    ],
    [
      'a context that is not a text',
      'encrypt-data',
      () => ({ key_id: keys.enabled, plain_text: 'x', encryption_context: { a: 1 } }),
      400,
      'KMS.0208',
    ],
    [
      'a context of 9 KiB',
      'encrypt-data',
      () => ({
        key_id: keys.enabled,
        plain_text: 'x',
        additional_authenticated_data: 'a'.repeat(9216),
      }),
      400,
      'KMS.0208',
    ],
    [
      'a ciphertext that is not base64',
      'decrypt-data',
      () => ({ cipher_text: '!' }),
      400,
      'KMS.2201',
    ],
    ['a ciphertext of nothing', 'decrypt-data', () => ({ cipher_text: '' }), 400, 'KMS.2201'],
    [
      'a ciphertext without its context',
      'decrypt-data',
      () => ({ cipher_text: ciphertext }),
      400,
      'KMS.2201',
    ],
    [
      'a ciphertext with another context',
      'decrypt-data',
      () => ({ cipher_text: ciphertext, additional_authenticated_data: 'b' }),
      400,
      'KMS.2201',
    ],
    [
      'a ciphertext of another key',
      'decrypt-data',
      () => ({
        cipher_text: ciphertext,
        additional_authenticated_data: 'a',
        key_id: keys.imported,
      }),
      400,
      'KMS.2201',
    ],
    [
      'a ciphertext of an unknown key',
      'decrypt-data',
      () => ({ cipher_text: rekeyed(ciphertext, unknown), additional_authenticated_data: 'a' }),
      400,
      'KMS.2201',
    ],
    ['enabling an enabled key', 'enable-key', () => ({ key_id: keys.enabled }), 400, 'KMS.1201'],
    [
      'enabling a key pending import',
      'enable-key',
      () => ({ key_id: keys.pendingImport }),
      400,
      'KMS.1201',
    ],
    [
      'enabling a key pending deletion',
      'enable-key',
      () => ({ key_id: keys.pendingDeletion }),
      400,
      'KMS.0210',
    ],
    ['disabling a disabled key', 'disable-key', () => ({ key_id: keys.disabled }), 400, 'KMS.1301'],
    [
      'disabling a key pending import',
      'disable-key',
      () => ({ key_id: keys.pendingImport }),
      400,
      'KMS.1301',
    ],
    [
      'disabling a key pending deletion',
      'disable-key',
      () => ({ key_id: keys.pendingDeletion }),
      400,
      'KMS.0210',
    ],
    [
      'deletion in 6 days',
      'schedule-key-deletion',
      () => ({ key_id: keys.enabled, pending_days: '6' }),
      400,
      'KMS.1401',
    ],
    [
      'deletion in 1097 days',
      'schedule-key-deletion',
      () => ({ key_id: keys.enabled, pending_days: 1097 }),
      400,
      'KMS.1401',
    ],
    [
      'deletion in some days',
      'schedule-key-deletion',
      () => ({ key_id: keys.enabled, pending_days: 'some' }),
      400,
      'KMS.1401',
    ],
    [
      'deletion that is scheduled already',
      'schedule-key-deletion',
      () => ({ key_id: keys.pendingDeletion, pending_days: '7' }),
      400,
      'KMS.1402',
    ],
    [
      'cancelling what is not scheduled',
      'cancel-key-deletion',
      () => ({ key_id: keys.enabled }),
      400,
      'KMS.1501',
    ],
    [
      'renaming a key pending deletion',
      'update-key-alias',
      () => ({ key_id: keys.pendingDeletion, key_alias: 'new' }),
      400,
      'KMS.0210',
    ],
    [
      'changing the description of a key pending deletion',
      'update-key-description',
      () => ({ key_id: keys.pendingDeletion, key_description: '' }),
      400,
      'KMS.0210',
    ],
    ['a limit of 0', 'list-keys', () => ({ limit: '0' }), 400, 'KMS.1601'],
    ['a limit of 2001', 'list-keys', () => ({ limit: 2001 }), 400, 'KMS.1601'],
    ['a limit in words', 'list-keys', () => ({ limit: 'ten' }), 400, 'KMS.1601'],
    ['a negative marker', 'list-keys', () => ({ marker: '-1' }), 400, 'KMS.1602'],
    ['a state that is never shown', 'list-keys', () => ({ key_state: '1' }), 400, 'KMS.0308'],
    [
      'parameters for a key made here',
      'get-parameters-for-import',
      () => oaep(keys.enabled),
      400,
      'KMS.0309',
    ],
    [
      'parameters for a key with its material',
      'get-parameters-for-import',
      () => oaep(keys.imported),
      400,
      'KMS.0310',
    ],
    [
      'parameters by an old algorithm',
      'get-parameters-for-import',
      () => ({ ...oaep(keys.pendingImport), wrapping_algorithm: 'RSAES_PKCS1_V1_5' }),
      400,
      'KMS.0308',
    ],
    [
      'parameters by SHA-1',
      'get-parameters-for-import',
      () => ({ ...oaep(keys.pendingImport), wrapping_algorithm: 'RSAES_OAEP_SHA_1' }),
      400,
      'KMS.0308',
    ],
    [
      'an import token that is too short',
      'import-key-material',
      () => ({ key_id: keys.pendingImport, import_token: 'AAAA', encrypted_key_material: 'AAAA' }),
      400,
      'KMS.2605',
    ],
    [
      'an import token that is not base64',
      'import-key-material',
      () => ({
        key_id: keys.pendingImport,
        import_token: '!'.repeat(216),
        encrypted_key_material: 'AAAA',
      }),
      400,
      'KMS.2605',
    ],
    [
      'a made-up import token',
      'import-key-material',
      () => ({
        key_id: keys.pendingImport,
        import_token: 'A'.repeat(216),
        encrypted_key_material: 'AAAA',
      }),
      400,
      'KMS.2605',
    ],
    [
      'an import without a token',
      'import-key-material',
      () => ({ key_id: keys.pendingImport, encrypted_key_material: 'AAAA' }),
      400,
      'KMS.0204',
    ],
    [
      'deleting the material of a key made here',
      'delete-imported-key-material',
      () => ({ key_id: keys.enabled }),
      400,
      'KMS.0309',
    ],
    [
      'deleting material that is not there',
      'delete-imported-key-material',
      () => ({ key_id: keys.pendingImport }),
      400,
      'KMS.2701',
    ],
    ['a MAC of an unknown key', 'generate-mac', () => mac(unknown), 404, 'KMS.0207'],
    ['a MAC of an AES key', 'generate-mac', () => mac(keys.enabled), 400, 'KMS.0331'],
    ['a MAC of a key pair', 'generate-mac', () => mac(keys.pair), 400, 'KMS.0325'],
    [
      'a MAC with the algorithm of another spec',
      'generate-mac',
      () => mac(keys.mac, { mac_algorithm: 'HMAC_SHA_384' }),
      400,
      'KMS.0308',
    ],
    [
      'a MAC with an algorithm that does not exist',
      'generate-mac',
      () => mac(keys.mac, { mac_algorithm: 'constructor' }),
      400,
      'KMS.0308',
    ],
    [
      'a MAC without an algorithm',
      'generate-mac',
      () => mac(keys.mac, { mac_algorithm: undefined }),
      400,
      'KMS.0204',
    ],
    [
      'a MAC of no message',
      'generate-mac',
      () => mac(keys.mac, { message: undefined }),
      400,
      'KMS.0204',
    ],
    ['a MAC of nothing', 'generate-mac', () => mac(keys.mac, { message: '' }), 400, 'KMS.0308'],
    [
      'a MAC of what is not base64',
      'generate-mac',
      () => mac(keys.mac, { message: '!' }),
      400,
      'KMS.0308',
    ],
    [
      'a MAC of base64 without its padding',
      'generate-mac',
      () => mac(keys.mac, { message: 'AA' }),
      400,
      'KMS.0308',
    ],
    [
      'a MAC of 4097 bytes',
      'generate-mac',
      () => mac(keys.mac, { message: Buffer.alloc(4097).toString('base64') }),
      400,
      'KMS.0308',
    ],
    ['verifying without a MAC', 'verify-mac', () => mac(keys.mac), 400, 'KMS.0204'],
    [
      'verifying what is not hexadecimal',
      'verify-mac',
      () => mac(keys.mac, { mac: 'zz' }),
      400,
      'KMS.0308',
    ],
    ['verifying half a byte', 'verify-mac', () => mac(keys.mac, { mac: 'abc' }), 400, 'KMS.0308'],
    [
      'verifying a MAC of 1025 bytes',
      'verify-mac',
      () => mac(keys.mac, { mac: '00'.repeat(1025) }),
      400,
      'KMS.0308',
    ],
    [
      'verifying with an AES key',
      'verify-mac',
      () => mac(keys.enabled, { mac: '00' }),
      400,
      'KMS.0331',
    ],
    [
      'verifying with a key pair',
      'verify-mac',
      () => mac(keys.pair, { mac: '00' }),
      400,
      'KMS.0325',
    ],
    [
      'encrypting with an HMAC key',
      'encrypt-data',
      () => ({ key_id: keys.mac, plain_text: 'x' }),
      400,
      'KMS.0341',
    ],
    ['a data key of an HMAC key', 'create-datakey', () => ({ key_id: keys.mac }), 400, 'KMS.0341'],
    [
      'signing with an HMAC key',
      'sign',
      () => ({
        key_id: keys.mac,
        message: 'AAAA',
        message_type: 'RAW',
        signing_algorithm: 'ECDSA_SHA_256',
      }),
      400,
      'KMS.0341',
    ],
    [
      'the public key of an HMAC key',
      'get-publickey',
      () => ({ key_id: keys.mac }),
      400,
      'KMS.0341',
    ],
    ['rotating an HMAC key', 'rotate-on-demand', () => ({ key_id: keys.mac }), 400, 'KMS.0341'],
    [
      'rotating an HMAC key on a schedule',
      'enable-key-rotation',
      () => ({ key_id: keys.mac }),
      400,
      'KMS.0341',
    ],
    [
      'deleting the material of an HMAC key made here',
      'delete-imported-key-material',
      () => ({ key_id: keys.mac }),
      400,
      'KMS.0309',
    ],
  ]
  for (const [what, operation, fields, status, code] of rows) {
    test(`${what}: ${status} ${code}`, async () => {
      const answer = await client.call(operation, fields())
      refused(answer, status, code)
      assert.ok(answer.body.error.error_msg.length > 10)
    })
  }

  test('after all that, nothing has changed', async () => {
    assert.equal((await client.ok('list-keys')).total, 5)
    assert.equal((await client.ok('list-keys', { key_spec: 'ALL' })).total, 7)
    const states = await Promise.all(
      Object.values(keys).map(async (id) => (await client.describe(id)).key_state),
    )
    assert.deepEqual(states, ['2', '3', '4', '5', '2', '2', '2'])
  })

  test('a body that is not JSON: KMS.0202', async () => {
    const path = `/v1.0/${client.credentials.project_id}/kms/list-keys`
    for (const data of [[], 'text', 5])
      refused(await client.send(client.sign('POST', path, data as object)), 400, 'KMS.0202')
  })

  test('a version of the API that does not exist: KMS.0201', async () => {
    for (const path of ['/v1', '/v9', '/v1.1'])
      refused(await client.send(client.sign('GET', path)), 400, 'KMS.0201')
  })

  test('a method that the operation does not support: KMS.0215', async () => {
    refused(await client.get('list-keys'), 405, 'KMS.0215')
    refused(await client.call('user-quotas'), 405, 'KMS.0215')
  })

  test('one key more than the project may hold: KMS.1105', async () => {
    const made: string[] = []
    let answer: Answer = await client.call('create-key', { key_alias: 'k0' })
    for (let i = 1; answer.status === 200; i++) {
      made.push(answer.body.key_info.key_id)
      answer = await client.call('create-key', { key_alias: `k${i}` })
    }
    refused(answer, 400, 'KMS.1105')
    assert.equal(made.length, 13)
    const atOnce = await Promise.all(
      Array.from({ length: 20 }, (_, i) => client.call('create-key', { key_alias: `more${i}` })),
    )
    for (const one of atOnce) refused(one, 400, 'KMS.1105')
    assert.deepEqual((await client.get('user-quotas')).body, {
      quotas: { resources: [{ type: 'CMK', used: 20, quota: 20 }] },
    })
  })

  test('pages of a listing follow one another, newest first, each key once', async () => {
    const seen: string[] = []
    let marker = ''
    for (;;) {
      const page = await client.ok('list-keys', { limit: 3, marker })
      seen.push(...page.keys)
      assert.equal(page.total, 18)
      if (page.truncated === 'false') {
        assert.equal(page.next_marker, '')
        break
      }
      marker = page.next_marker
    }
    assert.equal(new Set(seen).size, 18)
    assert.equal(seen.at(-1), keys.enabled)
    const disabled = await client.ok('list-keys', { key_state: '3', key_spec: 'ALL' })
    assert.deepEqual(disabled.keys, [keys.disabled])
    assert.equal((await client.ok('list-keys', { key_spec: 'RSA_2048' })).total, 0)
  })

  test('every value of a key is a string, as golangsdk demands', async () => {
    const { key_info } = await client.ok('describe-key', {
      key_id: keys.pendingDeletion,
      sequence: '919c82d4-8046-4722-9094-35c3c6524cff',
    })
    for (const [field, value] of Object.entries(key_info))
      assert.equal(typeof value, 'string', field)
    assert.match(key_info.scheduled_deletion_date, /^\d{13}$/)
    assert.match(key_info.creation_date, /^\d{13}$/)
    assert.equal(key_info.default_key_flag, '0')
    assert.equal(key_info.sys_enterprise_project_id, '0')
    assert.equal(key_info.domain_id, client.credentials.domain_id)
  })

  test('success without a result is {}, never an empty body', async () => {
    const id = keys.imported
    assert.deepEqual(await client.ok('delete-imported-key-material', { key_id: id }), {})
  })

  test('both forms of context are one: the string is the map of that one name', async () => {
    assert.equal(
      await client.decrypt(ciphertext, {
        encryption_context: { additional_authenticated_data: 'a' },
      }),
      'x',
    )
    const many = await client.encrypt(keys.enabled, 'y', { encryption_context: { b: '2', a: '1' } })
    assert.equal(await client.decrypt(many, { encryption_context: { a: '1', b: '2' } }), 'y')
  })

  test('an answer of decrypt has the text, its base64 form and the key', async () => {
    const text = 'päper ☂ 😀'
    const answer = await client.ok('decrypt-data', {
      cipher_text: await client.encrypt(keys.enabled, text),
    })
    assert.deepEqual(answer, {
      key_id: keys.enabled,
      plain_text: text,
      plain_text_base64: Buffer.from(text).toString('base64'),
    })
  })

  test('anyone may read the versions', async () => {
    const { versions } = (await (await fetch(`${server.url}/`)).json()) as {
      versions: { id: string }[]
    }
    assert.deepEqual(
      versions.map(({ id }) => id),
      ['v1.0', 'v3.6'],
    )
    const { version } = (await (await fetch(`${server.url}/v1.0`)).json()) as {
      version: { id: string }
    }
    assert.equal(version.id, 'v1.0')
  })

  test('for any key, the message says what is wrong with a text in base64 or hexadecimal', async () => {
    const context = { additional_authenticated_data: 'a' }
    const sealed = await client.ok('create-datakey', {
      key_id: keys.enabled,
      datakey_length: '256',
    })
    const hex: string = sealed.cipher_text
    const url = `${ciphertext.slice(0, 9)}-${ciphertext.slice(10)}`
    const broken = `${ciphertext.slice(0, 76)}\n${ciphertext.slice(76)}`
    const short = 'is not a Holdfast ciphertext, or it is cut short'
    const open = (cipher_text: string, fields: object = {}) =>
      ['decrypt-data', { cipher_text, ...context, ...fields }] as const
    const openKey = (cipher_text: string) =>
      [
        'decrypt-datakey',
        { key_id: keys.enabled, cipher_text, datakey_cipher_length: '32' },
      ] as const
    const move = (cipher_text: string) =>
      ['re-encrypt', { cipher_text, destination_key_id: keys.imported }] as const
    const urlSays =
      'cipher_text uses the URL-safe alphabet of base64 (character 10); replace "-" with "+" and "_" with "/"'
    const breakSays = 'cipher_text has a line break at character 77; give it as one line'
    const table: readonly (readonly [
      call: readonly [operation: string, fields: object],
      code: string,
      says: string,
    ])[] = [
      [open(broken), 'KMS.2201', breakSays],
      [open(broken, { key_id: unknown }), 'KMS.2201', breakSays],
      [open(broken, { key_id: keys.disabled }), 'KMS.2201', breakSays],
      [open(url), 'KMS.2201', urlSays],
      [
        open(ciphertext.replace('A', ' ')),
        'KMS.2201',
        `cipher_text has a space at character ${ciphertext.indexOf('A') + 1}; a form or a URL turns a "+" that is not percent-encoded into one`,
      ],
      [
        open(ciphertext.slice(0, 99)),
        'KMS.2201',
        'cipher_text has 99 characters, which is not a multiple of 4: it was cut, or the "=" at its end is missing',
      ],
      [open(ciphertext.slice(0, 100)), 'KMS.2201', `the ciphertext ${short}`],
      [open(ciphertext.slice(4)), 'KMS.2201', `the ciphertext ${short}`],
      [open(Buffer.from(ciphertext).toString('base64')), 'KMS.2201', `the ciphertext ${short}`],
      // A complete ciphertext of another key or context: the message does not say which of the two
      // is wrong.
      [
        open(ciphertext, { additional_authenticated_data: 'b' }),
        'KMS.2201',
        'the ciphertext is not valid for this key and context',
      ],
      [
        open(`${ciphertext.slice(0, -8)}AAAAAAA=`),
        'KMS.2201',
        'the ciphertext is not valid for this key and context',
      ],
      [
        openKey(`${hex}\n`),
        'KMS.2201',
        `cipher_text has a line break at character ${hex.length + 1}; give it as one line`,
      ],
      [
        openKey(hex.slice(1)),
        'KMS.2201',
        `cipher_text has ${hex.length - 1} hexadecimal digits, which is an odd number: one was cut or added`,
      ],
      [openKey(hex.slice(0, 64)), 'KMS.2201', `the ciphertext ${short}`],
      [openKey(ciphertext), 'KMS.2201', 'cipher_text is not hexadecimal: character'],
      [move(broken), 'KMS.2201', breakSays],
      [move(url), 'KMS.2201', urlSays],
      [
        [
          'verify',
          {
            key_id: keys.pair,
            message: 'AAAA',
            signing_algorithm: 'ECDSA_SHA_256',
            signature: 'AA_A',
          },
        ],
        'KMS.0308',
        'signature uses the URL-safe alphabet of base64 (character 3); replace "-" with "+" and "_" with "/"',
      ],
      [
        ['verify-mac', { ...mac(keys.mac), mac: '0x00' }],
        'KMS.0308',
        'mac begins with 0x; leave it out',
      ],
      [
        [
          'import-key-material',
          {
            key_id: keys.pendingImport,
            import_token: 'A'.repeat(300),
            encrypted_key_material: 'AAAA\nAAAA',
          },
        ],
        'KMS.0311',
        'encrypted_key_material has a line break at character 5; give it as one line',
      ],
    ]
    for (const [[operation, fields], code, says] of table) {
      const { status, body } = await client.call(operation, fields)
      assert.deepEqual([status, body.error_code], [400, code], JSON.stringify(body))
      assert.ok(body.error_msg.includes(says), `${body.error_msg} / ${says}`)
    }
  })

  test('wrapped material that does not open: KMS.0311; that is too short: KMS.2604; that is weak: KMS.0308', async () => {
    const { import_token, public_key } = await client.ok(
      'get-parameters-for-import',
      oaep(keys.pendingImport),
    )
    const send = (encrypted_key_material: string): Promise<Answer> =>
      client.call('import-key-material', {
        key_id: keys.pendingImport,
        import_token,
        encrypted_key_material,
      })
    refused(await send(Buffer.alloc(256, 3).toString('base64')), 400, 'KMS.0311')
    refused(await send(wrap(public_key, randomBytes(16))), 400, 'KMS.2604')
    refused(await send(wrap(public_key, Buffer.alloc(32))), 400, 'KMS.0308')
    accepted(await send(wrap(public_key, randomBytes(32))))
  })
})

function oaep(keyId: string): object {
  return { key_id: keyId, wrapping_algorithm: 'RSAES_OAEP_SHA_256' }
}

function mac(keyId: string, fields: object = {}): object {
  return { key_id: keyId, message: 'AAAA', mac_algorithm: 'HMAC_SHA_256', ...fields }
}

/** The ciphertext with another key's ID in its header. */
function rekeyed(ciphertext: string, id: string): string {
  const bytes = Buffer.from(ciphertext, 'base64')
  Buffer.from(id.replaceAll('-', ''), 'hex').copy(bytes, 3)
  return bytes.toString('base64')
}
