/** Makes wrapping keys in a thread of its own. One of RSA takes up to half a second of a processor and is made ahead of need; one of SM2 takes next to none. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { MessagePort } from 'node:worker_threads'
import { KmsError } from '../domain/errors.ts'
import type { WrappingKey, WrappingKeyKind, WrappingKeys } from '../ports/wrapping-keys.ts'

/** RSA pairs kept ready, and requests that may wait for one. */
const stock = 4
const waitingLimit = 64

type Made = { readonly kind: WrappingKeyKind; readonly privateKey: KeyObject; readonly publicKey: Uint8Array }
type Reply = Made | 'busy'

/** The thread's side: each message on a port asks for one pair of a kind. */
export function serveWrappingKeys(ports: readonly MessagePort[], modulusBits: number): void {
  const ready: Made[] = []
  const waiting: MessagePort[] = []
  let making = false
  const make = (): void => {
    making = false
    const pair = made('rsa', generateKeyPairSync('rsa', { modulusLength: modulusBits, publicExponent: 65_537 }))
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
    port.on('message', (kind: WrappingKeyKind) => {
      if (kind === 'sm2') return port.postMessage(made('sm2', generateKeyPairSync('ec', { namedCurve: 'SM2' })) satisfies Reply)
      const pair = ready.shift()
      if (pair !== undefined) port.postMessage(pair)
      else if (waiting.length >= waitingLimit) port.postMessage('busy' satisfies Reply)
      else waiting.push(port)
      makeMore()
    })
  }
  makeMore()
}

function made(kind: WrappingKeyKind, { privateKey, publicKey }: { privateKey: KeyObject; publicKey: KeyObject }): Made {
  return { kind, privateKey, publicKey: new Uint8Array(publicKey.export({ format: 'der', type: 'spki' })) }
}

type Waiting = { readonly resolve: (pair: WrappingKey) => void; readonly reject: (error: KmsError) => void }

/**
 * A request thread's side. Replies of one kind come in the order of requests or, for `busy`, earlier: a pair is a pair, so order is no
 * matter. Nobody is told `busy` but who asked for RSA.
 */
export class WrappingKeyClient implements WrappingKeys {
  readonly #port: MessagePort
  readonly #waiting: Readonly<Record<WrappingKeyKind, Waiting[]>> = { rsa: [], sm2: [] }

  constructor(port: MessagePort) {
    this.#port = port
    port.on('message', (reply: Reply) => {
      const next = this.#waiting[reply === 'busy' ? 'rsa' : reply.kind].shift()
      if (reply === 'busy') next?.reject(new KmsError('busy', 'too many imports begin at once; try again in a moment'))
      else next?.resolve(reply)
    })
  }

  take(kind: WrappingKeyKind): Promise<WrappingKey> {
    return new Promise((resolve, reject) => {
      this.#waiting[kind].push({ resolve, reject })
      this.#port.postMessage(kind)
    })
  }

  close(): void {
    this.#port.close()
  }
}
