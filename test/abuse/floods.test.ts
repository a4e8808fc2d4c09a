/**
 * Floods from peers without credentials: memory is bounded, and an honest caller is still served.
 *
 * @deep
 * @alone
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { formatBasicTimestamp } from '../../src/wire/timestamp.ts'
import type { HuaweiClient } from '../e2e/client.ts'
import { accepted } from '../e2e/expect.ts'
import { TestServer } from '../e2e/server.ts'

const mebibyte = 1_048_576
const floodMs = 5_000
/**
 * How much memory a flood may add: the budget of bodies, the garbage on the heap, and the buffers
 * of its sockets.
 */
const mostGrownBytes = 192 * mebibyte

function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
}

/**
 * Connections that write the same text again and again, as fast as it is read, and reconnect when
 * they are closed.
 */
class Flood {
  readonly #port: number
  readonly #bytes: Buffer
  readonly #sockets = new Set<Socket>()
  #isOver = false

  constructor(port: number, connections: number, bytes: Buffer) {
    this.#port = port
    this.#bytes = bytes
    for (let i = 0; i < connections; i++) this.#open()
  }

  end(): void {
    this.#isOver = true
    for (const socket of this.#sockets) socket.destroy()
  }

  #open(): void {
    if (this.#isOver) return
    const socket = connect(this.#port, '127.0.0.1')
    this.#sockets.add(socket)
    const write = (): void => {
      for (let i = 0; i < 8 && socket.writable && socket.write(this.#bytes); i++);
    }
    socket.on('connect', write)
    socket.on('drain', write)
    // Answers are read, slowly: a client that reads nothing at all would stop itself.
    socket.on('data', () => undefined)
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.#sockets.delete(socket)
      setTimeout(() => this.#open(), 5)
    })
  }
}

const body = ' '.repeat(65_536)

type Request = (client: HuaweiClient, host: string) => string
const post = (host: string, path: string, ...headers: string[]): string =>
  [`POST ${path} HTTP/1.1`, `Host: ${host}`, 'Content-Type: application/json', ...headers].join(
    '\r\n',
  )
const signedBy = (accessKey: string): string[] => [
  `X-Sdk-Date: ${formatBasicTimestamp(Date.now())}`,
  `Authorization: SDK-HMAC-SHA256 Access=${accessKey}, SignedHeaders=host;x-sdk-date, Signature=${'0'.repeat(64)}`,
]
const encryptPath = '/v1.0/x/kms/encrypt-data'
const length = `Content-Length: ${body.length}`

/**
 * The least number of encryptions that succeed during a flood. One-byte chunks cost the parser a
 * thousand times what they carry: SECURITY.md says so.
 */
const leastDone = { usual: 20, ofChunks: 5 }

const floods: readonly [what: string, connections: number, request: Request, least?: number][] = [
  [
    'bodies without credentials',
    40,
    (_, host) => `${post(host, encryptPath, length)}\r\n\r\n${body}`,
  ],
  [
    'bodies without credentials',
    200,
    (_, host) => `${post(host, encryptPath, length)}\r\n\r\n${body}`,
  ],
  [
    'bodies under access keys that do not exist',
    200,
    (_, host) =>
      `${post(host, encryptPath, length, ...signedBy('NOBODYHASTHISKEY0000'))}\r\n\r\n${body}`,
  ],
  [
    'bodies under wrong signatures of an existing access key',
    200,
    ({ credentials }, host) =>
      `${post(host, encryptPath, length, ...signedBy(credentials.access_key))}\r\n\r\n${body}`,
  ],
  [
    'bodies that ask for a token',
    200,
    (_, host) => `${post(host, '/v3/auth/tokens', length)}\r\n\r\n${body}`,
  ],
  [
    'bodies in one-byte chunks',
    5,
    (_, host) =>
      `${post(host, '/v3/auth/tokens', 'Transfer-Encoding: chunked')}\r\n\r\n${'1\r\n \r\n'.repeat(60_000)}0\r\n\r\n`,
    leastDone.ofChunks,
  ],
  [
    'hundreds of small requests sent ahead of their answers',
    10,
    (_, host) => `GET /healthz HTTP/1.1\r\nHost: ${host}\r\n\r\n`.repeat(500),
  ],
  [
    'bodies to a path that does not exist',
    200,
    (_, host) => `${post(host, '/nothing', length)}\r\n\r\n${body}`,
  ],
  [
    'heads that never end',
    200,
    (_, host) => `GET / HTTP/1.1\r\nHost: ${host}\r\nX-A: ${'a'.repeat(100)}`,
  ],
]

for (const [what, connections, request, least = leastDone.usual] of floods) {
  test(`${connections} connections that write ${what}: memory is bounded, and encryption keeps working`, {
    timeout: 60_000,
  }, async () => {
    await using server = await TestServer.start({ flags: ['--workers', '1'] })
    const client = server.client(4)
    const id = await client.createKey()
    for (let i = 0; i < 50; i++) await client.encrypt(id, 'x')
    const pid = server.process.pid as number
    const start = residentBytes(pid)
    const { host, port } = new URL(server.url)
    const flood = new Flood(Number(port), connections, Buffer.from(request(client, host), 'latin1'))
    let [most, done] = [start, 0]
    const end = performance.now() + floodMs
    while (performance.now() < end) {
      accepted(await client.call('encrypt-data', { key_id: id, plain_text: 'x' }))
      done++
      most = Math.max(most, residentBytes(pid))
      await sleep(10)
    }
    flood.end()
    client.close()
    const grown = Math.round((most - start) / mebibyte)
    assert.ok(most - start < mostGrownBytes, `${grown} MiB more`)
    assert.ok(done >= least, `${done} encryptions in ${floodMs / 1000} s, ${grown} MiB more`)
    console.log(`# ${what}: ${grown} MiB more, ${done} encryptions`)
  })
}
