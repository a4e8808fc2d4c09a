/**
 * What an operator sees in the log of a real server: what it does, in order, each line with the
 * fields that docs/service-log.md has.
 *
 * @also two-threads
 */
import assert from 'node:assert/strict'
import { mkdirSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import packageFile from '../../package.json' with { type: 'json' }
import { type EventDescription, events, type Field } from '../../src/telemetry/events.ts'
import { newFolder, TestServer } from './server.ts'
import type { LogLine } from './service-log.ts'
import { until } from './until.ts'

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

test('a folder whose path is too long for a socket: the log says what does not work', async () => {
  const above = newFolder()
  const data = join(above, 'a'.repeat(100))
  mkdirSync(data, { mode: 0o700 })
  await using server = await TestServer.start({ data })
  checkLines([await server.logged('control-socket-missing')])
  rmSync(above, { recursive: true })
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
