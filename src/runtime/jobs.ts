/**
 * Jobs for other threads: sent over ports as they come, answered in any order. All request threads
 * meet in the thread that runs the jobs, so the queue is there: parties take turns in it, and it
 * refuses jobs beyond its limits.
 */
import type { MessagePort, Transferable } from 'node:worker_threads'
import { KmsError, type KmsErrorCode } from '../domain/errors.ts'
import { secretCopy } from '../domain/material/secret-bytes.ts'
import {
  clientPatienceMs,
  type Taken,
  type Turn,
  type TurnBounds,
  Turns,
  type TurnTaking,
} from '../domain/turns.ts'

/** The jobs of a thread: for each kind, what the job contains and what the answer is. */
export type JobKinds = Readonly<Record<string, { readonly job: object; readonly answer: unknown }>>
export type KindOf<K extends JobKinds> = keyof K & string
export type AskFor<K extends JobKinds, Kind extends KindOf<K>> = {
  readonly kind: Kind
} & K[Kind]['job']
/** Any of its jobs. */
export type JobOf<K extends JobKinds> = { [Kind in KindOf<K>]: AskFor<K, Kind> }[KindOf<K>]

export type AnswerOf<K extends JobKinds> = K[KindOf<K>]['answer']

/** A handler for each kind of job: it compiles only if every kind gets its own answer. */
export type Handlers<K extends JobKinds> = {
  readonly [Kind in KindOf<K>]: (job: AskFor<K, Kind>) => Handled<K[Kind]['answer']>
}
/** The same for asynchronous work. */
export type LaterHandlers<K extends JobKinds> = {
  readonly [Kind in KindOf<K>]: (job: AskFor<K, Kind>) => Promise<K[Kind]['answer']>
}

export type Job<J> = { readonly id: number; readonly turn: Turn; readonly job: J }
/** The turn used when the service itself asks. */
export const serviceTurn: Turn = { party: 'service', principal: 'service' }

export type Reply<A> =
  | { readonly id: number; readonly answer: A }
  | {
      readonly id: number
      readonly refusal: { readonly code: KmsErrorCode; readonly message: string }
    }
  /** A defect: its message is for our log, not for a caller. */
  | { readonly id: number; readonly defect: string }

/** What crosses threads: jobs one way, replies the other, any number at once. */
export type ToJobs<J> = readonly Job<J>[]
export type FromJobs<A> = readonly Reply<A>[]

/** Where replies go: a port, or the parent of a thread. */
export type ReplyPort = { postMessage(value: unknown, transfer?: readonly Transferable[]): void }

type Waiting<J> = {
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: Error) => void
  readonly line: Line<J>
}
type Line<J> = {
  readonly port: MessagePort
  underWay: number
  unsent: Job<J>[]
  transfer: Transferable[]
}

/** One handler for all jobs, from the handlers of each kind. */
export function handlerOf<K extends JobKinds>(
  handlers: Handlers<K>,
): (job: JobOf<K>) => Handled<AnswerOf<K>> {
  return <Kind extends KindOf<K>>(job: AskFor<K, Kind>) => handlers[job.kind](job)
}

export function laterHandlerOf<K extends JobKinds>(
  handlers: LaterHandlers<K>,
): (job: JobOf<K>) => Promise<AnswerOf<K>> {
  return <Kind extends KindOf<K>>(job: AskFor<K, Kind>) => handlers[job.kind](job)
}

/** The side that submits jobs: each goes to the port with the fewest in progress. */
export class JobClient<K extends JobKinds> {
  readonly #lines: readonly Line<JobOf<K>>[]
  readonly #waiting = new Map<number, Waiting<JobOf<K>>>()
  #next = 0
  #scheduled = false

