/**
 * One HTTP request and its answer, as a dialect sees them: raw target, raw headers, raw body;
 * answered once.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { addressBlock } from '../wire/addresses.ts'
import type { HeaderBag } from '../wire/headers.ts'
import type { Target } from '../wire/target.ts'
import type { Connection } from './connection.ts'

/**
 * The head of a request, parsed once and strictly: verification and routing use the same result.
 */
export type Head = { readonly target: Target; readonly headers: HeaderBag }

/** How the answers for a part of the URL space look, besides their status and body. */
export type AnswerFormat = {
  readonly mediaType: string
  /** Header that tells a client the ID of its request. */
  readonly requestIdHeader: string
}

export const plainJson: AnswerFormat = {
  mediaType: 'application/json',
  requestIdHeader: 'X-Request-Id',
}

export type ExchangeParts = {
  readonly requestId: string
  readonly format: AnswerFormat
  /** Address that the request comes from, if a proxy states it; otherwise the peer's is used. */
  readonly source: string | undefined
}

export class Exchange {
  readonly requestId: string
  /** Address that it comes from: the peer's, or what a trusted proxy says. */
  readonly source: string
  /** The address block of the source: limits of strangers count by it. */
  readonly block: string
  readonly method: string
  /** The request target exactly as it came. */
  readonly rawTarget: string
  /** Empty until the body has arrived, and again once it is no longer needed. */
  body: Buffer = empty
  /** When it was read, on the monotonic clock, milliseconds. */
  readonly startedAt = performance.now()
  readonly #format: AnswerFormat
  readonly #response: ServerResponse
  readonly #connection: Connection

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    connection: Connection,
    { requestId, format, source }: ExchangeParts,
  ) {
    this.requestId = requestId
    this.#format = format
    this.source = source ?? connection.address
    this.block = source === undefined ? connection.block : addressBlock(source)
    this.method = request.method ?? ''
    this.rawTarget = request.url ?? ''
    this.#response = response
    this.#connection = connection
  }

  /**
   * Answers with a JSON text. `close` ends the connection afterwards, for a request after which
   * message boundaries cannot be trusted. Does nothing if the client is gone.
   */
  answer(
    status: number,
    json: string,
    options: { close?: boolean; headers?: readonly string[] } = {},
  ): void {
    const response = this.#response
    if (response.headersSent || response.destroyed) return
    const { mediaType, requestIdHeader } = this.#format
    const headers = [
      'Content-Type',
      mediaType,
      requestIdHeader,
      this.requestId,
      'Cache-Control',
      'no-store',
    ]
    const bytes = Buffer.byteLength(json)
    headers.push('Content-Length', String(bytes))
    if (options.headers !== undefined) headers.push(...options.headers)
    if (options.close === true || this.#connection.isClosing) headers.push('Connection', 'close')
    response.writeHead(status, headers)
    // As many bytes as characters: ASCII, which needs no encoding.
    response.end(json, bytes === json.length ? 'latin1' : 'utf8')
  }

  /** The caller is known: their address keeps its place when connections are scarce. */
  vouch(): void {
    this.#connection.vouch()
  }

  /** The body is no longer needed, even if the answer still waits for its record. */
  dropBody(): void {
    this.body = empty
  }
}

const empty = Buffer.alloc(0)
