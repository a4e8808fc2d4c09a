/**
 * A store that is not in the state in which a node left it: restored from a copy, forked, or
 * without what it had committed. No node uses it before an operator accepts what was lost.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { cpSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { PostgresServer, Sql, withoutPostgres } from '../../fakes/postgres.ts'
import type { HuaweiClient } from '../client.ts'
import { newFolder, TestServer } from '../server.ts'
import { until } from '../until.ts'

const files = ['holdfast.db', 'holdfast.db-wal', 'holdfast.db-shm']

/** Replaces the files of the database alone, as a careless restore does. */
function copyDatabase(from: string, to: string): void {
  for (const file of files) {
    rmSync(join(to, file), { force: true })
    if (existsSync(join(from, file))) cpSync(join(from, file), join(to, file))
  }
}

async function createKey(client: HuaweiClient, alias: string): Promise<number> {
  return (await client.call('create-key', { key_alias: alias })).status
}

describe('a file', () => {
  test('copied back is refused by name, until the loss is accepted; then it is recorded', async () => {
    const folder = newFolder()
    const copy = newFolder()
    await using first = await TestServer.start({ data: folder })
    assert.equal(await createKey(first.client(), 'before'), 200)
    assert.equal(await first.stop(), 0)
    copyDatabase(folder, copy)
    await using second = await TestServer.start({ data: folder })
    for (const alias of ['a', 'b', 'c']) await createKey(second.client(), alias)
    assert.equal(await second.stop(), 0)
    copyDatabase(copy, folder)
    const refusal =
      /the log of node [0-9a-f]+ held \d+ records and holds \d+.*holdfast recover --accept-loss/
    await assert.rejects(TestServer.start({ data: folder }), refusal)
    await assert.rejects(first.holdfast('project', 'list'), refusal)
    assert.match((await first.holdfast('recover')).stdout, /^the log of node .* held/)
    await assert.rejects(TestServer.start({ data: folder }), refusal, 'showing it accepts nothing')
    assert.match(
      (await first.holdfast('recover', '--accept-loss')).stdout,
      /^accepted and recorded/,
    )
    await using third = await TestServer.start({ data: folder })
    assert.equal(await createKey(third.client(), 'after'), 200)
    const found = await third.select('SELECT loss_accepted, lost FROM epochs')
    assert.deepEqual(
      found.map((row) => ({ ...row })),
      [{ loss_accepted: 1, lost: null }],
    )
    assert.equal(await third.stop(), 0)
    assert.match((await first.holdfast('recover')).stdout, /has lost nothing/)
    await assert.rejects(first.holdfast('recover', '--accept-loss'), /has lost nothing/)
    rmSync(copy, { recursive: true })
  })

  test('that went on elsewhere from a copy is refused, although it holds more records', async () => {
    await using first = await TestServer.start()
    const other = newFolder()
    assert.equal(await first.stop(), 0)
    cpSync(first.data, other, { recursive: true })
    await using here = await TestServer.start({ data: first.data })
    await createKey(here.client(), 'here')
    assert.equal(await here.stop(), 0)
    await using there = await TestServer.start({ data: other })
    for (const alias of ['a', 'b', 'c']) await createKey(there.client(), alias)
    assert.equal(await there.stop(), 0)
    copyDatabase(other, first.data)
    await assert.rejects(TestServer.start({ data: first.data }), /held other records than it holds/)
    rmSync(other, { recursive: true })
  })

  test('of a process that was killed is as it was left', async () => {
    await using first = await TestServer.start()
    await createKey(first.client(), 'one')
    await first.signal('SIGKILL')
    await using second = await TestServer.start({ data: first.data })
    assert.equal(await createKey(second.client(), 'two'), 200)
    await second.stop()
  })
})

describe('a database', { skip: withoutPostgres }, () => {
  let postgres: PostgresServer
  before(async () => {
    postgres = await PostgresServer.start()
  })
  after(() => postgres.stop())

  async function ready(server: TestServer): Promise<string> {
    const answer = await fetch(`${server.url}/readyz`)
    return `${answer.status} ${await answer.text()}`
  }

  test('restored under two nodes is refused by both, until one accepts for both', async () => {
    const url = await postgres.database()
    const name = url.split('/').at(-1) as string
    const flags = ['--database-url', url]
    const sql = new Sql(postgres.url('postgres'))
    await using seed = await TestServer.start({ flags })
    const other = newFolder()
    for (const file of ['root.key', 'bootstrap.json'])
      if (existsSync(join(seed.data, file))) cpSync(join(seed.data, file), join(other, file))
    await createKey(seed.client(), 'before')
    assert.equal(await seed.stop(), 0)
    await sql.rows(`CREATE DATABASE ${name}_copy TEMPLATE ${name}`)
    await using one = await TestServer.start({ data: seed.data, flags })
    await using two = await TestServer.start({ data: other, flags })
    assert.equal(await createKey(one.client(), 'one'), 200)
    assert.equal(await createKey(two.client(), 'two'), 200)
    await sql.rows(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`)
    await until(async () => {
      await sql.rows(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`,
      )
      await sql.rows(`ALTER DATABASE ${name} RENAME TO ${name}_lost`).catch(() => {})
      const left = await sql.rows(`SELECT 1 FROM pg_database WHERE datname = '${name}'`)
      return left.length === 0
    }, 15_000)
    await sql.rows(`ALTER DATABASE ${name}_copy RENAME TO ${name}`)
    for (const server of [one, two]) {
      await until(async () => (await createKey(server.client(), 'late')) === 503, 15_000)
      await until(async () => (await ready(server)).includes('log-went-back'), 15_000)
      assert.equal(await createKey(server.client(), 'later'), 503)
    }
    assert.match((await one.holdfast('recover')).stdout, /^the log of node [0-9a-f]+ held/)
    await one.holdfast('recover', '--accept-loss', '--database-url', url)
    for (const server of [one, two]) {
      await until(async () => /^200/.test(await ready(server)), 15_000)
      assert.equal(await createKey(server.client(), `after-${new URL(server.url).port}`), 200)
    }
    await sql.end()
  })
})
