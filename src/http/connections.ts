/**
 * Who has a connection: counted by address block, so that nobody takes all of them. When
 * connections become scarce, idle ones of strangers are ended first, and the last ones are reserved
 * for addresses from which a known caller has called.
 */
import type { Socket } from 'node:net'
import { addressBlock, plainAddress } from '../wire/addresses.ts'
import { Connection } from './connection.ts'

/**
 * An address block (/24 of IPv4, /64 of IPv6; on the machine itself, or of a trusted proxy, a
 * single address) and what it holds.
 */
export type Block = {
  readonly name: string
  connections: number
  /** Bytes of request bodies in progress from strangers of this block. */
  strangerBytes: number
  /** Whether a known caller has called from here. */
  isKnown: boolean
}

export const maxConnections = 8_192
export const defaultPerBlock = 256
/**
 * On the machine itself, where a proxy or a load test may run, and for a trusted proxy: half of all
 * connections.
 */
export const perLoopbackAddress = maxConnections / 2

const idleGoFrom = 0.75 * maxConnections
const idleGoUntil = 0.7 * maxConnections
const onlyKnownFrom = 0.9 * maxConnections
/**
 * Strangers whose handshake is in progress: TLS keeps some 50 KiB for each before anything is known
 * about them.
 */
const strangersGreeting = 1_024
/** A search that found no connection to end is not repeated at once. */
const searchEveryMs = 100
/** Blocks from which a known caller has called, remembered while they have no connection. */
const knownBlocks = 10_000
/**
 * A client that reads nothing of its answer for this long is disconnected; between two checks an
 * answer may just be in transit.
 */
const blockedMs = 30_000
const lookEveryMs = 5_000

export class Connections {
  readonly #perBlock: number | undefined
  readonly #isProxy: (address: string) => boolean
  readonly #isStopping: () => boolean
  readonly #now: () => number
  readonly #open = new Map<Socket, Connection>()
  /** Connections before their handshake, by the peer's address and port, which are unique. */
  readonly #greeting = new Map<string, Connection>()
  readonly #blocks = new Map<string, Block>()
  readonly #known = new Map<string, Block>()
  readonly #look: NodeJS.Timeout
  #count = 0
  #searchedAt = Number.NEGATIVE_INFINITY

  /**
   * @param parts.perBlock most connections of any block; undefined selects the defaults above.
   * @param parts.isProxy whether an address is that of a trusted proxy, over which many come.
   * @param parts.isStopping whether every answer is the last one of its connection.
   * @param parts.now the monotonic clock, milliseconds.
   */
  constructor(parts: {
    perBlock: number | undefined
    isProxy?: (address: string) => boolean
    isStopping: () => boolean
    now: () => number
  }) {
    this.#perBlock = parts.perBlock
    this.#isProxy = parts.isProxy ?? (() => false)
    this.#isStopping = parts.isStopping
    this.#now = parts.now
    this.#look = setInterval(() => this.#dropBlocked(), lookEveryMs)
    this.#look.unref()
  }

  /** Counts a new connection, or ends it. @param greets whether a TLS handshake comes first. */
  admit(socket: Socket, greets: boolean): void {
    const address = plainAddress(socket.remoteAddress ?? '')
    const block = this.#blockOf(address)
    if (this.#count >= idleGoFrom && !block.isKnown) this.#makeRoom()
    const isFull = this.#count >= (block.isKnown ? maxConnections : onlyKnownFrom)
    if (isFull || block.connections >= (this.#perBlock ?? this.#mostOf(address))) {
      socket.destroy()
      return
    }
    const connection = new Connection(
      socket,
      socket.remoteAddress ?? 'unknown',
      block,
      this.#isStopping,
    )
    this.#count++
    block.connections++
    this.#blocks.set(block.name, block)
    const peer = peerOf(socket)
    if (greets) this.#greet(peer, connection)
    else this.#open.set(socket, connection)
    socket.on('close', () => {
      this.#count--
      this.#greeting.delete(peer)
      this.#open.delete(connection.socket)
      this.#leave(block)
    })
  }

  /** The handshake is done: from now on the client speaks over `secured`. */
  secure(secured: Socket): void {
    const connection = this.#greeting.get(peerOf(secured))
    if (connection === undefined) return
    this.#greeting.delete(peerOf(secured))
    connection.socket = secured
    this.#open.set(secured, connection)
  }

  of(socket: Socket): Connection | undefined {
    return this.#open.get(socket)
  }

  close(): void {
    clearInterval(this.#look)
  }

  /** An honest handshake takes a moment, so if there are too many, the oldest one is ended. */
  #greet(peer: string, connection: Connection): void {
    if (this.#greeting.size >= strangersGreeting) {
      for (const [oldest, waiting] of this.#greeting) {
        if (waiting.peers.isKnown) continue
        this.#greeting.delete(oldest)
        waiting.socket.destroy()
        break
      }
    }
    this.#greeting.set(peer, connection)
  }

  #mostOf(address: string): number {
    return isLoopback(address) || this.#isProxy(address) ? perLoopbackAddress : defaultPerBlock
  }

  #blockOf(address: string): Block {
    const name = isLoopback(address) || this.#isProxy(address) ? address : addressBlock(address)
    return (
      this.#blocks.get(name) ??
      this.#known.get(name) ?? { name, connections: 0, strangerBytes: 0, isKnown: false }
    )
  }

  #leave(block: Block): void {
    block.connections--
    if (block.isKnown) {
      this.#known.delete(block.name)
      this.#known.set(block.name, block)
      if (this.#known.size > knownBlocks) {
        for (const oldest of this.#known.keys()) {
          this.#known.delete(oldest)
          break
        }
      }
    }
    if (block.connections === 0) this.#blocks.delete(block.name)
  }

  /** Ends idle connections of strangers, oldest first. */
  #makeRoom(): void {
    if (this.#now() - this.#searchedAt < searchEveryMs) return
    this.#searchedAt = this.#now()
    let surplus = this.#count - idleGoUntil
    for (const connection of this.#greeting.values()) {
      if (surplus <= 0) return
      if (!connection.peers.isKnown && surplus-- > 0) connection.socket.destroy()
    }
    for (const connection of this.#open.values()) {
      if (surplus <= 0) return
      if (!connection.isBusy && !connection.peers.isKnown && surplus-- > 0)
        connection.socket.destroy()
    }
  }

  #dropBlocked(): void {
    const now = this.#now()
    for (const connection of this.#open.values()) {
      if (connection.socket.writableLength === 0) connection.blockedSince = undefined
      else if (connection.blockedSince === undefined) connection.blockedSince = now
      else if (now - connection.blockedSince >= blockedMs) connection.socket.destroy()
    }
  }
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1'
}

function peerOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`
}
