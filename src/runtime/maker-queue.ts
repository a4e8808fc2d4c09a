/**
 * The queue of private keys to generate and to check. One key is generated at a time per project; a
 * second thread serves the others, who would otherwise wait seconds behind an RSA_4096 key. Beyond
 * two, projects take turns. The work runs in threads that end after a few jobs, so that remains of
 * private keys in their heaps end with them.
 */
import type { Worker } from 'node:worker_threads'
import { wipe } from '../domain/material/wiped.ts'
import { clientPatienceMs, type Taken, Turns } from '../domain/turns.ts'
import type { Clock } from '../ports/clock.ts'
import type { MakerJob } from './asymmetric-client.ts'
import { type FromJobs, type Job, type ReplyPort, refusedAsBusy, type ToJobs } from './jobs.ts'

/** A single project may have 256 in the queue. */
const bounds = { waiting: 512, ofPrincipal: 256, atOnce: 2, patienceMs: clientPatienceMs }
const jobsPerWorker = 16
const idleMs = 1000

type Asked = { readonly port: ReplyPort; readonly one: Job<MakerJob> }
type Current = { readonly taken: Taken<Asked>; readonly began: number }
type Working = {
  readonly worker: Worker
  jobs: number
  current: Current | undefined
  idle: NodeJS.Timeout | undefined
}

export class MakerQueue {
  readonly #start: () => Worker
  readonly #clock: Clock
  readonly #turns = new Turns<Asked>(bounds, refuse)
  readonly #workers = new Set<Working>()
  #closed = false

  /** @param parts.start starts a thread that takes one job per message. */
  constructor(parts: { start: () => Worker; clock: Clock }) {
    this.#start = parts.start
    this.#clock = parts.clock
  }

  /** Number of waiting jobs. */
  get length(): number {
    return this.#turns.waiting
  }

  enter(port: ReplyPort, jobs: ToJobs<MakerJob>): void {
    for (const one of jobs) {
      const asked = { port, one }
      if (!this.#turns.enter(asked, one.turn, this.#clock.monotonic())) refuse(asked)
    }
    this.#next()
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#workers].map(({ worker }) => worker.terminate()))
  }

  #next(): void {
    if (this.#closed) return
    const now = this.#clock.monotonic()
    for (let taken = this.#turns.take(now); taken !== undefined; taken = this.#turns.take(now))
      this.#do(taken, now)
  }

  #do(taken: Taken<Asked>, began: number): void {
    const working = [...this.#workers].find(({ current }) => current === undefined) ?? this.#begin()
    clearTimeout(working.idle)
    working.current = { taken, began }
    working.jobs++
    const { one } = taken.work
    working.worker.postMessage(
      [one] satisfies ToJobs<MakerJob>,
      one.job.kind === 'vet' ? [one.job.wrapped.temporaryKey.buffer as ArrayBuffer] : [],
    )
  }

  /** The job of the thread has ended, successfully or not. */
  #ended(working: Working): Asked | undefined {
    const { current } = working
    working.current = undefined
    if (current === undefined) return undefined
    this.#turns.end(current.taken, this.#clock.monotonic() - current.began)
    return current.taken.work
  }

  #begin(): Working {
    const worker = this.#start()
    const working: Working = { worker, jobs: 0, current: undefined, idle: undefined }
    this.#workers.add(working)
    worker.on('message', ([reply]: FromJobs<{ pkcs8?: Uint8Array<ArrayBuffer> } | undefined>) => {
      const asked = this.#ended(working)
      if (reply === undefined || asked === undefined) return
      const secret = 'answer' in reply ? reply.answer?.pkcs8?.buffer : undefined
      asked.port.postMessage([{ ...reply, id: asked.one.id }], secret === undefined ? [] : [secret])
      if (working.jobs >= jobsPerWorker) this.#end(working)
      else working.idle = setTimeout(() => this.#end(working), idleMs)
      this.#next()
    })
    worker.on('exit', () => {
      this.#workers.delete(working)
      const asked = this.#ended(working)
      if (asked !== undefined) refuse(asked)
      this.#next()
    })
    return working
  }

  #end(working: Working): void {
    clearTimeout(working.idle)
    this.#workers.delete(working)
    void working.worker.terminate()
  }
}

/** Wrapped material is wiped when its job is refused, unless it was transferred to a thread. */
function refuse({ port, one }: Asked): void {
  if (one.job.kind === 'vet' && one.job.wrapped.temporaryKey.length > 0)
    wipe(one.job.wrapped.temporaryKey)
  port.postMessage([refusedAsBusy(one.id)] satisfies FromJobs<never>)
}
