/**
 * One connection of a client: one request at a time; what it sends ahead of its answers waits
 * unread in the kernel. RFC 9112 section 9.3.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { KmsError } from '../domain/errors.ts'
import type { Block } from './connections.ts'

/** A request that came while another one was under way. */
export type Held = { readonly request: IncomingMessage; readonly response: ServerResponse }

/**
 * Most requests that one read of the socket may bring ahead of an answer: what is read is parsed at
 * once, and what is parsed takes many times its bytes. No client that is known sends more than one.
 */
const mostHeld = 16

export class Connection {
  readonly address: string
  /** Counts of all connections of its block of addresses. */
  readonly peers: Block
  /** What the client speaks over: behind TLS another one than came. */
  socket: Socket
  /** A request was begun, and its answer has not left. */
  isBusy = false
  /** Ends the wait for a body that cannot be read any more. */
  failBody: ((error: KmsError) => void) | undefined
  /** Bytes of the budget of bodies that its request holds. */
  bodyBytes = 0
  /** Whether they are of the share of strangers. */
  isStrangersBody = false
  /**
   * When an answer was first seen to wait for the client to read, on the monotonic clock; undefined
   * while none does.
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

  /** Whether the answer under way is the last one. */
  get isClosing(): boolean {
    return this.#isLast || this.#isStopping()
  }

  /** Nothing behind the request under way is answered. */
  endAfterAnswer(): void {
    this.#isLast = true
    this.socket.pause()
  }

  vouch(): void {
    this.peers.isKnown = true
  }

  /** Keeps a request until those before it are answered, and reads no further. */
  hold(request: IncomingMessage, response: ServerResponse): void {
    if (this.#held === undefined) {
      this.#held = []
      // Node's parser resumes the socket at the end of each message; this stays.
      this.socket.on('resume', () => this.#stayPaused())
    }
    if (this.#held.push({ request, response }) > mostHeld) this.socket.destroy()
    else this.socket.pause()
  }

  /** The request that is next, if there is one and the connection goes on. */
  next(): Held | undefined {
    if (this.#held === undefined || this.#held.length === 0) return undefined
    if (this.#isLast || !this.socket.writable) {
      this.#held = []
      return undefined
    }
    const next = this.#held.shift()
    // The last one of what was read may be there in part only.
    if (this.#held.length === 0) this.socket.resume()
    return next
  }

  #stayPaused(): void {
    if (this.#held !== undefined && this.#held.length > 0) this.socket.pause()
  }
}