  constructor(ports: readonly MessagePort[]) {
    this.#lines = ports.map((port) => ({ port, underWay: 0, unsent: [], transfer: [] }))
    for (const port of ports)
      port.on('message', (replies: FromJobs<unknown>) => this.#receive(replies))
  }

  /** @throws KmsError busy, or the refusal of the job. */
  run<Kind extends KindOf<K>>(
    turn: Turn,
    job: AskFor<K, Kind>,
    transfer: readonly Transferable[] = [],
  ): Promise<K[Kind]['answer']> {
    const line = this.#lines.reduce((least, one) => (one.underWay < least.underWay ? one : least))
    const id = this.#next++
    line.underWay++
    line.unsent.push({ id, turn, job })
    line.transfer.push(...transfer)
    if (!this.#scheduled) {
      this.#scheduled = true
      setImmediate(() => this.#send())
    }
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject, line }))
  }

  close(): void {
    for (const { port } of this.#lines) port.close()
  }

  #send(): void {
    this.#scheduled = false
    for (const line of this.#lines) {
      if (line.unsent.length === 0) continue
      line.port.postMessage(line.unsent satisfies ToJobs<JobOf<K>>, line.transfer)
      line.unsent = []
      line.transfer = []
    }
  }

  #receive(replies: FromJobs<unknown>): void {
    for (const reply of replies) {
      const waiting = this.#waiting.get(reply.id)
      if (waiting === undefined) continue
      this.#waiting.delete(reply.id)
      waiting.line.underWay--
      if ('answer' in reply) waiting.resolve(reply.answer)
      else if ('refusal' in reply)
        waiting.reject(new KmsError(reply.refusal.code, reply.refusal.message))
      else waiting.reject(new Error(reply.defect))
    }
  }
}

/**
 * An answer, and the parts of it that are transferred instead of copied, so that nothing of them
 * remains in this thread.
 */
export type Handled<A> = { readonly answer: A; readonly transfer?: readonly Transferable[] }

/**
 * Replies produced in one time slice are sent as one message per port, since each message costs its
 * receiver a turn of its event loop.
 */
const stretchMs = 4

/**
 * Replies that are ready are sent before a piece of work of this length, and jobs sent during it
 * are read after it. Shorter pieces share a message: alone, a signature of 1.2 ms costs the threads
 * that answer and write a quarter more.
 */
const longMs = 2

/**
 * Jobs of a thread that does one at a time; a principal has at most a quarter of the places. There
 * are many places: a waiting job costs a few kilobytes, while a refused caller retries at once and
 * costs everybody a request.
 */
const oneAtATime: TurnBounds = {
  waiting: 4096,
  ofPrincipal: 1024,
  atOnce: 1,
  patienceMs: clientPatienceMs,
}

export type Asked<J> = { readonly port: ReplyPort; readonly one: Job<J> }

export type JobServerParts<J, A> = {
  readonly handle: (job: J) => Handled<A>
  /** Wipes the contents of a refused job. */
  readonly discard?: (job: J) => void
  /**
   * Called after a piece of work that took long, with its duration in milliseconds. Jobs that have
   * arrived wait until it returns.
   */
  readonly rest?: (tookMs: number) => void
  /** A monotonic clock, in milliseconds; the system's by default. */
  readonly now?: () => number
  /**
   * The queue, if it is not `Turns` with a quarter of the places per principal.
   * @param expired refuses.
   */
  readonly turns?: (expired: (asked: Asked<J>) => void) => TurnTaking<Asked<J>>
}

/** The side that runs the jobs one at a time, parties in turn. */
export class JobServer<J, A> {
  readonly #handle: (job: J) => Handled<A>
  readonly #discard: (job: J) => void
  readonly #rest: (tookMs: number) => void
  readonly #now: () => number
  readonly #turns: TurnTaking<Asked<J>>
  #done = new Replies<A>()
  #running = false

  constructor({
    handle,
    discard = () => {},
    rest = () => {},
    now = () => performance.now(),
    turns,
  }: JobServerParts<J, A>) {
    this.#handle = handle
    this.#discard = discard
    this.#rest = rest
    this.#now = now
    const refuse = (asked: Asked<J>): void => this.#refuse(asked)
    this.#turns = turns?.(refuse) ?? new Turns(oneAtATime, refuse)
  }

