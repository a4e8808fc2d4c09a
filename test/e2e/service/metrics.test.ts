/** Figures and readiness, as a monitoring system reads them. */
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { freePort } from '../../fakes/free-port.ts'
import { hooksModule, moveClock } from '../../fakes/hooks.ts'
import { refused } from '../expect.ts'
import { newFolder, TestServer } from '../server.ts'
import { until } from '../until.ts'

const text = async (url: string): Promise<{ status: number; body: string }> => {
  const response = await fetch(url, { headers: { connection: 'close' } })
  return { status: response.status, body: await response.text() }
}

/** Value of a sample; undefined when it is not there. */
function sample(body: string, name: string): number | undefined {
  const line = body.split('\n').find((one) => one.startsWith(`${name} `))
  return line === undefined ? undefined : Number(line.slice(name.length + 1))
}

for (const workers of [1, 2]) {
  test(`what was done is counted, on any thread (${workers} request thread(s))`, async () => {
    await using server = await TestServer.start({ flags: ['--workers', String(workers)] })
    const client = server.client()
    const id = await client.createKey()
    const external = await client.createKey({ origin: 'external' })
    await client.ok('schedule-key-deletion', { key_id: external, pending_days: '7' })
    for (let i = 0; i < 20; i++) await client.encrypt(id, 'x')
    refused(
      await client.call('encrypt-data', { key_id: external, plain_text: 'x' }),
      400,
      'KMS.0210',
    )
    client.close()
    const { status, body } = await text(await server.metricsUrl())
    assert.equal(status, 200)
    assert.equal(sample(body, 'holdfast_requests_total{operation="encrypt",outcome="ok"}'), 20)
    assert.equal(
      sample(body, 'holdfast_requests_total{operation="encrypt",outcome="key-pending-deletion"}'),
      1,
    )
    assert.equal(sample(body, 'holdfast_request_seconds_count{operation="encrypt"}'), 21)
    assert.equal(sample(body, 'holdfast_request_seconds_bucket{operation="encrypt",le="+Inf"}'), 21)
    assert.equal(sample(body, 'holdfast_keys{state="enabled",origin="made-here"}'), 1)
    assert.equal(sample(body, 'holdfast_keys{state="pending-deletion",origin="external"}'), 1)
    const days = (sample(body, 'holdfast_next_deletion_seconds') ?? 0) / 86_400
    assert.ok(days > 6.9 && days <= 7)
    assert.equal(sample(body, 'holdfast_next_expiry_seconds'), undefined)
    assert.ok((sample(body, 'holdfast_writer_records_total') ?? 0) >= 24)
    assert.ok((sample(body, 'holdfast_writer_group_size_count') ?? 0) > 0)
    assert.ok((sample(body, 'holdfast_audit_records') ?? 0) >= 24)
    assert.ok((sample(body, 'holdfast_disk_free_bytes') ?? 0) > 0)
    assert.ok((sample(body, 'holdfast_database_bytes') ?? 0) > 0)
    assert.equal(sample(body, 'holdfast_private_key_jobs'), 0)
    assert.ok((sample(body, 'process_resident_memory_bytes') ?? 0) > 0)
    assert.match(body, /holdfast_info\{version="\d+\.\d+\.\d+"\} 1/)
  })
}

test('figures name no caller, key or address', async () => {
  await using server = await TestServer.start()
  const client = server.client()
  const id = await client.createKey({ key_alias: 'an-alias-of-mine' })
  await client.call('no-such-operation-as-this')
  client.close()
  const { body } = await text(await server.metricsUrl())
  for (const secret of [
    id,
    'an-alias-of-mine',
    client.credentials.access_key,
    'no-such-operation',
    '127.0.0.1',
  ])
    assert.ok(!body.includes(secret), secret)
})

test('a server that is ready says so', async () => {
  await using server = await TestServer.start({ hooks: { module: hooksModule, data: {} } })
  assert.deepEqual(await text(`${server.url}/readyz`), { status: 200, body: 'ready\n' })
  assert.deepEqual(await text(`${server.url}/healthz`), { status: 200, body: 'ok\n' })
})

