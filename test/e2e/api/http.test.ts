/**
 * The listener on raw sockets: what could be read in two ways is refused and the connection closed;
 * slow peers tie up nothing.
 */
import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { HuaweiClient } from '../client.ts'
import { accepted, refused } from '../expect.ts'
import { TestServer } from '../server.ts'

/**
 * Sends bytes and collects everything until the server closes, the text ends with `last`, or
 * `waitMs` have passed.
 */
function exchange(
  port: number,
  bytes: string | Buffer,
  waitMs = 1500,
  last?: string,
): Promise<{ text: string; closed: boolean }> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    const timer = setTimeout(() => {
      socket.destroy()
      resolve({ text, closed: false })
    }, waitMs)
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      if (last !== undefined && text.endsWith(last)) {
        clearTimeout(timer)
        socket.destroy()
        resolve({ text, closed: false })
      }
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
    const headers = Object.entries({
      ...signed.headers,
      host,
      'Content-Length': String(body.length),
    }).map(([name, value]) => `${name}: ${value}`)
    return `${change([`POST ${target} HTTP/${version}`, ...headers]).join('\r\n')}\r\n\r\n${body}`
  }

  const follow = (): string => `GET /healthz HTTP/1.1\r\nHost: ${host}\r\n\r\n`

  test('a plain request is answered, and another one on the same connection', async () => {
    const { text } = await exchange(port, raw() + follow(), 10_000, '\r\n\r\nok\n')
    assert.equal(text.match(/HTTP\/1\.1 200/g)?.length, 2, text)
  })

  const add =
    (line: string) =>
    (lines: string[]): string[] => [...lines, line]
  /** The same request with a body in chunks. */
  function chunked(
    body = '2\r\n{}\r\n0\r\n\r\n',
    { coding = 'chunked', version = '1.1' } = {},
  ): string {
    return raw((lines) => add(`Transfer-Encoding: ${coding}`)(drop('content-length')(lines)), {
      body,
      version,
    })
  }

  const drop =
    (name: string) =>
    (lines: string[]): string[] =>
      lines.filter((line) => !line.toLowerCase().startsWith(`${name}:`))
  const smuggling: readonly [what: string, request: () => string][] = [
    [
      'Content-Length and Transfer-Encoding (CL.TE)',
      () => raw(add('Transfer-Encoding: chunked'), { body: '0\r\n\r\n' }),
    ],
    [
      'Content-Length and Transfer-Encoding (TE.CL)',
      () => raw(add('Transfer-Encoding: chunked'), { body: '2\r\n{}\r\n0\r\n\r\n' }),
    ],
    ['an odd Transfer-Encoding', () => raw(add('Transfer-Encoding: xchunked'))],
    ['Transfer-Encoding in HTTP/1.0', () => chunked('2\r\n{}\r\n0\r\n\r\n', { version: '1.0' })],
    [
      'Transfer-Encoding twice',
      () => chunked(undefined, { coding: 'chunked\r\nTransfer-Encoding: chunked' }),
    ],
    [
      'chunked twice in one Transfer-Encoding',
      () => chunked(undefined, { coding: 'chunked, chunked' }),
    ],
    ['gzip before chunked', () => chunked(undefined, { coding: 'gzip, chunked' })],
    ['chunked before gzip', () => chunked(undefined, { coding: 'chunked, gzip' })],
    ['identity', () => chunked(undefined, { coding: 'identity' })],
    ['chunked in upper case', () => chunked(undefined, { coding: 'Chunked' })],
    ['chunked with a comma after it', () => chunked(undefined, { coding: 'chunked,' })],
    ['chunked with a parameter', () => chunked(undefined, { coding: 'chunked;q=1' })],
    [
      'chunked with a vertical tab before it',
      () => chunked(undefined, { coding: '\u000bchunked' }),
    ],
    ['chunked in quotation marks', () => chunked(undefined, { coding: '"chunked"' })],
    ['the name Transfer-Encoding with a space', () => raw(add('Transfer-Encoding : chunked'))],
    ['trailers', () => chunked('2\r\n{}\r\n0\r\nX-A: b\r\n\r\n')],
    [
      'trailers that are announced',
      () => chunked(undefined, { coding: 'chunked\r\nTrailer: X-A' }),
    ],
    [
      'a header of the request as a trailer',
      () => chunked('2\r\n{}\r\n0\r\nContent-Length: 5\r\n\r\n'),
    ],
    ['a chunk size beyond 64 bits', () => chunked('10000000000000002\r\n{}\r\n0\r\n\r\n')],
    ['a chunk size of ff digits', () => chunked(`${'f'.repeat(255)}\r\n{}`)],
    ['a chunk size with a sign', () => chunked('+2\r\n{}\r\n0\r\n\r\n')],
    ['a chunk size with 0x', () => chunked('0x2\r\n{}\r\n0\r\n\r\n')],
    ['a chunk size with a space after it', () => chunked('2 \r\n{}\r\n0\r\n\r\n')],
    ['no chunk size', () => chunked('\r\n{}\r\n0\r\n\r\n')],
    ['a chunk longer than its size', () => chunked('1\r\n{}\r\n0\r\n\r\n')],
    ['a chunk that ends with a line feed', () => chunked('2\n{}\n0\n\n')],
    ['a last chunk that ends with a line feed', () => chunked('2\r\n{}\r\n0\n\n')],
    ['a chunk extension that ends with a line feed', () => chunked('2;a\n{}\r\n0\r\n\r\n')],
    ['a chunk extension with a carriage return in it', () => chunked('2;a\rb\r\n{}\r\n0\r\n\r\n')],
    [
      'a chunk extension whose quotation holds a line end',
      () => chunked('2;a="\r\n{}\r\n0\r\n\r\n'),
    ],
    ['17 KiB of chunk extensions', () => chunked(`2;a=${'b'.repeat(17_000)}\r\n{}\r\n0\r\n\r\n`)],
    [
      '65,537 bytes in chunks',
      () =>
        chunked(`${'8001\r\n'}${' '.repeat(0x8001)}\r\n8000\r\n${' '.repeat(0x8000)}\r\n0\r\n\r\n`),
    ],
    ['Expect of something else', () => raw(add('Expect: 200-ok'))],
    [
      'Expect twice',
      () => raw((lines) => [...lines, 'Expect: 100-continue', 'Expect: 100-continue']),
    ],
    ['two lengths', () => raw(add('Content-Length: 3'))],
    [
      'a negative length',
      () => raw((lines) => add('Content-Length: -1')(drop('content-length')(lines))),
    ],
    [
      'a length with a sign',
      () => raw((lines) => add('Content-Length: +2')(drop('content-length')(lines))),
    ],
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
    [
      'an absolute target with another path',
      () => raw(undefined, { target: `http://${host}/v1.0/../healthz` }),
    ],
    ['dot parts', () => raw(undefined, { target: path.replace('/kms/', '/kms/../kms/') })],
    ['an empty part', () => raw(undefined, { target: path.replace('/kms/', '//kms/') })],
    ['an encoded slash', () => raw(undefined, { target: path.replace('/kms/', '%2Fkms/') })],
    [
      'an encoded dot part',
      () => raw(undefined, { target: path.replace('/kms/', '/kms/%2e%2e/kms/') }),
    ],
    ['a backslash', () => raw(undefined, { target: path.replace('/kms/', '\\kms/') })],
    ['an encoded NUL', () => raw(undefined, { target: `${path}%00` })],
    ['a parameter twice', () => raw(undefined, { target: `${path}?a=1&a=1` })],
    ['a method that does not exist', () => raw().replace('POST', 'SMUGGLE')],
    ['17 KiB of headers', () => raw(add(`X-A: ${'a'.repeat(17_000)}`))],
    [
      'a body declared as 65,537 bytes',
      () => raw((lines) => add('Content-Length: 65537')(drop('content-length')(lines))),
    ],
  ]
  const inChunks: readonly [what: string, body: string][] = [
    ['in one chunk', '2\r\n{}\r\n0\r\n\r\n'],
    ['one byte per chunk', '1\r\n{\r\n1\r\n}\r\n0\r\n\r\n'],
    ['with leading zeros in its sizes', '0002\r\n{}\r\n00\r\n\r\n'],
    [
      'with a chunk extension, which RFC 9112 (7.1.1) tells everyone to ignore',
      '2;a="b"\r\n{}\r\n0\r\n\r\n',
    ],
  ]
  for (const [what, body] of inChunks) {
    test(`a body ${what}: the signature covers its content, and the next request is read after it`, async () => {
      const { text } = await exchange(port, chunked(body) + follow(), 10_000, '\r\n\r\nok\n')
      assert.equal(text.match(/HTTP\/1\.1 200/g)?.length, 2, text)
      assert.match(text, /"key_details"|"keys"/)
    })
  }

  test('a body may come in 200 one-byte chunks; in thousands it is refused', async () => {
    for (const [bytes, said] of [
      [200, /^HTTP\/1\.1 200 .*/],
      [60_000, /at most 256 chunks/],
    ] as const) {
      const body = `{"x":"${'y'.repeat(bytes)}"}`
      const signed = client.sign('POST', path, JSON.parse(body))
      const lines = Object.entries({
        ...signed.headers,
        host,
        'Transfer-Encoding': 'chunked',
        Connection: 'close',
      })
      const head = [
        `POST ${path} HTTP/1.1`,
        ...lines.map(([name, value]) => `${name}: ${value}`),
      ].join('\r\n')
      const chunks = [...body].map((character) => `1\r\n${character}\r\n`).join('')
      assert.match((await exchange(port, `${head}\r\n\r\n${chunks}0\r\n\r\n`)).text, said)
    }
  })

  test('requests that a client sends ahead of its answers are answered in order, and not begun early', async () => {
    const { text } = await exchange(port, raw() + follow() + raw() + follow() + raw(), 3000)
    const kinds = [...text.matchAll(/\r\n\r\n(ok\n|\{)/g)].map(([, body]) => body)
    assert.deepEqual(kinds, ['{', 'ok\n', '{', 'ok\n', '{'])
  })

  test('a client that sends more ahead than any real one is disconnected', async () => {
    const { closed } = await exchange(port, raw() + follow().repeat(500))
    assert.equal(closed, true)
  })

  test('100-continue is sent before a body is read, and not for a request whose head is refused', async () => {
    const expecting = (lines: string[]): string[] => add('Expect: 100-continue')(lines)
    const head = (text: string): string => text.slice(0, text.indexOf('\r\n\r\n') + 4)
    assert.match(
      (await exchange(port, head(raw(expecting)), 5000, '100 Continue\r\n\r\n')).text,
      /^HTTP\/1\.1 100 Continue\r\n\r\n$/,
    )
    assert.match(
      (await exchange(port, raw(expecting), 5000, '}')).text,
      /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200/,
    )
    const stranger = head(raw((lines) => expecting(drop('authorization')(lines))))
    assert.match((await exchange(port, stranger, 1500)).text, /^HTTP\/1\.1 403/)
  })

  const headless: readonly [what: string, status: RegExp, change: (lines: string[]) => string[]][] =
    [
      ['no Authorization', /403/, (lines) => drop('authorization')(lines)],
      [
        'an Authorization of another form',
        /40[13]/,
        (lines) => add('Authorization: Basic x')(drop('authorization')(lines)),
      ],
      [
        'a date of another year',
        /40[13]/,
        (lines) => add('X-Sdk-Date: 20200101T000000Z')(drop('x-sdk-date')(lines)),
      ],
      [
        'a body declared as 65,537 bytes',
        /400/,
        (lines) => add('Content-Length: 65537')(drop('content-length')(lines)),
      ],
      ['two Hosts', /400/, add('Host: elsewhere')],
    ]
  for (const [what, status, change] of headless) {
    test(`${what}: refused by the head alone, without its body`, async () => {
      const request = raw(change, { body: '' }).replace('Content-Length: 0', 'Content-Length: 1000')
      const { text, closed } = await exchange(port, request)
      assert.match(text.split('\r\n', 1)[0] ?? '', status)
      assert.equal(closed, true)
    })
  }

  test('an unknown access key and a wrong signature are refused alike: after the body', async () => {
    const wrong: ((lines: string[]) => string[])[] = [
      (lines) => lines.map((line) => line.replace(/Access=[^,]+/, 'Access=NOBODYATALL')),
      (lines) => lines.map((line) => line.replace(/Signature=../, 'Signature=00')),
    ]
    const texts: string[] = []
    for (const change of wrong) {
      const whole = raw(change, { body: '{}' })
      assert.deepEqual(await exchange(port, whole.slice(0, -1), 300), { text: '', closed: false })
      const { text } = await exchange(port, whole)
      texts.push(text.replace(/X-Request-Id: .*|Date: .*/g, ''))
    }
    assert.match(texts[0] ?? '', /^HTTP\/1\.1 40[13]/)
    assert.equal(texts[0], texts[1])
  })

  const bodies = ['{}', '{', '', '\u0000', 'a=b']
  const types = [
    'application/json',
    'text/plain',
    'application/x-www-form-urlencoded',
    'x/y',
    'multipart/form-data',
  ]
  test('the body of a request to an unknown path is not read: 404 and the end, never a defect', async () => {
    for (const type of types) {
      for (const body of bodies) {
        const request = `POST /nothing HTTP/1.1\r\nHost: ${host}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
        const { text, closed } = await exchange(port, request, 400)
        assert.match(text, /^HTTP\/1\.1 404 Not Found\r\n/, `${type} ${body}`)
        assert.equal(closed, body !== '', `${type} ${body}`)
      }
    }
    const withBody = [
      'GET /healthz',
      'GET /readyz',
      'GET /console/',
      'POST /console/',
      'GET /nothing',
    ]
    for (const line of withBody) {
      const { text, closed } = await exchange(
        port,
        `${line} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 5\r\n\r\n{"a":${follow()}`,
      )
      assert.equal(text.match(/^HTTP\/1\.1 /gm)?.length, 1, line)
      assert.equal(closed, true, line)
    }
    assert.doesNotMatch(server.output, /"level":50| {4}at /)
  })

  test('one gate for every path: what reads in two ways is refused, for every part that could answer', async () => {
    const paths = [
      '/',
      '/v1.0',
      '/v3',
      path,
      '/healthz',
      '/readyz',
      '/console/',
      '/admin/v1/openapi.json',
      '/nothing',
      '/metrics',
    ]
    for (const one of paths) {
      for (const line of [
        'Transfer-Encoding: gzip',
        'Host: elsewhere',
        'Expect: x',
        'Content-Type: a\r\nContent-Type: b',
      ]) {
        const { text, closed } = await exchange(
          port,
          `GET ${one} HTTP/1.1\r\nHost: ${host}\r\n${line}\r\n\r\n${follow()}`,
        )
        assert.match(text, /^HTTP\/1\.1 400 /, `${one} ${line}`)
        assert.equal(text.match(/^HTTP\/1\.1 /gm)?.length, 1, `${one} ${line}`)
        assert.equal(closed, true, `${one} ${line}`)
      }
      assert.match(
        (await exchange(port, `GET ${one}?a=1&a=1 HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).text,
        /^HTTP\/1\.1 400 /,
        one,
      )
    }
  })

  for (const [what, request] of smuggling) {
    test(`${what}: refused, and nothing after it is read as a request`, async () => {
      const { text, closed } = await exchange(port, request() + follow())
      assert.match(text, /^HTTP\/1\.1 (400|403|404|413|431) /, text)
      assert.equal(text.includes('\r\n\r\nok\n'), false, 'the second request was executed')
      assert.equal(closed, true, 'the connection stays open')
    })
  }

  test('a body over the limit is refused before it arrives', async () => {
    const { text, closed } = await exchange(
      port,
      raw((lines) => ['POST', ...lines].slice(1), { body: '' }).replace(
        'Content-Length: 0',
        'Content-Length: 1000000',
      ),
    )
    assert.match(text, /KMS\.0203/)
    assert.equal(closed, true)
  })

  test('a hundred JSON bombs change nothing for the next caller', async () => {
    const bombs = [
      '['.repeat(60_000),
      `{"a":${'['.repeat(30_000)}`,
      `[${'{},'.repeat(20_000)}0]`,
      `"${'\\u0061'.repeat(10_000)}`,
    ]
    for (let i = 0; i < 100; i++) {
      const body = bombs[i % bombs.length] as string
      const signed = client.sign('POST', path, {})
      const answer = await client.send({ ...signed, body })
      assert.equal(answer.status, 403)
    }
    accepted(await client.call('list-keys'))
  })

  test('an answer carries no-store, its request ID, and no name of the software', async () => {
    const answer = await client.call('describe-key', { key_id: 'x' })
    refused(answer, 400, 'KMS.0205')
    assert.equal(answer.headers['cache-control'], 'no-store')
    assert.equal(answer.headers['x-powered-by'], undefined)
    assert.equal(answer.headers.server, undefined)
  })

  test('no answer to any input shows a stack, a path or the store', {
    timeout: 60_000,
  }, async () => {
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
        for (const body of [
          fields,
          { key_id: [text] },
          { key_alias: { a: text } },
          { encryption_context: { a: 1 } },
        ]) {
          const answer = await client.call(operation, body)
          const said = JSON.stringify(answer.body)
          assert.ok(
            [400, 404].includes(answer.status) ||
              (operation === 'list-keys' && answer.status === 200),
            `${operation} ${said}`,
          )
          assert.doesNotMatch(
            said,
            / at .*:\d+|SQLITE|sqlite|node_modules|\.ts\b|undefined|\[object/,
          )
        }
      }
    }
  })

  test('three hundred slow peers are disconnected, and an honest caller is answered in the meantime', {
    timeout: 60_000,
  }, async () => {
    const sockets: Socket[] = []
    let closed = 0
    for (let i = 0; i < 300; i++) {
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => undefined)
      socket.on('close', () => closed++)
      socket.resume()
      // A third each: silent, an endless header, an endless body.
      if (i % 3 === 1) socket.write('POST / HTTP/1.1\r\nX-A: ')
      if (i % 3 === 2)
        socket.write(`POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 100\r\n\r\n{`)
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

  test('health is answered without credentials; nothing else exists', async () => {
    assert.equal(await (await fetch(`${server.url}/healthz`)).text(), 'ok\n')
    assert.equal((await fetch(`${server.url}/readyz`)).status, 200)
    assert.equal((await fetch(`${server.url}/nothing`)).status, 404)
    assert.equal(
      (await fetch(`${server.url}/metrics`)).status,
      404,
      'metrics have a listener of their own',
    )
    assert.equal((await fetch(`${server.url}/v1.01/x`)).status, 404)
  })

  test('at an orderly stop what is under way is answered, and the exit code is 0', async () => {
    const stopping = await TestServer.start()
    const caller = stopping.client(200)
    const id = await caller.createKey()
    await Promise.all(Array.from({ length: 200 }, () => caller.encrypt(id, 'x')))
    const calls = Array.from({ length: 200 }, () =>
      caller.call('encrypt-data', { key_id: id, plain_text: 'x' }),
    )
    await Promise.race(calls)
    const ended = stopping.stop()
    const answers = await Promise.allSettled(calls)
    assert.equal(await ended, 0)
    caller.close()
    const lost = answers.filter(({ status }) => status === 'rejected')
    assert.equal(lost.length, 0, `${lost.length} of 200 were cut off`)
  })
})
