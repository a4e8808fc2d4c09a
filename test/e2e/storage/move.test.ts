/**
 * `holdfast move`: everything arrives as it was, and the nodes that start on the database go on
 * from there.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { withoutPostgres } from '../../fakes/postgres.ts'
import { AdminClient } from '../admin-client.ts'
import { HuaweiClient, readCredentials } from '../client.ts'
import { refused } from '../expect.ts'
import { TestServer } from '../server.ts'
import { until } from '../until.ts'
import {
  asking,
  audited,
  contentAt,
  contentOf,
  filesIn,
  inFile,
  MoveScene,
  move,
  otherNode,
  storedTables,
} from './move-scene.ts'

/** More than fit on one page of what is copied. */
const size = { keys: 300, calls: 1200 }

describe('a deployment', { skip: withoutPostgres }, () => {
  let scene: MoveScene
  before(async () => {
    scene = await MoveScene.start(size)
  })
  after(() => scene.stop())

  test('arrives row by row as it was, and its log goes on', async () => {
    const data = scene.folder()
    const url = await scene.postgres.database()
    const { code, stdout, stderr } = await move(data, url, { flags: ['--json'] })
    assert.deepEqual([code, stderr], [0, ''])
    assert.deepEqual(filesIn(data), ['holdfast.db.moved'])
    const file = join(data, 'holdfast.db.moved')
    const old = await contentOf(inFile(file))
    const [logs] = await inFile(file)(
      "SELECT sum(tree_size) AS records FROM ledgers WHERE id <> 'tree'",
    )
    const [made] = await inFile(file)('SELECT id FROM deployments')
    const countIn = (table: string): number => old.get(table)?.length ?? 0
    assert.deepEqual(JSON.parse(stdout), {
      deployment: made?.id,
      rows: storedTables.slice(0, -1).reduce((sum, table) => sum + countIn(table), 0),
      records: logs?.records,
      file,
    })
    const there = await contentAt(url)
    for (const table of storedTables) {
      const [before, now] = [old.get(table) ?? [], there.get(table) ?? []]
      // The record of the move, and the head of its log.
      const own = table === 'ledgers' || table === 'log_groups' ? 1 : 0
      assert.equal(now.filter((row) => !before.includes(row)).length, own, table)
      assert.equal(now.length, before.length + (table === 'log_groups' ? 1 : 0), table)
    }
    await audited(data, url)
    const node = readFileSync(join(data, 'node'), 'utf8').trim()
    await asking(url, async (sql) => {
      const heads = await sql.rows("SELECT id FROM ledgers WHERE id <> 'tree'")
      assert.deepEqual(heads, [{ id: node }], 'the log is that of the node of the folder')
    })
  })

  test('is served by the node of the folder and by others; searches and figures go back to before', async () => {
    const data = scene.folder()
    const url = await scene.postgres.database()
    await using old = await TestServer.start({ data })
    const credentials = readCredentials(join(data, 'bootstrap.json'))
    const before = new AdminClient(old.url)
    const password = await before.enter(credentials)
    const figures = () => before.ok('GET', '/overview')
    await until(async () => (await figures()).busiest[0]?.calls > size.calls, 10_000)
    const { keys: counted, busiest } = await figures()
    assert.equal(await old.stop(), 0)
    assert.equal((await move(data, url)).code, 0)
    await using first = await TestServer.start({ data, flags: ['--database-url', url] })
    await using second = await otherNode(data, url)
    assert.ok(!first.output.includes('deployment-created'))
    for (const server of [first, second]) {
      await scene.decrypts(server)
      const admin = new AdminClient(server.url)
      await admin.signIn(credentials.user_name, password, {
        project: credentials.project_id,
      })
      const search = async (operation: string): Promise<number> =>
        (await admin.ok('GET', `/audit?operation=${operation}`)).records.length
      assert.ok((await search('create-key')) > 0, 'records from before are found')
      assert.equal(await search('move-database'), 1)
      const now = await admin.ok('GET', '/overview')
      assert.deepEqual([now.keys, now.busiest[0].id], [counted, busiest[0].id])
      assert.ok(now.busiest[0].calls >= busiest[0].calls)
    }
    const [client, other] = [first, second].map(({ url: at }) => new HuaweiClient(at, credentials))
    const key_id = await (client as HuaweiClient).createKey()
    await client?.ok('disable-key', { key_id })
    refused(
      await (other as HuaweiClient).call('encrypt-data', { key_id, plain_text: 'x' }),
      400,
      'KMS.0209',
    )
    client?.close()
    other?.close()
    assert.equal(await first.stop(), 0)
    await using again = await TestServer.start({ data, flags: ['--database-url', url] })
    await scene.decrypts(again)
    assert.ok(!again.output.includes('log-went-back'))
    await audited(data, url, { withRows: false })
  })

  test('without the file of its identity begins a log of its own, and keeps the one from before', async () => {
    const data = scene.folder()
    const url = await scene.postgres.database()
    const old = readFileSync(join(data, 'node'), 'utf8').trim()
    rmSync(join(data, 'node'))
    assert.equal((await move(data, url)).code, 0)
    await using server = await TestServer.start({ data, flags: ['--database-url', url] })
    await scene.decrypts(server)
    const own = readFileSync(join(data, 'node'), 'utf8').trim()
    await asking(url, async (sql) => {
      const logs = await sql.rows("SELECT id FROM ledgers WHERE id <> 'tree'")
      assert.ok(logs.some(({ id }) => id === old) && logs.some(({ id }) => id === own))
    })
    assert.equal(await server.stop(), 0)
  })
})
