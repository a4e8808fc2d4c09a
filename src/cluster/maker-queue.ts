/**
 * The queue of private keys to make and to vet. Projects take turns, so that one that asks for hundreds does not hold up the
 * others; whoever would wait longer than a client waits is refused. The work happens in threads that end after a few jobs: what
 * their heaps keep of a private key ends with them.
 */
import type { Worker } from 'node:worker_threads'
import type { Clock } from '../ports/clock.ts'
import type { MakerJob } from './asymmetric-client.ts'
import { busy, type FromJobs, type Job, type ReplyPort, type ToJobs } from './jobs.ts'

const waitingPerProject = 256
const waitingInAll = 1024
/** Clients and sockets give up after a minute. */
const patienceMs = 50_000
const jobsPerWorker = 16
const idleMs = 1000

type Waiting = Job<MakerJob> & { readonly port: ReplyPort; readonly since: number }
type Working = { readonly worker: Worker; jobs: number; current: Waiting | undefined; idle: NodeJS.Timeout | undefined }

export class MakerQueue {
  readonly #start: () => Worker
  readonly #clock: Clock
  readonly #waiting = new Map<string, Waiting[]>()
  #count = 0
  #working: Working | undefined
  #closed = false

  /** @param parts.start starts a thread that takes one job a message. */
  constructor(parts: { start: () => Worker; clock: Clock }) {
    this.#start = parts.start
    this.#clock = parts.clock
  }

  /** Jobs that wait. */
  get length(): number {
    return this.#count
  }

  enter(port: ReplyPort, jobs: ToJobs<MakerJob>): void {
    for (const job of jobs) this.#enter(port, job)
  }

  #enter(port: ReplyPort, { id, job }: Job<MakerJob>): void {
    const queue = this.#waiting.get(job.project) ?? []
    if (queue.length >= waitingPerProject || this.#count >= waitingInAll) return refuse({ port, id })
    queue.push({ port, id, job, since: this.#clock.monotonic() })
    this.#waiting.set(job.project, queue)
    this.#count++
    this.#next()
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#working?.worker.terminate()
  }

  #next(): void {
    if (this.#closed || this.#working?.current !== undefined) return
    const next = this.#take()
    if (next === undefined) return
    this.#working ??= this.#begin()
    const working = this.#working
    clearTimeout(working.idle)
    working.current = next
    working.jobs++
    working.worker.postMessage([{ id: next.id, job: next.job }] satisfies ToJobs<MakerJob>)
  }

  /** The oldest job of the project whose turn it is; those that waited too long are refused on the way. */
  #take(): Waiting | undefined {
    for (;;) {
      const [project, queue] = this.#waiting.entries().next().value ?? []
      const first = queue?.shift()
      if (project === undefined || queue === undefined || first === undefined) return undefined
      this.#count--
      this.#waiting.delete(project)
      if (queue.length > 0) this.#waiting.set(project, queue)
      if (this.#clock.monotonic() - first.since < patienceMs) return first
      refuse(first)
    }
  }

  #begin(): Working {
    const worker = this.#start()
    const working: Working = { worker, jobs: 0, current: undefined, idle: undefined }
    worker.on('message', ([reply]: FromJobs<{ pkcs8?: Uint8Array<ArrayBuffer> } | undefined>) => {
      const { current } = working
      working.current = undefined
      if (reply === undefined || current === undefined) return
      const secret = 'answer' in reply ? reply.answer?.pkcs8?.buffer : undefined
      current.port.postMessage([{ ...reply, id: current.id }], secret === undefined ? [] : [secret])
      if (working.jobs >= jobsPerWorker) this.#end(working)
      else working.idle = setTimeout(() => this.#end(working), idleMs)
      this.#next()
    })
    worker.on('exit', () => {
      if (this.#working === working) this.#working = undefined
      if (working.current !== undefined) refuse(working.current)
      working.current = undefined
      this.#next()
    })
    return working
  }

  #end(working: Working): void {
    clearTimeout(working.idle)
    if (this.#working === working) this.#working = undefined
    void working.worker.terminate()
  }
}

function refuse({ port, id }: { port: ReplyPort; id: number }): void {
  const { code, message } = busy()
  port.postMessage([{ id, refusal: { code, message } }] satisfies FromJobs<never>)
}
