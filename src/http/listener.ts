/**
 * The listener: limits, deadlines, request IDs, and who gets a request. Calls of the dialects go straight to their mounts;
 * everything else (health, later the console) is fastify's. RFC 9112; what Node's parser lets through is refused here.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import fastify from 'fastify'
import { KmsError } from '../domain/errors.ts'
import { HeaderBag } from '../wire/headers.ts'
import { parseTarget } from '../wire/target.ts'
import { consoleFiles, consolePrefix } from './console-files.ts'
import { Exchange } from './exchange.ts'
import { type Run, TurnQueue } from './turn-queue.ts'

/** A part of the URL space that answers by itself. */
export interface Mount {
  claims(method: string, rawTarget: string): boolean
  /** Takes over a request whose body has arrived. */
  begin(exchange: Exchange): Run
}

export const bodyLimitBytes = 65_536
const limits = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 30_000,
  maxHeaderSize: 16_384,
  insecureHTTPParser: false,
} as const
/** No bytes either way for this long ends a connection: slow readers hold nothing for ever. */
const idleSocketMs = 60_000
/** A stop ends once nothing was under way for this long: requests that are on the wire already still get their answer. */
const quietMs = 150
const quietStepMs = 10
const maxConnections = 8_192
const maxConnectionsPerAddress = 4_096

export type ListenerParts = {
  readonly mounts: readonly Mount[]
  readonly requestId: () => string
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer }
  /** Why the service is not ready, or undefined when it is. */
  readonly notReady: () => string | undefined | Promise<string | undefined>
  /** Text for Prometheus. */
  readonly metrics: () => Promise<string>
  /** Folder with the built console, or undefined where none was built. */
  readonly consoleFolder: string | undefined
  /** Records a call for something that is not there; `done` tells whether it could. */
  readonly unknown: (call: { readonly requestId: string; readonly source: string }, done: (recorded: boolean) => void) => void
  /** Something was thrown where nothing should be. */
  readonly onDefect: (error: unknown) => void
}

export class Listener {
  readonly #parts: ListenerParts
  readonly #turns = new TurnQueue()
  readonly #server: Server
  readonly #sockets = new Map<string, number>()
  #underWay = 0
  #closing = false

  private constructor(parts: ListenerParts, server: Server) {
    this.#parts = parts
    this.#server = server
  }

  static async create(parts: ListenerParts): Promise<Listener> {
    let listener: Listener | undefined
    const app = fastify({
      logger: false,
      serverFactory: (rest) => {
        const handle = (request: IncomingMessage, response: ServerResponse): void => {
          if (listener?.handle(request, response) !== true) rest(request, response)
        }
        const server =
          parts.tls === undefined
            ? createServer(limits, handle)
            : createTlsServer({ ...limits, ...parts.tls, minVersion: 'TLSv1.2' }, handle)
        server.timeout = idleSocketMs
        server.maxConnections = maxConnections
        server.on('connection', (socket: Socket) => listener?.admit(socket))
        server.on('clientError', (_, socket: Socket) => {
          // Whoever speaks no HTTP, or too slowly, is told so once and let go, whether it listens or not.
          if (socket.writable)
            socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n', () => socket.destroy())
          else socket.destroy()
        })
        listener = new Listener(parts, server)
        return server
      },
    })
    app.get('/healthz', (_, reply) => reply.header('cache-control', 'no-store').send('ok\n'))
    app.get('/metrics', async (_, reply) =>
      reply
        .type('text/plain; version=0.0.4; charset=utf-8')
        .header('cache-control', 'no-store')
        .send(await parts.metrics()),
    )
    app.get('/readyz', async (_, reply) => {
      const why = listener?.closing === true ? 'stopping' : await parts.notReady()
      return reply
        .code(why === undefined ? 200 : 503)
        .header('cache-control', 'no-store')
        .send(`${why ?? 'ready'}\n`)
    })
    app.register(consoleFiles(parts.consoleFolder), { prefix: consolePrefix })
    app.setNotFoundHandler((request, reply) => {
      const requestId = parts.requestId()
      parts.unknown({ requestId, source: request.ip }, (recorded) => {
        reply.header('x-request-id', requestId).code(recorded ? 404 : 503)
        reply.send({ error: recorded ? 'there is nothing here' : 'the audit log cannot be written' })
      })
    })
    app.setErrorHandler((error, _, reply) => {
      parts.onDefect(error)
      return reply.code(500).send({ error: 'internal error' })
    })
    await app.ready()
    if (listener === undefined) throw new TypeError('fastify made no server')
    return listener
  }

