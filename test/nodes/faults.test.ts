/**
 * Three nodes on one PostgreSQL under load, while nodes, connections and the server fail in many
 * ways: nothing that was acknowledged is lost, no node ends, and all serve again soon.
 *
 * @deep
 * @alone
 */
import { randomInt } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Sql } from '../fakes/postgres.ts'
import { Relay } from '../fakes/relay.ts'
import { DatabaseHost, otherName, terminateNodes, withoutHosts } from './database-host.ts'
import { Deployment } from './fault.ts'
import { scaled } from './scale.ts'

const timeout = 20 * 60_000

describe('three nodes on one PostgreSQL that fails', { skip: withoutHosts }, () => {
  let host: DatabaseHost
  let relay: Relay
  let deployment: Deployment

  before(async () => {
    host = await DatabaseHost.start(['max_connections = 200'])
    relay = new Relay(host.port)
    await relay.open()
    const throughRelay = host.url.replace(`:${host.port}/`, `:${relay.port}/`)
    deployment = await Deployment.start([host.url, host.url, throughRelay], () => host.url)
  })
  after(async () => {
    await deployment?.[Symbol.asyncDispose]()
    await relay?.cut()
    await host?.[Symbol.asyncDispose]()
  })

  const rounds = async (count: number, round: () => Promise<unknown>): Promise<void> => {
    for (let i = 0; i < count; i++) await round()
  }

  test('SIGKILL of random nodes', { timeout }, (t) =>
    deployment.endures(t, () =>
      rounds(scaled({ full: 30, short: 3 }), async () => {
        const node = randomInt(3)
        await deployment.nodes.kill(node)
        await sleep(randomInt(50, 1000))
        await deployment.nodes.restart(node)
        await sleep(randomInt(50, 500))
      }),
    ),
  )

  test('all server processes of the nodes are terminated, again and again', { timeout }, (t) =>
    deployment.endures(t, () =>
      rounds(scaled({ full: 100, short: 10 }), async () => {
        await host.terminateAll()
        await sleep(randomInt(10, 600))
      }),
    ),
  )

  test('the server is stopped immediately and starts again', { timeout }, (t) =>
    deployment.endures(t, () =>
      rounds(scaled({ full: 10, short: 2 }), async () => {
        await host.stopImmediately()
        await host.restart()
        await sleep(randomInt(100, 1500))
      }),
    ),
  )

  test('the server is frozen for 12 seconds', { timeout }, (t) =>
    deployment.endures(t, () =>
      rounds(scaled({ full: 3, short: 1 }), async () => {
        host.freeze()
        await sleep(12_000)
        host.thaw()
        await sleep(scaled({ full: 5000, short: 0 }))
      }),
    ),
  )

  test('the links of one node go silent', { timeout }, (t) =>
    deployment.endures(t, async () => {
      await rounds(scaled({ full: 10, short: 1 }), async () => {
        relay.silence()
        await sleep(scaled({ full: 9000, short: 4000 }))
      })
      // The server does not notice either: its ends of these links would stay for hours.
      await host.terminateAll()
    }),
  )

  test('others take all connections for 10 seconds', { timeout }, (t) =>
    deployment.endures(t, async () => {
      const end = performance.now() + 10_000
      const others: Sql[] = []
      const own = new Sql(host.superuserUrl())
      try {
        while (performance.now() < end) {
          const [taken] = await Promise.all([allConnections(host.url), own.rows(terminateNodes)])
          others.push(...taken)
          await sleep(20)
        }
      } finally {
        await Promise.all([own, ...others].map((one) => one.end()))
      }
    }),
  )

  const setting = async (name: string, value: string, ms: number): Promise<void> => {
    try {
      await host.set(name, value)
      await host.terminateAll()
      await sleep(ms)
    } finally {
      await host.set(name, undefined)
    }
  }

  test('the server is read-only for 10 seconds', { timeout }, (t) =>
    deployment.endures(t, () => setting('default_transaction_read_only', 'on', 10_000)),
  )

  for (const level of ['serializable', 'repeatable read'])
    test(`transactions are ${level} by default`, { timeout }, (t) =>
      deployment.endures(t, () =>
        setting('default_transaction_isolation', level, scaled({ full: 30_000, short: 3000 })),
      ),
    )
})

/** As many connections as the server still admits, taken faster than a node connects again. */
async function allConnections(url: string): Promise<Sql[]> {
  const asked = Array.from({ length: 60 }, () => new Sql(url))
  const answers = await Promise.allSettled(
    asked.map((one) => one.rows(`SET application_name = '${otherName}'`)),
  )
  return asked.filter((_, i) => answers[i]?.status === 'fulfilled')
}
