/**
 * A stop with --drain-seconds: the server answers until the time is over, and says in every answer
 * that it is about to end.
 *
 * @deep
 * @also two-threads
 */
import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { test } from 'node:test'
import { accepted } from '../expect.ts'
import { TestServer } from '../server.ts'
import { until } from '../until.ts'

type Answer = {
  readonly status: number
  readonly connection: string | undefined
  readonly body: string
}

/** By a client that would keep its connection. */
function get(url: string, agent: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent }, (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => {
        body += chunk.toString()
      })
      response.on('end', () => {
        const { statusCode = 0, headers } = response
        resolve({ status: statusCode, connection: headers.connection, body })
      })
    })
    sent.on('error', reject)
    sent.end()
  })
}

const steps = (server: TestServer): string[] =>
  server.log.map(({ event }) => event).filter((event) => /^(service|drain|stop)-/.test(event))

test('while it drains it answers, is not ready, and ends every connection after its answer', async () => {
  await using server = await TestServer.start({ flags: ['--drain-seconds', '2'] })
  const client = server.client()
  const agent = new Agent({ keepAlive: true })
  const page = (path: string): Promise<Answer> => get(server.url + path, agent)
  const id = await client.createKey()
  assert.equal((await page('/readyz')).connection, 'keep-alive')
  const ended = server.stop()
  const { seconds } = await server.logged('service-draining')
  assert.equal(seconds, 2)

  const everywhere = await Promise.all(Array.from({ length: 8 }, () => page('/readyz')))
  for (const { status, connection, body } of everywhere) {
    assert.deepEqual([status, connection], [503, 'close'])
    assert.match(body, /^stopping: since [\dT:.Z-]+: a signal asked the server to stop\n$/)
  }
  for (const path of ['/healthz', '/console/', '/nothing', '/v1.0', '/v3/auth/tokens']) {
    const { status, connection } = await page(path)
    assert.equal(connection, 'close', path)
    assert.notEqual(status, 503, path)
  }
  const call = await client.call('encrypt-data', { key_id: id, plain_text: 'x' })
  accepted(call)
  assert.equal(call.headers.connection, 'close')
  const figures = await get(await server.metricsUrl(), agent)
  assert.match(figures.body, /^holdfast_not_ready\{reason="stopping"\} 1$/m)

  assert.equal(await ended, 0)
  const { ms, cutOff } = await server.logged('service-stopped')
  assert.ok(Number(ms) >= 2000, `stopped after ${ms} ms`)
  assert.equal(cutOff, 0)
  const all = ['starting', 'ready', 'stopping', 'draining', 'stopped'].map(
    (name) => `service-${name}`,
  )
  assert.deepEqual(steps(server), all)
  client.close()
  agent.destroy()
})

test('a second signal ends the wait at once, in order', async () => {
  await using server = await TestServer.start({ flags: ['--drain-seconds', '300'] })
  server.process.kill('SIGINT')
  await server.logged('service-draining')
  // One right after the first belongs to the same interrupt of a terminal, and is ignored.
  await until(() => server.hasEnded || !server.process.kill('SIGTERM'), 10_000)
  assert.equal(await server.ended(), 0)
  const [stopping, draining, cut, stopped] = steps(server).slice(-4)
  assert.deepEqual(
    [stopping, draining, cut, stopped],
    ['service-stopping', 'service-draining', 'drain-cut-short', 'service-stopped'],
  )
  assert.equal((await server.logged('drain-cut-short')).signal, 'SIGTERM')
})

test('without the flag it stops at once', async () => {
  await using server = await TestServer.start()
  assert.equal(await server.stop(), 0)
  assert.deepEqual(steps(server).slice(-2), ['service-stopping', 'service-stopped'])
})
