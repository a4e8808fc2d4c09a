/**
 * Pages of a listing while keys come and go: a key that exists all the time is seen, and seen once.
 *
 * @also postgresql
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Body, HuaweiClient } from '../client.ts'
import { TestServer } from '../server.ts'

describe('a listing while keys come and go', () => {
  let server: TestServer
  let client: HuaweiClient
  /** Keys that nobody touches, oldest first; between them are others that come and go. */
  const standing: string[] = []
  const passing: string[] = []

  before(async () => {
    server = await TestServer.start()
    client = server.client()
    for (let i = 0; i < 40; i++) {
      standing.push(await client.createKey())
      passing.push(await client.createKey())
    }
    for (const id of standing)
      await client.ok(`${id}/tags`, { tag: { key: 'team', value: 'standing' } })
  })
  after(async () => {
    client.close()
    await server[Symbol.asyncDispose]()
  })

  /** Every page in turn, with a change between each two. */
  async function walk(
    fields: object,
    change: (page: number) => Promise<unknown>,
  ): Promise<string[]> {
    const seen: string[] = []
    let marker = ''
    for (let page = 0; ; page++) {
      const answer: Body = await client.ok('list-keys', { limit: 7, ...fields, marker })
      seen.push(...answer.keys)
      if (answer.truncated === 'false') return seen
      marker = answer.next_marker
      await change(page)
    }
  }

  const seenOnce = (seen: readonly string[]): void => {
    assert.equal(new Set(seen).size, seen.length, 'no key is seen twice')
    assert.deepEqual(
      seen.filter((id) => standing.includes(id)),
      standing.toReversed(),
      'no standing key is missed, and the newest comes first',
    )
  }

  test('new keys shift no page', async () => seenOnce(await walk({}, () => client.createKey())))

  test('keys that leave a state, even the last of a page, hide no other', async () => {
    const seen = await walk({ key_state: '2' }, (page) =>
      client.ok('disable-key', { key_id: passing[39 - page] as string }),
    )
    seenOnce(seen)
    const all = await walk({ key_state: '2' }, async () => undefined)
    seenOnce(all)
    assert.ok(all.length < seen.length)
  })

  test('keys that enter a state on a page already read are not seen, those ahead are', async () => {
    const newest = passing[39] as string
    const oldest = passing[0] as string
    await client.ok('disable-key', { key_id: oldest })
    const seen = await walk({ key_state: '2', key_spec: 'ALL' }, async (page) => {
      if (page !== 3) return
      await client.ok('enable-key', { key_id: newest })
      await client.ok('enable-key', { key_id: oldest })
    })
    seenOnce(seen)
    assert.deepEqual([seen.includes(newest), seen.includes(oldest)], [false, true])
  })

  test('each page says how many there are at that moment', async () => {
    const total = async (fields: object): Promise<number> =>
      (await client.ok('list-keys', { limit: 1, ...fields })).total
    const before_ = [await total({}), await total({ key_state: '3' })]
    await client.ok('disable-key', { key_id: await client.createKey() })
    assert.deepEqual(
      [await total({}), await total({ key_state: '3' })],
      before_.map((n) => n + 1),
    )
  })

  test('keys found by a tag: a page anywhere, and the number of all', async () => {
    const found: string[] = []
    for (let offset = 0; offset < 49; offset += 7) {
      const { resources, total_count } = await client.ok('resource_instances/action', {
        action: 'filter',
        limit: 7,
        offset,
        tags: [{ key: 'team', values: ['standing'] }],
      })
      assert.equal(total_count, 40)
      found.push(...resources.map(({ resource_id }: Body) => resource_id))
      await client.createKey()
    }
    assert.deepEqual(found, standing.toReversed())
  })
})
