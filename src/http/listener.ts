/**
 * The listener: one strict parse of every head, limits, deadlines, request IDs, and where a request
 * goes: a mount, health, the files of the console, or nowhere. RFC 9112; this also refuses what
 * Node's parser lets through.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { KmsError } from '../domain/errors.ts'
import { HeaderBag } from '../wire/headers.ts'
import { parseTarget } from '../wire/target.ts'
import type { TrustedProxies } from '../wire/trusted-proxies.ts'
import { BodyBudget, collect, type Framing, framingOf } from './bodies.ts'
import type { Connection } from './connection.ts'
import { Connections, maxConnections } from './connections.ts'
import { type AnswerFormat, Exchange, type Head, plainJson } from './exchange.ts'
import { type ConsoleAnswer, consoleFiles, consolePrefix } from './static.ts'
import { type Run, TurnQueue } from './turn-queue.ts'

/** A request as it arrived: nothing of it has been checked. Names of headers are in lower case. */
export type RequestStart = Pick<IncomingMessage, 'method' | 'url' | 'headers'>

/** A part of the URL space that answers its own requests. */
export interface Mount {
  readonly format: AnswerFormat
  claims(start: RequestStart): boolean
  /** Takes over a request whose head was read. */
  begin(exchange: Exchange, head: Head): Run
  /** Refuses a request whose head could not be read, and ends its connection. */
  refuse(exchange: Exchange, error: unknown): void
}

const limits = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 30_000,
  maxHeaderSize: 16_384,
  insecureHTTPParser: false,
  // Checked here instead, since Node would refuse health checks as well.
  requireHostHeader: false,
} as const
const handshakeTimeoutMs = 5_000
/** No bytes either way for this long ends a connection: slow readers cannot hold one forever. */
const idleSocketMs = 60_000
/**
 * A stop ends after nothing was in progress for this long: requests already on the wire still get
 * their answer.
 */
const quietMs = 150
const quietStepMs = 10

/**
 * The paths that are not a call: requests for them leave no record and return nobody's data.
 * SECURITY.md lists them.
 */
export const healthPath = '/healthz'
export const readinessPath = '/readyz'
const healthPaths: readonly string[] = [healthPath, readinessPath]

export type ListenerParts = {
  readonly mounts: readonly Mount[]
  readonly requestId: () => string
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer }
  /** Most connections per address block; the defaults are in `connections.ts`. */
  readonly connectionsPerAddress?: number
  /** Proxies that may state the address of the client; none if omitted. */
  readonly proxies?: TrustedProxies
  /** Why the service is not ready, or undefined when it is. */
  readonly notReady: () => string | undefined | Promise<string | undefined>
  /** What needs attention although the service is ready. */
  readonly remarks?: () => readonly string[]
  /** Whether the server was asked to stop: every answer is then the last one of its connection. */
  readonly isDraining?: () => boolean
  /** Folder with the built console, or undefined where none was built. */
  readonly consoleFolder: string | undefined
  /** Records a call for something that does not exist; `done` says whether that succeeded. */
  readonly unknown: (
    call: { readonly requestId: string; readonly source: string; readonly block: string },
    done: (recorded: boolean) => void,
  ) => void
  /** Called for an error thrown where none should be. */
  readonly onDefect: (error: unknown) => void
}

export class Listener {
  readonly #parts: ListenerParts
  readonly #turns = new TurnQueue()
  readonly #server: Server
  readonly #connections: Connections
  readonly #bodies = new BodyBudget()
  readonly #console: ConsoleAnswer
  #underWay = 0
  #isStopping = false

