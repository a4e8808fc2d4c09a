/**
 * Connections from peers that send nothing and read nothing: each is closed, and others are
 * answered in the meantime.
 *
 * @deep
 * @alone
 */
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { newCertificate } from '../e2e/certificate.ts'
import { accepted } from '../e2e/expect.ts'
import { newFolder, TestServer } from '../e2e/server.ts'
import { missing } from '../tools.ts'

/** Sockets to a port, and how many of them have ended. */
function silent(port: number, count: number): { sockets: Socket[]; ended: () => number } {
  let ended = 0
  const sockets = Array.from({ length: count }, () => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.on('close', () => ended++)
    return socket
  })
  return { sockets, ended: () => ended }
}

test('a connection without a handshake is closed after five seconds', {
  skip: missing('openssl'),
  timeout: 60_000,
}, async () => {
  const folder = newFolder()
  const { cert, key } = newCertificate(folder)
  await using server = await TestServer.start({ flags: ['--tls-cert', cert, '--tls-key', key] })
  const { ended } = silent(Number(new URL(server.url).port), 50)
  await sleep(3000)
  assert.equal(ended(), 0)
  await sleep(5000)
  assert.equal(ended(), 50)
  rmSync(folder, { recursive: true })
})

test('the limit of connections per address holds, and a client within it is answered', {
  timeout: 60_000,
}, async () => {
  await using server = await TestServer.start({
    flags: ['--workers', '1', '--max-connections-per-address', '20'],
  })
  const client = server.client(4)
  for (let i = 0; i < 4; i++) accepted(await client.call('list-keys'))
  const { ended, sockets } = silent(Number(new URL(server.url).port), 100)
  await sleep(1000)
  assert.ok(ended() >= 80, `${ended()} of 100 were closed`)
  accepted(await client.call('list-keys'))
  for (const socket of sockets) socket.destroy()
  client.close()
})

test('a client that keeps asking and never reads is disconnected', {
  timeout: 90_000,
}, async () => {
  await using server = await TestServer.start({ flags: ['--workers', '1'] })
  const { host, port } = new URL(server.url)
  const socket = connect({ port: Number(port), host: '127.0.0.1' })
  let isClosed = false
  socket.on('error', () => undefined)
  socket.on('close', () => {
    isClosed = true
  })
  // Never reads: the kernel's buffers fill with answers, then the server's next answer waits.
  socket.pause()
  const request = `GET /admin/v1/openapi.json HTTP/1.1\r\nHost: ${host}\r\n\r\n`
  const writing = setInterval(() => socket.writable && socket.write(request), 2)
  const end = performance.now() + 80_000
  while (!isClosed && performance.now() < end) {
    await sleep(500)
    // A reset is noticed only when somebody looks.
    if (socket.destroyed) break
  }
  clearInterval(writing)
  assert.ok(isClosed || socket.destroyed)
})
