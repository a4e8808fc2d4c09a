/** A link between a client and a server on this machine that fails in the ways of real ones. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

type Pair = { readonly near: Socket; readonly far: Socket; isSilent: boolean }

export class Relay {
  readonly #to: number
  readonly #pairs = new Set<Pair>()
  #server: Server | undefined
  #isSwallowing = false
  /** Whether nothing passes on new connections either. */
  isDeaf = false
  port = 0

  /** @param to port of the server. */
  constructor(to: number) {
    this.#to = to
  }

  /** Listens, on the same port as before if it was cut. */
  async open(): Promise<void> {
    this.#server = createServer((near) => this.#join(near))
    await new Promise<void>((resolve) => this.#server?.listen(this.port, '127.0.0.1', resolve))
    this.port = (this.#server.address() as AddressInfo).port
  }

  /** Ends all connections and refuses new ones. */
  async cut(): Promise<void> {
    const closed = new Promise((resolve) => this.#server?.close(resolve))
    for (const { near, far } of this.#pairs) for (const socket of [near, far]) socket.destroy()
    this.#pairs.clear()
    await closed
  }

  /**
   * From now on nothing passes on the connections that exist, and neither side notices. New ones
   * work.
   */
  silence(): void {
    for (const pair of this.#pairs) pair.isSilent = true
  }

  /** The next COMMIT is passed on and done; its answer is lost, and the link. */
  loseCommit(): void {
    this.#isSwallowing = true
  }

  #join(near: Socket): void {
    const far = connect(this.#to, '127.0.0.1')
    const pair: Pair = { near, far, isSilent: this.isDeaf }
    this.#pairs.add(pair)
    let isLost = false
    let swallowed = ''
    const swallow = (bytes: Uint8Array): void => {
      swallowed += Buffer.from(bytes).toString('latin1')
      // The tag of the server: what was asked for is done.
      if (swallowed.includes(`C\0\0\0\x0bCOMMIT`)) near.destroy()
    }
    near.on('data', (bytes) => {
      if (pair.isSilent) return
      if (this.#isSwallowing && bytes.includes('COMMIT\0')) {
        this.#isSwallowing = false
        isLost = true
      }
      far.write(bytes)
    })
    far.on('data', (bytes: Uint8Array) => {
      if (isLost) swallow(bytes)
      else if (!pair.isSilent) near.write(bytes)
    })
    for (const socket of [near, far]) {
      socket.on('error', () => undefined)
      socket.on('close', () => {
        this.#pairs.delete(pair)
        if (pair.isSilent) return
        near.destroy()
        far.destroy()
      })
    }
  }
}
