/**
 * Health checks as balancers send them, on raw sockets: with and without Host, over HTTP/1.0 and
 * 1.1. Every other path requires a Host.
 */
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { freePort } from '../../fakes/free-port.ts'
import { missing } from '../../tools.ts'
import { newCertificate } from '../certificate.ts'
import { run } from '../documents.ts'
import { newFolder, TestServer } from '../server.ts'

type Sent = readonly [line: string, headers: readonly string[], answer: string, body?: string]

const host = 'Host: kms.example.com'
const ok = 'HTTP/1.1 200 OK'
const refused = 'HTTP/1.1 400 Bad Request'

const service: readonly Sent[] = [
  ['GET /readyz HTTP/1.0', [], ok, 'ready\n'],
  ['GET /readyz HTTP/1.0', [host], ok, 'ready\n'],
  ['GET /readyz HTTP/1.1', [], ok, 'ready\n'],
  ['GET /readyz HTTP/1.1', [host], ok, 'ready\n'],
  ['GET /readyz HTTP/1.1', ['Host:'], ok, 'ready\n'],
  ['HEAD /readyz HTTP/1.0', [], ok, ''],
  ['GET /healthz HTTP/1.0', [], ok, 'ok\n'],
  ['GET /healthz HTTP/1.1', [], ok, 'ok\n'],
  ['HEAD /healthz HTTP/1.1', [], ok, ''],
  ['GET /readyz?from=balancer HTTP/1.0', [], ok, 'ready\n'],
  ['GET /readyz HTTP/1.0', [host, host], refused],
  ['GET /readyz HTTP/1.1', [host, host], refused],
  ['GET /readyz HTTP/1.1', ['Transfer-Encoding: gzip'], refused],
  ['POST /readyz HTTP/1.0', [], refused],
  ['OPTIONS /readyz HTTP/1.1', [], refused],
  ['GET /readyz/ HTTP/1.1', [], refused],
  ['GET //readyz HTTP/1.1', [], refused],
  ['GET / HTTP/1.0', [], refused],
  ['GET / HTTP/1.1', [], refused],
  ['GET /v1.0 HTTP/1.1', [], refused],
  ['GET /v3 HTTP/1.1', [], refused],
  ['POST /v3/auth/tokens HTTP/1.1', ['Content-Length: 0'], refused],
  ['POST /v1.0/x/kms/list-keys HTTP/1.1', ['Content-Length: 0'], refused],
  ['GET /admin/v1/openapi.json HTTP/1.1', [], refused],
  ['GET /console/ HTTP/1.1', [], refused],
  ['GET /metrics HTTP/1.1', [], refused],
  ['GET /nothing HTTP/1.0', [], refused],
  ['GET /nothing HTTP/1.1', [], refused],
]

const metrics: readonly Sent[] = [
  ['GET /metrics HTTP/1.0', [], ok],
  ['GET /metrics HTTP/1.1', [], ok],
  ['HEAD /metrics HTTP/1.1', [], ok, ''],
  ['GET /metrics HTTP/1.1', ['Host: localhost'], ok],
  ['GET /metrics HTTP/1.1', [host], 'HTTP/1.1 421 Misdirected Request'],
  ['GET /metrics HTTP/1.1', ['Host:'], 'HTTP/1.1 421 Misdirected Request'],
  ['GET / HTTP/1.0', [], 'HTTP/1.1 404 Not Found'],
  ['GET / HTTP/1.1', [], refused],
  ['POST /metrics HTTP/1.1', ['Content-Length: 0'], refused],
]

/** Sends requests, of which the last one ends the connection, and reads until the server closes. */
function answers(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(text))
    socket.write(bytes)
  })
}

const request = (...lines: readonly string[]): string => `${lines.join('\r\n')}\r\n\r\n`
const last = 'Connection: close'

describe('a request with or without Host', () => {
  let server: TestServer
  let ports: { readonly service: number; readonly metrics: number }
  before(async () => {
    server = await TestServer.start()
    const figures = new URL(await server.metricsUrl())
    ports = { service: Number(new URL(server.url).port), metrics: Number(figures.port) }
  })
  after(() => server[Symbol.asyncDispose]())

  for (const [at, table] of Object.entries({ service, metrics }))
    for (const [line, headers, status, body] of table)
      test(`${at}: ${[line, ...headers].join(' | ')}: ${status.slice(9)}`, async () => {
        const bytes = request(line, ...headers, last)
        const text = await answers(ports[at as keyof typeof ports], bytes)
        const [head = '', ...rest] = text.split('\r\n\r\n')
        assert.equal(head.split('\r\n')[0], status)
        if (body !== undefined) assert.equal(rest.join('\r\n\r\n'), body)
      })

  test('the health check of the container file: 0 while a server answers, otherwise 1', async () => {
    const check = (port: number, more: Readonly<Record<string, string>> = {}) =>
      run(process.execPath, ['bin/health-check.js'], {
        environment: { HOLDFAST_LISTEN: `0.0.0.0:${port}`, ...more },
      })
    assert.equal((await check(ports.service)).code, 0)
    assert.equal((await check(ports.metrics)).code, 1, 'another server')
    assert.equal((await check(await freePort())).code, 1, 'none')
    assert.equal((await check(ports.service, { HOLDFAST_TLS_CERT: '/x' })).code, 1, 'without TLS')
  })

  test('the health check of the container file over TLS', {
    skip: missing('openssl'),
  }, async () => {
    const folder = newFolder()
    const { cert, key } = newCertificate(folder, 'DNS:kms.example.com')
    await using server = await TestServer.start({ flags: ['--tls-cert', cert, '--tls-key', key] })
    const environment = {
      HOLDFAST_LISTEN: `0.0.0.0:${new URL(server.url).port}`,
      HOLDFAST_TLS_CERT: cert,
    }
    const { code } = await run(process.execPath, ['bin/health-check.js'], { environment })
    assert.equal(code, 0)
    rmSync(folder, { recursive: true })
  })

  test('a request without Host is the last one of its connection', async () => {
    const follow = request('GET /healthz HTTP/1.1', host, last)
    for (const line of ['GET / HTTP/1.1', 'GET /nothing HTTP/1.1']) {
      const text = await answers(ports.service, request(line) + follow)
      assert.equal(text.match(/^HTTP\/1\.1 /gm)?.length, 1, line)
    }
    const text = await answers(ports.service, request('GET /readyz HTTP/1.1') + follow)
    assert.equal(text.match(/HTTP\/1\.1 200 /g)?.length, 2, 'but a health check is not')
  })
})
