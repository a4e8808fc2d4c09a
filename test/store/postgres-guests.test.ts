/**
 * PostgreSQL operated by somebody else: verified TLS, a role with minimal rights, and the clean-up
 * of deleted rows.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { packed } from '../../src/audit/leaf-groups.ts'
import { firstHead, NodeLog } from '../../src/audit/log.ts'
import { legacyLeaf } from '../../src/audit/record.ts'
import type { Database } from '../../src/ports/database-url.ts'
import { migrations } from '../../src/store/migrations/index.ts'
import { CleanUp, vacuum } from '../../src/store/postgres/clean-up.ts'
import { migratePostgres } from '../../src/store/postgres/migrate.ts'
import { PostgresReader } from '../../src/store/postgres/reader.ts'
import { openSession } from '../../src/store/postgres/session.ts'
import { holdingStartLock } from '../../src/store/postgres/start-lock.ts'
import { PostgresWriter } from '../../src/store/postgres/writer.ts'
import { newCertificate } from '../e2e/certificate.ts'
import { newFolder } from '../e2e/server.ts'
import { until } from '../e2e/until.ts'
import { planOf } from '../fakes/plan.ts'
import { PostgresServer, Sql, withoutPostgres } from '../fakes/postgres.ts'
import { missing } from '../tools.ts'
import { commitRecord } from './commit-record.ts'

const tools = { auditLeaf: legacyLeaf, leafGroup: packed }

describe('what was deleted is cleaned up', () => {
  test('once for each burst at its beginning, and once after its end', async () => {
    let runs = 0
    const ends: (() => void)[] = []
    const cleanUp = new CleanUp({
      run: () => {
        runs++
        return new Promise((resolve) => ends.push(resolve))
      },
      onFailure: () => assert.fail(),
      everyMs: 50,
    })
    cleanUp.ask()
    await until(() => runs === 1, 2000)
    for (let i = 0; i < 10; i++) cleanUp.ask()
    ends[0]?.()
    await until(() => runs === 2, 2000)
    ends[1]?.()
    await new Promise((resolve) => setTimeout(resolve, 120))
    assert.equal(runs, 2, 'clean-ups requested during the first run are done once after it')
    cleanUp.ask()
    await cleanUp.close()
    assert.equal(runs, 2, 'a stop begins nothing')
  })

  test('a failure is reported and retried', async () => {
    const said: unknown[] = []
    const full = new Error('no room')
    let runs = 0
    const cleanUp = new CleanUp({
      run: async () => {
        if (++runs < 3) throw full
      },
      onFailure: (error) => said.push(error),
      everyMs: 10,
    })
    cleanUp.ask()
    await until(() => runs === 3, 2000)
    await cleanUp.close()
    assert.deepEqual(said, [full, full])
  })
})

describe('a role with minimal rights', { skip: withoutPostgres }, () => {
  let server: PostgresServer
  before(async () => {
    server = await PostgresServer.start()
  })
  after(() => server.stop())

  test('serves on a schema that another role made, and can neither change it nor the log', async () => {
    const owner = await server.database()
    await migratePostgres(owner, tools)
    const sql = new Sql(owner)
    const tables = await sql.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    const rows = tables
      .map(({ tablename }) => tablename as string)
      .filter((name) => !['log_groups', 'schema_steps'].includes(name))
    await sql.rows(`CREATE ROLE serving LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC;
      GRANT SELECT ON schema_steps TO serving; GRANT SELECT, INSERT ON log_groups TO serving;
      GRANT SELECT, INSERT, UPDATE, DELETE ON ${rows.join(', ')} TO serving`)
    const url = owner.replace('holdfast@', 'serving@')
    await holdingStartLock(url, async () => assert.equal(await migratePostgres(url, tools), 0))
    const mac = createSecretKey(randomBytes(32))
    const [writer, reader] = [new PostgresWriter(url), new PostgresReader(url)]
    const log = new NodeLog('d', mac, firstHead(mac, 'log', 0))
    for (let i = 1; i <= 2; i++) {
      await writer.begin(planOf())
      await commitRecord(writer, log, i)
      log.committed()
    }
    assert.equal((await reader.leafGroups('log', 0, 9)).length, 2)
    assert.deepEqual(await reader.schemaFaults(), [])
    const role = new Sql(url)
    for (const statement of [
      'DELETE FROM log_groups',
      "UPDATE log_groups SET leaves = '\\x00'",
      'TRUNCATE log_groups',
      'CREATE TRIGGER t AFTER INSERT ON log_groups EXECUTE FUNCTION suppress_redundant_updates_trigger()',
      'ALTER TABLE keys ADD COLUMN x text',
      'CREATE TABLE x (a text)',
      'INSERT INTO schema_steps VALUES (99)',
    ])
      await assert.rejects(role.rows(statement), { code: '42501' }, statement)
    const never = new AbortController().signal
    await assert.rejects(
      vacuum(url, never),
      /the role may not run VACUUM/,
      'only the owner may clean up',
    )
    await vacuum(owner, never)
    for (const one of [role, sql]) await one.end()
    reader.close()
    writer.close()
  })

  test('does not run the steps of a newer release: the start says which role can', async () => {
    const owner = await server.database()
    await migratePostgres(owner, tools, migrations.slice(0, -1))
    const sql = new Sql(owner)
    await sql.rows(
      'CREATE ROLE old LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC; GRANT SELECT ON ALL TABLES IN SCHEMA public TO old',
    )
    await assert.rejects(
      migratePostgres(owner.replace('holdfast@', 'old@'), tools),
      /may not change its schema: start once as its owner/,
    )
    await sql.end()
  })
})

describe('TLS to PostgreSQL', { skip: withoutPostgres || missing('openssl') }, () => {
  const folders = [newFolder(), newFolder()] as const
  let [server, plain] = [] as unknown as [PostgresServer, PostgresServer]
  const own = newCertificate(folders[0], 'IP:127.0.0.1', 'db')
  const other = newCertificate(folders[1], 'DNS:localhost', 'db')
  before(async () => {
    server = await PostgresServer.start(own)
    plain = await PostgresServer.start()
  })
  after(async () => {
    await server.stop()
    await plain.stop()
    for (const folder of folders) rmSync(folder, { recursive: true })
  })
  const isEncrypted = async (database: Database): Promise<unknown> => {
    const session = await openSession(database)
    try {
      const query = 'SELECT ssl::int FROM pg_stat_ssl WHERE pid = pg_backend_pid()'
      return (await session.rows(query))[0]?.[0]
    } finally {
      session.close()
    }
  }
  const ca = ({ cert }: { cert: string }): string => readFileSync(cert, 'utf8')

  test('a certificate that is valid for the address is accepted', async () => {
    assert.equal(await isEncrypted({ url: server.url('postgres'), tls: { ca: ca(own) } }), 1)
  })

  test('one from an unknown or a different issuer is refused, and so is a server without TLS', async () => {
    await assert.rejects(isEncrypted({ url: server.url('postgres'), tls: { ca: undefined } }), {
      reason: 'unreachable',
    })
    await assert.rejects(isEncrypted({ url: server.url('postgres'), tls: { ca: ca(other) } }), {
      reason: 'unreachable',
    })
    await assert.rejects(isEncrypted({ url: plain.url('postgres'), tls: { ca: ca(own) } }))
  })

  test('one for another name is refused', async () => {
    const named = server.url('postgres').replace('127.0.0.1', 'localhost')
    await assert.rejects(isEncrypted({ url: named, tls: { ca: ca(own) } }), {
      reason: 'unreachable',
    })
  })

  test('a local socket is used without TLS', async () => {
    const url = plain.url('postgres').replace('127.0.0.1', encodeURIComponent(plain.socket))
    assert.equal(await isEncrypted(url), 0)
  })
})
