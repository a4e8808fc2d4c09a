/**
 * The store on PostgreSQL: the contract of all stores, and what is specific to it: other nodes,
 * lost connections, notices.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { packed, readLeaves } from '../../src/audit/leaf-groups.ts'
import { firstHead, NodeLog } from '../../src/audit/log.ts'
import { legacyLeaf, recordOf } from '../../src/audit/record.ts'
import { absent } from '../../src/domain/rows.ts'
import { StoreUnavailable } from '../../src/ports/store.ts'
import { migrations } from '../../src/store/migrations/index.ts'
import { migratePostgres } from '../../src/store/postgres/migrate.ts'
import { PostgresReader } from '../../src/store/postgres/reader.ts'
import { holdingStartLock } from '../../src/store/postgres/start-lock.ts'
import { PostgresWriter } from '../../src/store/postgres/writer.ts'
import { type StoreUnderTest, storeContract } from '../contracts/store.ts'
import { until } from '../e2e/until.ts'
import { planOf } from '../fakes/plan.ts'
import { PostgresServer, Sql, waitingIn, withoutPostgres } from '../fakes/postgres.ts'
import { commitRecord } from './commit-record.ts'
import {
  groupsIn,
  groupsOfOldRecords,
  insertOldHead,
  oldDeployment,
  oldHead,
  oldRecords,
  placeAndLeaf,
  placeAndLeafOf,
  stepsWithColumns,
} from './old-records.ts'

const tools = { auditLeaf: legacyLeaf, leafGroup: packed }

describe('on PostgreSQL', { skip: withoutPostgres }, () => {
  let server: PostgresServer
  before(async () => {
    server = await PostgresServer.start()
  })
  after(() => server.stop())

  const openAt = (url: string): StoreUnderTest => {
    const writer = new PostgresWriter(url)
    const reader = new PostgresReader(url)
    const close = (): void => {
      reader.close()
      writer.close()
    }
    const reopen = async (): Promise<StoreUnderTest> => {
      close()
      return openAt(url)
    }
    return { writer, reader, reopen, end: async () => close() }
  }
  const fresh = async (): Promise<string> => {
    const url = await server.database()
    await migratePostgres(url, tools)
    return url
  }
  storeContract('on PostgreSQL', async () => openAt(await fresh()))

  const mac = createSecretKey(randomBytes(32))
  const terminate = async (url: string): Promise<void> => {
    const sql = new Sql(url)
    await sql.rows(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()',
    )
    await sql.end()
  }

  test('the steps of the schema run once', async () => {
    const url = await server.database()
    assert.equal(await migratePostgres(url, tools), migrations.length)
    assert.equal(await migratePostgres(url, tools), 0)
  })

  test('records stored in columns become groups of the leaves whose hashes are in the log', async () => {
    const url = await server.database()
    await migratePostgres(url, tools, migrations.slice(0, stepsWithColumns))
    const sql = new Sql(url)
    await sql.rows("INSERT INTO deployments VALUES ($1, 1, 1, '\\x00', 1, 1, '\\x00')", [
      oldDeployment,
    ])
    const insert = `INSERT INTO audit_records VALUES (${Array.from({ length: 21 }, (_, i) => `$${i + 1}`).join(', ')})`
    for (const { columns } of oldRecords) await sql.rows(insert, [...columns])
    await assert.rejects(migratePostgres(url, tools), /a log with records must have a head/)
    await sql.rows(insertOldHead)
    const left = await migratePostgres(url, tools)
    assert.ok(left > 0 && left <= migrations.length - stepsWithColumns)
    const rows = await sql.rows('SELECT * FROM log_groups ORDER BY first_index')
    await sql.end()
    assert.deepEqual(groupsIn(rows), groupsOfOldRecords)
    const reader = new PostgresReader(url)
    const found = await readLeaves(reader, oldHead, 0, oldRecords.length * 2)
    reader.close()
    assert.deepEqual(found.map(placeAndLeaf), oldRecords.map(placeAndLeafOf))
  })

  test('two nodes that start at once do so one after the other', async () => {
    const url = await server.database()
    let inside = 0
    const start = (): Promise<void> =>
      holdingStartLock(url, async () => {
        assert.equal(++inside, 1)
        await migratePostgres(url, tools)
        inside--
      })
    await Promise.all([start(), start(), start()])
  })

  test('two nodes write at once, each to a log of its own', async () => {
    const url = await fresh()
    const nodes = ['one', 'two'].map((id) => ({
      writer: new PostgresWriter(url),
      log: new NodeLog('d', mac, firstHead(mac, id, 0)),
    }))
    for (let i = 0; i < 20; i++) {
      // Each has begun before the first one ends.
      for (const { writer, log } of nodes) await writer.begin(planOf([], { log: log.id }))
      for (const { writer, log } of nodes) {
        await commitRecord(writer, log, i)
        log.committed()
      }
    }
    const reader = new PostgresReader(url)
    for (const { log } of nodes)
      assert.deepEqual(
        (await readLeaves(reader, log.id, 0, 100)).map(({ leaf }) => recordOf(leaf).timeMs),
        Array.from({ length: 20 }, (_, i) => i),
      )
    reader.close()
    for (const { writer } of nodes) writer.close()
  })

  test('a transaction on a log keeps another one on it waiting until it ends', async () => {
    const url = await fresh()
    const [one, other] = [new PostgresWriter(url), new PostgresWriter(url)]
    const log = new NodeLog('d', mac, firstHead(mac, 'node', 0))
    await one.begin(planOf())
    const waiting = other.begin(planOf([['ledgers', 'node', absent]]))
    await until(async () => (await waitingIn(url)) === 1, 5000)
    await commitRecord(one, log)
    log.committed()
    assert.deepEqual((await waiting).versions, [log.version])
    await other.rollback()
    one.close()
    other.close()
  })

  test('each transaction reads the time of the database, and one that waited that of its turn', async () => {
    const url = await fresh()
    const [one, other] = [new PostgresWriter(url), new PostgresWriter(url)]
    const { clockAt = 0 } = await one.begin(planOf())
    assert.ok(Math.abs(clockAt - Date.now()) < 2000)
    const waiting = other.begin(planOf())
    await sleep(1000)
    await one.rollback()
    assert.ok(((await waiting).clockAt ?? 0) >= clockAt + 1000)
    await other.rollback()
    one.close()
    other.close()
  })

  test('a connection lost before a commit: nothing happened, and the next transaction succeeds by itself', async () => {
    const url = await fresh()
    const writer = new PostgresWriter(url)
    const log = new NodeLog('d', mac, firstHead(mac, 'node', 0))
    await writer.begin(planOf())
    await terminate(url)
    await assert.rejects(commitRecord(writer, log), StoreUnavailable)
    await writer.rollback()
    log.rolledBack()
    const { versions } = await writer.begin(planOf([['ledgers', 'node', absent]]))
    assert.deepEqual(versions, [absent])
    await commitRecord(writer, log)
    writer.close()
  })
})
