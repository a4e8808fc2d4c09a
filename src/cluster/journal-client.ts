/** A request thread's way to the writer: what waits goes as one group whenever the writer is idle; nothing lingers for company. */
import type { MessagePort } from 'node:worker_threads'
import type { RowReference } from '../domain/rows.ts'
import type { Clock } from '../ports/clock.ts'
import type { Journal, Receipt, Submission } from '../ports/journal.ts'
import { type FromWriter, pack } from './messages.ts'

type Waiting = { readonly submission: Submission; readonly done: (receipt: Receipt) => void }

export class JournalClient implements Journal {
  readonly #port: MessagePort
  readonly #clock: Clock
  readonly #onChanged: (changed: readonly RowReference[]) => void
  #queue: Waiting[] = []
  #underWay: Waiting[] = []
  #scheduled = false
  #timeFloor: number
  #whenIdle: (() => void)[] = []
  #available = true

  /** @param parts.onChanged told of every row that changed, before the call that changed it is acknowledged. */
  constructor(parts: {
    port: MessagePort
    clock: Clock
    timeFloor: number
    onChanged: (changed: readonly RowReference[]) => void
  }) {
    this.#port = parts.port
    this.#clock = parts.clock
    this.#timeFloor = parts.timeFloor
    this.#onChanged = parts.onChanged
    this.#port.on('message', (message: FromWriter) => this.#receive(message))
  }

  submit(submission: Submission, done: (receipt: Receipt) => void): void {
    this.#queue.push({ submission, done })
    if (this.#scheduled || this.#underWay.length > 0) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#send()
    })
  }

  now(): number {
    return Math.max(this.#clock.now(), this.#timeFloor)
  }

  /** False from the first call that could not be recorded to the next one that could. */
  get available(): boolean {
    return this.#available
  }

  /** Resolves once everything submitted so far has its receipt. */
  idle(): Promise<void> {
    if (this.#queue.length === 0 && this.#underWay.length === 0) return Promise.resolve()
    return new Promise((resolve) => this.#whenIdle.push(resolve))
  }

  close(): void {
    this.#port.close()
  }

  #send(): void {
    if (this.#underWay.length > 0 || this.#queue.length === 0) return
    this.#underWay = this.#queue
    this.#queue = []
    this.#port.postMessage(pack(this.#underWay.map(({ submission }) => submission)))
  }

  #receive(message: FromWriter): void {
    this.#timeFloor = Math.max(this.#timeFloor, message.timeFloor)
    if (message.changed.length > 0) this.#onChanged(message.changed)
    if (message.kind === 'changed') return
    const group = this.#underWay
    this.#underWay = []
    const exceptions = new Map(message.exceptions)
    this.#available = !message.exceptions.some(([, receipt]) => receipt === 'unavailable')
    // The next group leaves first: the writer works while this thread answers.
    this.#send()
    for (const [i, { done }] of group.entries()) done(exceptions.get(i) ?? 'recorded')
    if (this.#queue.length === 0 && this.#underWay.length === 0) {
      for (const resolve of this.#whenIdle.splice(0)) resolve()
    }
  }
}
