/** What leaves no record in the audit log is the list of SECURITY.md, and nothing else. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { TestServer } from '../server.ts'

/** Rows of the table under that heading: the first cell of each. */
function listed(): string[] {
  const text = readFileSync(new URL('../../../SECURITY.md', import.meta.url), 'utf8')
  const section = text.split('## What leaves no record')[1]?.split('\n## ')[0] ?? ''
  const rows = section.split('\n').filter((line) => line.startsWith('| '))
  return rows.slice(1).map((line) => line.split(' | ')[0]?.slice(2) ?? '')
}

describe('the audit log', () => {
  let server: TestServer
  let port: number
  let figures: number
  before(async () => {
    server = await TestServer.start()
    port = Number(new URL(server.url).port)
    figures = Number(new URL(await server.metricsUrl()).port)
  })
  after(() => server[Symbol.asyncDispose]())

  const records = async (): Promise<number> => (await server.leaves()).length

  /** @returns the status of the answer; 0 when the connection ended without one. */
  function send(bytes: string, to = port): Promise<number> {
    return new Promise((resolve) => {
      const socket = connect(to, '127.0.0.1')
      let text = ''
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1')
        if (text.includes('\r\n\r\n')) socket.end()
      })
      socket.on('error', () => undefined)
      socket.on('close', () => resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0)))
      socket.write(bytes)
    })
  }
  const request = (line: string, ...headers: string[]): string =>
    `${[`${line} HTTP/1.1`, `Host: 127.0.0.1:${port}`, ...headers].join('\r\n')}\r\n\r\n`

  /** Examples of each row of the list, with the status that they get. */
  const examples: Readonly<
    Record<string, readonly (readonly [bytes: () => string, status: number, at?: 'figures'])[]>
  > = {
    '`GET` and `HEAD` of `/healthz` and `/readyz`': [
      [() => request('GET /healthz'), 200],
      [() => request('HEAD /healthz?x=1'), 200],
      [() => request('GET /readyz'), 200],
      [() => 'GET /readyz HTTP/1.0\r\n\r\n', 200],
    ],
    'everything under `/console`': [
      [() => request('GET /console'), 308],
      [() => request('GET /console/'), 200],
      [() => request('GET /console/none.js'), 404],
      [() => request('POST /console/', 'Content-Length: 0'), 405],
    ],
    'everything on the listener of the metrics (`--metrics-listen`)': [
      [() => request('GET /metrics'), 200, 'figures'],
      [() => request('GET /'), 404, 'figures'],
    ],
    'anything that is not an HTTP/1.1 request, or does not arrive in time': [
      [() => 'SSH-2.0-x\r\n\r\n', 400],
      [() => request('SMUGGLE /'), 400],
      [() => request('GET /', 'X-A : b'), 400],
      [() => request('GET /', `X-A: ${'a'.repeat(17_000)}`), 400],
      [() => request('CONNECT kms:443'), 0],
    ],
    'an ambiguous head, for a path that belongs to no API': [
      [() => request('GET /nothing', 'Host: elsewhere'), 400],
      [() => request('GET /console/../x'), 400],
      [() => 'GET /nothing HTTP/1.1\r\n\r\n', 400],
      [() => request('GET /healthz', 'Transfer-Encoding: gzip'), 400],
    ],
    'a connection that ends before a request arrives, or exceeds a limit': [[() => '', 0]],
  }

  test('the list of SECURITY.md is what is tried here', () => {
    assert.deepEqual(listed().toSorted(), Object.keys(examples).toSorted())
  })

  for (const [row, requests] of Object.entries(examples)) {
    test(`${row}: no record`, async () => {
      const start = await records()
      for (const [bytes, status, at] of requests) {
        const sent = bytes()
        if (sent === '')
          connect(port, '127.0.0.1', function (this: { destroy(): void }) {
            this.destroy()
          })
        else
          assert.equal(
            await send(sent, at === 'figures' ? figures : port),
            status,
            sent.slice(0, 80),
          )
      }
      await sleep(100)
      assert.equal(await records(), start)
    })
  }

  const recorded: readonly [what: string, bytes: () => string, status: number][] = [
    ['the versions of the API', () => request('GET /'), 200],
    [
      'the versions of the API, with a body in a form that is not accepted',
      () => request('GET /', 'Transfer-Encoding: gzip'),
      400,
    ],
    ['one version', () => request('GET /v1.0'), 200],
    ['the document of the admin API', () => request('GET /admin/v1/openapi.json'), 200],
    ['an operation without credentials', () => request('GET /v1.0/x/kms/list-keys'), 403],
    ['a target that can be read in two ways', () => request('GET /v1.0//kms'), 400],
    ['no Host', () => 'GET / HTTP/1.1\r\n\r\n', 400],
    ['two Hosts', () => request('GET /v3/projects', 'Host: elsewhere'), 400],
    [
      'a body that is too long',
      () => request('POST /v1.0/x/kms/encrypt-data', 'Content-Length: 70000'),
      400,
    ],
    [
      'invalid chunks',
      () => `${request('POST /v3/auth/tokens', 'Transfer-Encoding: chunked')}x\r\n`,
      400,
    ],
    ['a path that does not exist', () => request('GET /nothing'), 404],
    [
      'a path that does not exist, with a body',
      () => `${request('POST /nothing', 'Content-Length: 2')}{}`,
      404,
    ],
    ['metrics, where they are not served', () => request('GET /metrics'), 404],
    ['another method for the health check', () => request('DELETE /healthz'), 404],
    ['a sign-in', () => `${request('POST /admin/v1/session', 'Content-Length: 2')}{}`, 400],
  ]
  for (const [what, bytes, status] of recorded) {
    test(`${what}: one record, before the answer`, async () => {
      const start = await records()
      assert.equal(await send(bytes()), status)
      assert.equal(await records(), start + 1)
    })
  }
})
