/**
 * What the console asks in addition to the KMS API: searches, figures, the backup drill, unfinished
 * imports, successors.
 *
 * @also two-threads, postgresql
 */
import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { adminRoutes } from '../../../src/dialects/admin/routes.ts'
import { hooksModule, moveClock } from '../../fakes/hooks.ts'
import { AdminClient } from '../admin-client.ts'
import {
  type Answer,
  type Body,
  type HuaweiClient,
  readCredentials,
  wrap,
  wrapPrivateKey,
} from '../client.ts'
import { newFolder, TestServer } from '../server.ts'
import { until } from '../until.ts'

const day = 86_400_000

function code({ status, body }: Answer): string {
  return `${status} ${body?.error?.code}`
}

describe('the admin API', () => {
  const data = newFolder()
  const clockFile = join(data, 'clock')
  let moved = 0
  let server: TestServer
  let client: HuaweiClient
  let admin: AdminClient
  let password: string

  const start = async (): Promise<void> => {
    server = await TestServer.start({ data, hooks: { module: hooksModule, data: { clockFile } } })
    client?.close()
    client = server.client()
    client.clock = () => Date.now() + moved
  }
  const signIn = async (): Promise<void> => {
    admin?.close()
    admin = new AdminClient(server.url)
    const { user_name, project_id, password: initial } = client.credentials
    password = await admin.enter({ user_name, project_id, password: password ?? initial })
  }
  before(async () => {
    await start()
    await signIn()
  })
  after(async () => {
    client.close()
    admin.close()
    await server[Symbol.asyncDispose]()
  })

  const pass = async (ms: number): Promise<void> => {
    moved += ms
    moveClock(clockFile, { wallMs: moved, monotonicMs: moved })
    await signIn()
  }
  const card = (id: string): Promise<Body> => admin.ok('GET', `/keys/${id}`)
  /** An external key with its material. */
  const imported = async (material: Uint8Array, fields: object = {}): Promise<string> => {
    const id = await client.createKey({ origin: 'external', ...fields })
    assert.equal((await client.import(id, material)).status, 200)
    return id
  }
  const drill = async (id: string, material: Uint8Array): Promise<Answer> => {
    const parameters = await admin.ok('POST', `/keys/${id}/drill-parameters`, {})
    const fields = {
      token: parameters.token,
      wrapped_material: wrap(parameters.public_key, material),
    }
    return admin.call('POST', `/keys/${id}/drill`, fields)
  }
  const drillPrivateKey = async (id: string, pkcs8: Uint8Array): Promise<Answer> => {
    const parameters = await admin.ok('POST', `/keys/${id}/drill-parameters`, {})
    const temporaryKey = randomBytes(32)
    return admin.call('POST', `/keys/${id}/drill`, {
      token: parameters.token,
      wrapped_material: wrap(parameters.public_key, temporaryKey),
      wrapped_private_key: wrapPrivateKey(temporaryKey, pkcs8),
    })
  }

  describe('an import over this API', () => {
    const bring = async (
      id: string,
      material: Uint8Array,
      expires_at?: number,
    ): Promise<Answer> => {
      const { token, public_key } = await admin.ok('POST', `/keys/${id}/import-parameters`, {})
      const wrapped_material = wrap(public_key, material)
      return admin.call('POST', `/keys/${id}/import`, {
        token,
        wrapped_material,
        ...(expires_at !== undefined && { expires_at }),
      })
    }
    const inDays = (days: number): number =>
      Math.floor((Date.now() + moved) / 1000) * 1000 + days * day

    test('fills an empty key, and renews the expiry of what a key holds, in any state; nothing else changes', async () => {
      const id = await client.createKey({ origin: 'external' })
      const material = randomBytes(32)
      const soon = inDays(5)
      assert.equal((await bring(id, material, soon)).status, 200)
      const first = await card(id)
      assert.deepEqual([first.state, first.expires_at], ['enabled', soon])
      const ciphertext = await client.encrypt(id, 'x')
      for (const state of ['enabled', 'disabled']) {
        if (state === 'disabled') await client.ok('disable-key', { key_id: id })
        for (const expiresAt of [inDays(90), undefined]) {
          assert.equal((await bring(id, material, expiresAt)).status, 200)
          const {
            state: now,
            expires_at,
            imported_at,
            check_value,
            material_version,
          } = await card(id)
          assert.deepEqual([now, expires_at], [state, expiresAt ?? null])
          assert.deepEqual(
            [imported_at, check_value, material_version],
            [first.imported_at, first.check_value, first.material_version],
          )
        }
      }
      await client.ok('enable-key', { key_id: id })
      assert.equal(await client.decrypt(ciphertext), 'x')
    })

    test('takes no other material, no expiry in the past, and nothing twice; what a key holds stays', async () => {
      const id = await imported(randomBytes(32))
      const before = await card(id)
      assert.equal(code(await bring(id, randomBytes(32), inDays(9))), '400 material-mismatch')
      assert.equal(code(await bring(id, randomBytes(32), inDays(-1))), '400 expiry-in-past')
      const { revision: _, ...after } = await card(id)
      const { revision: __, ...unchanged } = before
      assert.deepEqual(
        { ...after, last_day: null, last_month: null },
        { ...unchanged, last_day: null, last_month: null },
      )
      const ending = await imported(randomBytes(32))
      await client.ok('schedule-key-deletion', { key_id: ending, pending_days: 7 })
      assert.equal(
        code(await admin.call('POST', `/keys/${ending}/import-parameters`, {})),
        '400 key-pending-deletion',
      )
      const made = await client.createKey()
      assert.equal(
        code(await admin.call('POST', `/keys/${made}/import-parameters`, {})),
        '400 key-not-external',
      )
    })

    test('has nothing to renew for a private key; over the Huawei API nothing is renewed at all', async () => {
      const pair = await client.createKey({ origin: 'external', key_spec: 'EC_P256' })
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' })
      assert.equal((await client.importPrivateKey(pair, pkcs8)).status, 200)
      assert.equal(
        code(await admin.call('POST', `/keys/${pair}/import-parameters`, {})),
        '400 key-not-pending-import',
      )
      const material = randomBytes(32)
      const id = await imported(material)
      const { token, public_key } = await admin.ok('POST', `/keys/${id}/import-parameters`, {})
      const fields = {
        key_id: id,
        import_token: token,
        encrypted_key_material: wrap(public_key, material),
      }
      const refusal = await client.call('import-key-material', fields)
      assert.deepEqual([refusal.status, refusal.body.error_code], [400, 'KMS.0310'])
    })
  })

  describe('the backup drill', () => {
    test('a backup that matches is recorded with its date and who proved it; nothing else changes', async () => {
      const material = randomBytes(32)
      const id = await imported(material)
      const shown = await client.describe(id)
      assert.deepEqual([(await card(id)).drilled_at, (await card(id)).needs_drill], [null, true])
      const answer = await drill(id, material)
      assert.equal(answer.status, 200, JSON.stringify(answer.body))
      const { drilled_at, drilled_by, needs_drill } = await card(id)
      assert.deepEqual([drilled_at, needs_drill], [answer.body.drilled_at, false])
      assert.equal(drilled_by, (await admin.ok('GET', '/session')).user.id)
      assert.deepEqual(await client.describe(id), shown)
    })

    test('a different backup is refused, recorded, and changes nothing', async () => {
      const id = await imported(randomBytes(32))
      const before_ = await card(id)
      assert.equal(code(await drill(id, randomBytes(32))), '400 drill-mismatch')
      const { drilled_at } = await card(id)
      assert.equal(drilled_at, before_.drilled_at)
      const { records } = await admin.ok('GET', `/keys/${id}/activity?operation=drill-backup`)
      assert.equal(records[0].outcome, 'drill-mismatch')
    })

    test('a disabled key and one without its material are drilled; neither status nor expiry changes', async () => {
      const material = randomBytes(32)
      const id = await imported(material)
      await client.ok('disable-key', { key_id: id })
      assert.equal((await drill(id, material)).status, 200)
      assert.equal((await client.describe(id)).key_state, '3')
      await client.ok('delete-imported-key-material', { key_id: id })
      assert.equal((await drill(id, material)).status, 200)
      assert.equal((await client.describe(id)).key_state, '5')
      assert.equal((await client.call('encrypt-data', { key_id: id, plain_text: 'x' })).status, 400)
      assert.equal((await client.import(id, material)).status, 200)
    })

    test('a private key is drilled in two parts', async () => {
      const [own, other] = [0, 1].map(
        () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
      )
      const pkcs8 = own?.export({ format: 'der', type: 'pkcs8' }) as Buffer
      const id = await client.createKey({ key_spec: 'EC_P256', origin: 'external' })
      assert.equal((await client.importPrivateKey(id, pkcs8)).status, 200)
      assert.equal((await drillPrivateKey(id, pkcs8)).status, 200)
      const wrong = other?.export({ format: 'der', type: 'pkcs8' }) as Buffer
      assert.equal(code(await drillPrivateKey(id, wrong)), '400 drill-mismatch')
      assert.equal(code(await drill(id, randomBytes(32))), '400 private-key-missing')
    })

    test('what cannot be drilled: a key made here, one that never had material, an unknown one', async () => {
      const made = await client.createKey()
      assert.equal(
        code(await admin.call('POST', `/keys/${made}/drill-parameters`, {})),
        '400 key-not-external',
      )
      const empty = await client.createKey({ origin: 'external' })
      assert.equal(
        code(await admin.call('POST', `/keys/${empty}/drill-parameters`, {})),
        '400 drill-not-possible',
      )
      const unknown = '00000000-0000-4000-8000-000000000000'
      assert.equal(
        code(await admin.call('POST', `/keys/${unknown}/drill-parameters`, {})),
        '404 key-not-found',
      )
    })

    test('a token of a drill imports nothing, one of an import drills nothing, and each is good for one comparison', async () => {
      const material = randomBytes(32)
      const id = await imported(material)
      const parameters = await admin.ok('POST', `/keys/${id}/drill-parameters`, {})
      await client.ok('delete-imported-key-material', { key_id: id })
      const again = await admin.ok('POST', `/keys/${id}/drill-parameters`, {})
      const misused = await client.call('import-key-material', {
        key_id: id,
        import_token: again.token,
        encrypted_key_material: wrap(again.public_key, material),
      })
      assert.equal(misused.body.error_code, 'KMS.2605')
      const gone = {
        token: parameters.token,
        wrapped_material: wrap(parameters.public_key, material),
      }
      assert.equal(
        code(await admin.call('POST', `/keys/${id}/drill`, gone)),
        '400 import-token-invalid',
        'gone with the material',
      )
      const forImport = await client.ok('get-parameters-for-import', {
        key_id: id,
        wrapping_algorithm: 'RSAES_OAEP_SHA_256',
      })
      const other = {
        token: forImport.import_token,
        wrapped_material: wrap(forImport.public_key, material),
      }
      assert.equal(
        code(await admin.call('POST', `/keys/${id}/drill`, other)),
        '400 import-token-invalid',
      )
      const fields = { token: again.token, wrapped_material: wrap(again.public_key, material) }
      assert.equal((await admin.call('POST', `/keys/${id}/drill`, fields)).status, 200)
      assert.equal(
        code(await admin.call('POST', `/keys/${id}/drill`, fields)),
        '400 import-token-invalid',
      )
      for (let i = 0; i < 9; i++) {
        const broken = await admin.ok('POST', `/keys/${id}/drill-parameters`, {})
        const garbage = {
          token: broken.token,
          wrapped_material: randomBytes(256).toString('base64'),
        }
        assert.equal(
          code(await admin.call('POST', `/keys/${id}/drill`, garbage)),
          '400 material-unwrap-failed',
        )
      }
    })

    test('no material lies in any file afterwards', async () => {
      const material = randomBytes(32)
      const id = await imported(material)
      await client.ok('delete-imported-key-material', { key_id: id })
      assert.equal((await drill(id, material)).status, 200)
      const tokens = await server.select(`SELECT id FROM import_tokens WHERE key_id = '${id}'`)
      assert.deepEqual(tokens, [])
    })
  })

  describe('unfinished imports', () => {
    test('a draft is listed with step, choices, and the end of its token; an import ends it', async () => {
      const id = await client.createKey({ origin: 'external' })
      const unfinished = async (): Promise<Body> =>
        (await admin.ok('GET', '/imports')).imports.find((one: Body) => one.key.id === id)
      assert.equal(await unfinished(), undefined)
      const choices = { expiry: 'never', backup: 'place', backup_place: 'safe 7', remind: true }
      await admin.ok('PUT', `/imports/${id}`, { step: 'expiry', choices })
      const { step, choices: kept, token_until, by } = await unfinished()
      assert.deepEqual([step, kept, token_until], ['expiry', choices, null])
      assert.equal(by, (await admin.ok('GET', '/session')).user.id)
      const parameters = await client.ok('get-parameters-for-import', {
        key_id: id,
        wrapping_algorithm: 'RSAES_OAEP_SHA_256',
      })
      assert.equal(Math.floor((await unfinished()).token_until / 1000), parameters.expiration_time)
      await admin.ok('PUT', `/imports/${id}`, { step: 'review', choices: {} })
      assert.deepEqual([(await unfinished()).step, (await unfinished()).choices], ['review', {}])
      assert.equal((await client.import(id, randomBytes(32))).status, 200)
      assert.equal(await unfinished(), undefined)
    })

    test('it is discarded, and the key stays; it goes with its key', async () => {
      const [one, two] = [
        await client.createKey({ origin: 'external' }),
        await client.createKey({ origin: 'external' }),
      ]
      for (const id of [one, two])
        await admin.ok('PUT', `/imports/${id}`, { step: 'material', choices: {} })
      await admin.ok('DELETE', `/imports/${one}`)
      await admin.ok('DELETE', `/imports/${one}`)
      assert.equal((await client.describe(one)).key_state, '5')
      await client.ok('schedule-key-deletion', { key_id: two, pending_days: 7 })
      const ids = (await admin.ok('GET', '/imports')).imports.map(({ key }: Body) => key.id)
      assert.ok(!ids.includes(one) && ids.includes(two))
      await pass(8 * day)
      await until(
        async () => (await client.call('describe-key', { key_id: two })).status === 404,
        10_000,
      )
      assert.deepEqual(await server.select(`SELECT id FROM import_drafts WHERE id = '${two}'`), [])
    })

    test('an invalid draft is refused: an unknown step, a nested choice, a key made here', async () => {
      const id = await client.createKey({ origin: 'external' })
      assert.equal(
        code(await admin.call('PUT', `/imports/${id}`, { step: 'magic', choices: {} })),
        '400 parameter-invalid',
      )
      assert.equal(
        code(await admin.call('PUT', `/imports/${id}`, { step: 'kind', choices: { a: { b: 1 } } })),
        '400 parameter-invalid',
      )
      const choices = Object.fromEntries(
        Array.from({ length: 20 }, (_, i) => [`c${i}`, 'x'.repeat(500)]),
      )
      assert.equal(
        code(await admin.call('PUT', `/imports/${id}`, { step: 'kind', choices })),
        '400 parameter-invalid',
      )
      const made = await client.createKey()
      assert.equal(
        code(await admin.call('PUT', `/imports/${made}`, { step: 'kind', choices: {} })),
        '400 key-not-external',
      )
    })
  })

  describe('successors', () => {
    test('a successor takes the alias over in one step; the old key goes on to decrypt', async () => {
      const id = await imported(randomBytes(32), {
        key_alias: 'orders-db',
        key_description: 'the orders',
      })
      const ciphertext = await client.encrypt(id, 'before')
      const successor = await admin.ok('POST', `/keys/${id}/successor`, {})
      assert.match(successor.alias, /^orders-db\/next-\d{8}$/)
      assert.deepEqual(
        [successor.description, successor.state, successor.succeeds],
        ['the orders', 'pending-import', id],
      )
      assert.equal(
        code(await admin.call('POST', `/keys/${successor.id}/succeed`, {})),
        '400 key-pending-import',
      )
      assert.equal((await client.import(successor.id, randomBytes(32))).status, 200)
      const moved_ = await admin.ok('POST', `/keys/${successor.id}/succeed`, {})
      assert.deepEqual([moved_.successor.alias, moved_.successor.succeeds], ['orders-db', null])
      assert.match(moved_.predecessor.alias, /^orders-db\/until-\d{8}$/)
      assert.equal(await client.decrypt(ciphertext), 'before')
      const crossed = await client.call('decrypt-data', {
        cipher_text: ciphertext,
        key_id: successor.id,
      })
      assert.equal(crossed.body.error_code, 'KMS.2201')
      assert.equal(
        code(await admin.call('POST', `/keys/${successor.id}/succeed`, {})),
        '400 not-a-successor',
      )
    })

    test('only imported keys have one', async () => {
      const made = await client.createKey()
      assert.equal(
        code(await admin.call('POST', `/keys/${made}/successor`, {})),
        '400 key-not-external',
      )
    })

    test('of twenty that take over at the same time one does', async () => {
      const id = await imported(randomBytes(32), { key_alias: 'contested' })
      const heirs = await Promise.all(
        Array.from({ length: 20 }, async (_, i) => {
          const { id: heir } = await admin.ok('POST', `/keys/${id}/successor`, {
            alias: `heir-${i}`,
          })
          assert.equal((await client.import(heir, randomBytes(32))).status, 200)
          return heir as string
        }),
      )
      await Promise.all(heirs.map((heir) => admin.call('POST', `/keys/${heir}/succeed`, {})))
      const found = await admin.ok('GET', '/keys?text=contested&limit=100')
      const holders = found.keys.filter(({ alias }: Body) => alias === 'contested')
      assert.equal(holders.length, 1)
    })
  })

  describe('names and notes', () => {
    test('they change together, unless somebody else changed them first', async () => {
      const id = await imported(randomBytes(32))
      const { revision } = await card(id)
      const edited = await admin.ok('PATCH', `/keys/${id}`, {
        revision,
        alias: 'edited',
        description: 'ö',
        backup_place: 'safe 7',
      })
      assert.deepEqual(
        [edited.alias, edited.description, edited.backup_place],
        ['edited', 'ö', 'safe 7'],
      )
      assert.equal(
        code(await admin.call('PATCH', `/keys/${id}`, { revision, alias: 'late' })),
        '409 changed-meanwhile',
      )
      assert.equal((await card(id)).alias, 'edited')
      const wrong: readonly (readonly [object, string])[] = [
        [{ alias: 'no good' }, '400 alias-invalid'],
        [{ description: 'x'.repeat(256) }, '400 description-invalid'],
        [{ backup_place: 'x'.repeat(601) }, '400 parameter-invalid'],
        [{ alias: 'edited', revision: undefined }, '400 parameter-missing'],
      ]
      for (const [fields, expected] of wrong) {
        const answer = await admin.call('PATCH', `/keys/${id}`, {
          revision: edited.revision,
          ...fields,
        })
        assert.equal(code(answer), expected, JSON.stringify(fields).slice(0, 50))
      }
    })
  })

  describe('searching keys', () => {
    test('by part of an alias or description, by the beginning of an ID; wildcards are characters', async () => {
      const id = await client.createKey({
        key_alias: 'Needle_in-hay',
        key_description: 'Straw 100% "quoted"',
      })
      const found = async (text: string): Promise<string[]> =>
        (await admin.ok('GET', `/keys?text=${encodeURIComponent(text)}`)).keys.map(
          (key: Body) => key.id,
        )
      for (const text of [
        'Needle',
        'needle_',
        'IN-HAY',
        'straw 100%',
        '"quoted"',
        id,
        id.slice(0, 8),
      ])
        assert.deepEqual(await found(text), [id], text)
      for (const text of ['needlexin', '%needle', 'straw_100', "' or 1=1 --", id.slice(1)])
        assert.deepEqual(await found(text), [], text)
    })

    test('a plus sign in a query is a space, as a form sends it; in a signed request it is a plus sign', async () => {
      const blank = await client.createKey({ key_description: 'Rheintal Köln' })
      const plus = await client.createKey({ key_description: 'Rheintal+Köln' })
      const path = `/admin/v1/keys?text=Rheintal+${encodeURIComponent('Köln')}`
      const ids = ({ body }: Answer): string[] => body.keys.map(({ id }: Body) => id)
      assert.deepEqual(ids(await admin.send('GET', path)), [blank])
      assert.deepEqual(ids(await admin.send('GET', path.replace('+', '%2B'))), [plus])
      const signed = client.sign('GET', path.replace('+', '%2B'))
      assert.deepEqual(ids(await client.send(signed)), [plus])
      assert.deepEqual(
        ids(await client.send({ ...signed, path })),
        [plus],
        'one signature means one thing',
      )
    })

    test('by tags, which come with every key that is listed or shown', async () => {
      const make = async (tags: readonly Body[]): Promise<string> => {
        const id = await client.createKey()
        await client.ok(`${id}/tags/action`, { action: 'create', tags })
        return id
      }
      const one = await make([
        { key: 'stage', value: 'Ährenfeld' },
        { key: 'a=b', value: '' },
      ])
      const two = await make([{ key: 'stage', value: 'prod=2' }])
      const found = async (query: string): Promise<string[]> =>
        (await admin.ok('GET', `/keys?${query}`)).keys.map((key: Body) => key.id)
      assert.deepEqual(await found('tag=stage'), [two, one])
      assert.deepEqual(await found(`tag=stage&tag_value=${encodeURIComponent('prod=2')}`), [two])
      assert.deepEqual(await found(`tag=${encodeURIComponent('a=b')}&tag_value=`), [one])
      assert.deepEqual(await found('tag=stage&tag_value='), [])
      assert.deepEqual(await found(`text=${encodeURIComponent('Ähren')}`), [one])
      assert.deepEqual(await found('text=STAGE&state=disabled'), [])
      assert.deepEqual(await found('text=Stage&state=enabled'), [two, one])
      const tags = [
        { key: 'a=b', value: '' },
        { key: 'stage', value: 'Ährenfeld' },
      ]
      assert.deepEqual((await card(one)).tags, tags)
      const listed = await admin.ok('GET', '/keys?tag=stage')
      assert.deepEqual(listed.keys[1].tags, tags)
      for (const query of ['tag_value=x', 'tag=', `tag=${'x'.repeat(129)}`])
        assert.equal((await admin.call('GET', `/keys?${query}`)).status, 400, query)
    })

    test('filters, sorts in both directions and pages over everything once, whichever way', async () => {
      const mine = await Promise.all(
        Array.from({ length: 23 }, async (_, i) => {
          const id = await client.createKey({
            key_alias: `page-${String(i).padStart(2, '0')}`,
            ...(i % 3 === 0 && { origin: 'external' }),
          })
          if (i % 4 === 1 && i % 3 !== 0) await client.ok('disable-key', { key_id: id })
          return id
        }),
      )
      const pages = async (query: string, limit = 5): Promise<Body[]> => {
        const all: Body[] = []
        for (let offset = 0; ; offset += limit) {
          const { keys, total } = await admin.ok(
            'GET',
            `/keys?text=page-&${query}&offset=${offset}&limit=${limit}`,
          )
          all.push(...keys)
          if (keys.length === 0) {
            assert.equal(all.length, total)
            return all
          }
        }
      }
      const aliases = (keys: Body[]): string[] => keys.map((key) => key.alias)
      const up = aliases(await pages('sort=alias'))
      assert.deepEqual(up, up.toSorted())
      assert.equal(up.length, mine.length)
      assert.deepEqual(aliases(await pages('sort=-alias')), up.toReversed())
      for (const sort of [
        'state',
        'spec',
        'usage',
        'origin',
        'expires',
        'rotates',
        'used',
        'created',
        'drilled',
      ])
        for (const sign of ['', '-']) {
          const all = await pages(`sort=${sign}${sort}`, 4)
          assert.deepEqual(new Set(aliases(all)), new Set(up), `${sign}${sort}`)
        }
      const disabled = await pages('state=disabled')
      assert.ok(disabled.length > 0 && disabled.every((key) => key.state === 'disabled'))
      const external = await pages('origin=external&state=pending-import,enabled')
      assert.deepEqual(
        aliases(external).toSorted(),
        up.filter((_, i) => i % 3 === 0),
      )
      const wrong = [
        'sort=magic',
        'state=happy',
        'limit=0',
        'limit=201',
        'spec=DES',
        'offset=-1',
        'nonsense',
      ]
      for (const query of wrong.slice(0, 6))
        assert.equal((await admin.call('GET', `/keys?${query}`)).status, 400, query)
    })

    test('a private key is found by its fingerprint', async () => {
      const id = await client.createKey({ key_spec: 'EC_P256' })
      const { fingerprint } = await card(id)
      assert.equal((await admin.ok('GET', `/fingerprints/${fingerprint}`)).id, id)
      assert.equal(
        code(await admin.call('GET', `/fingerprints/${'0'.repeat(64)}`)),
        '404 key-not-found',
      )
    })
  })

  describe('figures from the log', () => {
    test('the last use of a key, its callers, its calls: within seconds, through kill and restart', async () => {
      const id = await client.createKey()
      for (let i = 0; i < 7; i++) await client.encrypt(id, 'x')
      await client.ok('disable-key', { key_id: id })
      for (let i = 0; i < 3; i++) await client.call('encrypt-data', { key_id: id, plain_text: 'x' })
      const counted = async (): Promise<Body> => (await card(id)).last_day
      await until(async () => (await counted()).refused === 3, 10_000)
      assert.deepEqual(await counted(), { allowed: 7, refused: 3, callers: 1 })
      const used = await card(id)
      assert.equal(used.last_operation, 'encrypt')
      assert.ok(Math.abs(used.last_used_at - (Date.now() + moved)) < 60_000)
      await server.signal('SIGKILL')
      await start()
      await signIn()
      await client.ok('enable-key', { key_id: id })
      await client.encrypt(id, 'x')
      await until(async () => (await counted()).allowed === 8, 10_000)
      assert.deepEqual(
        await counted(),
        { allowed: 8, refused: 3, callers: 1 },
        'nothing is counted twice',
      )
    })

    test('calls by operation and outcome add up to what the log holds', async () => {
      const { counts, width, from, to } = await admin.ok('GET', '/calls?span=day')
      assert.equal(Math.floor(to / width) * width - from, 86_400_000)
      assert.equal(width, 300_000)
      assert.ok(counts.every(({ at }: Body) => at >= from && at % width === 0))
      const sum = (operation: string, outcome: string): number =>
        counts.reduce(
          (total: number, { calls }: Body) => total + (calls[operation]?.[outcome] ?? 0),
          0,
        )
      const records = async (query: string): Promise<number> => {
        let found = 0
        for (let before_ = ''; ; ) {
          const page = await admin.ok('GET', `/audit?limit=500&from=${from}&${query}${before_}`)
          found += page.records.length
          if (page.next === null) return found
          before_ = `&before=${page.next}`
        }
      }
      for (const [operation, outcome] of [
        ['encrypt', 'ok'],
        ['encrypt', 'key-disabled'],
        ['create-key', 'ok'],
        ['drill-backup', 'drill-mismatch'],
      ] as const)
        assert.equal(
          sum(operation, outcome),
          await records(`operation=${operation}&outcome=${outcome}`),
          `${operation} ${outcome}`,
        )
      assert.equal((await admin.call('GET', '/calls?span=century')).status, 400)
    })

    test('the log is searched by key, operation, caller, outcome and time, newest first, across thousands of records', async () => {
      const rare = await client.createKey()
      const common = await client.createKey()
      await client.encrypt(rare, 'x')
      for (let i = 0; i < 50; i++)
        await Promise.all(Array.from({ length: 50 }, () => client.encrypt(common, 'x')))
      await until(async () => (await card(common)).last_day.allowed === 2500, 20_000)
      const { records, next } = await admin.ok('GET', `/audit?key_id=${rare}&operation=encrypt`)
      assert.deepEqual([records.length, records[0].operation, next], [1, 'encrypt', null])
      const page = await admin.ok('GET', `/audit?key_id=${common}&operation=encrypt&limit=200`)
      assert.equal(page.records.length, 200)
      const indexes = page.records.map(({ index }: Body) => index as number)
      assert.deepEqual(
        indexes,
        indexes.toSorted((a: number, b: number) => b - a),
      )
      let seen = new Set(indexes)
      for (let at = page.next; at !== null; ) {
        const more = await admin.ok(
          'GET',
          `/audit?key_id=${common}&operation=encrypt&limit=500&before=${at}`,
        )
        for (const { index } of more.records) seen = seen.add(index)
        at = more.next
      }
      assert.equal(seen.size, 2500)
      const { time } = records[0]
      const between = await admin.ok(
        'GET',
        `/audit?from=${time}&to=${time}&operation=encrypt&key_id=${rare}`,
      )
      assert.equal(between.records.length, 1)
      assert.equal(
        (await admin.ok('GET', `/audit?to=${time - 1}&key_id=${rare}&operation=encrypt`)).records
          .length,
        0,
      )
      const refusals = await admin.ok('GET', '/audit?outcome=refused&limit=500')
      assert.ok(
        refusals.records.length > 0 &&
          refusals.records.every(({ outcome }: Body) => outcome !== 'ok'),
      )
      assert.equal((await admin.ok('GET', '/audit?caller=nobody')).records.length, 0)
      for (const query of ['limit=501', 'before=17', 'before=a:1,'])
        assert.equal((await admin.call('GET', `/audit?${query}`)).status, 400, query)
    })

    test('a project sees nothing of another: no key, no record, no figure', async () => {
      const { stdout } = await server.holdfast(
        'project',
        'create',
        'other',
        '--credentials',
        join(data, 'other.json'),
      )
      assert.match(stdout, /created project other/)
      const other = new AdminClient(server.url)
      await other.enter(readCredentials(join(data, 'other.json')), 'another long password 9')
      assert.equal((await other.ok('GET', '/keys')).total, 0)
      const own = await other.ok('GET', '/session')
      const callers = (await other.ok('GET', '/audit')).records.map(({ caller }: Body) => caller)
      // The first record of a project is that it was created.
      assert.deepEqual(new Set(callers), new Set([own.user.id, 'operator']))
      const mine = await client.createKey()
      const nobodys = '00000000-0000-4000-8000-000000000000'
      const token = 'A'.repeat(400)
      const operations: readonly (readonly [method: string, path: string, fields?: object])[] = [
        ['GET', '/keys/:key_id'],
        ['GET', '/keys/:key_id/activity'],
        ['PATCH', '/keys/:key_id', { revision: 1, alias: 'stolen' }],
        ['POST', '/keys/:key_id/successor', {}],
        ['POST', '/keys/:key_id/succeed', {}],
        ['POST', '/keys/:key_id/encrypt', { plaintext: 'eA==', algorithm: 'SYMMETRIC_DEFAULT' }],
        ['POST', '/keys/:key_id/import-parameters', {}],
        ['POST', '/keys/:key_id/import', { token: 'AAAA', wrapped_material: 'AAAA' }],
        ['POST', '/keys/:key_id/drill-parameters', {}],
        ['POST', '/keys/:key_id/drill', { token, wrapped_material: token }],
        ['PUT', '/imports/:key_id', { step: 'kind', choices: {} }],
        ['DELETE', '/imports/:key_id'],
      ]
      const routes = adminRoutes.filter(([, path]) => path.includes(':key_id'))
      assert.deepEqual(
        operations.map(([method, path]) => `${method} /admin/v1${path}`).toSorted(),
        routes.map(([method, path]) => `${method} ${path}`).toSorted(),
        'every operation that names a key is here',
      )
      for (const [method, path, fields] of operations) {
        const foreign = await other.call(method, path.replace(':key_id', mine), fields)
        const unknown = await other.call(method, path.replace(':key_id', nobodys), fields)
        assert.equal(code(foreign), '404 key-not-found', `${method} ${path}`)
        assert.equal(
          JSON.stringify(foreign.body).replaceAll(mine, ''),
          JSON.stringify(unknown.body).replaceAll(nobodys, ''),
        )
      }
      const { fingerprint } = await card(await client.createKey({ key_spec: 'EC_P256' }))
      assert.equal(
        code(await other.call('GET', `/fingerprints/${fingerprint}`)),
        '404 key-not-found',
      )
      assert.deepEqual((await other.ok('GET', '/people')).people.length, 1)
      other.close()
    })

    test('what needs care, each with its cause, in the order of what hurts most', async () => {
      const kinds = async (id: string): Promise<string[]> =>
        (await admin.ok('GET', '/overview')).findings
          .filter(({ key }: Body) => key?.id === id)
          .map(({ kind }: Body) => kind)
      const material = randomBytes(32)
      const undrilled = await imported(material)
      assert.deepEqual(await kinds(undrilled), ['never-drilled'])
      assert.equal((await drill(undrilled, material)).status, 200)
      assert.deepEqual(await kinds(undrilled), [])
      const expiring = await client.createKey({ origin: 'external' })
      const seconds = Math.floor((Date.now() + moved + 10 * day) / 1000)
      assert.equal(
        (await client.import(expiring, material, { expiration_time: seconds })).status,
        200,
      )
      assert.deepEqual((await kinds(expiring)).toSorted(), ['expiry-near', 'never-drilled'])
      const missing = await imported(randomBytes(32))
      await client.ok('delete-imported-key-material', { key_id: missing })
      await client.call('encrypt-data', { key_id: missing, plain_text: 'x' })
      await until(async () => (await kinds(missing)).includes('material-missing'), 10_000)
      const ending = await client.createKey()
      await client.encrypt(ending, 'x')
      await client.ok('schedule-key-deletion', { key_id: ending, pending_days: 7 })
      await until(async () => (await kinds(ending)).includes('deletion-of-used-key'), 10_000)
      const later = await client.createKey()
      await client.ok('schedule-key-deletion', { key_id: later, pending_days: 100 })
      assert.deepEqual(await kinds(later), ['deletion-pending'])
      const { findings, timeline, keys, root_slots } = await admin.ok('GET', '/overview')
      assert.equal(root_slots, 1)
      assert.ok(findings.some(({ kind }: Body) => kind === 'single-root-slot'))
      const ranks = findings.map(({ severity }: Body) =>
        ['act-now', 'loss-ahead', 'soon', 'tidy'].indexOf(severity),
      )
      assert.deepEqual(
        ranks,
        ranks.toSorted((a: number, b: number) => a - b),
      )
      assert.ok(timeline.some((one: Body) => one.kind === 'expiry' && one.key.id === expiring))
      assert.ok(timeline.some((one: Body) => one.kind === 'deletion' && one.key.id === ending))
      const total = (await admin.ok('GET', '/keys?limit=1')).total
      assert.equal(
        keys.reduce((sum: number, { count }: Body) => sum + count, 0),
        total,
      )
      await pass(95 * day)
      assert.ok((await kinds(undrilled)).includes('drill-old'))
    })
  })
})
