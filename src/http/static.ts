/**
 * The console: built files, each named by its content; every other path below is a page that the
 * console itself shows. The list of files is read at the start; each file is read once, on its
 * first request, and then answered from memory.
 */
import { hash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join } from 'node:path'
import { systemCode } from '../ports/system-reason.ts'
import type { Target } from '../wire/target.ts'

export const consolePrefix = '/console'
const assets = 'assets/'
const page = 'index.html'
const yearSeconds = 31_536_000

/**
 * Nothing inline, nothing from elsewhere, no framing. Trusted types leave no way from text to
 * script; the one policy names the worker that holds key material.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types holdfast-worker',
].join('; ')

/** Headers of every answer, files and refusals alike: names and values alternating. */
const guarding: readonly string[] = Object.entries({
  'Content-Security-Policy': policy,
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
}).flat()

/** Types of files that a build produces; others are not served. */
const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
}
const text = 'text/plain; charset=utf-8'
const notBuilt = 'The console has not been built here. Run "npm start", or "npm run build" once.\n'

/** Compressed forms of the plain file, the smaller one first. */
const forms = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const

/** One form of a file: its bytes, and its headers as sent. */
type Form = { readonly bytes: Buffer; readonly etag: string; readonly headers: readonly string[] }

/** Answers a request for the console. `close` ends the connection afterwards. */
export type ConsoleAnswer = (
  request: IncomingMessage,
  response: ServerResponse,
  target: Target,
  close: boolean,
) => void

/** @param folder with the built console, or undefined if none was built. */
export function consoleFiles(folder: string | undefined): ConsoleAnswer {
  const files = folder === undefined ? undefined : new Files(folder)
  return (request, response, target, close) => {
    const { method } = request
    if (method !== 'GET' && method !== 'HEAD')
      return say(response, 405, 'Pages accept only GET and HEAD.\n', ['Allow', 'GET, HEAD'], close)
    if (files === undefined) return say(response, 503, notBuilt, noStore, close)
    const path = target.decodedPath.slice(consolePrefix.length)
    if (path === '') return redirect(response, target, request.url ?? '', close)
    const name = isPage(path) ? page : path.slice(1)
    const form = files.find(name, request.headers['accept-encoding'])
    if (form === undefined) return say(response, 404, 'No such file.\n', noStore, close)
    if (request.headers['if-none-match'] === form.etag)
      return send(response, 304, form.headers, undefined, close)
    send(response, 200, form.headers, form.bytes, close)
  }
}

const noStore = ['Cache-Control', 'no-store'] as const

class Files {
  readonly #folder: string
  readonly #names: ReadonlySet<string>
  readonly #read = new Map<string, Form>()

  constructor(folder: string) {
    this.#folder = folder
    // A glob skips names that begin with a dot.
    this.#names = new Set(
      globSync('**/*.*', { cwd: folder }).map((name) => name.replaceAll('\\', '/')),
    )
  }

  /** The form of a file that a client accepts; undefined if there is no such file. */
  find(name: string, accepts: string | undefined): Form | undefined {
    const type = types[extname(name)]
    if (type === undefined || !this.#names.has(name)) return undefined
    for (const [coding, ending] of forms)
      if (this.#names.has(name + ending) && takes(accepts, coding))
        return this.#form(name, type, coding, ending)
    return this.#form(name, type)
  }

  #form(name: string, type: string, coding?: string, ending = ''): Form | undefined {
    const known = this.#read.get(name + ending)
    if (known !== undefined) return known
    const bytes = this.#bytes(name + ending)
    if (bytes === undefined) return undefined
    const etag = `"${hash('sha256', bytes, 'base64url').slice(0, 22)}"`
    const headers = [...guarding, 'Content-Type', type, 'ETag', etag, 'Vary', 'Accept-Encoding']
    // A fingerprinted file never changes; the page that names the files is revalidated each time.
    headers.push(
      'Cache-Control',
      name.startsWith(assets) ? `public, max-age=${yearSeconds}, immutable` : 'no-cache',
    )
    if (coding !== undefined) headers.push('Content-Encoding', coding)
    const form = { bytes, etag, headers }
    this.#read.set(name + ending, form)
    return form
  }

  /** A build under a running server removes files: then they are absent, which is not a defect. */
  #bytes(name: string): Buffer | undefined {
    try {
      return readFileSync(join(this.#folder, name))
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined
      throw error
    }
  }
}

/**
 * Whether Accept-Encoding names a coding without refusing it. RFC 9110 section 12.5.3; a wildcard
 * only means "plain" here.
 */
function takes(accepts: string | undefined, coding: string): boolean {
  if (accepts === undefined) return false
  return accepts.split(',').some((one) => {
    const [name = '', ...parameters] = one.split(';').map((part) => part.trim().toLowerCase())
    return name === coding && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))
  })
}

/**
 * No page has a dot in the last part of its path; every file has one. Hidden files are not served.
 */
function isPage(path: string): boolean {
  return (
    !path.startsWith(`/${assets}`) &&
    !path.includes('/.') &&
    !path.slice(path.lastIndexOf('/')).includes('.')
  )
}

function redirect(
  response: ServerResponse,
  { rawPath }: Target,
  rawTarget: string,
  close: boolean,
): void {
  const location = `${consolePrefix}/${rawTarget.slice(rawPath.length)}`
  send(response, 308, [...guarding, ...noStore, 'Location', location], Buffer.alloc(0), close)
}

function say(
  response: ServerResponse,
  status: number,
  words: string,
  headers: readonly string[],
  close: boolean,
): void {
  send(response, status, [...guarding, ...headers, 'Content-Type', text], Buffer.from(words), close)
}

function send(
  response: ServerResponse,
  status: number,
  headers: readonly string[],
  bytes: Buffer | undefined,
  close: boolean,
): void {
  const all = [...headers]
  if (bytes !== undefined) all.push('Content-Length', String(bytes.length))
  if (close) all.push('Connection', 'close')
  response.writeHead(status, all)
  response.end(bytes)
}
