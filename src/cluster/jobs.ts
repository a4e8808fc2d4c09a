/** Jobs for other threads: sent over ports, answered in any order. */
import type { MessagePort, Transferable } from 'node:worker_threads'
import { KmsError, type KmsErrorCode } from '../domain/errors.ts'

export type ToJobs<J> = { readonly id: number; readonly job: J }
export type FromJobs<A> =
  | { readonly id: number; readonly answer: A }
  | { readonly id: number; readonly refusal: { readonly code: KmsErrorCode; readonly message: string } }
  /** A defect: its message is for the log of this side, not for a caller. */
  | { readonly id: number; readonly defect: string }

/** Where an answer goes: a port, or a parent of the thread. */
export type ReplyPort = { postMessage(value: unknown, transfer?: readonly Transferable[]): void }

type Waiting = { readonly resolve: (answer: never) => void; readonly reject: (error: Error) => void; readonly port: number }

/** The side that has jobs done: each goes to the port that has the fewest under way. */
export class JobClient<J> {
  readonly #ports: readonly MessagePort[]
  readonly #underWay: number[]
  readonly #limit: number
  readonly #waiting = new Map<number, Waiting>()
  #next = 0

  /** @param limit jobs that may be under way at once; beyond it callers are told `busy`. */
  constructor(ports: readonly MessagePort[], limit: number) {
    this.#ports = ports
    this.#underWay = ports.map(() => 0)
    this.#limit = limit
    for (const port of ports) port.on('message', (reply: FromJobs<unknown>) => this.#receive(reply))
  }

  /** @throws KmsError busy, or the refusal that the job ended in. */
  run<A>(job: J, transfer: readonly Transferable[] = []): Promise<A> {
    if (this.#waiting.size >= this.#limit) return Promise.reject(busy())
    const port = this.#underWay.indexOf(Math.min(...this.#underWay))
    const id = this.#next++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, port })
      this.#underWay[port] = (this.#underWay[port] ?? 0) + 1
      this.#ports[port]?.postMessage({ id, job } satisfies ToJobs<J>, transfer as Transferable[])
    })
  }

  close(): void {
    for (const port of this.#ports) port.close()
  }

  #receive(reply: FromJobs<unknown>): void {
    const waiting = this.#waiting.get(reply.id)
    if (waiting === undefined) return
    this.#waiting.delete(reply.id)
    this.#underWay[waiting.port] = (this.#underWay[waiting.port] ?? 1) - 1
    if ('answer' in reply) waiting.resolve(reply.answer as never)
    else if ('refusal' in reply) waiting.reject(new KmsError(reply.refusal.code, reply.refusal.message))
    else waiting.reject(new Error(reply.defect))
  }
}

/** Does one job and answers it. What the answer names to transfer leaves nothing behind in this thread. */
export function answerJob<J, A>(
  port: ReplyPort,
  { id, job }: ToJobs<J>,
  handle: (job: J) => { readonly answer: A; readonly transfer?: readonly Transferable[] },
): void {
  try {
    const { answer, transfer = [] } = handle(job)
    port.postMessage({ id, answer } satisfies FromJobs<A>, transfer)
  } catch (error) {
    if (error instanceof KmsError) {
      const { code, message } = error
      port.postMessage({ id, refusal: { code, message } } satisfies FromJobs<A>)
    } else {
      port.postMessage({ id, defect: error instanceof Error ? error.message : 'unknown' } satisfies FromJobs<A>)
    }
  }
}

export function busy(): KmsError {
  return new KmsError('busy', 'too much of this work waits already; try again in a moment')
}

/** Bytes in memory of their own: a view would take the whole of what it looks at across to another thread. */
export function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}
