/**
 * Request bodies: how one is framed, how long it may be, and how many bytes of bodies are held at
 * once. RFC 9112 section 6. Node's parser has already refused ambiguous framing; this also refuses
 * everything that none of our clients sends.
 */
import type { IncomingMessage } from 'node:http'
import { KmsError } from '../domain/errors.ts'
import type { HeaderBag } from '../wire/headers.ts'
import type { Connection } from './connection.ts'

export const bodyLimitBytes = 65_536
/** A body in one-byte chunks costs a thousand times its size. Clients send chunks of kilobytes. */
const mostChunks = 256

/** Length of a body in bytes; a chunked one is known only at its end. */
export type Framing = number | 'chunked'

/** @throws KmsError request-malformed, request-too-large. */
export function framingOf({ httpVersion }: IncomingMessage, headers: HeaderBag): Framing {
  const expect = headers.get('expect')
  if (expect !== undefined && expect.toLowerCase() !== '100-continue')
    throw malformed('the Expect header must be 100-continue or absent')
  const coding = headers.get('transfer-encoding')
  const length = headers.get('content-length')
  if (coding === undefined) return checkedLength(Number(length ?? 0))
  if (
    coding !== 'chunked' ||
    length !== undefined ||
    httpVersion !== '1.1' ||
    headers.get('trailer') !== undefined
  ) {
    throw malformed(
      'a request body must have a Content-Length, or Transfer-Encoding: chunked over HTTP/1.1 without trailers',
    )
  }
  return coding
}

function checkedLength(bytes: number): number {
  if (bytes > bodyLimitBytes) throw tooLarge()
  return bytes
}

/**
 * Collects a body in one piece.
 * @param done is called once, with the body or with what is wrong with it; never if the client
 * disconnects.
 * @returns a function that ends the wait with an error.
 */
export function collect(
  request: IncomingMessage,
  framing: Framing,
  done: (body: Buffer | KmsError) => void,
): (error: KmsError) => void {
  let first: Buffer | undefined
  let whole: Buffer | undefined
  let bytes = 0
  let pieces = 0
  let isOver = false
  const end = (body: Buffer | KmsError): void => {
    if (isOver) return
    isOver = true
    done(body)
  }
  request.on('data', (chunk: Buffer) => {
    if (isOver) return
    if (bytes + chunk.length > bodyLimitBytes) return end(tooLarge())
    if (framing === 'chunked' && ++pieces > mostChunks)
      return end(malformed(`a request body must have at most ${mostChunks} chunks`))
    if (bytes === 0) first = chunk
    else {
      // Many small pieces would take up many times their bytes.
      if (whole === undefined) {
        whole = Buffer.allocUnsafeSlow(framing === 'chunked' ? bodyLimitBytes : framing)
        first?.copy(whole)
        first = undefined
      }
      chunk.copy(whole, bytes)
    }
    bytes += chunk.length
  })
  request.on('end', () => {
    if (request.rawTrailers.length > 0)
      return end(malformed('a request body must not have trailers'))
    end(whole?.subarray(0, bytes) ?? first ?? empty)
  })
  return end
}

const empty = Buffer.alloc(0)

/** All bodies of a thread in progress, from the head of a request to its answer. */
const budgetBytes = 64 * 1_048_576
/**
 * The part of these for requests that name no access key in use here and come from a block with no
 * known caller.
 */
const strangersBytes = 16 * 1_048_576
/** The part of that which one block of addresses may use. */
const strangersBytesPerBlock = 4 * 1_048_576

export class BodyBudget {
  #bytes = 0
  #strangers = 0

  /** Reserves room for a body until `release`. @throws KmsError busy. */
  reserve(connection: Connection, framing: Framing, namesKnownKey: boolean): void {
    const bytes = framing === 'chunked' ? bodyLimitBytes : framing
    const { peers } = connection
    const isStranger = !namesKnownKey && !peers.isKnown
    const fits = this.#bytes + bytes <= budgetBytes
    const isFair =
      !isStranger ||
      (this.#strangers + bytes <= strangersBytes &&
        peers.strangerBytes + bytes <= strangersBytesPerBlock)
    if (!fits || !isFair)
      throw new KmsError('busy', 'too many request bodies are being sent to this server; try again')
    connection.bodyBytes = bytes
    connection.isStrangersBody = isStranger
    this.#bytes += bytes
    if (!isStranger) return
    this.#strangers += bytes
    peers.strangerBytes += bytes
  }

  release(connection: Connection): void {
    const { bodyBytes, peers } = connection
    if (bodyBytes === 0) return
    connection.bodyBytes = 0
    this.#bytes -= bodyBytes
    if (!connection.isStrangersBody) return
    this.#strangers -= bodyBytes
    peers.strangerBytes -= bodyBytes
  }
}

function malformed(rule: string): KmsError {
  return new KmsError('request-malformed', rule)
}

function tooLarge(): KmsError {
  return new KmsError(
    'request-too-large',
    `a request body must have at most ${bodyLimitBytes} bytes`,
  )
}