  constructor(parts: ListenerParts) {
    this.#parts = parts
    this.#console = consoleFiles(parts.consoleFolder)
    this.#connections = new Connections({
      perBlock: parts.connectionsPerAddress,
      isProxy: (address) => parts.proxies?.has(address) === true,
      isStopping: () => this.#isStopping || parts.isDraining?.() === true,
      now: () => performance.now(),
    })
    this.#server = this.#createServer()
  }

  #createServer(): Server {
    const { tls } = this.#parts
    const handle = (request: IncomingMessage, response: ServerResponse): void =>
      this.#receive(request, response)
    const server =
      tls === undefined
        ? createServer(limits, handle)
        : createTlsServer(
            { ...limits, ...tls, minVersion: 'TLSv1.2', handshakeTimeout: handshakeTimeoutMs },
            handle,
          )
    server.timeout = idleSocketMs
    server.maxConnections = maxConnections
    server.on('connection', (socket: Socket) => this.#connections.admit(socket, tls !== undefined))
    if (tls !== undefined)
      server.on('secureConnection', (socket: Socket) => this.#connections.secure(socket))
    // Node itself would answer both before anything was checked.
    server.on('checkContinue', handle)
    server.on('checkExpectation', handle)
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) =>
      this.#onClientError(error, socket),
    )
    return server
  }

  get closing(): boolean {
    return this.#isStopping
  }

  /**
   * @param port 0 takes a free one.
   * @param shared lets several threads listen on one port.
   * @returns the port.
   */
  listen(host: string, port: number, shared: boolean): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen({ host, port, reusePort: shared, backlog: 1024 }, () => {
        this.#server.off('error', reject)
        resolve((this.#server.address() as AddressInfo).port)
      })
    })
  }

  /**
   * Stops accepting and answers what is in progress, for at most `graceMs`.
   * @returns how many requests were cut off then.
   */
  async close(graceMs: number): Promise<number> {
    this.#isStopping = true
    // http.Server's own close() cuts off connections whose next request is on its way; this one
    // only stops accepting.
    NetServer.prototype.close.call(this.#server)
    const end = performance.now() + graceMs
    let quietSince = performance.now()
    while (performance.now() < end && performance.now() - quietSince < quietMs) {
      await sleep(quietStepMs)
      if (this.#underWay > 0) quietSince = performance.now()
    }
    const cutOff = this.#underWay
    this.#server.closeAllConnections()
    this.#connections.close()
    return cutOff
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.#connections.of(request.socket)
    // It was ended while its bytes were still in the parser.
    if (connection === undefined) request.socket.destroy()
    else if (connection.isBusy) connection.hold(request, response)
    else this.#begin(connection, request, response)
  }

  #begin(connection: Connection, request: IncomingMessage, response: ServerResponse): void {
    connection.isBusy = true
    this.#underWay++
    response.on('close', () => this.#end(connection))
    try {
      this.#dispatch(connection, request, response)
    } catch (error) {
      this.#parts.onDefect(error)
      say(response, 500, 'internal error\n', true)
    }
  }

  /** The answer was sent, or the client no longer waits for it. */
  #end(connection: Connection): void {
    this.#underWay--
    this.#bodies.release(connection)
    connection.failBody = undefined
    connection.isBusy = false
    const next = connection.next()
    if (next !== undefined) this.#begin(connection, next.request, next.response)
  }

  #dispatch(connection: Connection, request: IncomingMessage, response: ServerResponse): void {
    const method = request.method ?? ''
    const mount = this.#parts.mounts.find((one) => one.claims(request))
    if (mount !== undefined) return this.#call(mount, connection, request, response)
    let head: Head
    let hasBody: boolean
    try {
      head = readHead(request)
      hasBody = framingOf(request, head.headers) !== 0
    } catch {
      return say(response, 400, '', true)
    }
    // No body is read here, so nothing after one can be a request.
    const close = hasBody || connection.isClosing
    const { rawPath } = head.target
    if (rawPath === consolePrefix || rawPath.startsWith(`${consolePrefix}/`))
      return this.#console(request, response, head.target, close)
    if (isHealthCheck(method, rawPath))
      return rawPath === healthPath
        ? say(response, 200, 'ok\n', close)
        : void this.#sayReady(response, close)
    this.#sayUnknown(this.#exchange(connection, request, response, plainJson), close)
  }

  #call(
    mount: Mount,
    connection: Connection,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const exchange = this.#exchange(connection, request, response, mount.format)
    let framing: Framing = 'chunked'
    let run: Run | undefined
    try {
      const head = readHead(request)
      framing = framingOf(request, head.headers)
      run = mount.begin(exchange, head)
      if (framing === 0) return this.#turns.enter(run)
      this.#bodies.reserve(connection, framing, run.isKnown === true)
    } catch (error) {
      // A short body is read and discarded: a client that is cut off while it writes would not see
      // the reason.
      if (framing !== 'chunked') request.resume()
      return run === undefined ? mount.refuse(exchange, error) : run.fail(error)
    }
    this.#collect(connection, request, response, { exchange, framing, run })
  }

  #collect(
    connection: Connection,
    request: IncomingMessage,
    response: ServerResponse,
    {
      exchange,
      framing,
      run,
    }: { readonly exchange: Exchange; readonly framing: Framing; readonly run: Run },
  ): void {
    // Only 100-continue gets this far.
    if (request.headers.expect !== undefined) response.writeContinue()
    connection.failBody = collect(request, framing, (body) => {
      connection.failBody = undefined
      if (body instanceof KmsError) return run.fail(body)
      exchange.body = body
      this.#turns.enter(run)
    })
  }

  #exchange(
    connection: Connection,
    request: IncomingMessage,
    response: ServerResponse,
    format: AnswerFormat,
  ): Exchange {
    const { proxies, requestId } = this.#parts
    const source = proxies?.sourceOf(
      connection.address,
      request.headersDistinct['x-forwarded-for'] ?? [],
    )
    return new Exchange(request, response, connection, { requestId: requestId(), format, source })
  }

  async #sayReady(response: ServerResponse, close: boolean): Promise<void> {
    const why = await this.#parts.notReady()
    const lines = [why ?? 'ready', ...(this.#parts.remarks?.() ?? [])]
    say(response, why === undefined ? 200 : 503, `${lines.join('\n')}\n`, close)
  }

  #sayUnknown(exchange: Exchange, close: boolean): void {
    const { requestId, source, block } = exchange
    this.#parts.unknown({ requestId, source, block }, (recorded) => {
      const error = recorded ? 'not found' : 'the audit log cannot be written'
      exchange.answer(recorded ? 404 : 503, JSON.stringify({ error }), { close })
    })
  }

  /** What is not HTTP, or comes too slowly. */
  #onClientError(error: NodeJS.ErrnoException, socket: Socket): void {
    const connection = this.#connections.of(socket)
    if (connection?.failBody !== undefined) {
      const isLate = error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      const why = isLate
        ? `the body did not arrive within ${limits.requestTimeout / 1000} s`
        : 'the framing of the body violates RFC 9112'
      connection.endAfterAnswer()
      return connection.failBody(new KmsError('request-malformed', why))
    }
    // The answer in progress is still sent, as the last one.
    if (connection?.isBusy === true) return connection.endAfterAnswer()
    // A client that does not speak HTTP, or is too slow, gets one answer and is disconnected,
    // whether or not it reads; without a handshake nothing can be sent.
    if (connection !== undefined && socket.writable) socket.end(notHttp, () => socket.destroy())
    else socket.destroy()
  }
}

const notHttp = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'

/**
 * A request without Host is refused (RFC 9112 section 3.2), except a health check: its answer is
 * the same for every host, and balancers check by HTTP/1.0, which has no Host, or leave it out.
 * @throws WireError bad-target, bad-header.
 */
function readHead(request: IncomingMessage): Head {
  const target = parseTarget(request.url ?? '')
  const needsHost = !isHealthCheck(request.method ?? '', target.rawPath)
  return { target, headers: new HeaderBag(request.rawHeaders, { needsHost }) }
}

function isHealthCheck(method: string, path: string): boolean {
  return (method === 'GET' || method === 'HEAD') && healthPaths.includes(path)
}

/** A plain-text answer, which is not cached. */
function say(response: ServerResponse, status: number, words: string, close: boolean): void {
  if (response.headersSent || response.destroyed) return
  const headers = ['Content-Type', 'text/plain; charset=utf-8', 'Cache-Control', 'no-store']
  headers.push('Content-Length', String(Buffer.byteLength(words)))
  if (close) headers.push('Connection', 'close')
  response.writeHead(status, headers)
  response.end(words)
}
