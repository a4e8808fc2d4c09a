/**
 * Feeds the writers from the ports of all request threads: everything that arrives while they are
 * busy forms the next group. Where the store is far away, several groups are under way at once,
 * each on a lane: a writer with a connection and a log of its own.
 */
import type { MessagePort } from 'node:worker_threads'
import { serviceDialect } from '../domain/operations.ts'
import type { Receipt, Submission } from '../ports/journal.ts'
import { Erasures, type ErasuresParts } from './erasures.ts'
import { type FromWriter, type ToWriter, unpack } from './messages.ts'
import type { GroupResult, Writer } from './writer.ts'

/** A group that was written or refused. */
export type WrittenGroup = {
  readonly records: number
  readonly ms: number
  readonly outcome: GroupResult['outcome']
}

type Part = {
  readonly port: MessagePort
  readonly number: number
  readonly submissions: readonly Submission[]
}

type Lane = { readonly writer: Writer; isBusy: boolean }

/**
 * A store nearby answers sooner: one lane is best then, since each group holds more. There is one
 * more lane for each such time that a group takes at least.
 */
const oneLaneMs = 8
/** The least time grows by this with each group that takes longer: a link may become slower. */
const forgetting = 1.02

export class WriterLoop {
  readonly #lanes: readonly Lane[]
  readonly #ports: readonly MessagePort[]
  readonly #onFatal: (error: unknown) => void
  readonly #onGroup: (group: WrittenGroup) => void
  readonly #erasures: Erasures
  #inbox: Part[] = []
  #hasFailed = false
  #whenIdle: (() => void)[] = []
  /** Tasks that wait for the group in progress. */
  #between: (() => Promise<void>)[] = []
  /** The least time that recent groups took: that of the store and the link alone. */
  #leastMs = oneLaneMs

  /**
   * @param parts.writers one for each lane; the first one does what must not overlap.
   * @param parts.onFatal called when a group's outcome is unknown: the process must end, and
   * nothing more is answered.
   * @param parts.onGroup called for every group, after it.
   * @param parts.erasure how deleted data is overwritten, and what is called when an erasure waits.
   */
  constructor(parts: {
    writers: readonly Writer[]
    ports: readonly MessagePort[]
    onFatal: (error: unknown) => void
    onGroup: (group: WrittenGroup) => void
    erasure: Omit<ErasuresParts, 'onDue'>
  }) {
    this.#lanes = parts.writers.map((writer) => ({ writer, isBusy: false }))
    this.#ports = parts.ports
    this.#onFatal = parts.onFatal
    this.#onGroup = parts.onGroup
    this.#erasures = new Erasures({ ...parts.erasure, onDue: () => this.#go() })
    for (const port of this.#ports) {
      port.on('message', (message: ToWriter) => {
        this.#inbox.push({ port, number: message.number, submissions: unpack(message) })
        this.#go()
      })
    }
  }

  /** Submissions that have arrived and wait for the group in progress. */
  get waiting(): number {
    return this.#inbox.reduce((sum, { submissions }) => sum + submissions.length, 0)
  }

  /** Erases what an earlier server deleted and could not erase before it stopped. */
  eraseLeftover(): void {
    this.#erasures.begin(undefined, 0)
    this.#go()
  }

  /** Runs something that needs the store for itself, between two groups of the first lane. */
  between(task: () => Promise<void>): void {
    this.#between.push(task)
    this.#go()
  }

  close(): void {
    this.#erasures.close()
  }

  /**
   * Resolves once everything received so far is written. Deleted data may still wait to be
   * overwritten.
   */
  idle(): Promise<void> {
    if (this.#isIdle) return Promise.resolve()
    return new Promise((resolve) => this.#whenIdle.push(resolve))
  }

  get #isIdle(): boolean {
    return this.#inbox.length === 0 && this.#lanes.every(({ isBusy }) => !isBusy)
  }

  /** How many groups may be under way at once. */
  get #open(): number {
    return Math.min(this.#lanes.length, Math.ceil(this.#leastMs / oneLaneMs))
  }

  /** Gives work to the lanes that have none. */
  #go(): void {
    if (this.#hasFailed) return
    for (const [i, lane] of this.#lanes.slice(0, this.#open).entries())
      if (!lane.isBusy && (this.#inbox.length > 0 || (i === 0 && this.#hasOther)))
        void this.#work(lane, i === 0)
    if (!this.#isIdle) return
    for (const resolve of this.#whenIdle.splice(0)) resolve()
  }

  get #hasOther(): boolean {
    return this.#erasures.due || this.#between.length > 0
  }

  async #work(lane: Lane, isFirst: boolean): Promise<void> {
    lane.isBusy = true
    try {
      const parts = this.#inbox
      this.#inbox = []
      if (parts.length > 0) await this.#write(lane.writer, parts)
      if (isFirst) {
        if (this.#erasures.due) await this.#erasures.try()
        for (const task of this.#between.splice(0)) await task()
      }
    } catch (error) {
      // After a failure with unknown outcome nothing may be written or answered.
      this.#hasFailed = true
      this.#onFatal(error)
      return
    }
    lane.isBusy = false
    this.#go()
  }

  async #write(writer: Writer, parts: readonly Part[]): Promise<void> {
    const began = performance.now()
    const result = await writer.write(parts.flatMap(({ submissions }) => submissions))
    const ms = performance.now() - began
    if (result.outcome === 'committed') this.#leastMs = Math.min(ms, this.#leastMs * forgetting)
    this.#onGroup({ records: result.receipts.length, ms, outcome: result.outcome })
    this.#tellOthers(parts, result)
    let at = 0
    for (const part of parts) {
      this.#answer(part, result.receipts.slice(at, at + part.submissions.length), result)
      at += part.submissions.length
    }
  }

  /**
   * Every thread is notified of a change before its caller gets the answer; if a thread is late,
   * the second decision catches it.
   */
  #tellOthers(parts: readonly Part[], { changed, timeFloor, forgets }: GroupResult): void {
    if (forgets)
      for (const port of this.#ports) port.postMessage({ kind: 'forget' } satisfies FromWriter)
    if (changed.length === 0) return
    const others = this.#ports.filter((port) => !parts.some((part) => part.port === port))
    for (const port of others)
      port.postMessage({ kind: 'changed', changed, timeFloor } satisfies FromWriter)
  }

  #answer(
    { port, number, submissions }: Part,
    receipts: readonly Receipt[],
    { outcome, changed, timeFloor }: GroupResult,
  ): void {
    const exceptions: [number, Receipt | 'erasing'][] = []
    let erased = 0
    let owed = 0
    for (const [i, { erases, entry }] of submissions.entries()) {
      const receipt = receipts[i]
      if (receipt !== undefined && receipt !== 'recorded') exceptions.push([i, receipt])
      else if (erases) {
        erased++
        // Nobody waits for the result of what the service does by itself, and its other work must
        // not wait.
        if (entry?.dialect === serviceDialect) continue
        owed++
        exceptions.push([i, 'erasing'])
      }
    }
    if (erased > 0) this.#erasures.begin(port, owed)
    const isWritten = outcome === 'committed'
    const told = { kind: 'receipts', number, lanes: this.#open, exceptions, isWritten } as const
    port.postMessage({ ...told, changed, timeFloor } satisfies FromWriter)
  }
}
