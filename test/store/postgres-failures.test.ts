/**
 * PostgreSQL as it fails in life: links that are cut or go silent, servers that may not write,
 * commits whose answer is lost, transactions that are in the way. Nothing that was answered is lost
 * by any of it, and nothing ends the process.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { packed } from '../../src/audit/leaf-groups.ts'
import { firstHead, NodeLog } from '../../src/audit/log.ts'
import { legacyLeaf } from '../../src/audit/record.ts'
import { systemClock } from '../../src/ports/clock.ts'
import { ownSubmission } from '../../src/ports/journal.ts'
import { type StoreReason, StoreUnavailable } from '../../src/ports/store.ts'
import { TimeKeeper } from '../../src/runtime/time-keeper.ts'
import { Writer } from '../../src/runtime/writer.ts'
import { migratePostgres } from '../../src/store/postgres/migrate.ts'
import { PostgresReader } from '../../src/store/postgres/reader.ts'
import { openSession } from '../../src/store/postgres/session.ts'
import { holdingStartLock } from '../../src/store/postgres/start-lock.ts'
import { PostgresWriter } from '../../src/store/postgres/writer.ts'
import { addition } from '../../src/store/steps.ts'
import { anyEntry } from '../fakes/audit-entry.ts'
import { planOf } from '../fakes/plan.ts'
import { PostgresServer, Sql, withoutPostgres } from '../fakes/postgres.ts'
import { Relay } from '../fakes/relay.ts'
import { scaled } from '../nodes/scale.ts'
import { isDeepRun } from '../tiers.ts'
import { commitRecord } from './commit-record.ts'

const tools = { auditLeaf: legacyLeaf, leafGroup: packed }
const mac = createSecretKey(randomBytes(32))
/** A statement, a wait for a lock or a flight ends within this. */
const boundMs = 7000

