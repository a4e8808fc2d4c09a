/** The page's end: asks the worker, which ends when the page is done with the material. */

import { Wiped } from '../../../src/domain/material/wiped.ts'
import type { FromWorker, RequestName, Requests } from './protocol.ts'
import workerUrl from './worker.ts?worker&url'

/** The worker ended, or failed, before it answered: nothing is held any more. */
export class MaterialGone extends Error {}

type Waiting = {
  readonly resolve: (answer: never) => void
  readonly reject: (error: Error) => void
}

type Policy = { createScriptURL(url: string): string }
type TrustedTypes = { createPolicy(name: string, rules: Policy): Policy }

/**
 * The one place that makes a script out of an address: where trusted types are in force they let
 * nothing else through.
 */
const policy = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes?.createPolicy(
  'holdfast-worker',
  {
    createScriptURL(url) {
      if (url !== workerUrl)
        throw new TypeError('the only script that is started is the worker that holds material')
      return url
    },
  },
)

export class MaterialClient {
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  #count = 0
  #hasEnded = false

  constructor() {
    this.#worker = new Worker(policy?.createScriptURL(workerUrl) ?? workerUrl, { type: 'module' })
    this.#worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
      const waiting = this.#waiting.get(data.id)
      this.#waiting.delete(data.id)
      if ('defect' in data) waiting?.reject(new MaterialGone('the worker failed'))
      else waiting?.resolve(data.answer as never)
    })
    this.#worker.addEventListener('error', () => this.#abandon())
  }

  /**
   * @param transfer buffers that the page gives up.
   * @throws MaterialGone, also when it was asked to end before the answer was there.
   */
  ask<N extends RequestName>(
    name: N,
    ask: Requests[N]['ask'],
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<Requests[N]['answer']> {
    if (this.#hasEnded) {
      using _sent = Wiped.each(transfer.map((buffer) => new Uint8Array(buffer)))
      return Promise.reject(new MaterialGone('the worker ended'))
    }
    const id = ++this.#count
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#worker.postMessage({ id, name, ask }, [...transfer])
    })
  }

  /** Has everything overwritten, then ends the worker. */
  async end(): Promise<void> {
    // What is answered from here on is about material that is gone by then.
    this.#abandon()
    const wiped = this.ask('wipe', {}).catch(() => {})
    this.#hasEnded = true
    await Promise.race([wiped, new Promise((resolve) => setTimeout(resolve, 1000))])
    this.#worker.terminate()
    this.#abandon()
  }

  #abandon(): void {
    for (const { reject } of this.#waiting.values()) reject(new MaterialGone('the worker ended'))
    this.#waiting.clear()
  }
}
