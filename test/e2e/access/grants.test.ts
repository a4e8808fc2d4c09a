/**
 * Grants over the Huawei API, kept by three projects: every operation, chains, ends of grants, and
 * what the owner sees.
 *
 * @also two-threads, postgresql
 */
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type GrantName, grantNames } from '../../../src/dialects/huawei/grant-names.ts'
import { hooksModule, moveClock } from '../../fakes/hooks.ts'
import { AdminClient } from '../admin-client.ts'
import { type Answer, type Body, HuaweiClient, readCredentials } from '../client.ts'
import { accepted, refused } from '../expect.ts'
import { newFolder, TestServer } from '../server.ts'
import { until } from '../until.ts'

const grantOperations: readonly GrantName[] = Object.values(grantNames)

const dayMs = 86_400_000
const unknownKey = '00000000-0000-4000-8000-000000000000'
/** A user that does not exist in any project. */
const stranger = '0d0466b00d0466b00d0466b00d0466b0'

type Party = { readonly client: HuaweiClient; readonly id: string; readonly domain: string }

describe('grants', () => {
  const data = newFolder()
  const folder = newFolder()
  const clockFile = join(data, 'clock')
  const hooks = { module: hooksModule, data: { clockFile } }
  let moved = 0
  let server: TestServer
  let owner: Party
  let second: Party
  let third: Party
  const parties = (): readonly Party[] => [owner, second, third]

  const party = async (file: string): Promise<Party> => {
    const client = new HuaweiClient(server.url, readCredentials(file))
    client.clock = () => Date.now() + moved
    const { body } = await client.send(client.sign('GET', '/v3/users'))
    return { client, id: body.users[0].id, domain: client.credentials.domain_id }
  }
  const enter = async (): Promise<void> => {
    owner = await party(join(data, 'bootstrap.json'))
    second = await party(join(folder, 'second.json'))
    third = await party(join(folder, 'third.json'))
  }
  const leave = (): void => {
    for (const { client } of parties()) client.close()
  }
  before(async () => {
    server = await TestServer.start({ data, hooks })
    for (const name of ['second', 'third'])
      await server.holdfast(
        'project',
        'create',
        name,
        '--credentials',
        join(folder, `${name}.json`),
      )
    await enter()
  })
  after(async () => {
    leave()
    await server[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  const give = (
    by: Party,
    key_id: string,
    to: Pick<Party, 'id'>,
    operations: readonly string[],
    fields: object = {},
  ) => by.client.call('create-grant', { key_id, grantee_principal: to.id, operations, ...fields })
  /** A grant that must be created. @returns its ID. */
  const given = async (...grant: Parameters<typeof give>): Promise<string> => {
    const { status, body } = await give(...grant)
    assert.equal(status, 200, JSON.stringify(body))
    assert.match(body.grant_id, /^[0-9a-f]{64}$/)
    return body.grant_id
  }
  const revoke = (key_id: string, grant_id: string): Promise<Answer> =>
    owner.client.call('revoke-grant', { key_id, grant_id })
  const retire = (by: Party, key_id: string, grant_id: string) =>
    by.client.call('retire-grant', { key_id, grant_id })
  const list = async (key_id: string, fields: object = {}): Promise<Body[]> =>
    (await owner.client.ok('list-grants', { key_id, limit: 1000, ...fields })).grants
  const idsOf = async (key_id: string): Promise<string[]> =>
    (await list(key_id)).map(({ grant_id }) => grant_id)
  const encrypt = (by: Party, key_id: string) =>
    by.client.call('encrypt-data', { key_id, plain_text: 'x' })
  const unknown = (answer: Answer): void => refused(answer, 404, 'KMS.0207')

  describe('of every operation', () => {
    type Keys = { readonly aes: string; readonly pair: string; readonly mac: string }
    type Use = {
      readonly kind: keyof Keys
      readonly fields: (grantId: string) => object
      /**
       * The answer for a key that does not exist, where it differs from that of most operations.
       */
      readonly unknown?: readonly [status: number, code: string]
      /** An operation to grant as well, because a grant of this one alone is invalid. */
      readonly needs?: string
    }
    let keys: Keys
    let uses: Readonly<Record<string, Use>>
    const mac = { message: 'AAAA', mac_algorithm: 'HMAC_SHA_256' }
    const signing = { message: 'AAAA', message_type: 'RAW', signing_algorithm: 'ECDSA_SHA_256' }
    before(async () => {
      const { client } = owner
      keys = {
        aes: await client.createKey(),
        pair: await client.createKey({ key_spec: 'EC_P256' }),
        mac: await client.createKey({ key_spec: 'HMAC_256' }),
      }
      const dataKey = randomBytes(16)
      const plain_text = Buffer.concat([
        dataKey,
        createHash('sha256').update(dataKey).digest(),
      ]).toString('hex')
      const sealed = await client.ok('create-datakey-without-plaintext', {
        key_id: keys.aes,
        datakey_length: '128',
      })
      const { signature } = await client.ok('sign', { key_id: keys.pair, ...signing })
      const made = await client.ok('generate-mac', { key_id: keys.mac, ...mac })
      const cipher_text = await client.encrypt(keys.aes, 'granted')
      uses = {
        'create-datakey': { kind: 'aes', fields: () => ({}) },
        'create-datakey-without-plaintext': { kind: 'aes', fields: () => ({}) },
        'encrypt-datakey': {
          kind: 'aes',
          fields: () => ({ plain_text, datakey_plain_length: '16' }),
        },
        'decrypt-datakey': {
          kind: 'aes',
          fields: () => ({ cipher_text: sealed.cipher_text, datakey_cipher_length: '16' }),
        },
        'describe-key': { kind: 'aes', fields: () => ({}) },
        'create-grant': {
          kind: 'aes',
          fields: () => ({ grantee_principal: stranger, operations: ['retire-grant'] }),
          needs: 'retire-grant',
        },
        'retire-grant': { kind: 'aes', fields: (grant_id) => ({ grant_id }) },
        'encrypt-data': { kind: 'aes', fields: () => ({ plain_text: 'x' }) },
        'decrypt-data': {
          kind: 'aes',
          fields: () => ({ cipher_text }),
          unknown: [400, 'KMS.2201'],
        },
        sign: { kind: 'pair', fields: () => signing },
        verify: { kind: 'pair', fields: () => ({ ...signing, signature }) },
        'get-publickey': { kind: 'pair', fields: () => ({}) },
        'generate-mac': { kind: 'mac', fields: () => mac },
        'verify-mac': { kind: 'mac', fields: () => ({ ...mac, mac: made.mac }) },
      }
    })

    test('the table has every operation that can be granted', () => {
      assert.deepEqual(Object.keys(uses), [...grantOperations])
    })

    for (const operation of grantOperations)
      test(`${operation}: with a grant of it, by user or by domain; not with a grant of all others, and not without any`, async () => {
        const {
          kind,
          fields,
          needs,
          unknown: asUnknown = [404, 'KMS.0207'],
        } = uses[operation] as Use
        const key_id = keys[kind]
        const call = (by: Party, grantId: string) =>
          by.client.call(operation, { key_id, ...fields(grantId) })
        const refusedAsUnknown = async (by: Party, grantId: string): Promise<void> => {
          const answer = await call(by, grantId)
          refused(answer, ...asUnknown)
          // Byte for byte the answer for a key that never existed, except where the ciphertext
          // names the key.
          if (operation === 'decrypt-data') return
          const never = await by.client.call(operation, { key_id: unknownKey, ...fields(grantId) })
          assert.equal(
            JSON.stringify(answer.body).replaceAll(key_id, unknownKey),
            JSON.stringify(never.body),
          )
        }
        const only = needs === undefined ? [operation] : [operation, needs]
        const toUser = await given(owner, key_id, second, only)
        await refusedAsUnknown(third, toUser)
        accepted(await call(second, toUser))
        if (operation !== 'retire-grant') accepted(await revoke(key_id, toUser))
        const toDomain = await given(owner, key_id, { id: third.domain }, only, {
          grantee_principal_type: 'domain',
        })
        await refusedAsUnknown(second, toDomain)
        accepted(await call(third, toDomain))
        if (operation !== 'retire-grant') accepted(await revoke(key_id, toDomain))
        const others = grantOperations.filter((one) => one !== operation)
        const toOthers = await given(owner, key_id, second, others)
        await refusedAsUnknown(second, toOthers)
        accepted(await revoke(key_id, toOthers))
        const toThird = await given(owner, key_id, third, grantOperations)
        await refusedAsUnknown(second, toThird)
        accepted(await revoke(key_id, toThird))
        assert.deepEqual(await list(key_id), [])
      })

    test('operations that cannot be granted answer a grantee of all others as for an unknown key', async () => {
      const key_id = await owner.client.createKey({ origin: 'external' })
      await given(owner, key_id, second, grantOperations)
      const grant_id = await given(owner, key_id, third, ['sign'])
      const token = 'A'.repeat(400)
      const tag = { key: 'a', value: 'b' }
      const before_ = await owner.client.describe(key_id)
      const operations: readonly (readonly [operation: string, fields: object])[] = [
        ['enable-key', {}],
        ['disable-key', {}],
        ['schedule-key-deletion', { pending_days: '7' }],
        ['cancel-key-deletion', {}],
        ['update-key-alias', { key_alias: 'other' }],
        ['update-key-description', { key_description: 'other' }],
        ['get-parameters-for-import', { wrapping_algorithm: 'RSAES_OAEP_SHA_256' }],
        ['import-key-material', { import_token: token, encrypted_key_material: token }],
        ['delete-imported-key-material', {}],
        ['enable-key-rotation', {}],
        ['disable-key-rotation', {}],
        ['update-key-rotation-interval', { rotation_interval: 30 }],
        ['get-key-rotation-status', {}],
        ['rotate-on-demand', {}],
        ['aliases', { alias: 'alias/theirs' }],
        ['KEY/tags', { tag }],
        ['KEY/tags/action', { action: 'create', tags: [tag] }],
        ['list-grants', {}],
        ['revoke-grant', { grant_id }],
        // Nor may one retire a grant of somebody else.
        ['retire-grant', { grant_id }],
      ]
      for (const [operation, fields] of operations) {
        const [answer, never] = await Promise.all(
          [key_id, unknownKey].map((id) =>
            second.client.call(operation.replace('KEY', id), { key_id: id, ...fields }),
          ),
        )
        assert.equal(answer?.status, never?.status, operation)
        assert.equal(
          JSON.stringify(answer?.body).replaceAll(key_id, unknownKey),
          JSON.stringify(never?.body),
          operation,
        )
        assert.notEqual(answer?.status, 200, operation)
      }
      unknown(await second.client.get(`${key_id}/tags`))
      const { client } = second
      for (const [method, path] of [
        ['GET', `/admin/v1/keys/${key_id}`],
        ['POST', `/admin/v1/keys/${key_id}/successor`],
        ['GET', `/admin/v1/keys/${key_id}/activity`],
      ] as const) {
        const { status } = await client.send(
          client.sign(method, path, method === 'POST' ? {} : undefined),
        )
        assert.equal(status, 404, path)
      }
      assert.ok(
        !(await client.ok('list-keys', { limit: 1000, key_spec: 'ALL' })).keys.includes(key_id),
      )
      assert.deepEqual(await owner.client.describe(key_id), before_)
      assert.equal((await list(key_id)).length, 2)
    })
  })

  test('a granted key is described as its owner sees it, and works between the projects', async () => {
    const key_id = await owner.client.createKey()
    await given(owner, key_id, second, ['describe-key', 'encrypt-data', 'decrypt-data'])
    const seen = await second.client.describe(key_id)
    assert.deepEqual(seen, await owner.client.describe(key_id))
    assert.equal(seen.domain_id, owner.domain)
    assert.equal(
      await owner.client.decrypt(await second.client.encrypt(key_id, 'over there')),
      'over there',
    )
    assert.equal(
      await second.client.decrypt(await owner.client.encrypt(key_id, 'over here')),
      'over here',
    )
    accepted(await owner.client.call('disable-key', { key_id }))
    refused(await encrypt(second, key_id), 400, 'KMS.0209')
  })

  test('a grant shows what was asked for, its operations once each and in one order; an unknown user is accepted', async () => {
    const key_id = await owner.client.createKey()
    const grant_id = await given(
      owner,
      key_id,
      { id: stranger },
      ['sign', 'create-datakey', 'sign'],
      {
        name: 'for:a/b_c-1',
        retiring_principal: third.id,
      },
    )
    const bare = await given(owner, key_id, second, ['encrypt-data'])
    const answer = await owner.client.ok('list-grants', { key_id })
    assert.deepEqual(Object.keys(answer).toSorted(), [
      'grants',
      'next_marker',
      'total',
      'truncated',
    ])
    assert.deepEqual([answer.next_marker, answer.truncated, answer.total], ['', 'false', 2])
    const shown = { key_id, grantee_principal_type: 'user', issuing_principal: owner.id }
    const [one, two] = answer.grants.map(({ creation_date, ...rest }: Body) => {
      assert.match(creation_date, /^\d{13}$/)
      assert.ok(Math.abs(Number(creation_date) - Date.now() - moved) < 10_000)
      return rest
    })
    const named = { name: 'for:a/b_c-1', retiring_principal: third.id }
    assert.deepEqual(one, {
      ...shown,
      ...named,
      grant_id,
      grantee_principal: stranger,
      operations: ['create-datakey', 'sign'],
    })
    const unnamed = { name: '', retiring_principal: '' }
    assert.deepEqual(two, {
      ...shown,
      ...unnamed,
      grant_id: bare,
      grantee_principal: second.id,
      operations: ['encrypt-data'],
    })
    // An ID in either case is the same ID.
    assert.deepEqual((await revoke(key_id, bare.toUpperCase())).body, {})
    assert.deepEqual(await idsOf(key_id), [grant_id])
  })

  test('what is refused, with its code; nothing is made or ended', async () => {
    const { client } = owner
    const key_id = await client.createKey()
    const other = await client.createKey()
    const foreign = await second.client.createKey()
    const ofOther = await given(owner, other, second, ['sign'])
    const ofForeign = await given(second, foreign, owner, ['sign'])
    const good = { key_id, grantee_principal: stranger, operations: ['encrypt-data'] }
    const calls: readonly (readonly [
      operation: string,
      fields: object,
      code: string,
      status?: number,
    ])[] = [
      ['create-grant', { ...good, operations: ['create-grant'] }, 'KMS.2401'],
      ['create-grant', { ...good, operations: [] }, 'KMS.2401'],
      ['create-grant', { ...good, operations: ['encrypt'] }, 'KMS.0308'],
      ['create-grant', { ...good, operations: ['Encrypt-Data'] }, 'KMS.0308'],
      ['create-grant', { ...good, operations: ['encrypt-data', 'disable-key'] }, 'KMS.0308'],
      ['create-grant', { ...good, operations: ['encrypt-data', 'constructor'] }, 'KMS.0308'],
      ['create-grant', { ...good, operations: 'encrypt-data' }, 'KMS.0308'],
      ['create-grant', { ...good, operations: undefined }, 'KMS.0204'],
      ['create-grant', { ...good, grantee_principal: 'a b' }, 'KMS.2402'],
      ['create-grant', { ...good, grantee_principal: '' }, 'KMS.2402'],
      ['create-grant', { ...good, grantee_principal: 7 }, 'KMS.2402'],
      ['create-grant', { ...good, retiring_principal: 'x'.repeat(65) }, 'KMS.2402'],
      ['create-grant', { ...good, grantee_principal_type: 'group' }, 'KMS.0308'],
      ['create-grant', { ...good, name: 'a b' }, 'KMS.0308'],
      ['create-grant', { ...good, key_id: unknownKey }, 'KMS.0207', 404],
      [
        'create-grant',
        { ...good, key_id: unknownKey, operations: ['disable-key'] },
        'KMS.0207',
        404,
      ],
      [
        'create-grant',
        { ...good, grantee_principal: 'a b', operations: ['disable-key'] },
        'KMS.2402',
      ],
      ['create-grant', { ...good, key_id: foreign }, 'KMS.0207', 404],
      ['revoke-grant', { key_id, grant_id: 'ab' }, 'KMS.2501'],
      ['revoke-grant', { key_id, grant_id: '0'.repeat(64) }, 'KMS.2501'],
      ['revoke-grant', { key_id, grant_id: ofOther }, 'KMS.2502'],
      ['revoke-grant', { key_id, grant_id: ofForeign }, 'KMS.2501'],
      ['revoke-grant', { key_id }, 'KMS.0204'],
      ['retire-grant', { key_id, grant_id: '0'.repeat(64) }, 'KMS.2501'],
      ['retire-grant', { key_id, grant_id: ofOther }, 'KMS.2502'],
      ['list-grants', { key_id, limit: 0 }, 'KMS.1601'],
      ['list-grants', { key_id, limit: '2001' }, 'KMS.1601'],
      ['list-grants', { key_id, marker: 'next' }, 'KMS.1602'],
      ['list-retirable-grants', { limit: 'all' }, 'KMS.1601'],
    ]
    for (const [operation, fields, code, status = 400] of calls)
      refused(await client.call(operation, fields), status, code)
    assert.deepEqual([await idsOf(key_id), await idsOf(other)], [[], [ofOther]])
    await client.ok('schedule-key-deletion', { key_id, pending_days: '7' })
    refused(await client.call('create-grant', good), 400, 'KMS.0210')
  })

  test('a grant passed on three times never has more than the first, and ends with any grant that it depends on', async () => {
    const key_id = await owner.client.createKey()
    const passable = ['encrypt-data', 'create-grant']
    const first = await given(owner, key_id, second, [...passable, 'decrypt-data'])
    const beyond = await give(second, key_id, third, ['sign'])
    refused(beyond, 403, 'KMS.0307')
    assert.match(
      beyond.body.error.error_msg,
      /operations that it has: create-grant, encrypt-data, decrypt-data$/,
      'in words of this API',
    )
    refused(await give(second, key_id, third, ['encrypt-data', 'retire-grant']), 403, 'KMS.0307')
    unknown(await give(third, key_id, third, ['encrypt-data']))
    const passed = await given(second, key_id, third, passable)
    refused(await give(third, key_id, { id: stranger }, ['decrypt-data']), 403, 'KMS.0307')
    const last = await given(third, key_id, { id: owner.domain }, ['encrypt-data'], {
      grantee_principal_type: 'domain',
    })
    accepted(await encrypt(third, key_id))
    assert.deepEqual(
      (await list(key_id)).map(({ issuing_principal }) => issuing_principal),
      [owner.id, second.id, third.id],
    )
    // The one who passed it on may end it; the grant above stays.
    accepted(await retire(second, key_id, passed))
    assert.deepEqual(await idsOf(key_id), [first])
    unknown(await encrypt(third, key_id))
    accepted(await encrypt(second, key_id))
    refused(await revoke(key_id, last), 400, 'KMS.2501')
    const again = await given(second, key_id, third, passable)
    await given(third, key_id, second, ['encrypt-data'])
    // A second grant of the same operation is independent.
    const independent = await given(owner, key_id, third, ['encrypt-data'])
    accepted(await revoke(key_id, first))
    assert.deepEqual(await idsOf(key_id), [independent])
    assert.notEqual(again, passed)
    accepted(await encrypt(third, key_id))
    unknown(await encrypt(second, key_id))
  })

  test('of several grants, the one that covers what is passed on is the one it depends on', async () => {
    const key_id = await owner.client.createKey()
    const narrow = await given(owner, key_id, second, ['encrypt-data', 'create-grant'])
    const wide = await given(owner, key_id, second, [
      'encrypt-data',
      'decrypt-data',
      'create-grant',
    ])
    await given(second, key_id, third, ['decrypt-data'])
    accepted(await revoke(key_id, narrow))
    assert.equal((await list(key_id)).length, 2)
    accepted(await revoke(key_id, wide))
    assert.deepEqual(await list(key_id), [])
  })

  test('who may retire a grant: its issuer, its retiring user without any right, its grantee if it says so, anyone who manages the key', async () => {
    const key_id = await owner.client.createKey()
    const chain = await given(owner, key_id, second, [
      'create-grant',
      'encrypt-data',
      'retire-grant',
    ])
    const named = { retiring_principal: third.id }
    const rows: readonly (readonly [
      what: string,
      make: () => Promise<string>,
      by: () => Party,
      may: boolean,
    ])[] = [
      [
        'issuer',
        () => given(second, key_id, { id: stranger }, ['encrypt-data']),
        () => second,
        true,
      ],
      [
        'retiring user',
        () => given(owner, key_id, { id: stranger }, ['sign'], named),
        () => third,
        true,
      ],
      [
        'grantee with retire-grant',
        () => given(owner, key_id, third, ['retire-grant']),
        () => third,
        true,
      ],
      [
        'who manages',
        () => given(second, key_id, { id: stranger }, ['encrypt-data']),
        () => owner,
        true,
      ],
      ['grantee without', () => given(owner, key_id, third, ['encrypt-data']), () => third, false],
      [
        'grantee with another grant that has it',
        () => given(owner, key_id, second, ['sign']),
        () => second,
        false,
      ],
      [
        'retiring user of another grant',
        () => given(owner, key_id, { id: stranger }, ['sign']),
        () => third,
        false,
      ],
    ]
    for (const [what, make, by, may] of rows) {
      const grantId = await make()
      const answer = await retire(by(), key_id, grantId)
      if (may) assert.deepEqual([answer.status, answer.body], [200, {}], what)
      else unknown(answer)
      assert.equal((await idsOf(key_id)).includes(grantId), !may, what)
    }
    for (const [operation, fields] of [
      ['disable-key', { key_id }],
      ['schedule-key-deletion', { key_id, pending_days: '7' }],
    ] as const) {
      const [one] = (await idsOf(key_id)).filter((id) => id !== chain)
      accepted(await owner.client.call(operation, fields))
      accepted(await revoke(key_id, one as string))
    }
    accepted(await retire(second, key_id, chain))
  })

  test('a key has at most 100 grants; pages continue where they ended while grants come and go', async () => {
    const { client } = owner
    const key_id = await client.createKey()
    const made: string[] = []
    for (let i = 0; i < 100; i++)
      made.push(
        await given(owner, key_id, { id: `${i}` }, ['sign'], { retiring_principal: second.id }),
      )
    refused(await give(owner, key_id, second, ['sign']), 400, 'KMS.2404')
    assert.equal(
      (await server.select(`SELECT id FROM key_grants WHERE key_id = '${key_id}'`)).length,
      100,
    )
    for (const [by, operation, fields] of [
      [client, 'list-grants', { key_id }],
      [second.client, 'list-retirable-grants', {}],
    ] as const) {
      const whole = await by.ok(operation, { ...fields, limit: '2000' })
      assert.deepEqual([whole.total, whole.truncated, whole.grants.length], [100, 'false', 100])
      const order = whole.grants.map(({ grant_id }: Body) => grant_id)
      const found: string[] = []
      const gone: string[] = []
      for (let marker = '', pages = 0; ; pages++) {
        const page = await by.ok(operation, {
          ...fields,
          limit: pages % 2 === 0 ? 30 : '30',
          marker,
        })
        found.push(...page.grants.map(({ grant_id }: Body) => grant_id))
        assert.equal(page.truncated, page.next_marker === '' ? 'false' : 'true')
        marker = page.next_marker
        if (marker === '') break
        // The grant at which the page ended is deleted before the next page is requested.
        gone.push(found.at(-1) as string)
        accepted(await revoke(key_id, gone.at(-1) as string))
        await given(owner, key_id, { id: 'late' }, ['sign'], { retiring_principal: second.id })
      }
      assert.deepEqual(found.slice(0, 100), order)
      assert.ok(gone.length >= 3)
    }
    assert.equal(new Set(made).size, 100)
  })

  test('140 grants at once are all answered: a key gets as many as it may have, the others are refused for that', async () => {
    const key_id = await owner.client.createKey()
    const answers = await Promise.all(
      Array.from({ length: 140 }, (_, i) => give(owner, key_id, { id: `at-once-${i}` }, ['sign'])),
    )
    const made = answers.filter(({ status }) => status === 200).length
    const full = answers.filter(({ body }) => body.error?.error_code === 'KMS.2404').length
    assert.deepEqual([made, full], [100, 40])
    assert.equal(
      (await server.select(`SELECT id FROM key_grants WHERE key_id = '${key_id}'`)).length,
      100,
    )
  })

  test('grants to retire are found in every project, for exactly the user who is named', async () => {
    const keys = [await owner.client.createKey(), await second.client.createKey()] as const
    const fields = { retiring_principal: third.id }
    const ids = [
      await given(owner, keys[0], { id: stranger }, ['sign'], fields),
      await given(second, keys[1], { id: stranger }, ['sign'], fields),
    ]
    await given(owner, keys[0], third, ['sign'])
    const found = (await third.client.ok('list-retirable-grants', { limit: 1000 })).grants as Body[]
    assert.deepEqual(
      found.filter(({ grant_id }) => ids.includes(grant_id)).map(({ key_id }) => key_id),
      keys,
    )
    assert.ok(found.every(({ retiring_principal }) => retiring_principal === third.id))
    for (const { key_id, grant_id } of found) accepted(await retire(third, key_id, grant_id))
    assert.deepEqual(await third.client.ok('list-retirable-grants'), {
      grants: [],
      next_marker: '',
      truncated: 'false',
      total: 0,
    })
  })

  test('a grant works from its answer on, on every thread', async () => {
    const key_id = await owner.client.createKey()
    for (let round = 0; round < 100; round++) {
      unknown(await encrypt(second, key_id))
      const id = await given(owner, key_id, second, ['encrypt-data'])
      accepted(await encrypt(second, key_id))
      accepted(await (round % 2 === 0 ? revoke(key_id, id) : retire(owner, key_id, id)))
    }
  })

  test('once a revocation is answered, no encryption that began later succeeds', {
    timeout: 120_000,
  }, async () => {
    const key_id = await owner.client.createKey()
    const tries = 2000
    let begun = 0
    let inFlight = true
    let revoked = false
    let lateUnderWay = 0
    let succeeded = 0
    let violations = 0
    let grantId = await given(owner, key_id, second, ['encrypt-data'])
    const stream = Array.from({ length: 24 }, async () => {
      while (inFlight) {
        const late = revoked
        if (late) lateUnderWay++
        const { status, body } = await encrypt(second, key_id)
        if (!late && status === 200) succeeded++
        if (!late) continue
        lateUnderWay--
        begun++
        if (status === 200) violations++
        else assert.equal(body.error.error_code, 'KMS.0207')
      }
    })
    while (begun < tries) {
      const before_ = succeeded
      await until(() => succeeded > before_ + 50, 10_000)
      accepted(await revoke(key_id, grantId))
      revoked = true
      const from = begun
      await until(() => begun >= from + 200, 10_000)
      revoked = false
      await until(() => lateUnderWay === 0, 10_000)
      grantId = await given(owner, key_id, second, ['encrypt-data'])
    }
    inFlight = false
    await Promise.all(stream)
    assert.equal(violations, 0)
  })

  test('the owner finds who used the key and by which grant; a call without a grant is seen by the caller’s project only', async () => {
    const key_id = await owner.client.createKey()
    const grantId = await given(owner, key_id, second, ['encrypt-data'])
    accepted(await encrypt(second, key_id))
    unknown(await encrypt(third, key_id))
    await owner.client.ok('disable-key', { key_id })
    refused(await encrypt(second, key_id), 400, 'KMS.0209')
    const records = async ({ client }: Party): Promise<Body[]> => {
      const { body } = await client.send(
        client.sign('GET', `/admin/v1/audit?key_id=${key_id}&operation=encrypt&limit=50`),
      )
      return body.records.map(({ caller, outcome, detail }: Body) => ({ caller, outcome, detail }))
    }
    await until(async () => (await records(owner)).length === 2, 10_000)
    const detail = `grant ${grantId}`
    assert.deepEqual(await records(owner), [
      { caller: second.id, outcome: 'key-disabled', detail },
      { caller: second.id, outcome: 'ok', detail },
    ])
    assert.deepEqual(await records(second), [])
    assert.deepEqual(await records(third), [
      { caller: third.id, outcome: 'key-not-found', detail: null },
    ])
  })

  test('a session whose initial password was not replaced gains nothing from grants', async () => {
    const key_id = await owner.client.createKey()
    await given(owner, key_id, second, ['encrypt-data'])
    const admin = new AdminClient(server.url)
    const { user_name, password, project_id } = second.client.credentials
    assert.equal(
      (await admin.signIn(user_name, password, { project: project_id })).body.must_change_password,
      true,
    )
    const waiting = await admin.kms('encrypt-data', { key_id, plain_text: 'x' })
    refused(waiting, 403, 'KMS.0307')
    await admin.enter(second.client.credentials)
    accepted(await admin.kms('encrypt-data', { key_id, plain_text: 'x' }))
  })

  test('grants survive the loss of material, restart and kill, stay with a key that is succeeded, and end with it', async () => {
    const key_id = await owner.client.createKey({ origin: 'external' })
    const material = randomBytes(32)
    accepted(await owner.client.import(key_id, material))
    const fields = { retiring_principal: third.id }
    const ids = [await given(owner, key_id, second, ['encrypt-data', 'create-grant'], fields)]
    ids.push(await given(second, key_id, third, ['encrypt-data']))
    accepted(await owner.client.call('delete-imported-key-material', { key_id }))
    assert.deepEqual(await idsOf(key_id), ids)
    refused(await encrypt(second, key_id), 400, 'KMS.1301')
    leave()
    await server.signal('SIGKILL')
    server = await TestServer.start({ data, hooks })
    await enter()
    assert.deepEqual(await idsOf(key_id), ids)
    accepted(await owner.client.import(key_id, material))
    accepted(await encrypt(third, key_id))
    const { client } = owner
    const made = await client.send(client.sign('POST', `/admin/v1/keys/${key_id}/successor`, {}))
    assert.ok(made.status < 300, JSON.stringify(made.body))
    assert.deepEqual(await idsOf(made.body.id), [])
    await client.ok('schedule-key-deletion', { key_id, pending_days: '7' })
    moved += 8 * dayMs
    moveClock(clockFile, { wallMs: moved, monotonicMs: moved })
    await until(async () => (await client.call('describe-key', { key_id })).status === 404, 15_000)
    for (const by of parties()) unknown(await encrypt(by, key_id))
    unknown(await retire(third, key_id, ids[0] as string))
    assert.deepEqual(
      await server.select(`SELECT id FROM key_grants WHERE key_id = '${key_id}'`),
      [],
    )
  })
})
