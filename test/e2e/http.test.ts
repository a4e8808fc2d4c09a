/** The listener on raw sockets: what could be read in two ways is refused and the connection closed; slow peers hold nothing. */
import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { HuaweiClient } from './client.ts'
import { accepted, refused } from './expect.ts'
import { TestServer } from './server.ts'

/** Sends bytes and collects everything until the server closes, or until `waitMs` have passed. */
function exchange(port: number, bytes: string | Buffer, waitMs = 1500): Promise<{ text: string; closed: boolean }> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    const timer = setTimeout(() => {
      socket.destroy()
      resolve({ text, closed: false })
    }, waitMs)
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearTimeout(timer)
      resolve({ text, closed: true })
    })
    socket.write(bytes)
  })
}

describe('the listener', () => {
  let server: TestServer
  let client: HuaweiClient
  let port: number
  let host: string
  let path: string

  before(async () => {
    server = await TestServer.start()
    client = server.client()
    ;({ host } = new URL(server.url))
    port = Number(new URL(server.url).port)
    path = `/v1.0/${client.credentials.project_id}/kms/list-keys`
  })
  after(async () => {
    client.close()
    await server[Symbol.asyncDispose]()
  })

  /** A signed request as text, with what a test changes. */
  function raw(
    change: (lines: string[]) => string[] = (lines) => lines,
    { target = path, body = '{}', version = '1.1' } = {},
  ): string {
    const signed = client.sign('POST', path, {})
    const headers = Object.entries({ ...signed.headers, host, 'Content-Length': String(body.length) }).map(
      ([name, value]) => `${name}: ${value}`,
    )
    return `${change([`POST ${target} HTTP/${version}`, ...headers]).join('\r\n')}\r\n\r\n${body}`
  }

  const follow = (): string => `GET /healthz HTTP/1.1\r\nHost: ${host}\r\n\r\n`

  test('a plain request is answered, and another one on the same connection', async () => {
    const { text } = await exchange(port, raw() + follow(), 500)
    assert.equal(text.match(/HTTP\/1\.1 200/g)?.length, 2, text)
  })

  const add =
    (line: string) =>
    (lines: string[]): string[] => [...lines, line]
  const drop =
    (name: string) =>
    (lines: string[]): string[] =>
      lines.filter((line) => !line.toLowerCase().startsWith(`${name}:`))
  const smuggling: readonly [what: string, request: () => string][] = [
    ['Content-Length and Transfer-Encoding', () => raw(add('Transfer-Encoding: chunked'))],
    [
      'Transfer-Encoding alone',
      () => raw((lines) => add('Transfer-Encoding: chunked')(drop('content-length')(lines)), { body: '2\r\n{}\r\n0\r\n\r\n' }),
    ],
    [
      'chunk extensions',
      () =>
        raw((lines) => add('Transfer-Encoding: chunked')(drop('content-length')(lines)), { body: '2;a=b\r\n{}\r\n0\r\n\r\n' }),
    ],
    ['an odd Transfer-Encoding', () => raw(add('Transfer-Encoding: xchunked'))],
    ['Transfer-Encoding in HTTP/1.0', () => raw(add('Transfer-Encoding: chunked'), { version: '1.0' })],
    ['two lengths', () => raw(add('Content-Length: 3'))],
    ['a negative length', () => raw((lines) => add('Content-Length: -1')(drop('content-length')(lines)))],
    ['a length with a sign', () => raw((lines) => add('Content-Length: +2')(drop('content-length')(lines)))],
    ['a bare line feed', () => raw().replace('\r\n', '\n')],
    ['a bare carriage return', () => raw(add('X-A: b\rc'))],
    ['a folded header', () => raw(add('X-A: b\r\n c'))],
    ['a space before the colon', () => raw(add('X-A : b'))],
    ['a NUL in a header', () => raw(add('X-A: b\u0000'))],
    ['no Host', () => raw(drop('host'))],
    ['two Hosts', () => raw(add('Host: elsewhere'))],
    ['two Authorizations', () => raw(add('Authorization: Basic x'))],
    ['two dates', () => raw(add('X-Sdk-Date: 20200101T000000Z'))],
    ['two content types', () => raw(add('Content-Type: text/plain'))],
    ['two project IDs', () => raw((lines) => [...lines, 'X-Project-Id: a', 'X-Project-Id: b'])],
    ['an absolute target with another path', () => raw(undefined, { target: `http://${host}/v1.0/../healthz` })],
    ['dot parts', () => raw(undefined, { target: path.replace('/kms/', '/kms/../kms/') })],
    ['an empty part', () => raw(undefined, { target: path.replace('/kms/', '//kms/') })],
    ['an encoded slash', () => raw(undefined, { target: path.replace('/kms/', '%2Fkms/') })],
    ['an encoded dot part', () => raw(undefined, { target: path.replace('/kms/', '/kms/%2e%2e/kms/') })],
    ['a backslash', () => raw(undefined, { target: path.replace('/kms/', '\\kms/') })],
    ['an encoded NUL', () => raw(undefined, { target: `${path}%00` })],
    ['a parameter twice', () => raw(undefined, { target: `${path}?a=1&a=1` })],
    ['no method that exists', () => raw().replace('POST', 'SMUGGLE')],
    ['17 KiB of headers', () => raw(add(`X-A: ${'a'.repeat(17_000)}`))],
    ['a body declared as 65,537 bytes', () => raw((lines) => add('Content-Length: 65537')(drop('content-length')(lines)))],
  ]
  for (const [what, request] of smuggling) {
    test(`${what}: refused, and nothing behind it is read as a request`, async () => {
      const { text, closed } = await exchange(port, request() + follow())
      assert.match(text, /^HTTP\/1\.1 (400|403|404|413|431) /, text)
      assert.equal(text.includes('\r\n\r\nok\n'), false, 'the second request was executed')
      assert.equal(closed, true, 'the connection stays open')
    })
  }

  test('a body over the limit is refused before it arrives', async () => {
    const { text, closed } = await exchange(
      port,
      raw((lines) => ['POST', ...lines].slice(1), { body: '' }).replace('Content-Length: 0', 'Content-Length: 1000000'),
    )
    assert.match(text, /KMS\.0203/)
    assert.equal(closed, true)
  })

  test('a hundred JSON bombs change nothing for the next caller', async () => {
    const bombs = ['['.repeat(60_000), `{"a":${'['.repeat(30_000)}`, `[${'{},'.repeat(20_000)}0]`, `"${'\\u0061'.repeat(10_000)}`]
    for (let i = 0; i < 100; i++) {
      const body = bombs[i % bombs.length] as string
      const signed = client.sign('POST', path, {})
      const answer = await client.send({ ...signed, body })
      assert.equal(answer.status, 403)
    }
    accepted(await client.call('list-keys'))
  })

  test('an answer carries no-store, its request ID, and no word of what it is made of', async () => {
    const answer = await client.call('describe-key', { key_id: 'x' })
    refused(answer, 400, 'KMS.0205')
    assert.equal(answer.headers['cache-control'], 'no-store')
    assert.equal(answer.headers['x-powered-by'], undefined)
    assert.equal(answer.headers.server, undefined)
  })

  test('whatever is sent, no answer shows a stack, a path or the store', { timeout: 60_000 }, async () => {
    const noise = [
      '\u0000',
      '%',
      "'; DROP TABLE keys;--",
      '../../etc/passwd',
      '{{7*7}}',
      'é'.repeat(300),
      'a'.repeat(5000),
      '\ud83d\ude00',
      '-1',
      '1e309',
      'null',
      '[]',
    ]
    const operations = [
      'create-key',
      'describe-key',
      'list-keys',
      'encrypt-data',
      'decrypt-data',
      'update-key-alias',
      'schedule-key-deletion',
      'import-key-material',
      'x',
    ]
    for (const operation of operations) {
      for (const text of noise) {
        const fields = {
          key_id: text,
          key_alias: text,
          limit: text,
          marker: text,
          plain_text: text,
          cipher_text: text,
          pending_days: text,
          sequence: text,
          key_spec: text,
        }
        for (const body of [fields, { key_id: [text] }, { key_alias: { a: text } }, { encryption_context: { a: 1 } }]) {
          const answer = await client.call(operation, body)
          const said = JSON.stringify(answer.body)
          assert.ok(
            [400, 404].includes(answer.status) || (operation === 'list-keys' && answer.status === 200),
            `${operation} ${said}`,
          )
          assert.doesNotMatch(said, / at .*:\d+|SQLITE|sqlite|node_modules|\.ts\b|undefined|\[object/)
        }
      }
    }
  })

  test('three hundred slow peers are let go, and an honest caller is answered meanwhile', { timeout: 60_000 }, async () => {
    const sockets: Socket[] = []
    let closed = 0
    for (let i = 0; i < 300; i++) {
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => undefined)
      socket.on('close', () => closed++)
      socket.resume()
      // A third each: silent, an endless header, an endless body.
      if (i % 3 === 1) socket.write('POST / HTTP/1.1\r\nX-A: ')
      if (i % 3 === 2) socket.write(`POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 100\r\n\r\n{`)
      sockets.push(socket)
    }
    for (let i = 0; i < 20; i++) {
      accepted(await client.call('list-keys'))
      await sleep(100)
    }
    const end = performance.now() + 20_000
    while (closed < 300 && performance.now() < end) await sleep(100)
    assert.equal(closed, 300)
  })

  test('health is answered without credentials; nothing else is there', async () => {
    assert.equal(await (await fetch(`${server.url}/healthz`)).text(), 'ok\n')
    assert.equal((await fetch(`${server.url}/readyz`)).status, 200)
    assert.equal((await fetch(`${server.url}/nothing`)).status, 404)
    assert.equal((await fetch(`${server.url}/v1.01/x`)).status, 404)
  })

  test('at an orderly stop what is under way is answered, and the exit code is 0', async () => {
    const stopping = await TestServer.start()
    const caller = stopping.client(200)
    const id = await caller.createKey()
    await Promise.all(Array.from({ length: 200 }, () => caller.encrypt(id, 'x')))
    const calls = Array.from({ length: 200 }, () => caller.call('encrypt-data', { key_id: id, plain_text: 'x' }))
    await Promise.race(calls)
    const ended = stopping.stop()
    const answers = await Promise.allSettled(calls)
    assert.equal(await ended, 0)
    caller.close()
    const lost = answers.filter(({ status }) => status === 'rejected')
    assert.equal(lost.length, 0, `${lost.length} of 200 were cut off`)
  })
})
