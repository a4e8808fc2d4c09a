/**
 * Strangers who occupy resources and never release them, against a server in 512 MiB: it survives,
 * its memory is bounded, and a client's calls succeed.
 *
 * @deep
 * @alone
 */
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { connect, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { newCertificate } from '../e2e/certificate.ts'
import { newFolder, TestServer } from '../e2e/server.ts'
import { missing } from '../tools.ts'
import { boundedMemory, mebibyte, residentBytes } from './limits.ts'
import { type Pace, paceOf } from './pace.ts'

const memory = boundedMemory(512 * mebibyte)
const isBounded = typeof memory !== 'string'
const floodMs = 8000
/**
 * A process that serves a few clients has about 280 MiB resident; a flood may add its budgets to
 * that.
 */
const mostResident = 460 * mebibyte

after(() => isBounded && memory.end())

test('the kernel bounds the memory of a server under test', (t) => {
  if (!isBounded) t.skip(memory)
})

/** A server within the bound, with the port to flood. */
async function floodable(flags: readonly string[] = []) {
  const server = await TestServer.start({ flags, ...(isBounded && { under: memory.under }) })
  return { server, port: Number(new URL(server.url).port) }
}

/** Addresses of this machine, each in a block of its own to the server. */
function address(n: number): string {
  return `127.0.${1 + (n >> 7)}.${2 + (n & 127)}`
}

/**
 * Sockets that reconnect when they are closed, until the end.
 * @param begin what each does once it is open.
 */
class Flood {
  readonly #sockets = new Set<Socket>()
  opened = 0
  isOver = false

  constructor(port: number, count: number, addresses: number, begin: (socket: Socket) => void) {
    for (let n = 0; n < count; n++) this.#open(port, address(n % addresses), begin)
  }

  get open(): number {
    return [...this.#sockets].filter((socket) => !socket.connecting).length
  }

  end(): void {
    this.isOver = true
    for (const socket of this.#sockets) socket.destroy()
  }

  #open(port: number, localAddress: string, begin: (socket: Socket) => void): void {
    const socket = connect({ host: '127.0.0.1', port, localAddress })
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.on('connect', () => {
      this.opened++
      begin(socket)
    })
    socket.on('close', () => {
      this.#sockets.delete(socket)
      if (!this.isOver) setTimeout(() => !this.isOver && this.#open(port, localAddress, begin), 500)
    })
  }
}

/**
 * Runs a flood while a client calls.
 * @returns how its calls went, and the peak of resident memory.
 */
async function during(
  server: TestServer,
  flood: Flood,
  call: () => Promise<string | undefined>,
): Promise<Pace & { most: number }> {
  const end = sleep(floodMs)
  let most = 0
  const looking = setInterval(() => {
    if (!server.hasEnded) most = Math.max(most, residentBytes(server.process.pid as number))
  }, 100)
  const pace = await paceOf(call, 20, end)
  clearInterval(looking)
  flood.end()
  return { ...pace, most }
}

/**
 * @param atLeast calls of the client during a flood, on a machine that also has to generate the
 * flood.
 */
function assertLives(
  server: TestServer,
  { done, failed, failures, slowestMs, most }: Pace & { most: number },
  atLeast: number,
) {
  assert.equal(server.hasEnded, false, server.output)
  assert.equal(failed, 0, failures.join('\n'))
  assert.ok(done >= atLeast, `${done} calls`)
  assert.ok(slowestMs < 7000, `the slowest took ${slowestMs} ms`)
  assert.ok(most < mostResident, `${Math.round(most / mebibyte)} MiB`)
  assert.doesNotMatch(server.output, /silent|"stack"/)
}

/** A client whose address is known, because it has called before. */
async function encrypting(server: TestServer) {
  const client = server.client(1)
  const keyId = await client.createKey()
  const call = async (): Promise<string | undefined> => {
    const { status, body } = await client.call('encrypt-data', {
      key_id: keyId,
      plain_text: 'goes on',
    })
    return status === 200 ? undefined : `${status} ${JSON.stringify(body)}`
  }
  await call()
  return { client, call }
}

const bodyBytes = 64 * 1024
const body = Buffer.alloc(bodyBytes, 'x')
const head = Buffer.from(
  `POST /v1.0/x/kms/encrypt-data HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: ${bodyBytes}\r\n\r\n`,
)

test('bodies that are started and never finished', { timeout: 120_000 }, async () => {
  const { server, port } = await floodable()
  await using _ = server
  const { client, call } = await encrypting(server)
  const flood = new Flood(port, 2000, 60, (socket) =>
    socket.write(Buffer.concat([head, body.subarray(0, bodyBytes - 1)])),
  )
  assertLives(server, await during(server, flood, call), 5)
  client.close()
})

test('9,000 idle connections from 60 addresses', {
  timeout: 120_000,
}, async () => {
  const { server, port } = await floodable()
  await using _ = server
  const { client, call } = await encrypting(server)
  const flood = new Flood(port, 9000, 60, () => {})
  let calls = 0
  // Every tenth call is on a new connection: known addresses are still let in.
  const fresh = async (): Promise<string | undefined> => {
    if (++calls % 10 > 0) return call()
    const visitor = server.client(1)
    const { status } = await visitor.call('list-keys')
    visitor.close()
    return status === 200 ? undefined : `new connection: ${status}`
  }
  assertLives(server, await during(server, flood, fresh), 5)
  assert.ok(flood.opened > 6000, `${flood.opened} were opened`)
  client.close()
})

test('answers that nobody reads', { timeout: 120_000 }, async () => {
  const { server, port } = await floodable()
  await using _ = server
  const { client, call } = await encrypting(server)
  const line = Buffer.from('GET /admin/v1/openapi.json HTTP/1.1\r\nHost: h\r\n\r\n')
  const flood = new Flood(port, 1000, 20, (socket) => {
    socket.pause()
    socket.write(Buffer.concat(new Array<Buffer>(200).fill(line)))
  })
  assertLives(server, await during(server, flood, call), 5)
  client.close()
})

test('handshakes that are started and never finished', {
  timeout: 120_000,
  skip: missing('openssl'),
}, async () => {
  const folder = newFolder()
  const { cert, key } = newCertificate(folder)
  const { server, port } = await floodable(['--tls-cert', cert, '--tls-key', key])
  await using _ = server
  const agent = new Agent({ keepAlive: true, rejectUnauthorized: false, maxSockets: 1 })
  let calls = 0
  const call = (): Promise<string | undefined> =>
    new Promise((resolve, reject) => {
      // Every fifth call makes a handshake of its own.
      const own =
        ++calls % 5 === 0 ? { agent: false as const, rejectUnauthorized: false } : { agent }
      const outgoing = request(
        { host: '127.0.0.1', port, path: '/healthz', ...own },
        (response) => {
          response.resume()
          response.on('end', () =>
            resolve(response.statusCode === 200 ? undefined : String(response.statusCode)),
          )
        },
      )
      outgoing.on('error', reject)
      outgoing.end()
    })
  await call()
  // The first bytes of a ClientHello, whose rest never comes.
  const hello = Buffer.from('16030100c8010000c40303', 'hex')
  const flood = new Flood(port, 4000, 60, (socket) => socket.write(hello))
  const pace = await during(server, flood, call)
  assertLives(server, pace, 5)
  agent.destroy()
  rmSync(folder, { recursive: true })
})
