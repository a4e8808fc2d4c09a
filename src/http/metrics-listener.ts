/**
 * Metrics for Prometheus, on a listener of their own: callers of the service need not see what all
 * tenants do. It requires no credentials; the address it listens on decides who can read.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export const metricsPath = '/metrics'
const type = 'text/plain; version=0.0.4; charset=utf-8'
/** How long a text is served before it is made again, however many requests there are. */
const textKeptMs = 1_000
const limits = {
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 65_000,
  maxHeaderSize: 16_384,
  // Checked here instead, since Node would refuse a scrape as well.
  requireHostHeader: false,
} as const
const idleSocketMs = 75_000
const maxConnections = 64

export class MetricsListener {
  readonly #text: () => Promise<string>
  readonly #server: Server
  #kept: { readonly at: number; readonly text: Promise<string> } | undefined

  /**
   * @param text makes the metrics, at most once a second.
   * @param onDefect is called when a text could not be made.
   */
  constructor(text: () => Promise<string>, onDefect: (error: unknown) => void) {
    this.#text = text
    this.#server = createServer(limits, (request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        onDefect(error)
        say(response, 500, 'internal error\n')
      })
    })
    this.#server.timeout = idleSocketMs
    this.#server.maxConnections = maxConnections
  }

  /**
   * @param port 0 takes a free one.
   * @returns the port.
   * @throws Error with the code EADDRINUSE, among others.
   */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', reject)
        resolve((this.#server.address() as AddressInfo).port)
      })
    })
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url, socket, headers, httpVersion } = request
    if (url !== metricsPath || (method !== 'GET' && method !== 'HEAD')) {
      // RFC 9112 section 3.2.
      if (httpVersion === '1.1' && headers.host === undefined) return say(response, 400, '')
      return say(response, 404, `metrics are at GET ${metricsPath}\n`)
    }
    // No browser leaves out the Host, so a request without one is no page's.
    if (isLoopback(socket.localAddress) && !isLocalName(headers.host ?? 'localhost'))
      return say(
        response,
        421,
        'metrics on a loopback address must be requested by that address or as localhost\n',
      )
    const now = performance.now()
    if (this.#kept === undefined || now - this.#kept.at >= textKeptMs)
      this.#kept = { at: now, text: this.#text() }
    say(response, 200, await this.#kept.text, type)
  }
}

function isLoopback(address = ''): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address)
}

/**
 * A page of another site whose name was pointed at this machine sends that name: it must not read.
 */
function isLocalName(host: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(host)
}

/** No body is read here, so a connection with one is closed after the answer. */
function say(
  response: ServerResponse,
  status: number,
  text: string,
  kind = 'text/plain; charset=utf-8',
): void {
  const { headers } = response.req
  const hasBody =
    headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  const all = [
    'Content-Type',
    kind,
    'Cache-Control',
    'no-store',
    'Content-Length',
    String(Buffer.byteLength(text)),
  ]
  if (hasBody) all.push('Connection', 'close')
  response.writeHead(status, all)
  response.end(text)
}