describe('PostgreSQL as it fails', { skip: withoutPostgres }, () => {
  let server: PostgresServer
  const relays: Relay[] = []
  before(async () => {
    server = await PostgresServer.start()
  })
  after(async () => {
    for (const relay of relays) await relay.cut()
    await server.stop()
  })

  type Node = {
    readonly url: string
    readonly relay: Relay
    readonly store: PostgresWriter
    readonly log: NodeLog
    readonly writer: Writer
    /** Of commits whose outcome was not known at first. */
    readonly doubts: unknown[]
    close(): void
  }

  /** A node over a link of its own to a new database, or to one that exists. */
  async function node(url?: string): Promise<Node> {
    const direct = url ?? (await server.database())
    if (url === undefined) await migratePostgres(direct, tools)
    const relay = new Relay(server.port)
    await relay.open()
    relays.push(relay)
    const doubts: unknown[] = []
    const store = new PostgresWriter(through(direct, relay), undefined, {
      lost: () => {},
      back: () => {},
      vacuumFailed: () => {},
      commitUnknown: (error) => doubts.push(error),
    })
    const log = new NodeLog('d', mac, firstHead(mac, randomBytes(8).toHex(), 0))
    const time = new TimeKeeper(systemClock, systemClock.wallNow())
    const writer = new Writer({ store, log, time })
    return { url: direct, relay, store, log, writer, doubts, close: () => store.close() }
  }

  function through(url: string, { port }: Relay): string {
    return url.replace(`:${server.port}/`, `:${port}/`)
  }

  const record = ownSubmission({ entry: anyEntry })
  async function write({ writer }: Node, count = 1): Promise<readonly string[]> {
    return (await writer.write(Array.from({ length: count }, () => record))).receipts
  }

  async function stored(url: string): Promise<number> {
    const [row] = await asking(url, 'SELECT coalesce(sum(count), 0) AS n FROM log_groups')
    return Number(row?.n)
  }

  async function asking(url: string, text: string): Promise<Record<string, unknown>[]> {
    const sql = new Sql(url)
    try {
      return await sql.rows(text)
    } finally {
      await sql.end()
    }
  }

  const terminate =
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()'

  test('a backend that is killed between two writes: nothing happened, each time', {
    timeout: 300_000,
  }, async () => {
    const one = await node()
    const killer = new Sql(one.url)
    const tries = scaled({ full: 1000, short: isDeepRun ? 300 : 30 })
    let done = 0
    for (let i = 0; i < tries; i++) {
      await one.store.begin(planOf([], { log: one.log.id }))
      await killer.rows(terminate)
      await assert.rejects(commitRecord(one.store, one.log, i), StoreUnavailable)
      await one.store.rollback()
      one.log.rolledBack()
      if ((await write(one))[0] === 'recorded') done++
    }
    await killer.end()
    assert.equal(done, tries)
    assert.equal(await stored(one.url), tries)
    one.close()
  })

  test('the answer to a commit is lost: the commit is found, and the call is answered', async () => {
    const one = await node()
    await write(one)
    one.relay.loseCommit()
    assert.deepEqual(await write(one, 3), ['recorded', 'recorded', 'recorded'])
    assert.equal(one.doubts.length, 1)
    assert.deepEqual(await write(one), ['recorded'])
    assert.equal(await stored(one.url), 5)
    one.close()
  })

  test('the same while other nodes write: their records follow', async () => {
    const one = await node()
    const other = await node(one.url)
    await write(one)
    one.relay.loseCommit()
    const under = write(one, 2)
    const receipts: string[] = []
    for (let i = 0; i < 20; i++) receipts.push(...(await write(other)))
    assert.deepEqual(await under, ['recorded', 'recorded'])
    assert.ok(receipts.every((receipt) => receipt === 'recorded'))
    assert.deepEqual(await write(one), ['recorded'])
    assert.equal(await stored(one.url), 24)
    for (const { close } of [one, other]) close()
  })

  test('a server that ends while it commits: the commit is not found, and nothing happened', async () => {
    const one = await node()
    await asking(
      one.url,
      `CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
       CREATE CONSTRAINT TRIGGER cuts AFTER INSERT ON log_groups DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION cut()`,
    )
    assert.deepEqual(await write(one), ['unavailable'])
    assert.equal(one.doubts.length, 1)
    await asking(one.url, 'DROP TRIGGER cuts ON log_groups')
    assert.deepEqual(await write(one), ['recorded'])
    assert.equal(await stored(one.url), 1)
    one.close()
  })

  test('a notice at a commit, as for a standby that was not waited for: another commit is', async () => {
    const one = await node()
    await asking(
      one.url,
      `CREATE FUNCTION remark() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING 'not replicated'; RETURN NULL; END $$;
       CREATE CONSTRAINT TRIGGER remarks AFTER INSERT ON log_groups DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION remark()`,
    )
    assert.deepEqual(await write(one), ['recorded'])
    assert.match(String(one.doubts[0]), /notice/)
    one.close()
  })

  test('a link that goes silent is replaced: the next group is written within seconds', async () => {
    const one = await node()
    await write(one)
    one.relay.silence()
    const began = performance.now()
    assert.deepEqual(await write(one), ['unavailable'])
    assert.ok(performance.now() - began < boundMs)
    const again = performance.now()
    assert.deepEqual(await write(one), ['recorded'])
    assert.ok(performance.now() - again < 2000)
    one.close()
  })

  test('reads over a silent link end, and the next ones use new connections', async () => {
    const one = await node()
    await write(one)
    const reader = new PostgresReader(through(one.url, one.relay))
    const read = (): Promise<unknown> => reader.leafGroups(one.log.id, 0, 9)
    await Promise.all([read(), read(), read(), read()])
    one.relay.silence()
    const began = performance.now()
    const reads = await Promise.allSettled(Array.from({ length: 20 }, read))
    assert.ok(performance.now() - began < boundMs)
    for (const result of reads)
      if (result.status === 'rejected') assert.ok(result.reason instanceof StoreUnavailable)
    const again = performance.now()
    await Promise.all(Array.from({ length: 20 }, read))
    await reader.statistics(0)
    assert.ok(performance.now() - again < 2000)
    reader.close()
    one.close()
  })

  test('reads go on by themselves after their connections were ended', async () => {
    const one = await node()
    await write(one)
    const reader = new PostgresReader(one.url)
    const read = (): Promise<unknown> => reader.leafGroups(one.log.id, 0, 9)
    for (let i = 0; i < 5; i++) {
      await Promise.all([read(), read(), read(), read()])
      await asking(one.url, terminate)
      await Promise.all([read(), read(), read(), reader.statistics(0)])
    }
    reader.close()
    one.close()
  })

  const unwilling: readonly (readonly [
    name: string,
    reason: StoreReason,
    on: string,
    off: string,
  ])[] = [
    [
      'is read-only',
      'read-only',
      'SET default_transaction_read_only = on',
      'RESET default_transaction_read_only',
    ],
    ['admits nobody', 'unreachable', 'CONNECTION LIMIT 0', 'CONNECTION LIMIT -1'],
  ]
  for (const [name, reason, on, off] of unwilling) {
    test(`a server that ${name}: refused by that name, and served again afterwards`, async () => {
      const one = await node()
      const reader = new PostgresReader(one.url)
      const database = one.url.replace(/.*\//, '')
      const role = `r_${database}`
      await asking(
        one.url,
        `CREATE ROLE ${role} LOGIN; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${role}`,
      )
      const store = new PostgresWriter(one.url.replace('holdfast@', `${role}@`))
      const writer = new Writer({
        store,
        log: one.log,
        time: new TimeKeeper(systemClock, systemClock.wallNow()),
      })
      const change = (what: string): string => `ALTER ROLE ${role} ${what}`
      assert.equal((await writer.write([record])).outcome, 'committed')
      await asking(one.url, change(on))
      await asking(one.url, terminate)
      for (let i = 0; i < 3; i++) {
        const { receipts, outcome } = await writer.write([record])
        assert.deepEqual(receipts, ['unavailable'])
        assert.equal((outcome as StoreUnavailable).reason, reason)
      }
      await asking(one.url, change(off))
      await asking(one.url, terminate)
      assert.deepEqual((await writer.write([record])).receipts, ['recorded'])
      reader.close()
      store.close()
      one.close()
    })
  }

  for (const level of ['serializable', 'repeatable read']) {
    test(`a database whose default is ${level}: two nodes write without a refusal`, async () => {
      const one = await node()
      await asking(
        one.url,
        `ALTER DATABASE ${one.url.replace(/.*\//, '')} SET default_transaction_isolation = '${level}'`,
      )
      await write(one)
      const nodes = [one, await node(one.url)]
      const receipts = await Promise.all(
        nodes.map(async (each) => {
          const own: string[] = []
          for (let i = 0; i < 30; i++) own.push(...(await write(each)))
          return own
        }),
      )
      assert.ok(receipts.flat().every((receipt) => receipt === 'recorded'))
      assert.equal(await stored(one.url), 61)
      for (const { close } of nodes) close()
    })
  }

  for (const at of ['a write', 'the commit']) {
    test(`a transaction that another one aborts at ${at} is tried again`, async () => {
      const one = await node()
      const deferred = at === 'the commit' ? 'DEFERRABLE INITIALLY DEFERRED' : ''
      await asking(
        one.url,
        `CREATE SEQUENCE tries;
         CREATE FUNCTION conflict() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           IF nextval('tries') <= 3 THEN RAISE EXCEPTION 'in the way' USING ERRCODE = '40001'; END IF; RETURN NULL; END $$;
         CREATE CONSTRAINT TRIGGER conflicts AFTER INSERT ON log_groups ${deferred} FOR EACH ROW EXECUTE FUNCTION conflict()`,
      )
      assert.deepEqual(await write(one), ['recorded'])
      assert.equal(await stored(one.url), 1)
      assert.deepEqual(one.doubts, [])
      one.close()
    })
  }

  test('a start waits for another one, and says so; it goes on when that node is gone', async () => {
    const url = await server.database()
    const said: string[] = []
    const first = Promise.withResolvers<void>()
    const started = holdingStartLock(url, () => first.promise)
    await new Promise((resolve) => setTimeout(resolve, 500))
    const second = holdingStartLock(
      url,
      async () => 'second',
      (why) => said.push(why),
    )
    await new Promise((resolve) => setTimeout(resolve, 800))
    assert.deepEqual(said, ['another node is starting on this database'])
    await asking(url, terminate)
    first.resolve()
    await assert.rejects(Promise.all([started, second]), StoreUnavailable)
    assert.equal(await holdingStartLock(url, async () => 'third'), 'third')
  })

  test('a step of the schema waits briefly for a lock, again and again: calls go on', async () => {
    const one = await node()
    await write(one)
    const reading = new Sql(one.url)
    await reading.rows('BEGIN; SELECT count(*) FROM log_groups')
    const said: string[] = []
    const { migrations } = await import('../../src/store/migrations/index.ts')
    const migrated = migratePostgres(
      one.url,
      tools,
      [
        ...migrations,
        addition((db) => [db.schema.alterTable('logGroups').addColumn('extra', 'text')]),
      ],
      { onWaiting: (why) => said.push(why) },
    )
    for (let i = 0; i < 6; i++) {
      const began = performance.now()
      assert.deepEqual(await write(one), ['recorded'])
      assert.ok(performance.now() - began < 2500)
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
    await reading.rows('COMMIT')
    await reading.end()
    assert.equal(await migrated, 1)
    assert.deepEqual(said, [
      `step ${migrations.length + 1} of the schema needs a lock that another session holds`,
    ])
    one.close()
  })

  test('of several hosts the first that can be used is', async () => {
    const direct = await server.database()
    const dead = new Relay(1)
    await dead.open()
    const url = direct.replace('127.0.0.1:', `127.0.0.1:${dead.port},127.0.0.1:`)
    await migratePostgres(url, tools)
    assert.equal(await stored(direct), 0)
    await dead.cut()
  })

  test('what is sent often is prepared when no pooler is in between', async () => {
    const session = await openSession(await server.database())
    await session.flight([{ text: 'SELECT 1', named: true }])
    const [prepared] = await session.rows(
      "SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT 1'",
    )
    assert.equal(prepared?.[0], 1)
    session.close()
  })
})
