/** Figures and readiness, as a monitoring system reads them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hooksModule } from '../fakes/hooks.ts'
import { refused } from './expect.ts'
import { TestServer } from './server.ts'

const text = async (server: TestServer, path: string): Promise<{ status: number; body: string }> => {
  const response = await fetch(server.url + path, { headers: { connection: 'close' } })
  return { status: response.status, body: await response.text() }
}

/** Value of a sample; undefined when it is not there. */
function sample(body: string, name: string): number | undefined {
  const line = body.split('\n').find((one) => one.startsWith(`${name} `))
  return line === undefined ? undefined : Number(line.slice(name.length + 1))
}

for (const workers of [1, 2]) {
  test(`what was done is counted, whichever thread did it (${workers} request thread(s))`, async () => {
    await using server = await TestServer.start({ flags: ['--workers', String(workers)] })
    const client = server.client()
    const id = await client.createKey()
    const external = await client.createKey({ origin: 'external' })
    await client.ok('schedule-key-deletion', { key_id: external, pending_days: '7' })
    for (let i = 0; i < 20; i++) await client.encrypt(id, 'x')
    refused(await client.call('encrypt-data', { key_id: external, plain_text: 'x' }), 400, 'KMS.0210')
    client.close()
    const { status, body } = await text(server, '/metrics')
    assert.equal(status, 200)
    assert.equal(sample(body, 'holdfast_requests_total{operation="encrypt",outcome="ok"}'), 20)
    assert.equal(sample(body, 'holdfast_requests_total{operation="encrypt",outcome="key-pending-deletion"}'), 1)
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
  const { body } = await text(server, '/metrics')
  for (const secret of [id, 'an-alias-of-mine', client.credentials.access_key, 'no-such-operation', '127.0.0.1'])
    assert.ok(!body.includes(secret), secret)
})

test('a server that is ready says so', async () => {
  await using server = await TestServer.start({ hooks: { module: hooksModule, data: {} } })
  assert.deepEqual(await text(server, '/readyz'), { status: 200, body: 'ready\n' })
  assert.deepEqual(await text(server, '/healthz'), { status: 200, body: 'ok\n' })
})