  enter(port: ReplyPort, jobs: ToJobs<J>): void {
    const now = this.#now()
    for (const one of jobs) {
      const asked = { port, one }
      if (!this.#turns.enter(asked, one.turn, now)) this.#refuse(asked)
    }
    if (this.#running) return
    this.#running = true
    // Jobs that other ports sent in the meantime become part of the same slice.
    setImmediate(() => this.#stretch())
  }

  #stretch(): void {
    const end = this.#now() + stretchMs
    let longest = 0
    for (let now = this.#now(); now < end && longest < longMs; ) {
      const next = this.#turns.take(now)
      if (next === undefined) break
      const began = now
      now = this.#one(next, began)
      longest = Math.max(longest, now - began)
    }
    this.#done.send()
    if (longest >= longMs) this.#rest(longest)
    this.#running = this.#turns.waiting > 0
    if (this.#running) setImmediate(() => this.#stretch())
  }

  /** @returns when it was done. */
  #one(next: Taken<Asked<J>>, began: number): number {
    if (next.expected > longMs) this.#done.send()
    const { port, one } = next.work
    this.#done.add(port, this.#reply(port, one))
    const ended = this.#now()
    this.#turns.end(next, ended - began)
    return ended
  }

  #reply(port: ReplyPort, { id, job }: Job<J>): Reply<A> {
    try {
      const handled = this.#handle(job)
      this.#done.handOver(port, handled.transfer)
      return { id, answer: handled.answer }
    } catch (error) {
      return failed(id, error)
    }
  }

  #refuse({ port, one }: Asked<J>): void {
    this.#discard(one.job)
    port.postMessage([refusedAsBusy(one.id)] satisfies FromJobs<A>)
  }
}

/** Replies that are sent together, one message per port. */
class Replies<A> {
  #groups = new Map<
    ReplyPort,
    { readonly replies: Reply<A>[]; readonly transfer: Transferable[] }
  >()

  add(port: ReplyPort, reply: Reply<A>): void {
    this.#group(port).replies.push(reply)
  }

  handOver(port: ReplyPort, transfer: readonly Transferable[] = []): void {
    if (transfer.length > 0) this.#group(port).transfer.push(...transfer)
  }

  send(): void {
    if (this.#groups.size === 0) return
    for (const [port, { replies, transfer }] of this.#groups)
      port.postMessage(replies satisfies FromJobs<A>, transfer)
    this.#groups = new Map()
  }

  #group(port: ReplyPort) {
    let group = this.#groups.get(port)
    if (group === undefined) {
      group = { replies: [], transfer: [] }
      this.#groups.set(port, group)
    }
    return group
  }
}

/**
 * The same side for asynchronous work: as many jobs at once as the bounds allow, each answered on
 * its own, in the order in which they end. One queue for all ports.
 */
export function serveJobs<J, A>(
  ports: readonly MessagePort[],
  bounds: TurnBounds,
  handle: (job: J) => Promise<A>,
): void {
  const refuse = ({ port, one }: Asked<J>): void =>
    port.postMessage([refusedAsBusy(one.id)] satisfies FromJobs<A>)
  const turns = new Turns<Asked<J>>(bounds, refuse)
  const begin = (): void => {
    for (
      let next = turns.take(performance.now());
      next !== undefined;
      next = turns.take(performance.now())
    )
      void run(next)
  }
  const run = async (taken: Taken<Asked<J>>): Promise<void> => {
    const { port, one } = taken.work
    const began = performance.now()
    const reply: Reply<A> = await (async () => handle(one.job))().then(
      (answer) => ({ id: one.id, answer }),
      (error: unknown) => failed(one.id, error),
    )
    port.postMessage([reply] satisfies FromJobs<A>)
    turns.end(taken, performance.now() - began)
    begin()
  }
  for (const port of ports)
    port.on('message', (jobs: ToJobs<J>) => {
      const now = performance.now()
      for (const one of jobs) {
        const asked = { port, one }
        if (!turns.enter(asked, one.turn, now)) refuse(asked)
      }
      begin()
    })
}

/** The answer of a full queue. */
export function refusedAsBusy(id: number): Reply<never> {
  return {
    id,
    refusal: {
      code: 'busy',
      message: 'too many requests of this kind are queued; try again shortly',
    },
  }
}

function failed(id: number, error: unknown): Reply<never> {
  if (error instanceof KmsError)
    return { id, refusal: { code: error.code, message: error.message } }
  return { id, defect: error instanceof Error ? error.message : 'unknown' }
}

/**
 * Bytes in memory of their own: with a view, its entire buffer would be transferred to the other
 * thread.
 */
export function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return secretCopy(bytes)
}
