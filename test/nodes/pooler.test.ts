/**
 * Three nodes that reach PostgreSQL through PgBouncer: they start one after the other and serve,
 * and keep what they acknowledged when the server processes behind it are terminated.
 *
 * @deep
 * @alone
 */
import { randomInt } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { missing } from '../tools.ts'
import { DatabaseHost, withoutHosts } from './database-host.ts'
import { Deployment } from './fault.ts'
import { Pooler, type PoolMode } from './pooler.ts'
import { scaled } from './scale.ts'

const timeout = 20 * 60_000
const modes: readonly PoolMode[] = ['session', 'transaction']

for (const mode of modes)
  describe(`three nodes behind PgBouncer in ${mode} mode`, {
    skip: withoutHosts || missing('pgbouncer'),
  }, () => {
    let host: DatabaseHost
    let pooler: Pooler
    let deployment: Deployment
    before(async () => {
      host = await DatabaseHost.start()
      pooler = await Pooler.start(host, mode)
    })
    after(async () => {
      await deployment?.[Symbol.asyncDispose]()
      await pooler?.[Symbol.asyncDispose]()
      await host?.[Symbol.asyncDispose]()
    })

    test('all start while the first one runs, and serve', { timeout }, async (t) => {
      deployment = await Deployment.start([pooler.url, pooler.url, pooler.url], () => host.url)
      await deployment.endures(t, () => sleep(scaled({ full: 30_000, short: 1500 })))
    })

    test(
      'server processes behind it are terminated under load, and a node is killed',
      {
        timeout,
      },
      (t) =>
        deployment.endures(t, async () => {
          const rounds = scaled({ full: 100, short: 6 })
          for (let round = 0; round < rounds; round++) {
            await host.terminateAll()
            await sleep(randomInt(10, 600))
            if (round % 10 !== 3) continue
            const node = randomInt(3)
            await deployment.nodes.kill(node)
            await deployment.nodes.restart(node)
          }
        }),
    )
  })
