/**
 * What an operator sees in the log of a real server: what it does, in order, each line with the
 * fields that docs/service-log.md has.
 *
 * @also two-threads
 * @fuller
 */
import assert from 'node:assert/strict'
import { mkdirSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import packageFile from '../../../package.json' with { type: 'json' }
import { type EventDescription, events, type Field } from '../../../src/telemetry/events.ts'
import { PostgresServer, Sql, withoutPostgres } from '../../fakes/postgres.ts'
import { Relay } from '../../fakes/relay.ts'
import { isDeepRun } from '../../tiers.ts'
import { AdminClient } from '../admin-client.ts'
import { accepted, refused } from '../expect.ts'
import { newFolder, TestServer } from '../server.ts'
import type { LogLine } from '../service-log.ts'
import { until } from '../until.ts'

const catalogue: Readonly<Record<string, EventDescription>> = events
const levels = { info: 30, warn: 40, error: 50 } as const

const isOf: Readonly<Record<Field['unit'], (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string',
  ID: (value) => typeof value === 'string',
  count: Number.isInteger,
  ms: Number.isInteger,
  seconds: Number.isInteger,
  list: Array.isArray,
  error: (value) => typeof value === 'object' && value !== null && 'stack' in value,
}

/** Every line is an event of the catalogue with its level, its sentence and its fields. */
function checkLines(lines: readonly LogLine[]): void {
  for (const { event, level, thread, msg, time, more, ...values } of lines) {
    const described = catalogue[event]
    assert.ok(described, `${event} is documented`)
    const { fields } = described
    assert.equal(level, levels[described.level], event)
    assert.ok(isOf.text(thread) && isOf.ms(time), event)
    assert.ok(msg.startsWith(described.message), event)
    if (more === undefined)
      for (const [name, { optional }] of Object.entries(fields))
        assert.ok(name in values || optional === true, `${event} has ${name}`)
    for (const [name, value] of Object.entries(values)) {
      const field = fields[name]
      assert.ok(field && isOf[field.unit](value), `${event}.${name}: ${JSON.stringify(value)}`)
    }
  }
}

const named = (lines: readonly LogLine[], ...names: readonly string[]): LogLine[] =>
  lines.filter(({ event }) => names.includes(event))

const course = [
  'service-starting',
  'schema-migrated',
  'deployment-created',
  'service-ready',
  'service-stopping',
  'service-stopped',
]

test('a first start, its stop, and the next start: each step once, in order, with the documented fields', async () => {
  const data = newFolder()
  const first = await TestServer.start({ data })
  const { project_id: project, ...secrets } = first.client().credentials
  assert.equal(await first.stop(), 0)
  checkLines(first.log)
  const lines = named(first.log, ...course)
  assert.deepEqual(
    lines.map(({ event }) => event),
    course,
  )
  const [starting, migrated, created, ready, stopping, stopped] = lines
  const steps = starting?.schemaTo
  assert.deepEqual(
    [starting?.version, starting?.node, starting?.store, starting?.root, starting?.schemaFrom],
    [packageFile.version, process.version, 'sqlite', 'file', 0],
  )
  assert.equal(migrated?.steps, steps)
  assert.deepEqual([created?.project, created?.file], [project, join(data, 'bootstrap.json')])
  assert.equal(ready?.address, first.url)
  assert.equal(stopping?.signal, 'SIGTERM')
  assert.equal(stopped?.cutOff, 0)
  for (const secret of [secrets.password, secrets.secret_key])
    assert.ok(!first.output.includes(secret))

  await using again = await TestServer.start({ data, flags: ['--metrics-listen', 'off'] })
  const [next, ...others] = named(again.log, ...course)
  assert.deepEqual([next?.schemaFrom, next?.schemaTo], [steps, steps])
  assert.equal('metrics' in (await again.logged('service-ready')), false)
  assert.deepEqual(named(others, 'schema-migrated', 'deployment-created'), [])
  checkLines(again.log)
})

test('a command on a folder that no server uses logs nothing', async () => {
  const server = await TestServer.start()
  await server.stop()
  assert.equal((await server.holdfast('project', 'list')).stderr, '')
  rmSync(server.data, { recursive: true })
})

if (isDeepRun)
  test('the whole audit log and all stored rows are checked, and that is logged', {
    timeout: 120_000,
  }, async () => {
    await using server = await TestServer.start()
    const { records, faults } = await server.logged('log-check-finished')
    assert.ok(Number(records) > 0)
    const scan = await server.logged('integrity-scan-finished', 90_000)
    assert.deepEqual([faults, scan.faults], [0, 0])
    assert.ok(Number(scan.rows) >= 5, 'deployment, root slot, project, user, access key')
    checkLines(server.log)
  })

test('a folder whose path is too long for a socket: the log says what does not work', async () => {
  const above = newFolder()
  const data = join(above, 'a'.repeat(100))
  mkdirSync(data, { mode: 0o700 })
  await using server = await TestServer.start({ data })
  checkLines([await server.logged('control-socket-missing')])
  rmSync(above, { recursive: true })
})

test('sign-ins that have to wait are logged once a minute, without a name', async () => {
  await using server = await TestServer.start()
  const { user_name, project_id: project } = server.client().credentials
  const admin = new AdminClient(server.url)
  for (let guess = 0; guess < 8; guess++)
    await admin.signIn(user_name, `guess ${guess}`, { project })
  admin.close()
  const lines = named(server.log, 'sign-in-delayed')
  assert.equal(lines.length, new Set(lines.map(({ thread }) => thread)).size, 'one for each thread')
  assert.ok(lines.length > 0)
  await server.stop()
  const [summary] = named(server.log, 'sign-in-delayed').slice(lines.length)
  assert.ok(Number(summary?.more) > 0)
  checkLines(server.log)
})

test('a second signal ends a server that waits for a call, and the log says so', async () => {
  await using server = await TestServer.start()
  const { port } = new URL(server.url)
  const slow = connect(Number(port), '127.0.0.1')
  slow.on('error', () => undefined)
  const head = ['POST /v3/auth/tokens HTTP/1.1', 'Host: x', 'Content-Type: application/json']
  slow.write(`${[...head, 'Content-Length: 9', 'Expect: 100-continue'].join('\r\n')}\r\n\r\n`)
  await new Promise((resolve) => slow.once('data', resolve))
  await until(() => server.hasEnded || !server.process.kill('SIGTERM'), 10_000)
  assert.equal(await server.ended(), 1)
  const lines = named(server.log, 'service-stopping', 'stop-cut-short', 'service-stopped')
  assert.deepEqual(
    lines.map(({ event, signal }) => [event, signal]),
    [
      ['service-stopping', 'SIGTERM'],
      ['stop-cut-short', 'SIGTERM'],
    ],
  )
  checkLines(server.log)
  slow.destroy()
})

/** Resolves once no node has been in a transaction for a moment. */
async function betweenTransactions(url: string): Promise<void> {
  const sql = new Sql(url)
  const asked = "application_name = 'holdfast' AND xact_start IS NOT NULL"
  let quiet = 0
  await until(async () => {
    const found = await sql.rows(
      `SELECT 1 FROM pg_stat_activity WHERE ${asked} AND pid <> pg_backend_pid()`,
    )
    quiet = found.length === 0 ? quiet + 1 : 0
    return quiet === 3
  }, 20_000)
  await sql.end()
}

describe('over PostgreSQL', { skip: withoutPostgres }, () => {
  let postgres: PostgresServer
  before(async () => {
    postgres = await PostgresServer.start()
  })
  after(() => postgres.stop())

  test('a database that is lost and comes back: the log says both, and what it meant for calls', {
    timeout: 60_000,
  }, async () => {
    const relay = new Relay(postgres.port)
    await relay.open()
    const url = new URL(await postgres.database())
    url.port = String(relay.port)
    await using server = await TestServer.start({ flags: ['--database-url', url.href] })
    const client = server.client()
    const id = await client.createKey()
    assert.deepEqual(named(server.log, 'database-lost', 'store-unwritable'), [])

    await betweenTransactions(postgres.url('postgres'))
    await relay.cut()
    await server.logged('database-lost')
    const call = () => client.call('encrypt-data', { key_id: id, plain_text: 'x' })
    refused(await call(), 503, 'KMS.0104')
    const { reason } = await server.logged('store-unwritable')
    assert.match(String(reason), /^the database is unavailable: connect ECONNREFUSED /)
    refused(await client.call('list-keys'), 503, 'KMS.0104')
    await server.logged('store-unreadable')
    assert.deepEqual(named(server.log, 'database-back', 'store-writable'), [])

    await relay.open()
    await until(async () => (await call()).status === 200, 20_000)
    accepted(await call())
    assert.ok(Number((await server.logged('database-back')).ms) > 0)
    assert.ok(Number((await server.logged('store-writable')).ms) > 0)
    client.close()
    assert.equal(await server.stop(), 0)
    checkLines(server.log)
    assert.equal(named(server.log, 'service-starting')[0]?.store, 'postgresql')
    assert.deepEqual(
      named(server.log, 'database-lost', 'database-back').map(({ event }) => event),
      ['database-lost', 'database-back'],
      'a stop is no loss',
    )
    await relay.cut()
  })
})