test('a server that is not ready says why on every thread, a line for each reason, and in its figures', async () => {
  const data = newFolder()
  const clockFile = join(data, 'clock')
  await using server = await TestServer.start({
    data,
    flags: ['--workers', '2'],
    hooks: { module: hooksModule, data: { clockFile } },
  })
  const ready = () => text(`${server.url}/readyz`)
  const everywhere = () => Promise.all(Array.from({ length: 12 }, ready))
  const figures = await server.metricsUrl()
  const reasons = async (): Promise<readonly (number | undefined)[]> => {
    const { body } = await text(figures)
    return ['clock', 'audit-log', 'schema-altered'].map((name) =>
      sample(body, `holdfast_not_ready{reason="${name}"}`),
    )
  }
  assert.deepEqual(await reasons(), [0, 0, 0])
  moveClock(clockFile, { wallMs: 3_600_000, monotonicMs: 0 })
  await until(async () => (await everywhere()).every(({ status }) => status === 503), 10_000)
  for (const { body } of await everywhere())
    assert.match(
      body,
      /^clock: the clock jumped (?:60|59) minutes ahead: [^\n]*holdfast clock accept\n$/,
    )
  await until(async () => (await reasons())[0] === 1, 5000)
  assert.deepEqual(await reasons(), [1, 0, 0])
})

/** A port whose next higher port is free as well. */
async function freePair(): Promise<number> {
  for (;;) {
    const port = await freePort()
    const probe = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false))
      probe.listen(port + 1, '127.0.0.1', () => probe.close(() => resolve(true)))
    })
    if (isFree) return port
  }
}

test('metrics are on the port after that of the service; if that is taken, on another; and nowhere if turned off', async () => {
  const port = await freePair()
  {
    await using server = await TestServer.start({ flags: ['--listen', `127.0.0.1:${port}`] })
    assert.equal(await server.metricsUrl(), `http://127.0.0.1:${port + 1}/metrics`)
  }
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(port + 1, '127.0.0.1', resolve))
  {
    await using server = await TestServer.start({ flags: ['--listen', `127.0.0.1:${port}`] })
    const url = await server.metricsUrl()
    assert.notEqual(url, `http://127.0.0.1:${port + 1}/metrics`)
    assert.equal((await text(url)).status, 200)
  }
  const taken = TestServer.start({ flags: ['--metrics-listen', `127.0.0.1:${port + 1}`] })
  await assert.rejects(
    taken,
    /ended with 1: holdfast: another program already listens on [\d.:]+: stop it, or .* with --metrics-listen HOST:PORT/,
  )
  other.close()
  await using server = await TestServer.start({ flags: ['--metrics-listen', 'off'] })
  assert.equal((await text(`${server.url}/metrics`)).status, 404)
  assert.equal('metrics' in (await server.logged('service-ready')), false)
})

test('metrics are served on their own address and path only, and computed once a second', async () => {
  await using server = await TestServer.start()
  const url = await server.metricsUrl()
  const { hostname, port } = new URL(url)
  const ask = (host: string, path = '/metrics', method = 'GET'): Promise<number> =>
    new Promise((resolve, reject) => {
      const outgoing = request(
        { host: hostname, port, path, method, headers: { host } },
        (response) => {
          response.resume()
          resolve(response.statusCode ?? 0)
        },
      )
      outgoing.on('error', reject)
      outgoing.end()
    })
  for (const [host, status] of [
    [`127.0.0.1:${port}`, 200],
    [`localhost:${port}`, 200],
    ['kms.evil.example', 421],
    [`127.0.0.1.evil.example:${port}`, 421],
  ] as const)
    assert.equal(await ask(host), status, host)
  assert.equal(await ask(`localhost:${port}`, '/'), 404)
  assert.equal(await ask(`localhost:${port}`, '/metrics', 'POST'), 404)
  const texts = await Promise.all(Array.from({ length: 50 }, () => text(url)))
  assert.ok(new Set(texts.map(({ body }) => body)).size <= 2)
})
