/**
 * What an administrator sees of the log: failed sign-ins, unknown callers, and what consoles read,
 * which is hidden until asked for.
 *
 * @also two-threads
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { AdminClient } from '../admin-client.ts'
import { type Answer, type Body, HuaweiClient, readCredentials } from '../client.ts'
import { newFolder, TestServer } from '../server.ts'
import { until } from '../until.ts'

describe('who sees what in the log', () => {
  const data = newFolder()
  let server: TestServer
  let client: HuaweiClient
  /** Administrators of the first project, and of one that was made later. */
  let first: AdminClient
  let second: AdminClient

  before(async () => {
    server = await TestServer.start({ data })
    client = server.client()
    first = new AdminClient(server.url)
    await first.enter(client.credentials)
    await server.holdfast('project', 'create', 'other', '--credentials', join(data, 'other.json'))
    second = new AdminClient(server.url)
    await second.enter(readCredentials(join(data, 'other.json')), 'another long password 9')
  })
  after(async () => {
    for (const one of [client, first, second]) one.close()
    await server[Symbol.asyncDispose]()
  })

  const records = async (admin: AdminClient, query: string): Promise<Body[]> =>
    (await admin.ok('GET', `/audit?${query}`)).records
  const told = (found: readonly Body[]): string[] =>
    found.map(({ operation, outcome }) => `${operation} ${outcome}`)
  const findings = async (admin: AdminClient): Promise<string[]> =>
    (await admin.ok('GET', '/overview')).findings
      .filter(({ kind }: Body) => ['sign-ins-failed', 'credentials-wrong'].includes(kind))
      .map(({ kind, count, name, others }: Body) => `${kind} ${count} ${name} ${others}`)

  test('a failed sign-in belongs to the project of the user that it names; one that fits none, to the first project', async () => {
    const stranger = new AdminClient(server.url)
    const tries: readonly [user: string, project: string | undefined, seenBy: AdminClient][] = [
      ['admin', undefined, first],
      ['admin', 'other', second],
      ['nobody', 'other', first],
      ['admin', 'no-such-project', first],
      ['nobody', undefined, first],
    ]
    for (const [user, project, seenBy] of tries) {
      const unseenBy = seenBy === first ? second : first
      const count = async (admin: AdminClient): Promise<number> =>
        (await records(admin, 'caller=unknown&operation=start-session&outcome=refused')).length
      const [seen, unseen] = [await count(seenBy), await count(unseenBy)]
      const answer = await stranger.signIn(
        user,
        'wrong password 123',
        project === undefined ? {} : { project },
      )
      assert.equal(answer.status, 401)
      assert.deepEqual(
        [await count(seenBy), await count(unseenBy)],
        [seen + 1, unseen],
        `${user} of ${project}`,
      )
    }
    assert.deepEqual(await findings(first), ['sign-ins-failed 4 127.0.0.1 0'])
    assert.deepEqual(await findings(second), ['sign-ins-failed 1 127.0.0.1 0'])
    stranger.close()
  })

  test('what was refused before a project is known is seen in the first project alone', async () => {
    const unknown = new HuaweiClient(server.url, { ...client.credentials, access_key: 'NOSUCHKEY' })
    assert.equal((await unknown.call('list-keys')).status, 403)
    unknown.close()
    const anybody = new AdminClient(server.url)
    await anybody.ok('GET', '/openapi.json')
    assert.equal((await anybody.call('GET', '/keys')).status, 401)
    anybody.close()
    const strangers = told(await records(first, 'caller=unknown&limit=3'))
    assert.deepEqual(strangers.toSorted(), [
      'get-openapi ok',
      'unknown credentials-invalid',
      'unknown credentials-missing',
    ])
    const page = await second.ok('GET', '/audit?caller=unknown')
    assert.deepEqual(
      [told(page.records), page.with_strangers],
      [['start-session credentials-invalid'], false],
    )
    assert.equal((await first.ok('GET', '/audit?limit=1')).with_strangers, true)
    assert.deepEqual((await findings(first)).toSorted(), [
      'credentials-wrong 1 127.0.0.1 0',
      'sign-ins-failed 4 127.0.0.1 0',
    ])
    assert.equal((await findings(second)).length, 1)
  })

  test('a token that is refused counts as a sign-in', async () => {
    const { project_id } = readCredentials(join(data, 'other.json'))
    const before_ = (await records(second, 'operation=create-token')).length
    const auth = {
      identity: {
        methods: ['password'],
        password: { user: { name: 'admin', password: 'wrong', domain: { name: 'other' } } },
      },
      scope: { project: { id: project_id } },
    }
    const stranger = new AdminClient(server.url)
    assert.equal((await stranger.send('POST', '/v3/auth/tokens', { auth })).status, 401)
    stranger.close()
    assert.equal((await records(second, 'operation=create-token')).length, before_ + 1)
    assert.deepEqual(await findings(second), ['sign-ins-failed 2 127.0.0.1 0'])
  })

  test('what a console reads to show its pages is hidden where that is asked for, and counted; what clients read is not', async () => {
    const id = await client.createKey()
    const other = await client.createKey()
    await first.ok('GET', `/keys/${id}`)
    assert.equal((await first.kms('get-key-rotation-status', { key_id: id })).status, 200)
    assert.equal((await first.kms('encrypt-data', { key_id: id, plain_text: 'x' })).status, 200)
    await client.describe(id)
    await client.send(client.sign('GET', `/admin/v1/keys/${id}`))
    const all = told(await records(first, `key_id=${id}`))
    assert.equal(all.length, 6)
    const { records: shown, hidden } = await first.ok('GET', `/audit?key_id=${id}&reads=hidden`)
    assert.deepEqual(told(shown), [
      'describe-key-card ok',
      'describe-key ok',
      'encrypt ok',
      'create-key ok',
    ])
    assert.equal(hidden, 2)
    const activity = await first.ok('GET', `/keys/${other}/activity?reads=hidden`)
    assert.deepEqual([told(activity.records), activity.hidden], [['create-key ok'], 0])
    assert.equal((await first.call('GET', '/audit?reads=some')).status, 400)
  })

  test('what a console reads is in no figure of calls', async () => {
    const sums = async (): Promise<Record<string, number>> => {
      const { counts } = await first.ok('GET', '/calls?span=day')
      const total: Record<string, number> = {}
      for (const { calls } of counts)
        for (const [operation, outcomes] of Object.entries(
          calls as Record<string, Record<string, number>>,
        ))
          total[operation] = (total[operation] ?? 0) + (outcomes.ok ?? 0)
      return total
    }
    const id = await client.createKey()
    for (let i = 0; i < 5; i++) await first.ok('GET', `/keys/${id}`)
    await client.encrypt(id, 'x')
    await until(async () => (await sums()).encrypt === 2, 10_000)
    const {
      'describe-key-card': card,
      'search-audit': audit,
      'project-overview': overview,
      'create-key': made,
    } = await sums()
    // The one that a client read with its access key.
    assert.deepEqual([card, audit ?? 0, overview ?? 0, made], [1, 0, 0, 3])
    const { busiest } = await first.ok('GET', '/overview')
    assert.ok(
      busiest.every(({ calls }: Body) => calls === 1),
      'a key that pages show is not busy by that',
    )
  })

  test('a key is found by its alias, a further one, its ID, the beginning, and as lists show it; else it is said', async () => {
    const alias = 'Payments_2026'
    const id = await client.createKey({ key_alias: alias })
    assert.equal((await first.kms('aliases', { key_id: id, alias: 'alias/deed/0' })).status, 201)
    for (const text of [
      alias,
      'alias/deed/0',
      id,
      id.slice(0, 8),
      `${id.slice(0, 8)}…${id.slice(-4)}`,
    ]) {
      const page = await first.ok(
        'GET',
        `/audit?operation=create-key&key_id=${encodeURIComponent(text)}`,
      )
      assert.deepEqual(
        [page.records.map((one: Body) => one.key_id), page.key_known],
        [[id], true],
        text,
      )
    }
    for (const text of ['payments', 'no such alias', '密钥', `${id.slice(0, 8)}…zzzz`]) {
      const page: Answer = await first.call('GET', `/audit?key_id=${encodeURIComponent(text)}`)
      assert.deepEqual(
        [page.status, page.body.records, page.body.key_known],
        [200, [], false],
        text,
      )
    }
    assert.equal((await second.ok('GET', `/audit?key_id=${alias}`)).key_known, false)
  })
})