  get closing(): boolean {
    return this.#closing
  }

  /** @param port 0 takes a free one. @param shared lets several threads listen on one port. @returns the port. */
  listen(host: string, port: number, shared: boolean): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen({ host, port, reusePort: shared, backlog: 1024 }, () => {
        this.#server.off('error', reject)
        resolve((this.#server.address() as AddressInfo).port)
      })
    })
  }

  /** Stops accepting, answers what is under way, at most for `graceMs`. */
  async close(graceMs: number): Promise<void> {
    this.#closing = true
    // http.Server's own close() cuts connections off whose next request is on its way; this one only stops accepting.
    NetServer.prototype.close.call(this.#server)
    const end = performance.now() + graceMs
    let quietSince = performance.now()
    while (performance.now() < end && performance.now() - quietSince < quietMs) {
      await sleep(quietStepMs)
      if (this.#underWay > 0) quietSince = performance.now()
    }
    this.#server.closeAllConnections()
  }

  /** @internal Takes a request when a mount claims it. */
  handle(request: IncomingMessage, response: ServerResponse): boolean {
    const method = request.method ?? ''
    const rawTarget = request.url ?? ''
    const mount = this.#parts.mounts.find((one) => one.claims(method, rawTarget))
    if (mount === undefined) return isAmbiguous(request) && refuseAmbiguous(response)
    const exchange = new Exchange(request, response, { requestId: this.#parts.requestId(), closing: () => this.#closing })
    this.#underWay++
    response.on('close', () => this.#underWay--)
    receive(request, (body) => {
      const run = mount.begin(exchange)
      if (body instanceof Error) return run.fail(body)
      exchange.body = body
      this.#turns.enter(run)
    })
    return true
  }

  /** @internal Counts connections by address, so that one peer cannot take all of them. */
  admit(socket: Socket): void {
    const address = socket.remoteAddress ?? ''
    const count = (this.#sockets.get(address) ?? 0) + 1
    if (count > maxConnectionsPerAddress) {
      socket.destroy()
      return
    }
    this.#sockets.set(address, count)
    socket.on('close', () => {
      const left = (this.#sockets.get(address) ?? 1) - 1
      if (left === 0) this.#sockets.delete(address)
      else this.#sockets.set(address, left)
    })
  }
}

/** What no mount claims is fastify's; but what could be read in two ways is nobody's. */
function isAmbiguous(request: IncomingMessage): boolean {
  try {
    parseTarget(request.url ?? '')
    new HeaderBag(request.rawHeaders)
    return request.headers['transfer-encoding'] !== undefined
  } catch {
    return true
  }
}

function refuseAmbiguous(response: ServerResponse): true {
  response.writeHead(400, { Connection: 'close', 'Content-Length': 0 })
  response.end()
  return true
}

/** Collects a body of a declared length, refusing what is too long before it arrives. */
function receive(request: IncomingMessage, done: (body: Buffer | KmsError) => void): void {
  if (request.headers['transfer-encoding'] !== undefined) {
    return done(new KmsError('request-malformed', 'a request body needs a Content-Length; Transfer-Encoding is not accepted'))
  }
  const declared = Number(request.headers['content-length'] ?? 0)
  if (declared > bodyLimitBytes)
    return done(new KmsError('request-too-large', `a request body is at most ${bodyLimitBytes} bytes`))
  if (declared === 0) return done(Buffer.alloc(0))
  let first: Buffer | undefined
  let chunks: Buffer[] | undefined
  request.on('data', (chunk: Buffer) => {
    if (first === undefined) first = chunk
    else if (chunks === undefined) chunks = [first, chunk]
    else chunks.push(chunk)
  })
  request.on('end', () => done(chunks === undefined ? (first ?? Buffer.alloc(0)) : Buffer.concat(chunks)))
}
