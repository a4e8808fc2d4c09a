/**
 * The store on PostgreSQL: the contract of all stores, and what is specific to it: other nodes,
 * lost connections, notices.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { packed, readLeaves } from '../../src/audit/leaf-groups.ts'
import { firstHead, NodeLog } from '../../src/audit/log.ts'
import { legacyLeaf, recordOf } from '../../src/audit/record.ts'
import { StoreUnavailable } from '../../src/ports/store.ts'
import { migrations } from '../../src/store/migrations/index.ts'
import { holdingStartLock, migratePostgres } from '../../src/store/postgres/migrate.ts'
import { PostgresReader } from '../../src/store/postgres/reader.ts'
import { PostgresWriter } from '../../src/store/postgres/writer.ts'
import { SchemaTooNew } from '../../src/store/schema-too-new.ts'
import { type StoreUnderTest, storeContract } from '../contracts/store.ts'
import { until } from '../e2e/until.ts'
import { anyEntry } from '../fakes/audit-entry.ts'
import { PostgresServer, Sql, withoutPostgres } from '../fakes/postgres.ts'
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

  test('the steps of the schema run once, and a newer schema is refused', async () => {
    const url = await server.database()
    assert.equal(await migratePostgres(url, tools), migrations.length)
    assert.equal(await migratePostgres(url, tools), 0)
    assert.equal(await migratePostgres(url, tools, [...migrations, () => []]), 1)
    await assert.rejects(migratePostgres(url, tools), SchemaTooNew)
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

  test('two nodes share one log: each continues from what the other wrote', async () => {
    const url = await fresh()
    const nodes = [0, 1].map(() => ({
      writer: new PostgresWriter(url),
      log: new NodeLog('d', mac, firstHead(mac, 'log', 0)),
    }))
    for (let i = 0; i < 20; i++) {
      const { writer, log } = nodes[i % 2] as (typeof nodes)[number]
      const { head } = await writer.begin([])
      if (head !== undefined) log.rebase(head)
      log.append(anyEntry, i, [])
      const { group, head: next } = log.ending(i)
      assert.deepEqual([group?.firstIndex, group?.count], [i, 1])
      await writer.commit(group, next)
      log.committed()
    }
    const reader = new PostgresReader(url)
    const found = await readLeaves(reader, 'log', 0, 100)
    reader.close()
    assert.deepEqual(
      found.map(({ leaf }) => recordOf(leaf).timeMs),
      Array.from({ length: 20 }, (_, i) => i),
    )
    const forged = new NodeLog('d', createSecretKey(randomBytes(32)), firstHead(mac, 'log', 0))
    const [first] = nodes as [(typeof nodes)[number]]
    const { head } = await first.writer.begin([])
    assert.throws(() => forged.rebase(head as never), { code: 'stored-record-corrupt' })
    await first.writer.rollback()
    for (const { writer } of nodes) writer.close()
  })

  test('a transaction of one node keeps the others waiting until it ends', async () => {
    const url = await fresh()
    const [one, other] = [new PostgresWriter(url), new PostgresWriter(url)]
    const log = new NodeLog('d', mac, firstHead(mac, 'log', 0))
    await one.begin([])
    await commitRecord(one, log)
    log.committed()
    await one.begin([])
    const waiting = other.begin([])
    const watcher = new Sql(url)
    await until(async () => {
      const [found] = await watcher.rows(
        "SELECT count(*) AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
      )
      return found?.n === 1
    }, 5000)
    await watcher.end()
    await commitRecord(one, log)
    const { head } = await waiting
    assert.equal(head?.treeSize, 2)
    await other.rollback()
    one.close()
    other.close()
  })

  test('a connection lost before a commit: nothing happened, and the next transaction succeeds by itself', async () => {
    const url = await fresh()
    const writer = new PostgresWriter(url)
    const log = new NodeLog('d', mac, firstHead(mac, 'log', 0))
    await writer.begin([])
    await terminate(url)
    await assert.rejects(commitRecord(writer, log), StoreUnavailable)
    await writer.rollback()
    log.rolledBack()
    const { head } = await writer.begin([])
    assert.equal(head, undefined)
    await commitRecord(writer, log)
    writer.close()
  })
})
