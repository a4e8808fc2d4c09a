/**
 * What was ended on one of three nodes is used on the two others as soon as the answer is there: no
 * try succeeds.
 *
 * @deep
 * @alone
 */
import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { newMaterial } from '../crash/key-model.ts'
import { type Answer, HuaweiClient, readCredentials } from '../e2e/client.ts'
import { accepted, refused } from '../e2e/expect.ts'
import { newFolder } from '../e2e/server.ts'
import { DatabaseHost, withoutHosts } from './database-host.ts'
import { Nodes } from './nodes.ts'
import { scaled } from './scale.ts'

const timeout = 20 * 60_000
const lanes = 6

/** Something that can be ended on a node and used on another. */
type Ending = {
  readonly end: (by: HuaweiClient) => Promise<unknown>
  readonly restore: (by: HuaweiClient) => Promise<unknown>
  readonly use: (node: number) => Promise<Answer>
}
/** Makes one on a node; `by` are the owner's clients. */
type Make = (by: readonly HuaweiClient[], lane: number) => Promise<Ending>

/** Tries, and the status and code of the refusal. */
type Kind = readonly [name: string, tries: number, status: number, code: string, make: Make]

describe('what is ended on one of three nodes is ended on all', { skip: withoutHosts }, () => {
  const folder = newFolder()
  let host: DatabaseHost
  let nodes: Nodes
  let owner: readonly HuaweiClient[]
  /** Clients of other projects, each with all nodes. */
  const others: HuaweiClient[][] = []

  before(async () => {
    host = await DatabaseHost.start()
    nodes = await Nodes.start([host.url, host.url, host.url])
    owner = [0, 1, 2].map((node) => nodes.client(node) as HuaweiClient)
    for (let lane = 0; lane < lanes; lane++) {
      const file = join(folder, `${lane}.json`)
      const store = ['--database-url', host.url]
      await nodes
        .server(0)
        .holdfast('project', 'create', `other-${lane}`, '--credentials', file, ...store)
      others.push(owner.map(({ url }) => new HuaweiClient(url, readCredentials(file))))
    }
  })
  after(async () => {
    for (const client of others.flat()) client.close()
    await nodes?.[Symbol.asyncDispose]()
    await host?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  const encrypting =
    (by: readonly HuaweiClient[], key_id: string) =>
    (node: number): Promise<Answer> =>
      (by[node] as HuaweiClient).call('encrypt-data', { key_id, plain_text: 'x' })

  const disabled: Make = async (by) => {
    const key_id = (await by[0]?.createKey()) as string
    return {
      end: (client) => client.ok('disable-key', { key_id }),
      restore: (client) => client.ok('enable-key', { key_id }),
      use: encrypting(by, key_id),
    }
  }

  const deletion: Make = async (by) => {
    const key_id = (await by[0]?.createKey()) as string
    return {
      end: (client) => client.ok('schedule-key-deletion', { key_id, pending_days: '7' }),
      async restore(client) {
        await client.ok('cancel-key-deletion', { key_id })
        await client.ok('enable-key', { key_id })
      },
      use: encrypting(by, key_id),
    }
  }

  const material: Make = async (by) => {
    const key_id = (await by[0]?.createKey({ origin: 'external' })) as string
    const bytes = newMaterial()
    const ending: Ending = {
      end: (client) => client.ok('delete-imported-key-material', { key_id }),
      restore: async (client) => accepted(await client.import(key_id, bytes)),
      use: encrypting(by, key_id),
    }
    await ending.restore(by[0] as HuaweiClient)
    return ending
  }

  const grant: Make = async (by, lane) => {
    const key_id = (await by[0]?.createKey()) as string
    const grantees = others[lane] as HuaweiClient[]
    const { body } = await (grantees[0] as HuaweiClient).send(
      (grantees[0] as HuaweiClient).sign('GET', '/v3/users'),
    )
    const fields = { key_id, grantee_principal: body.users[0].id, operations: ['encrypt-data'] }
    let grant_id = ''
    const ending: Ending = {
      end: (client) => client.ok('revoke-grant', { key_id, grant_id }),
      async restore(client) {
        grant_id = (await client.ok('create-grant', fields)).grant_id
      },
      use: encrypting(grantees, key_id),
    }
    await ending.restore(by[0] as HuaweiClient)
    return ending
  }

  /** A second access key of the user of another project; the first one ends it. */
  const accessKey: Make = async (_, lane) => {
    const by = others[lane] as HuaweiClient[]
    const [first] = by as [HuaweiClient]
    const made = await first.send(first.sign('POST', '/admin/v1/access-keys', {}))
    assert.equal(made.status, 201, JSON.stringify(made.body))
    const { id, secret } = made.body
    const credentials = { ...first.credentials, access_key: id, secret_key: secret }
    const second = by.map(({ url }) => new HuaweiClient(url, credentials))
    others.push(second)
    const change = async ({ url }: HuaweiClient, enabled: boolean): Promise<void> => {
      const client = by.find((one) => one.url === url) as HuaweiClient
      const path = `/admin/v1/access-keys/${id}`
      accepted(await client.send(client.sign('PATCH', path, { enabled })))
    }
    return {
      end: (client) => change(client, false),
      restore: (client) => change(client, true),
      use: encrypting(second, await first.createKey()),
    }
  }

  const kinds: readonly Kind[] = [
    ['a key that was disabled', 3000, 400, 'KMS.0209', disabled],
    ['a key whose deletion was scheduled', 2000, 400, 'KMS.0210', deletion],
    ['a grant that was revoked', 2000, 404, 'KMS.0207', grant],
    ['an access key that was disabled', 1500, 403, 'KMS.0302', accessKey],
    ['material that was deleted', 1000, 400, 'KMS.1301', material],
  ]
  for (const [name, full, status, code, make] of kinds)
    test(name, { timeout }, async (t) => {
      const tries = scaled({ full, short: Math.ceil(full / 50) })
      let tried = 0
      const lane = async (_: unknown, index: number): Promise<void> => {
        const ending = await make(owner, index)
        while (tried < tries) {
          const here = randomInt(3)
          const there = [0, 1, 2].filter((node) => node !== here)
          // The others have it in their caches.
          for (const answer of await Promise.all(there.map(ending.use))) accepted(answer)
          await ending.end(owner[here] as HuaweiClient)
          for (const answer of await Promise.all(there.map(ending.use)))
            refused(answer, status, code)
          tried += there.length
          await ending.restore(owner[randomInt(3)] as HuaweiClient)
        }
      }
      await Promise.all(Array.from({ length: lanes }, lane))
      said(t, tried)
    })

  test('material that expired', { timeout }, async (t) => {
    const tries = scaled({ full: 500, short: 30 })
    let tried = 0
    while (tried < tries) {
      const expiring = async (): Promise<void> => {
        const key_id = await (owner[0] as HuaweiClient).createKey({ origin: 'external' })
        const expiration_time = Math.ceil(Date.now() / 1000) + 3
        const client = owner[randomInt(3)] as HuaweiClient
        accepted(await client.import(key_id, newMaterial(), { expiration_time }))
        const use = encrypting(owner, key_id)
        for (const answer of await Promise.all([0, 1, 2].map(use))) accepted(answer)
        await sleep(Math.max(0, expiration_time * 1000 - Date.now()))
        while (Date.now() < expiration_time * 1000) await sleep(1)
        for (const answer of await Promise.all([0, 1, 2].map(use))) refused(answer, 400, 'KMS.1301')
        tried += 3
      }
      await Promise.all(Array.from({ length: 10 }, expiring))
    }
    said(t, tried)
  })

  function said(t: TestContext, tried: number): void {
    assert.deepEqual(nodes.ended, [])
    t.diagnostic(`${tried} tries, 0 succeeded`)
  }
})
