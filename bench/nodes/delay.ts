/** A link to a server on this machine that is as slow as one to a server far away. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export class SlowLink {
  readonly #server
  readonly #sockets = new Set<Socket>()

  private constructor(to: number, ms: number) {
    this.#server = createServer((near) => {
      const far = connect(to, '127.0.0.1')
      const ends = [near, far]
      this.#pass(near, far, ms)
      this.#pass(far, near, ms)
      for (const socket of ends) {
        this.#sockets.add(socket)
        socket.setNoDelay(true)
        socket.on('error', () => {})
        socket.on('close', () => {
          for (const one of ends) this.#sockets.delete(one)
          for (const one of ends) one.destroy()
        })
      }
    })
  }

  /**
   * @param to port of the server.
   * @param ms how long everything takes in each direction.
   */
  static async open(to: number, ms: number): Promise<SlowLink> {
    const link = new SlowLink(to, ms)
    await new Promise<void>((resolve) => link.#server.listen(0, '127.0.0.1', resolve))
    return link
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  /** Timers of one length end in the order in which they began. */
  #pass(from: Socket, to: Socket, ms: number): void {
    from.on('data', (bytes) => {
      setTimeout(() => {
        if (!to.destroyed) to.write(bytes)
      }, ms)
    })
  }
}
