/** Makes wrapping keys ahead of need, in a thread of its own: the making of one takes up to half a second of a processor. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { MessagePort } from 'node:worker_threads'
import { KmsError } from '../domain/errors.ts'
import type { WrappingKey, WrappingKeys } from '../ports/wrapping-keys.ts'

/** Pairs kept ready, and requests that may wait for one. */
const stock = 4
const waitingLimit = 64

type Reply = { readonly privateKey: KeyObject; readonly publicKey: Uint8Array } | 'busy'

/** The thread's side: each message on a port asks for one pair. */
export function serveWrappingKeys(ports: readonly MessagePort[], modulusBits: number): void {
  const ready: Reply[] = []
  const waiting: MessagePort[] = []
  let making = false
  const make = (): void => {
    making = false
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: modulusBits, publicExponent: 65_537 })
    const pair = { privateKey, publicKey: new Uint8Array(publicKey.export({ format: 'der', type: 'spki' })) }
    const next = waiting.shift()
    if (next === undefined) ready.push(pair)
    else next.postMessage(pair satisfies Reply)
    makeMore()
  }
  const makeMore = (): void => {
    if (making || (waiting.length === 0 && ready.length >= stock)) return
    making = true
    // Between two pairs the thread reads its messages.
    setImmediate(make)
  }
  for (const port of ports) {
    port.on('message', () => {
      const pair = ready.shift()
      if (pair !== undefined) port.postMessage(pair)
      else if (waiting.length >= waitingLimit) port.postMessage('busy' satisfies Reply)
      else waiting.push(port)
      makeMore()
    })
  }
  makeMore()
}

/** A request thread's side. Replies come in the order of requests or, for `busy`, earlier: a pair is a pair, so order is no matter. */
export class WrappingKeyClient implements WrappingKeys {
  readonly #port: MessagePort
  readonly #waiting: { resolve: (pair: WrappingKey) => void; reject: (error: KmsError) => void }[] = []

  constructor(port: MessagePort) {
    this.#port = port
    port.on('message', (reply: Reply) => {
      const next = this.#waiting.shift()
      if (reply === 'busy') next?.reject(new KmsError('busy', 'too many imports begin at once; try again in a moment'))
      else next?.resolve(reply)
    })
  }

  take(): Promise<WrappingKey> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      this.#port.postMessage('one')
    })
  }

  close(): void {
    this.#port.close()
  }
}
