/** Jobs for other threads: sent over ports a turn at a time, answered in any order, several at once. */
import type { MessagePort, Transferable } from 'node:worker_threads'
import { KmsError, type KmsErrorCode } from '../domain/errors.ts'

export type Job<J> = { readonly id: number; readonly job: J }
export type Reply<A> =
  | { readonly id: number; readonly answer: A }
  | { readonly id: number; readonly refusal: { readonly code: KmsErrorCode; readonly message: string } }
  /** A defect: its message is for the log of this side, not for a caller. */
  | { readonly id: number; readonly defect: string }

/** What crosses: jobs one way, replies the other, as many as there are. */
export type ToJobs<J> = readonly Job<J>[]
export type FromJobs<A> = readonly Reply<A>[]

/** Where replies go: a port, or the parent of a thread. */
export type ReplyPort = { postMessage(value: unknown, transfer?: readonly Transferable[]): void }

type Waiting = { readonly resolve: (answer: never) => void; readonly reject: (error: Error) => void; readonly line: number }
type Line<J> = { readonly port: MessagePort; underWay: number; unsent: Job<J>[]; transfer: Transferable[] }

/** The side that has jobs done: each goes to the port that has the fewest under way. */
export class JobClient<J> {
  readonly #lines: readonly Line<J>[]
  readonly #limit: number
  readonly #waiting = new Map<number, Waiting>()
  #next = 0
  #scheduled = false

  /** @param limit jobs that may be under way at once; beyond it callers are told `busy`. */
  constructor(ports: readonly MessagePort[], limit: number) {
    this.#lines = ports.map((port) => ({ port, underWay: 0, unsent: [], transfer: [] }))
    this.#limit = limit
    for (const port of ports) port.on('message', (replies: FromJobs<unknown>) => this.#receive(replies))
  }

  /** @throws KmsError busy, or the refusal that the job ended in. */
  run<A>(job: J, transfer: readonly Transferable[] = []): Promise<A> {
    if (this.#waiting.size >= this.#limit) return Promise.reject(busy())
    const least = Math.min(...this.#lines.map(({ underWay }) => underWay))
    const index = this.#lines.findIndex(({ underWay }) => underWay === least)
    const line = this.#lines[index] as Line<J>
    const id = this.#next++
    line.underWay++
    line.unsent.push({ id, job })
    line.transfer.push(...transfer)
    if (!this.#scheduled) {
      this.#scheduled = true
      setImmediate(() => this.#send())
    }
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject, line: index }))
  }

  close(): void {
    for (const { port } of this.#lines) port.close()
  }

  #send(): void {
    this.#scheduled = false
    for (const line of this.#lines) {
      if (line.unsent.length === 0) continue
      line.port.postMessage(line.unsent satisfies ToJobs<J>, line.transfer)
      line.unsent = []
      line.transfer = []
    }
  }

  #receive(replies: FromJobs<unknown>): void {
    for (const reply of replies) {
      const waiting = this.#waiting.get(reply.id)
      if (waiting === undefined) continue
      this.#waiting.delete(reply.id)
      ;(this.#lines[waiting.line] as Line<J>).underWay--
      if ('answer' in reply) waiting.resolve(reply.answer as never)
      else if ('refusal' in reply) waiting.reject(new KmsError(reply.refusal.code, reply.refusal.message))
      else waiting.reject(new Error(reply.defect))
    }
  }
}

/** An answer, and what of it is handed over rather than copied, so that nothing of it stays behind in this thread. */
export type Handled<A> = { readonly answer: A; readonly transfer?: readonly Transferable[] }

/** Replies leave together, those of one stretch of work: each group costs whoever gets it a turn of its own. */
const stretchMs = 4

/** The side that does them, in the order in which they came. */
export class JobServer<J, A> {
  readonly #handle: (job: J) => Handled<A>
  readonly #queue: { readonly port: ReplyPort; readonly one: Job<J> }[] = []
  #running = false

  constructor(handle: (job: J) => Handled<A>) {
    this.#handle = handle
  }

  enter(port: ReplyPort, jobs: ToJobs<J>): void {
    for (const one of jobs) this.#queue.push({ port, one })
    if (this.#running) return
    this.#running = true
    // What other ports sent in the meantime comes into the same stretch.
    setImmediate(() => this.#stretch())
  }

  #stretch(): void {
    const end = performance.now() + stretchMs
    const done = new Map<ReplyPort, { replies: Reply<A>[]; transfer: Transferable[] }>()
    for (let next = this.#queue.shift(); next !== undefined; next = performance.now() < end ? this.#queue.shift() : undefined) {
      const group = done.get(next.port) ?? { replies: [], transfer: [] }
      done.set(next.port, group)
      group.replies.push(this.#reply(next.one, group.transfer))
    }
    for (const [port, { replies, transfer }] of done) port.postMessage(replies satisfies FromJobs<A>, transfer)
    this.#running = this.#queue.length > 0
    if (this.#running) setImmediate(() => this.#stretch())
  }

  #reply({ id, job }: Job<J>, transfer: Transferable[]): Reply<A> {
    try {
      const handled = this.#handle(job)
      transfer.push(...(handled.transfer ?? []))
      return { id, answer: handled.answer }
    } catch (error) {
      return failed(id, error)
    }
  }
}

/** The other side for work that waits for something: each job is answered by itself, in whatever order they end. */
export function serveJobs<J, A>(port: MessagePort, handle: (job: J) => Promise<A>): void {
  port.on('message', (jobs: ToJobs<J>) => {
    for (const { id, job } of jobs) {
      handle(job).then(
        (answer) => port.postMessage([{ id, answer }] satisfies FromJobs<A>),
        (error: unknown) => port.postMessage([failed(id, error)] satisfies FromJobs<A>),
      )
    }
  })
}

function failed(id: number, error: unknown): Reply<never> {
  if (error instanceof KmsError) return { id, refusal: { code: error.code, message: error.message } }
  return { id, defect: error instanceof Error ? error.message : 'unknown' }
}

export function busy(): KmsError {
  return new KmsError('busy', 'too much of this work waits already; try again in a moment')
}

/** Bytes in memory of their own: a view would take the whole of what it looks at across to another thread. */
export function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}
