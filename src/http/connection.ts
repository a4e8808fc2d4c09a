/**
 * One connection of a client, one request at a time; what the client sends before it has its
 * answers waits unread in the kernel. RFC 9112 section 9.3.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { KmsError } from '../domain/errors.ts'
import type { Block } from './connections.ts'

/** A request that arrived while another one was in progress. */
export type Held = { readonly request: IncomingMessage; readonly response: ServerResponse }

/**
 * Most requests that one read of the socket may deliver before an answer: what is read is parsed at
 * once, and parsed requests take many times their bytes. No known client sends more than one.
 */
const mostHeld = 16

export class Connection {
  readonly address: string
  /** Counts of all connections of its address block. */
  readonly peers: Block
  /** The socket that the client speaks over: under TLS not the one that was accepted. */
  socket: Socket
  /** A request has begun, and its answer has not been sent. */
  isBusy = false
  /** Ends the wait for a body that can no longer be read. */
  failBody: ((error: KmsError) => void) | undefined
  /** Bytes of the body budget that its request holds. */
  bodyBytes = 0
  /** Whether they belong to the share of strangers. */
  isStrangersBody = false
  /**
   * When an answer was first seen to wait for the client to read, on the monotonic clock; undefined
   * if none is waiting.
   */
  blockedSince: number | undefined
  #held: Held[] | undefined
  #isLast = false
  readonly #isStopping: () => boolean

  constructor(socket: Socket, address: string, peers: Block, isStopping: () => boolean) {
    this.socket = socket
    this.address = address
    this.peers = peers
    this.#isStopping = isStopping
  }

  get block(): string {
    return this.peers.name
  }

  /** Whether the answer in progress is the last one. */
  get isClosing(): boolean {
    return this.#isLast || this.#isStopping()
  }

  /** Nothing after the request in progress is answered. */
  endAfterAnswer(): void {
    this.#isLast = true
    this.socket.pause()
  }

  vouch(): void {
    this.peers.isKnown = true
  }

  /** Keeps a request until those before it are answered, and stops reading. */
  hold(request: IncomingMessage, response: ServerResponse): void {
    if (this.#held === undefined) {
      this.#held = []
      // Node's parser resumes the socket at the end of each message; this pauses it again.
      this.socket.on('resume', () => this.#stayPaused())
    }
    if (this.#held.push({ request, response }) > mostHeld) this.socket.destroy()
    else this.socket.pause()
  }

  /** The next request, if there is one and the connection continues. */
  next(): Held | undefined {
    if (this.#held === undefined || this.#held.length === 0) return undefined
    if (this.#isLast || !this.socket.writable) {
      this.#held = []
      return undefined
    }
    const next = this.#held.shift()
    // Only part of the last request that was read may be here.
    if (this.#held.length === 0) this.socket.resume()
    return next
  }

  #stayPaused(): void {
    if (this.#held !== undefined && this.#held.length > 0) this.socket.pause()
  }
}
