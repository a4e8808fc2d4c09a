/**
 * Three nodes on a primary with a synchronous standby, under load: the primary is lost with
 * everything on it, and the standby takes over. What was acknowledged is there, also when the wait
 * for the standby was cancelled before.
 *
 * @deep
 * @alone
 */
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../e2e/until.ts'
import { DatabaseHost, withoutHosts } from './database-host.ts'
import { Deployment, seconds } from './fault.ts'
import { scaled } from './scale.ts'

const timeout = 20 * 60_000

describe('three nodes on a primary and a synchronous standby', { skip: withoutHosts }, () => {
  test('the primary is killed, and the standby is promoted', { timeout }, (t) =>
    withStandby(t, async ({ primary, standby }, deployment) => {
      await primary.kill()
      await sleep(2000)
      return promote(t, standby, deployment)
    }),
  )

  test(
    'the wait for a frozen standby is cancelled ten times: no call is acknowledged',
    {
      timeout,
    },
    (t) =>
      withStandby(t, async ({ primary, standby }, deployment) => {
        const { ledger } = deployment.load
        standby.freeze()
        // Until then answers arrive to commits that the standby had confirmed.
        await sleep(500)
        const before = ledger.acknowledgedInAll
        for (let cancelled = 0; cancelled < 10; ) {
          const waits = await primary.sql(
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'",
          )
          cancelled += waits.length
          await sleep(100)
        }
        await sleep(500)
        assert.equal(ledger.acknowledgedInAll - before, 0, 'calls that only the primary has')
        // The standby is what remains: a call that was acknowledged without it would be lost now.
        await primary.kill()
        standby.thaw()
        return promote(t, standby, deployment)
      }),
  )
})

type Pair = { readonly primary: DatabaseHost; readonly standby: DatabaseHost }

/** Runs a loss of the primary under load, each time with a new standby of the one that is left. */
async function withStandby(
  t: TestContext,
  loses: (pair: Pair, deployment: Deployment) => Promise<void>,
): Promise<void> {
  for (let round = 0; round < scaled({ full: 5, short: 1 }); round++) {
    await using primary = await DatabaseHost.start()
    await using standby = await primary.standby()
    const url = `postgres://kms@${primary.address},${standby.address}/kms`
    await using deployment = await Deployment.start([url, url, url], () => standby.url)
    await deployment.endures(t, () => loses({ primary, standby }, deployment))
  }
}

async function promote(
  t: TestContext,
  standby: DatabaseHost,
  { load, nodes }: Deployment,
): Promise<void> {
  const from = performance.now()
  await standby.promote()
  const promoted = performance.now()
  const all = Array.from({ length: nodes.count }, (_, node) => node)
  const first = (): number[] => all.flatMap((node) => load.ledger.firstOk(node, from) ?? [])
  await until(() => first().length > 0, 25_000)
  t.diagnostic(
    `promoted in ${seconds(promoted - from)}, first ok ${seconds(Math.min(...first()) - promoted)} after that`,
  )
}
