/** Two ends of a port between threads: each message arrives a moment later, in order. */
import type { MessagePort } from 'node:worker_threads'
import type { Scheduler } from './scheduler.ts'

type Listener = (message: unknown) => void

class End {
  other: End | undefined
  readonly #scheduler: Scheduler
  readonly #name: string
  #listener: Listener = () => {}
  #lastAt = 0

  constructor(scheduler: Scheduler, name: string) {
    this.#scheduler = scheduler
    this.#name = name
  }

  on(_: 'message', listener: Listener): void {
    this.#listener = listener
  }

  postMessage(message: unknown): void {
    const { other } = this
    if (other === undefined) return
    const { now, draws } = this.#scheduler
    // Now and then a thread is late.
    const delay = draws.chance(0.02) ? draws.between(1, 40) : draws.between(0.01, 0.2)
    this.#lastAt = Math.max(this.#lastAt, now + delay)
    const what = `message to ${other.#name}`
    this.#scheduler.after(this.#lastAt - now, what, () => other.#listener(message))
  }

  close(): void {
    this.other = undefined
  }
}

/** The ends of a port: that of a request thread and that of the writer's. */
export function portPair(scheduler: Scheduler): readonly [MessagePort, MessagePort] {
  const [caller, writer] = [new End(scheduler, 'caller'), new End(scheduler, 'writer')]
  caller.other = writer
  writer.other = caller
  return [caller as unknown as MessagePort, writer as unknown as MessagePort]
}
