/**
 * A closed loop of requests over raw sockets: each connection sends its next request when its
 * answer has come.
 */
import { connect } from 'node:net'

export type Request = {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The bytes of a request, made once: signatures are good for 15 minutes. */
export function bytesOf({ method, path, headers, body }: Request, host: string): Buffer {
  const all = { ...headers, host, 'content-length': String(Buffer.byteLength(body)) }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`)
}

export type Target = {
  readonly host: string
  readonly port: number
  readonly requests: readonly Buffer[]
  readonly expectStatus: number
}
export type Slice = {
  readonly count: number
  readonly seconds: number
  readonly millis: readonly number[]
}

/**
 * Drives a target over `connections` connections for `seconds`.
 * @throws Error for an answer of another status.
 */
export async function drive(target: Target, connections: number, seconds: number): Promise<Slice> {
  const millis: number[] = []
  const began = performance.now()
  const end = began + seconds * 1000
  await Promise.all(
    Array.from({ length: connections }, (_, i) => connection(target, i, end, millis)),
  )
  return { count: millis.length, seconds: (performance.now() - began) / 1000, millis }
}

function connection(
  { host, port, requests, expectStatus }: Target,
  index: number,
  end: number,
  millis: number[],
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host)
    socket.setNoDelay(true)
    let turn = index
    let sentAt = 0
    let received = 0
    let expected = 0
    const send = (): void => {
      const now = performance.now()
      if (now > end) {
        socket.destroy()
        return resolve()
      }
      sentAt = now
      received = 0
      expected = 0
      socket.write(requests[turn++ % requests.length] as Buffer)
    }
    socket.on('connect', send)
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('the server closed a connection')))
    socket.on('data', (chunk: Buffer) => {
      if (expected === 0) {
        const head = chunk.subarray(0, chunk.indexOf('\r\n\r\n')).toString('latin1')
        const status = Number(head.slice(9, 12))
        if (status !== expectStatus) {
          socket.destroy()
          return reject(
            new Error(
              `an answer had the status ${status}: ${chunk.toString('latin1').slice(-300)}`,
            ),
          )
        }
        expected = head.length + 4 + Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
      }
      received += chunk.length
      if (received < expected) return
      millis.push(performance.now() - sentAt)
      send()
    })
  })
}

/** Sends the first request once and returns the whole answer. */
export function ask({ host, port, requests }: Target): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host, () => socket.write(requests[0] as Buffer))
    socket.on('error', reject)
    socket.on('data', (chunk: Buffer) => {
      socket.destroy()
      resolve(chunk)
    })
  })
}
