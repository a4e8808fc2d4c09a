/** One HTTP request and its answer, as a dialect sees them: raw target, raw headers, raw body; answered once. */
import type { IncomingMessage, ServerResponse } from 'node:http'

export class Exchange {
  readonly requestId: string
  /** Address of the peer. */
  readonly source: string
  readonly method: string
  /** The request target exactly as it came. */
  readonly rawTarget: string
  /** Names and values alternating, exactly as they came. */
  readonly rawHeaders: readonly string[]
  body: Buffer = empty
  /** When it was read, on the monotonic clock, milliseconds. */
  readonly startedAt = performance.now()
  readonly #response: ServerResponse
  readonly #closing: () => boolean

  constructor(request: IncomingMessage, response: ServerResponse, parts: { requestId: string; closing: () => boolean }) {
    this.requestId = parts.requestId
    this.source = request.socket.remoteAddress ?? 'unknown'
    this.method = request.method ?? ''
    this.rawTarget = request.url ?? ''
    this.rawHeaders = request.rawHeaders
    this.#response = response
    this.#closing = parts.closing
  }

  /**
   * Answers with a JSON text. `close` ends the connection afterwards, for a request after which its bytes cannot be trusted to
   * be told apart. Does nothing when the client is gone.
   */
  answer(status: number, json: string, options: { close?: boolean; headers?: readonly string[] } = {}): void {
    const response = this.#response
    if (response.headersSent || response.destroyed) return
    const headers = ['Content-Type', 'application/json', 'X-Request-Id', this.requestId, 'Cache-Control', 'no-store']
    const bytes = Buffer.byteLength(json)
    headers.push('Content-Length', String(bytes))
    if (options.headers !== undefined) headers.push(...options.headers)
    if (options.close === true || this.#closing()) headers.push('Connection', 'close')
    response.writeHead(status, headers)
    // As many bytes as characters: ASCII, which needs no encoding.
    response.end(json, bytes === json.length ? 'latin1' : 'utf8')
  }

  /** Whether somebody still waits for the answer. */
  get isOpen(): boolean {
    return !this.#response.destroyed
  }
}

const empty = Buffer.alloc(0)
