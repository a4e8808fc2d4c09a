/**
 * Whether a node is ready is known each second, also while nobody calls: a database that is silent,
 * read-only or in another time is named, and a node is ready again by itself.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { hooksModule, moveClock } from '../../fakes/hooks.ts'
import { PostgresServer, Sql, withoutPostgres } from '../../fakes/postgres.ts'
import { Relay } from '../../fakes/relay.ts'
import { newFolder, TestServer } from '../server.ts'
import { until } from '../until.ts'

/** Two looks, and the patience of one. */
const noticedMs = 5000

describe('readiness over PostgreSQL', { skip: withoutPostgres }, () => {
  let postgres: PostgresServer
  before(async () => {
    postgres = await PostgresServer.start()
  })
  after(() => postgres.stop())

  async function readiness(server: TestServer): Promise<string> {
    const answer = await fetch(`${server.url}/readyz`)
    return `${answer.status} ${await answer.text()}`
  }

  async function becomes(server: TestServer, expected: RegExp): Promise<void> {
    await until(async () => expected.test(await readiness(server)), noticedMs)
  }

  test('a link that goes silent is noticed by an idle node; metrics are served, and it is ready again', async () => {
    const relay = new Relay(postgres.port)
    await relay.open()
    const url = new URL(await postgres.database())
    url.port = String(relay.port)
    await using server = await TestServer.start({ flags: ['--database-url', url.href] })
    const metrics = await server.metricsUrl()
    await becomes(server, /^200/)
    relay.silence()
    relay.isDeaf = true
    await becomes(server, /^503 database-unreachable: since .* does not answer/)
    const began = performance.now()
    const figures = await (await fetch(metrics)).text()
    assert.ok(performance.now() - began < 3000)
    assert.match(figures, /^holdfast_database_up 0$/m)
    assert.match(figures, /^holdfast_not_ready\{reason="database-unreachable"\} 1$/m)
    assert.doesNotMatch(figures, /^holdfast_keys/m, 'what cannot be counted is left out')
    relay.isDeaf = false
    await becomes(server, /^200/)
    assert.match(await (await fetch(metrics)).text(), /^holdfast_database_up 1$/m)
    await relay.cut()
    await becomes(server, /^503 database-unreachable/)
    const where = ['--data', server.data, '--endpoint', server.url]
    const command = ['bin/holdfast.js', 'status', ...where]
    const shown = spawnSync(process.execPath, command, { encoding: 'utf8' })
    assert.equal(shown.status, 1)
    assert.match(shown.stdout, /database-unreachable: since/, shown.stderr)
    const said = server.log.map(({ event }) => event)
    assert.ok(!said.includes('background-work-failed'), 'the log says once what is the matter')
    await relay.open()
    await becomes(server, /^200/)
    await relay.cut()
  })

  test('a database that becomes read-only: the node stays, is not ready, and refuses by that name', async () => {
    const url = await postgres.database()
    const sql = new Sql(postgres.url('postgres'))
    const set = (to: string): Promise<unknown> =>
      sql.rows(`ALTER DATABASE ${url.replace(/.*\//, '')} SET default_transaction_read_only = ${to};
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND application_name = 'holdfast'`)
    await using server = await TestServer.start({ flags: ['--database-url', url] })
    const client = server.client()
    const id = await client.createKey()
    await set('on')
    await becomes(server, /^503 database-read-only: since /)
    const { status, headers } = await client.call('encrypt-data', { key_id: id, plain_text: 'x' })
    assert.equal(status, 503)
    assert.ok(headers['retry-after'])
    await set('off')
    await becomes(server, /^200/)
    assert.equal((await client.call('encrypt-data', { key_id: id, plain_text: 'x' })).status, 200)
    client.close()
    await sql.end()
  })

  for (const byMs of [86_400_000, -600_000])
    test(`a node whose clock is ${byMs / 60_000} min off the database’s is not ready`, async () => {
      const data = newFolder()
      const clockFile = join(data, 'clock')
      const hooks = { module: hooksModule, data: { clockFile } }
      const flags = ['--database-url', await postgres.database()]
      await using server = await TestServer.start({ data, hooks, flags })
      await becomes(server, /^200/)
      moveClock(clockFile, { wallMs: byMs, monotonicMs: 0 })
      await becomes(server, /database-clock: since .* differ by more than 5 s/)
      await sleep(100)
      moveClock(clockFile, { wallMs: 0, monotonicMs: 0 })
      await becomes(server, /^200/)
    })
})
