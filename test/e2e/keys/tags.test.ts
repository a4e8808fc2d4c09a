/**
 * Tags over the Huawei API: set, replaced, deleted, searched; and what becomes of them when the
 * material or the key is deleted.
 *
 * @also two-threads, postgresql
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { hooksModule, moveClock } from '../../fakes/hooks.ts'
import type { Answer, Body, HuaweiClient } from '../client.ts'
import { accepted, refused } from '../expect.ts'
import { newFolder, TestServer } from '../server.ts'
import { until } from '../until.ts'

const dayMs = 86_400_000
type Tags = Readonly<Record<string, string>>
const items = (tags: Tags): { key: string; value: string }[] =>
  Object.entries(tags).map(([key, value]) => ({ key, value }))

describe('tags', () => {
  const data = newFolder()
  const clockFile = join(data, 'clock')
  const hooks = { module: hooksModule, data: { clockFile } }
  let moved = 0
  let server: TestServer
  let client: HuaweiClient
  before(async () => {
    server = await TestServer.start({ data, hooks })
    client = server.client()
    client.clock = () => Date.now() + moved
  })
  after(async () => {
    client.close()
    await server[Symbol.asyncDispose]()
  })
  const set = (id: string, tags: Tags): Promise<Answer> =>
    client.call(`${id}/tags/action`, { action: 'create', tags: items(tags) })
  const remove = (id: string, ...keys: string[]): Promise<Answer> =>
    client.call(`${id}/tags/action`, { action: 'delete', tags: keys.map((key) => ({ key })) })
  const removeOne = (id: string, key: string): Promise<Answer> =>
    client.send(
      client.sign(
        'DELETE',
        `/v1.0/${client.credentials.project_id}/kms/${id}/tags/${encodeURIComponent(key)}`,
      ),
    )
  /**
   * Both are signed alike; the SDKs of Go and Java send a slash as it is, that of Python encoded.
   */
  const removeBare = (id: string, key: string): Promise<Answer> =>
    client.send(
      client.sign('DELETE', `/v1.0/${client.credentials.project_id}/kms/${id}/tags/${key}`),
    )
  const removeEncoded = (id: string, key: string): Promise<Answer> => {
    const signed = client.sign(
      'DELETE',
      `/v1.0/${client.credentials.project_id}/kms/${id}/tags/${key}`,
    )
    return client.send({
      ...signed,
      path: signed.path.slice(0, -key.length) + encodeURIComponent(key),
    })
  }
  const tagsOf = async (id: string): Promise<Tags> => {
    const { status, body } = await client.get(`${id}/tags`)
    assert.equal(status, 200, JSON.stringify(body))
    assert.equal(body.existTagsNum, body.tags.length)
    return Object.fromEntries(body.tags.map(({ key, value }: Body) => [key, value]))
  }
  const tagged = async (tags: Tags, fields: object = {}): Promise<string> => {
    const id = await client.createKey(fields)
    accepted(await set(id, tags))
    return id
  }
  const find = async (fields: object): Promise<Body> =>
    client.ok('resource_instances/action', { action: 'filter', ...fields })

  test('a tag is set, takes another value, and is deleted', async () => {
    const id = await client.createKey()
    assert.deepEqual(await tagsOf(id), {})
    accepted(await client.call(`${id}/tags`, { tag: { key: 'team', value: 'payments' } }))
    accepted(await client.call(`${id}/tags`, { tag: { key: '成本中心' } }))
    assert.deepEqual(await tagsOf(id), { team: 'payments', 成本中心: '' })
    accepted(await set(id, { team: 'ledger', stage: 'test' }))
    assert.deepEqual(await tagsOf(id), { team: 'ledger', stage: 'test', 成本中心: '' })
    accepted(await removeOne(id, 'team'))
    refused(await removeOne(id, 'team'), 404, 'KMS.0416')
    accepted(await remove(id, 'stage', 'never-there'))
    assert.deepEqual(await tagsOf(id), { 成本中心: '' })
  })

  for (const [how, away] of [
    ['encoded, as Python sends it', removeEncoded],
    ['as it is, as Go and Java send it', removeBare],
  ] as const)
    test(`a tag with a slash in its key is deleted by its path, the slash ${how}`, async () => {
      const keys = [
        'team/payments',
        'a/b/c',
        'kubernetes.io/cluster/eu-1',
        'action',
        'x/action',
        'tags/tags',
      ]
      const id = await tagged({
        ...Object.fromEntries(keys.map((key) => [key, ''])),
        team: '',
        a: '',
      })
      for (const key of keys) {
        accepted(await away(id, key))
        refused(await away(id, key), 404, 'KMS.0416')
      }
      assert.deepEqual(await tagsOf(id), { team: '', a: '' })
    })

  test('one signature never deletes two tags: its path with one slash more, or less, is refused', async () => {
    const id = await tagged({ a: '', 'a/': '', '/a': '', 'a//b': '', 'a/b': '' })
    const path = `/v1.0/${client.credentials.project_id}/kms/${id}/tags/`
    const signed = client.sign('DELETE', `${path}a`)
    for (const other of ['a/', 'a%2F', 'a%2f', '%2Fa', 'a%2F.', 'a//', 'a%2Fb'])
      assert.ok((await client.send({ ...signed, path: path + other })).status >= 400, other)
    assert.equal(Object.keys(await tagsOf(id)).length, 5)
    // What no path can name is deleted by the batch call.
    accepted(await remove(id, 'a/', '/a', 'a//b'))
    accepted(await client.send(signed))
    assert.deepEqual(await tagsOf(id), { 'a/b': '' })
  })

  test('what is refused, with its code; nothing of the call is done', async () => {
    const id = await tagged({ kept: 'as it is' })
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`n${i}`, 'v']))
    const calls: readonly (readonly [fields: object, code: string])[] = [
      [{ action: 'create', tags: [] }, 'KMS.0401'],
      [{ action: 'create', tags: items({ good: 'x', 'b*d': 'x' }) }, 'KMS.0406'],
      [{ action: 'create', tags: items({ good: 'x', 'aws:x': 'x' }) }, 'KMS.0406'],
      [{ action: 'create', tags: items({ good: 'x', other: 'a|b' }) }, 'KMS.0405'],
      [{ action: 'create', tags: items({ good: 'x', ['n'.repeat(129)]: '' }) }, 'KMS.0411'],
      [{ action: 'create', tags: items({ good: 'v'.repeat(257) }) }, 'KMS.0410'],
      [{ action: 'create', tags: [...items({ good: 'x' }), ...items({ good: 'y' })] }, 'KMS.0412'],
      [{ action: 'create', tags: items(many) }, 'KMS.0409'],
      [{ action: 'delete', tags: [] }, 'KMS.0401'],
      [{ action: 'rename', tags: items({ good: 'x' }) }, 'KMS.0308'],
      [{ action: 'create' }, 'KMS.0204'],
    ]
    for (const [fields, code] of calls)
      refused(await client.call(`${id}/tags/action`, fields), 400, code)
    refused(await client.call(`${id}/tags`, {}), 400, 'KMS.0204')
    refused(
      await client.call('00000000-0000-4000-8000-000000000000/tags', { tag: { key: 'a' } }),
      404,
      'KMS.0207',
    )
    refused(await client.get('no-key-id/tags'), 400, 'KMS.0205')
    assert.deepEqual(await tagsOf(id), { kept: 'as it is' })
    await client.ok('schedule-key-deletion', { key_id: id, pending_days: '7' })
    refused(await set(id, { late: '' }), 400, 'KMS.0210')
  })

  test('concurrent changes of one key, of any kind, are all made', async () => {
    const id = await client.createKey()
    const answers = await Promise.all(
      Array.from({ length: 120 }, (_, i) => {
        if (i % 3 === 0)
          return client.call('update-key-description', { key_id: id, key_description: `${i}` })
        if (i % 3 === 1) return set(id, { [`n${i % 40}`]: `${i}` })
        return client.call('create-grant', {
          key_id: id,
          grantee_principal: `user-${i}`,
          operations: ['encrypt-data'],
        })
      }),
    )
    for (const answer of answers) assert.ok(answer.status < 300, JSON.stringify(answer.body))
    assert.equal((await client.ok('list-grants', { key_id: id, limit: 100 })).grants.length, 40)
  })

  test('sixteen concurrent changes of one key are all made', async () => {
    const id = await client.createKey()
    const names = Array.from({ length: 16 }, (_, i) => `n${i}`)
    for (const answer of await Promise.all(names.map((name) => set(id, { [name]: '' }))))
      accepted(answer)
    assert.deepEqual(Object.keys(await tagsOf(id)).toSorted(), names.toSorted())
  })

  test('a key has at most 50 tags, however many calls set them at once', async () => {
    const id = await client.createKey()
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, i) => client.call(`${id}/tags`, { tag: { key: `n${i}` } })),
    )
    const statuses = answers.map(({ status }) => status)
    assert.ok(
      statuses.every((status) => [200, 400].includes(status)),
      String(statuses),
    )
    assert.equal(Object.keys(await tagsOf(id)).length, 50)
    // A listing shows no more than a key may have, so the store is counted.
    assert.equal((await server.select(`SELECT id FROM key_tags WHERE key_id = '${id}'`)).length, 50)
    refused(await client.call(`${id}/tags`, { tag: { key: 'one-more' } }), 400, 'KMS.0409')
    accepted(
      await client.call(`${id}/tags`, {
        tag: { key: Object.keys(await tagsOf(id))[0], value: 'new' },
      }),
    )
  })

  test('keys are found by their tags: all of the names, any of the values, part of the alias; and counted', async () => {
    const ids = [
      await tagged({ app: 'shop', stage: 'test' }, { key_alias: 'found-one' }),
      await tagged({ app: 'shop', stage: 'live' }, { key_alias: 'found-two' }),
      await tagged({ app: 'bank', stage: 'live' }, { key_alias: 'Found-three' }),
    ]
    const [one, two, three] = ids
    const rows: readonly (readonly [fields: object, expected: readonly (string | undefined)[]])[] =
      [
        [{ tags: [{ key: 'app', values: ['shop'] }] }, [two, one]],
        [{ tags: [{ key: 'app', values: ['shop', 'bank'] }] }, [three, two, one]],
        [
          {
            tags: [
              { key: 'app', values: ['shop'] },
              { key: 'stage', values: ['live'] },
            ],
          },
          [two],
        ],
        [{ tags: [{ key: 'app' }] }, [three, two, one]],
        [{ tags: [{ key: 'app', values: ['%'] }] }, []],
        [
          { tags: [{ key: 'app' }], matches: [{ key: 'resource_name', value: 'found-t' }] },
          [three, two],
        ],
        [{ matches: [{ key: 'resource_name', value: 'found_t' }] }, []],
        [{ tags: [{ key: 'app' }], limit: '2' }, [three, two]],
        [{ tags: [{ key: 'app' }], limit: 2, offset: 2 }, [one]],
        [{ tags: [{ key: 'app' }], limit: 2, offset: '4' }, []],
      ]
    for (const [fields, expected] of rows) {
      const { resources } = await find(fields)
      assert.deepEqual(
        resources.map(({ resource_id }: Body) => resource_id),
        expected,
        JSON.stringify(fields),
      )
    }
    const { resources, total_count } = await find({ tags: [{ key: 'app', values: ['bank'] }] })
    assert.equal(total_count, 1)
    assert.equal(resources[0].resource_name, 'Found-three')
    assert.deepEqual(resources[0].resource_detail, await client.describe(three as string))
    assert.deepEqual(resources[0].tags, items({ app: 'bank', stage: 'live' }))
    assert.deepEqual(
      await client.ok('resource_instances/action', { action: 'count', tags: [{ key: 'app' }] }),
      {
        total_count: 3,
      },
    )
    for (const [fields, code] of [
      [{ action: 'filter', limit: 0 }, 'KMS.1601'],
      [{ action: 'filter', limit: 1001 }, 'KMS.1601'],
      [{ action: 'look' }, 'KMS.0308'],
      [{ action: 'filter', matches: [{ key: 'owner', value: 'x' }] }, 'KMS.0308'],
    ] as const)
      refused(await client.call('resource_instances/action', fields), 400, code)
    const all = (await client.get('tags')).body.tags as { key: string; values: string[] }[]
    assert.deepEqual(all.find(({ key }) => key === 'app')?.values, ['bank', 'shop'])
  })

  test('they survive the loss of material, restart and kill, are carried over to a successor, and end with the key', async () => {
    const id = await tagged({ owner: 'hr', kind: 'imported' }, { origin: 'external' })
    const material = randomBytes(32)
    accepted(await client.import(id, material))
    accepted(await client.call('delete-imported-key-material', { key_id: id }))
    assert.deepEqual(await tagsOf(id), { owner: 'hr', kind: 'imported' })
    client.close()
    await server.signal('SIGKILL')
    server = await TestServer.start({ data, hooks })
    client = server.client()
    client.clock = () => Date.now() + moved
    assert.deepEqual(await tagsOf(id), { owner: 'hr', kind: 'imported' })
    accepted(await client.import(id, material))
    const made = await client.send(client.sign('POST', `/admin/v1/keys/${id}/successor`, {}))
    assert.ok(made.status < 300, JSON.stringify(made.body))
    const { resources } = await find({ tags: [{ key: 'owner', values: ['hr'] }] })
    assert.equal(resources.length, 2)
    for (const { tags } of resources)
      assert.deepEqual(tags, items({ kind: 'imported', owner: 'hr' }))
    await client.ok('schedule-key-deletion', { key_id: id, pending_days: '7' })
    moved += 8 * dayMs
    moveClock(clockFile, { wallMs: moved, monotonicMs: moved })
    await until(
      async () => (await client.call('describe-key', { key_id: id })).status === 404,
      15_000,
    )
    refused(await client.get(`${id}/tags`), 404, 'KMS.0207')
    assert.deepEqual(await server.select(`SELECT id FROM key_tags WHERE key_id = '${id}'`), [])
    assert.equal((await find({ tags: [{ key: 'owner', values: ['hr'] }] })).total_count, 1)
  })
})
