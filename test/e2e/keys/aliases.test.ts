/**
 * Aliases over the Huawei API: created, moved, deleted, listed in pages; and what becomes of them
 * with a successor, a kill and the end of a key.
 *
 * @also two-threads, postgresql
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { recordOf } from '../../../src/audit/record.ts'
import { hooksModule, moveClock } from '../../fakes/hooks.ts'
import { AdminClient } from '../admin-client.ts'
import type { Answer, Body, HuaweiClient } from '../client.ts'
import { accepted, refused } from '../expect.ts'
import { newFolder, TestServer } from '../server.ts'
import { until } from '../until.ts'

const dayMs = 86_400_000
const unknown = '00000000-0000-4000-8000-000000000000'
const numbered = (n: number, prefix: string): string[] =>
  Array.from({ length: n }, (_, i) => `${prefix}${String(i).padStart(2, '0')}`)

describe('aliases', () => {
  const data = newFolder()
  const clockFile = join(data, 'clock')
  const hooks = { module: hooksModule, data: { clockFile } }
  let moved = 0
  let server: TestServer
  let client: HuaweiClient
  const pass = (ms: number): void => {
    moved += ms
    moveClock(clockFile, { wallMs: moved, monotonicMs: moved })
  }
  const start = async (): Promise<void> => {
    server = await TestServer.start({ data, hooks })
    client = server.client()
    client.clock = () => Date.now() + moved
  }
  before(start)
  after(async () => {
    client.close()
    await server[Symbol.asyncDispose]()
  })
  const add = (key_id: string, alias: string): Promise<Answer> =>
    client.call('aliases', { key_id, alias })
  const move = (alias: string, target_key_id: string): Promise<Answer> =>
    client.call('alias/associate', { alias, target_key_id })
  const remove = (key_id: string, ...aliases: string[]): Promise<Answer> =>
    client.delete('aliases', { key_id, aliases })
  /** Every page of a listing, from a marker on. */
  const pages = async (query: string, from = ''): Promise<Body[]> => {
    const found: Body[] = []
    for (let marker = from; ; ) {
      const { status, body } = await client.get(`aliases?${query}${marker && `&marker=${marker}`}`)
      assert.equal(status, 200, JSON.stringify(body))
      assert.equal(body.page_info.current_count, body.aliases.length)
      found.push(body)
      marker = body.page_info.next_marker
      if (marker === '') return found
    }
  }
  const namesOf = async (keyId: string): Promise<string[]> =>
    (await pages(`key_id=${keyId}`)).flatMap(({ aliases }) =>
      aliases.map(({ alias }: Body) => alias),
    )
  const withAliases = async (names: readonly string[], fields: object = {}): Promise<string> => {
    const id = await client.createKey(fields)
    for (const name of names) assert.equal((await add(id, name)).status, 201, name)
    return id
  }

  test('an alias is created, moved to another key, and deleted; the answer is the alias itself', async () => {
    const [one, two] = [await client.createKey(), await client.createKey()]
    const { domain_id, region } = client.credentials
    const made = await add(one, 'alias/orders')
    assert.equal(made.status, 201)
    const { create_time, update_time, ...rest } = made.body
    assert.deepEqual(rest, {
      domain_id,
      key_id: one,
      alias: 'alias/orders',
      alias_urn: `kms:${region}:${domain_id}:alias:orders`,
    })
    assert.match(create_time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    assert.equal(update_time, create_time)
    assert.ok(Math.abs(Date.parse(create_time) - Date.now() - moved) < 20_000)
    assert.deepEqual((await pages(`key_id=${one}`))[0], {
      aliases: [made.body],
      page_info: { next_marker: '', current_count: 1 },
    })
    pass(2000)
    const there = await move('alias/orders', two)
    accepted(there)
    assert.deepEqual({ ...there.body, update_time }, { ...made.body, key_id: two })
    assert.ok(there.body.update_time > update_time)
    assert.deepEqual([await namesOf(one), await namesOf(two)], [[], ['alias/orders']])
    assert.deepEqual(
      (await move('alias/orders', two)).body,
      there.body,
      'moving it to its own key changes nothing',
    )
    const gone = await remove(two, 'alias/orders')
    accepted(gone)
    assert.deepEqual(gone.body, {})
    assert.deepEqual(await namesOf(two), [])
    assert.equal((await add(one, 'alias/orders')).status, 201, 'the name is free again')
    assert.notEqual(
      (await client.describe(one)).key_alias,
      'alias/orders',
      'the name of the key itself stays',
    )
  })

  test('what is refused, with its code; nothing of the call is done', async () => {
    const id = await withAliases(['alias/kept', 'alias/kept-too'])
    const other = await withAliases(['alias/of-other'])
    const pair = await client.createKey({ key_spec: 'EC_P256' })
    const ending = await withAliases(['alias/frozen'])
    await client.ok('schedule-key-deletion', { key_id: ending, pending_days: '7' })
    const rows: readonly (readonly [answer: Promise<Answer>, status: number, code: string])[] = [
      [add(id, 'orders'), 400, 'KMS.1101'],
      [add(id, 'alias/'), 400, 'KMS.1101'],
      [add(id, 'alias/a b'), 400, 'KMS.1101'],
      [add(id, 'alias/aws/s3'), 400, 'KMS.1101'],
      [add(id, 'alias/kept'), 400, 'KMS.1104'],
      [add(other, 'alias/kept'), 400, 'KMS.1104'],
      [add(unknown, 'alias/new'), 404, 'KMS.0207'],
      [add('no-key-id', 'alias/new'), 400, 'KMS.0205'],
      [add(ending, 'alias/new'), 400, 'KMS.0210'],
      [client.call('aliases', { key_id: id }), 400, 'KMS.0204'],
      [client.call('aliases', { key_id: id, alias: 7 }), 400, 'KMS.1101'],
      [move('alias/never-there', id), 400, 'KMS.1101'],
      [move('no-alias', id), 400, 'KMS.1101'],
      [move('alias/kept', unknown), 404, 'KMS.0207'],
      [move('alias/kept', 'no-key-id'), 400, 'KMS.0205'],
      [move('alias/kept', pair), 400, 'KMS.0308'],
      [move('alias/kept', ending), 400, 'KMS.0210'],
      [move('alias/frozen', id), 400, 'KMS.0210'],
      [remove(id), 400, 'KMS.0308'],
      [remove(id, 'alias/kept', 'alias/kept'), 400, 'KMS.0308'],
      [remove(id, 'alias/kept', 'alias/of-other'), 400, 'KMS.1101'],
      [remove(id, 'alias/kept', 'alias/never-there'), 400, 'KMS.1101'],
      [remove(id, 'alias/kept', 'no-alias'), 400, 'KMS.1101'],
      [remove(id, ...numbered(51, 'alias/n')), 400, 'KMS.0308'],
      [remove(unknown, 'alias/kept'), 404, 'KMS.0207'],
      [remove(ending, 'alias/frozen'), 400, 'KMS.0210'],
      [client.delete('aliases', { key_id: id }), 400, 'KMS.0204'],
      [client.delete('aliases', { key_id: id, aliases: 'alias/kept' }), 400, 'KMS.1101'],
      [client.get(`aliases?key_id=${unknown}`), 404, 'KMS.0207'],
      [client.get('aliases?key_id=no-key-id'), 400, 'KMS.0205'],
      [client.get('aliases?limit=0'), 400, 'KMS.1601'],
      [client.get('aliases?limit=1001'), 400, 'KMS.1601'],
      [client.get('aliases?marker=17'), 400, 'KMS.1602'],
    ]
    for (const [answer, status, code] of rows) refused(await answer, status, code)
    assert.match(
      (await remove(id, 'alias/of-other')).body.error.error_msg,
      new RegExp(`of key ${other}, not of key ${id}`),
    )
    assert.deepEqual(await namesOf(id), ['alias/kept', 'alias/kept-too'])
    assert.deepEqual(await namesOf(other), ['alias/of-other'])
    assert.deepEqual(await namesOf(ending), ['alias/frozen'])
  })

  test('the log says which alias moved from which key to which, and whose aliases were listed', async () => {
    const [one, two] = [await withAliases(['alias/logged']), await client.createKey()]
    const moving = await move('alias/logged', two)
    const looking = await client.get(`aliases?key_id=${unknown}`)
    const leaves = await server.leaves()
    const recordFor = ({ headers }: Answer) =>
      leaves
        .map((leaf) => recordOf(leaf))
        .find(({ requestId }) => requestId === headers['x-request-id'])
    const moved_ = recordFor(moving)
    assert.deepEqual(
      [moved_?.operation, moved_?.keyId, moved_?.outcome],
      ['associate-alias', two, 'ok'],
    )
    const changed = moved_?.changes.map(([table, id]) => `${table} ${id}`).toSorted()
    assert.deepEqual(
      changed,
      [
        `key_aliases ${client.credentials.project_id}/alias/logged`,
        `keys ${one}`,
        `keys ${two}`,
      ].toSorted(),
    )
    const looked = recordFor(looking)
    assert.deepEqual(
      [looked?.operation, looked?.keyId, looked?.outcome],
      ['list-aliases', unknown, 'key-not-found'],
    )
  })

  test('a console does all of it with its session', async () => {
    const admin = new AdminClient(server.url)
    await admin.enter(client.credentials)
    const [one, two] = [await client.createKey(), await client.createKey()]
    const path = `/v1.0/${client.credentials.project_id}/kms`
    assert.equal(
      (await admin.send('POST', `${path}/aliases`, { key_id: one, alias: 'alias/console' })).status,
      201,
    )
    accepted(
      await admin.send('POST', `${path}/alias/associate`, {
        alias: 'alias/console',
        target_key_id: two,
      }),
    )
    assert.equal(
      (await admin.send('GET', `${path}/aliases?key_id=${two}`)).body.aliases[0].alias,
      'alias/console',
    )
    accepted(
      await admin.send('DELETE', `${path}/aliases`, { key_id: two, aliases: ['alias/console'] }),
    )
    assert.deepEqual(await namesOf(two), [])
  })

  test('a listing is sorted by name, page after page, while aliases come and go', async () => {
    const id = await withAliases(numbered(7, 'alias/page/'))
    const first = (await client.get(`aliases?key_id=${id}&limit=3`)).body
    assert.deepEqual(
      first.aliases.map(({ alias }: Body) => alias),
      numbered(3, 'alias/page/'),
    )
    // The alias that the marker names is deleted, one is added before it, and one after it.
    accepted(await remove(id, 'alias/page/02'))
    assert.equal((await add(id, 'alias/page/00x')).status, 201)
    assert.equal((await add(id, 'alias/page/03x')).status, 201)
    const rest = await pages(`key_id=${id}&limit=2`, first.page_info.next_marker)
    assert.deepEqual(
      rest.map(({ aliases }) => aliases.map(({ alias }: Body) => alias.slice(-3))),
      [['/03', '03x'], ['/04', '/05'], ['/06']],
    )
    const all = (await pages('limit=2')).flatMap(({ aliases }) =>
      aliases.map(({ alias }: Body) => alias),
    )
    assert.deepEqual(all, all.toSorted())
    for (const name of await namesOf(id)) assert.ok(all.includes(name), name)
    assert.equal(new Set(all).size, all.length)
  })

  test('of twenty that take one name at the same time one gets it, and every other one is refused for that', async () => {
    const keys = await Promise.all(Array.from({ length: 20 }, () => client.createKey()))
    const answers = await Promise.all(keys.map((id) => add(id, 'alias/contested')))
    const winners = answers.filter(({ status }) => status === 201)
    assert.equal(winners.length, 1)
    for (const answer of answers) if (answer !== winners[0]) refused(answer, 400, 'KMS.1104')
    assert.deepEqual(await namesOf(winners[0]?.body.key_id), ['alias/contested'])
  })

  test('of moves and a deletion of one alias at the same time none is lost, and it points at one key', async () => {
    const keys = await Promise.all(Array.from({ length: 10 }, () => client.createKey()))
    const [home = ''] = keys
    assert.equal((await add(home, 'alias/restless')).status, 201)
    const answers = await Promise.all([
      ...keys.map((id) => move('alias/restless', id)),
      remove(home, 'alias/restless'),
    ])
    // A move that succeeded may be followed by another; a call that was decided on outdated facts
    // is decided again, or refused as busy.
    for (const { status, body } of answers)
      assert.ok([200, 400, 503].includes(status), JSON.stringify(body))
    const holders = await Promise.all(keys.map(namesOf))
    const held = holders.filter((names) => names.length > 0).length
    assert.equal(held, answers.at(-1)?.status === 200 ? 0 : 1)
  })

  test('a key has at most 50 aliases, however it gets them', async () => {
    const id = await client.createKey()
    const answers = await Promise.all(numbered(60, 'alias/many/').map((name) => add(id, name)))
    assert.ok(
      answers.every(({ status }) => [201, 400, 503].includes(status)),
      String(answers.map(({ status }) => status)),
    )
    for (const name of numbered(60, 'alias/many/')) await add(id, name)
    // The store decides: a listing by key could hide one too many.
    assert.equal(
      (await server.select(`SELECT id FROM key_aliases WHERE key_id = '${id}'`)).length,
      50,
    )
    const other = await withAliases(['alias/one-more'])
    for (const answer of [await add(id, 'alias/new'), await move('alias/one-more', id)]) {
      refused(answer, 400, 'KMS.0308')
      assert.equal(answer.body.error.reason, 'too-many-aliases')
    }
    assert.deepEqual(await namesOf(other), ['alias/one-more'])
    accepted(await remove(id, ...(await namesOf(id))))
    assert.deepEqual(await namesOf(id), [])
  })

  test('they survive the loss of material, restart and kill; a successor takes all of them over', async () => {
    const names = ['alias/hr', 'alias/hr/payroll']
    const id = await withAliases(names, { origin: 'external' })
    const material = randomBytes(32)
    accepted(await client.import(id, material))
    accepted(await client.call('delete-imported-key-material', { key_id: id }))
    client.close()
    await server.signal('SIGKILL')
    await start()
    assert.deepEqual(await namesOf(id), names)
    accepted(await client.import(id, material))
    const ciphertext = await client.encrypt(id, 'before')
    const admin = (path: string) => client.send(client.sign('POST', `/admin/v1/keys/${path}`, {}))
    const heir = (await admin(`${id}/successor`)).body.id
    assert.deepEqual(await namesOf(heir), [], 'the successor has none of them before it takes over')
    assert.equal((await add(heir, 'alias/of-heir')).status, 201)
    accepted(await client.import(heir, randomBytes(32)))
    accepted(await admin(`${heir}/succeed`))
    assert.deepEqual(await namesOf(heir), [...names, 'alias/of-heir'])
    assert.deepEqual(await namesOf(id), [])
    assert.equal(
      await client.decrypt(ciphertext),
      'before',
      'a ciphertext names its key, not an alias',
    )
  })

  test('a successor that would have more aliases than a key may takes none over', async () => {
    const names = numbered(50, 'alias/full/')
    const id = await withAliases(names, { origin: 'external' })
    accepted(await client.import(id, randomBytes(32)))
    const admin = (path: string) => client.send(client.sign('POST', `/admin/v1/keys/${path}`, {}))
    const heir = (await admin(`${id}/successor`)).body.id
    accepted(await client.import(heir, randomBytes(32)))
    assert.equal((await add(heir, 'alias/of-full-heir')).status, 201)
    assert.equal((await admin(`${heir}/succeed`)).body.error.code, 'too-many-aliases')
    assert.deepEqual(await namesOf(id), names)
    accepted(await remove(heir, 'alias/of-full-heir'))
    accepted(await admin(`${heir}/succeed`))
    assert.deepEqual(await namesOf(heir), names)
  })

  test('a deleted key has freed its names', async () => {
    const id = await withAliases(['alias/ending', 'alias/ending-too'])
    await client.ok('schedule-key-deletion', { key_id: id, pending_days: '7' })
    refused(await add(await client.createKey(), 'alias/ending'), 400, 'KMS.1104')
    pass(8 * dayMs)
    await until(
      async () => (await client.call('describe-key', { key_id: id })).status === 404,
      15_000,
    )
    refused(await client.get(`aliases?key_id=${id}`), 404, 'KMS.0207')
    assert.deepEqual(await server.select(`SELECT id FROM key_aliases WHERE key_id = '${id}'`), [])
    assert.equal((await add(await client.createKey(), 'alias/ending')).status, 201)
  })
})
