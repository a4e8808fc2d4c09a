/**
 * Three nodes on two PostgreSQL servers under Patroni: the primary is killed, frozen or replaced
 * under load, and no node has to be changed. Each takes the time of a lease, so it is not part of
 * the deep tests.
 *
 * @deep
 * @alone
 */
import { after, before, describe, test } from 'node:test'
import { missing } from '../tools.ts'
import { withoutHosts } from './database-host.ts'
import { Deployment } from './fault.ts'
import { Patroni } from './patroni.ts'
import { isFullRun } from './scale.ts'

const timeout = 40 * 60_000
const rounds = 5
const skip =
  withoutHosts || missing('patroni', 'etcd') || (!isFullRun && 'part of npm run test:nodes only')

describe('three nodes on two servers under Patroni', { skip }, () => {
  let patroni: Patroni
  let deployment: Deployment
  let leaderUrl = ''
  before(async () => {
    patroni = await Patroni.start()
    const url = patroni.bothUrl
    deployment = await Deployment.start([url, url, url], () => leaderUrl)
  })
  after(async () => {
    await deployment?.[Symbol.asyncDispose]()
    await patroni?.[Symbol.asyncDispose]()
  })

  /** The fault ends when another server is the primary. */
  const replaced = (name: string, how: () => Promise<() => void>): void => {
    for (let round = 1; round <= rounds; round++)
      test(`${name}, round ${round}`, { timeout }, async (t) => {
        await patroni.complete()
        let restore: (() => void) | undefined
        try {
          await deployment.endures(t, async () => {
            restore = await how()
            leaderUrl = await patroni.url()
          })
        } finally {
          restore?.()
        }
      })
  }

  replaced('the primary and its Patroni are killed', async () => {
    const leader = await patroni.leader()
    await leader.end()
    await patroni.leader(leader)
    return () => patroni.restart(leader)
  })

  replaced('the servers change places', async () => {
    await patroni.switchOver()
    return () => {}
  })

  replaced('the primary and its Patroni are frozen, and go on as if nothing had been', async () => {
    const leader = await patroni.leader()
    leader.signal('SIGSTOP')
    try {
      await patroni.leader(leader)
    } finally {
      leader.signal('SIGCONT')
    }
    return () => {}
  })
})
