/**
 * The console's files as the server serves them: headers, caching, compressed forms, page
 * addresses, and nothing else. SECURITY A-62.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import {
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { type IncomingHttpHeaders, request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { Listener } from '../../../src/http/listener.ts'
import { newFolder, TestServer } from '../../e2e/server.ts'

const dist = fileURLToPath(new URL('../../../console/dist', import.meta.url))
const assets = globSync('assets/*.{js,css}', { cwd: dist })
const page = readFileSync(join(dist, 'index.html'), 'utf8')
const firstViewBytes = 200 * 1024

type Got = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Buffer }

function get(url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Got> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers, agent: false })
    outgoing.on('error', reject)
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks),
        }),
      )
    })
    outgoing.end()
  })
}

/** Sends a request target unchanged: no client library normalizes it. */
function raw(url: string, target: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const { hostname, port, host } = new URL(url)
    const socket = connect(Number(port), hostname)
    let text = ''
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
    })
    socket.on('error', reject)
    socket.on('close', () =>
      resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0), text }),
    )
    socket.write(
      Buffer.from(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`, 'latin1'),
    )
  })
}

/**
 * The policy as a table. Of two lines with the same name a browser uses the first, so a second one
 * is a mistake.
 */
function policyOf({
  'content-security-policy': policy = '',
}: IncomingHttpHeaders): Map<string, string[]> {
  const lines = String(policy)
    .split(';')
    .map((line) => line.trim().split(/\s+/))
  const table = new Map(lines.map(([name = '', ...values]) => [name, values]))
  assert.equal(table.size, lines.length, 'no directive appears twice')
  return table
}

function assertPolicy(headers: IncomingHttpHeaders): void {
  const policy = policyOf(headers)
  const ours = ["'none'", "'self'"]
  assert.deepEqual(policy.get('default-src'), ["'none'"])
  for (const name of ['frame-ancestors', 'base-uri', 'form-action'])
    assert.deepEqual(policy.get(name), ["'none'"], name)
  // A kind of resource that is not named falls back to default-src; one that is named comes from
  // here or from nowhere.
  for (const [name, values] of policy) {
    if (!name.endsWith('-src')) continue
    assert.equal(values.length, 1, name)
    assert.ok(ours.includes(values[0] as string), `${name} ${values}`)
  }
  assert.deepEqual(policy.get('require-trusted-types-for'), ["'script'"])
  const trusted = policy.get('trusted-types') ?? []
  assert.deepEqual(trusted, ['holdfast-worker'], 'one policy, named, and never twice')
  assert.equal(headers['x-content-type-options'], 'nosniff')
  assert.equal(headers['x-frame-options'], 'DENY')
  assert.equal(headers['referrer-policy'], 'no-referrer')
  assert.equal(headers['cross-origin-opener-policy'], 'same-origin')
  assert.equal(headers['cross-origin-resource-policy'], 'same-origin')
}

describe('files of the console', () => {
  let server: TestServer
  let base: string
  before(async () => {
    server = await TestServer.start()
    base = `${server.url}/console`
  })
  after(() => server[Symbol.asyncDispose]())

  test('the page, its addresses, its files and its refusals all carry the policy', async () => {
    const paths = [
      '/',
      '/keys/abc',
      '/index.html',
      '/holdfast.svg',
      `/${assets[0]}`,
      '/assets/none.js',
      '/.built',
      '',
    ]
    for (const path of paths) assertPolicy((await get(base + path)).headers)
    assertPolicy((await get(`${base}/`, {}, 'POST')).headers)
  })

  test('the page holds no script, style or handler of its own, and names nothing that is elsewhere', () => {
    const tags = [...page.matchAll(/<([a-z]+)((?:\s[^>]*)?)>/g)].map(
      ([, name = '', attributes = '']) => ({ name, attributes }),
    )
    assert.ok(tags.length >= 10)
    for (const { name, attributes } of tags) {
      assert.doesNotMatch(attributes, /\s(on\w+|style|srcdoc|nonce)\s*=/i, name)
      assert.ok(!['style', 'base', 'iframe', 'object', 'embed', 'form'].includes(name), name)
      assert.doesNotMatch(attributes, /http-equiv/i, 'the headers decide, not the page')
      for (const [, url = ''] of attributes.matchAll(/\s(?:src|href|action)="([^"]*)"/g))
        assert.match(url, /^\/console\/[\w./-]+$/)
    }
    for (const [, inner = ''] of page.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g))
      assert.equal(inner, '')
    assert.equal(page.match(/<script/g)?.length, 1)
    assert.doesNotMatch(page, /https?:|\/\/[a-z]|javascript:|data:/i)
  })

  test('a file named by its content is kept for a year, the page that names it is asked for each time', async () => {
    assert.ok(assets.length > 20)
    for (const path of assets) assert.match(path, /-[\w-]{8}\.(js|css)$/, path)
    for (const ending of ['js', 'css']) {
      const path = assets.find((name) => name.endsWith(ending))
      const { status, headers } = await get(`${base}/${path}`)
      assert.equal(status, 200)
      assert.equal(headers['cache-control'], 'public, max-age=31536000, immutable')
      assert.match(
        String(headers['content-type']),
        ending === 'js' ? /^text\/javascript|^application\/javascript/ : /^text\/css/,
      )
    }
    for (const path of ['/', '/keys/abc', '/keys?x=/assets/y', '/index.html', '/holdfast.svg']) {
      const { headers } = await get(base + path)
      assert.equal(headers['cache-control'], 'no-cache', path)
    }
    for (const path of ['/assets/none.js', '/none.svg'])
      assert.equal((await get(base + path)).headers['cache-control'], 'no-store', path)
  })

  test('clients that accept compressed files get them, and they hold the same bytes', async () => {
    const largest = [...assets].sort(
      (a, b) => readFileSync(join(dist, b)).length - readFileSync(join(dist, a)).length,
    )
    for (const path of [
      'index.html',
      'holdfast.svg',
      ...largest.slice(0, 3),
      ...assets.filter((name) => name.endsWith('.css')),
    ]) {
      const plain = readFileSync(join(dist, path))
      for (const [accepts, form, open] of [
        ['gzip, deflate, br', 'br', brotliDecompressSync],
        ['br', 'br', brotliDecompressSync],
        ['gzip', 'gzip', gunzipSync],
        ['br;q=0, gzip', 'gzip', gunzipSync],
        ['identity', undefined, Buffer.from],
        ['', undefined, Buffer.from],
        ['deflate', undefined, Buffer.from],
      ] as const) {
        const { status, headers, body } = await get(
          `${base}/${path}`,
          accepts === '' ? {} : { 'accept-encoding': accepts },
        )
        assert.equal(status, 200)
        assert.equal(headers['content-encoding'], form, `${path}: ${accepts}`)
        assert.equal(Number(headers['content-length']), body.length)
        assert.ok(plain.equals((open as (bytes: Buffer) => Buffer)(body)), path)
        if (form === undefined) continue
        assert.ok(body.length < plain.length)
        assert.match(String(headers.vary), /accept-encoding/i)
        assert.doesNotMatch(String(headers['content-type']), /octet-stream|gzip|brotli/)
      }
    }
  })

  test('every address of a page returns the page, for HEAD as for GET', async () => {
    const id = '00000000-0000-4000-8000-000000000000'
    for (const path of [
      '/',
      '/keys',
      '/keys/abc',
      `/keys/${id}/danger`,
      '/try/identify?key=x.y',
      '/no-such-page',
      '/keys/%E9%92%A5',
    ]) {
      const { status, headers, body } = await get(base + path)
      assert.deepEqual([status, body.toString()], [200, page], path)
      assert.match(String(headers['content-type']), /^text\/html; charset=utf-8$/i)
      const head = await get(base + path, {}, 'HEAD')
      assert.deepEqual(
        [head.status, head.headers['content-length'], head.body.length],
        [200, String(body.length), 0],
        path,
      )
    }
    for (const [path, to] of [
      ['', '/console/'],
      ['?a=b?c', '/console/?a=b?c'],
    ] as const) {
      const { status, headers } = await get(base + path)
      assert.deepEqual([status, headers.location], [308, to])
    }
  })

  test('a missing file is not answered with the page', async () => {
    for (const path of [
      '/assets/none.js',
      '/assets/index-AAAAAAAA.js',
      '/assets/',
      '/assets/keys',
      '/none.svg',
      '/favicon.ico',
      '/src/main.tsx',
      '/keys/x.js',
      '/.built',
      '/%2ebuilt',
      '/.git/config',
      '/index.html/x.js',
    ]) {
      const { status, headers, body } = await get(base + path)
      assert.equal(status, 404, path)
      assert.match(String(headers['content-type']), /^text\/plain/)
      assert.equal(body.toString(), 'No such file.\n')
    }
    assert.doesNotMatch(server.output, /"level":50/, 'and it raises no alarm')
  })

  test('sources are not served with what was built from them', async () => {
    assert.deepEqual(globSync('**/*.{map,ts,tsx}', { cwd: dist }), [])
    for (const path of assets) {
      assert.doesNotMatch(readFileSync(join(dist, path), 'utf8'), /[#@] sourceMappingURL=/, path)
      assert.equal((await get(`${base}/${path}.map`)).status, 404)
    }
  })

  test('no spelling of a path leaves the folder', async () => {
    const outside = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8').slice(
      0,
      40,
    )
    const ups = [
      '..',
      '%2e%2e',
      '.%2e',
      '%2E.',
      '%252e%252e',
      '..%00',
      '\xc0\xae\xc0\xae',
      '%c0%ae%c0%ae',
      '%uff0e%uff0e',
    ]
    const slashes = ['/', '%2f', '%2F', '%252f', '\\', '%5c', '//', '/./', '%c0%af']
    const targets = ups.flatMap((up) =>
      slashes.flatMap((slash) =>
        ['', 'assets/', 'keys/'].map(
          (folder) =>
            `/console/${folder}${`${up}${slash}`.repeat(folder === '' ? 2 : 3)}package.json`,
        ),
      ),
    )
    targets.push(
      '/console/../../package.json',
      '/console/assets/../../../package.json',
      '/console//etc/passwd',
      '/console/%2fetc/passwd',
      '/console/%2Fetc%2Fpasswd',
      '/console/C:\\Windows\\win.ini',
      '/console/c:%5cwindows%5cwin.ini',
      '/console/%5c%5chost%5cshare',
      '/console/file:///etc/passwd',
      '/console/index.html%00.js',
      '/console/%00/etc/passwd',
      '/console/assets/%00',
      '/console/index.html\0.js',
      `${server.url}/console/../package.json`,
      `file:///etc/passwd`,
      `http://elsewhere.example/console/`,
      `/console/${'../'.repeat(200)}etc/passwd`,
      `/console/${'%2e%2e%2f'.repeat(200)}etc/passwd`,
    )
    for (const target of targets) {
      const { status, text } = await raw(server.url, target)
      const body = text.slice(text.indexOf('\r\n\r\n') + 4)
      assert.ok(!body.includes(outside) && !body.includes('root:'), target)
      // Refused, or taken for the address of a page that does not exist.
      assert.ok(
        [400, 404].includes(status) || (status === 200 && body === latin1(page)),
        `${target}: ${status} ${body}`,
      )
    }
    assert.ok(existsSync(new URL('../../../package.json', import.meta.url)))
    assert.doesNotMatch(server.output, /"level":50/)
  })

  test('a page is only read', async () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'])
      for (const path of [
        '',
        '/',
        '/keys/abc',
        '/holdfast.svg',
        `/${assets[0]}`,
        '/assets/none.js',
      ]) {
        const { status, headers, body } = await get(base + path, {}, method)
        assert.deepEqual([status, headers.allow], [405, 'GET, HEAD'], `${method} ${path}`)
        assert.equal(body.toString(), 'Pages accept only GET and HEAD.\n')
        assert.equal(headers['access-control-allow-origin'], undefined)
      }
  })

  test('the first view needs less than 200 KiB of compressed JavaScript', () => {
    const entries = [...page.matchAll(/(?:src|href)="\/console\/(assets\/[^"]+\.js)"/g)].map(
      ([, path = '']) => path,
    )
    assert.ok(entries.length >= 2)
    const [overview] = globSync('assets/overview-*.js', { cwd: dist })
    const english = globSync('assets/en-*.js', { cwd: dist })
    const chinese = globSync('assets/zh-CN-*.js', { cwd: dist })
    assert.deepEqual([english.length, chinese.length, overview === undefined], [1, 1, false])
    for (const [language] of [english, chinese]) {
      const needed = new Set<string>()
      const need = (path: string): void => {
        if (needed.has(path)) return
        needed.add(path)
        const text = readFileSync(join(dist, path), 'utf8')
        for (const [, name] of text.matchAll(
          /\b(?:import|export)\s*(?:[\w*{}$,\s]+?from)?\s*["'`]\.\/([^"'`]+\.js)["'`]/g,
        ))
          need(`assets/${name}`)
      }
      for (const path of [...entries, overview as string, language as string]) need(path)
      assert.ok(needed.size > entries.length + 1, 'what the page imports is counted as well')
      let bytes = 0
      for (const path of needed)
        bytes += gzipSync(readFileSync(join(dist, path)), { level: 9 }).length
      assert.ok(bytes < firstViewBytes, `${bytes} bytes: ${[...needed].join(', ')}`)
      assert.ok(bytes > 50_000, `${bytes} bytes is too few to be true`)
    }
  })
})

describe('files of other builds', () => {
  const listeners: Listener[] = []
  after(async () => {
    for (const listener of listeners) await listener.close(0)
  })
  const listening = async (folder: string | undefined): Promise<string> => {
    const listener = new Listener({
      mounts: [],
      requestId: () => '0',
      notReady: () => undefined,
      consoleFolder: folder,
      unknown: (_, done) => done(true),
      onDefect: (error) => assert.fail(error as Error),
    })
    listeners.push(listener)
    return `http://127.0.0.1:${await listener.listen('127.0.0.1', 0, false)}/console`
  }

  test('without a build, every address says so and what to do', async () => {
    const base = await listening(undefined)
    for (const path of ['', '/', '/keys/abc', '/index.html', '/assets/x.js']) {
      const { status, headers, body } = await get(base + path)
      assert.equal(status, 503, path)
      assert.match(String(headers['content-type']), /^text\/plain; charset=utf-8$/)
      assert.equal(
        body.toString(),
        'The console has not been built here. Run "npm start", or "npm run build" once.\n',
      )
      assertPolicy(headers)
    }
    assert.equal((await get(`${base}/`, {}, 'POST')).status, 405)
  })

  test('after an upgrade a browser loads the new page, though it is as long and as old as the previous one', async () => {
    const folder = newFolder()
    mkdirSync(join(folder, 'assets'))
    const file = join(folder, 'index.html')
    // Images give all files the same time; in a page only the names of its files change, and these
    // are equally long.
    const build = (name: string): void => {
      writeFileSync(file, `<script type="module" src="/console/assets/index-${name}.js"></script>`)
      utimesSync(file, 1_700_000_000, 1_700_000_000)
    }
    build('AAAAAAAA')
    const before = await listening(folder)
    const first = await get(`${before}/`)
    const known = {
      ...(first.headers.etag !== undefined && { 'if-none-match': first.headers.etag }),
      ...(first.headers['last-modified'] !== undefined && {
        'if-modified-since': first.headers['last-modified'],
      }),
    }
    assert.equal(
      (await get(`${before}/`, known)).status,
      304,
      'what a browser has is not sent again',
    )
    build('BBBBBBBB')
    writeFileSync(join(folder, 'gone.svg'), '<svg/>')
    const during = await listening(folder)
    rmSync(join(folder, 'gone.svg'))
    assert.equal(
      (await get(`${during}/gone.svg`)).status,
      404,
      'a build may remove a file under a running server',
    )
    const second = await get(`${await listening(folder)}/`, known)
    assert.equal(second.status, 200)
    assert.match(second.body.toString(), /BBBBBBBB/)
    rmSync(folder, { recursive: true })
  })
})

const latin1 = (text: string): string => Buffer.from(text).toString('latin1')
