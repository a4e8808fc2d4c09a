/**
 * Feeds the writer from the ports of all request threads: everything that arrives while it is busy
 * forms the next group.
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

type Part = { readonly port: MessagePort; readonly submissions: readonly Submission[] }

export class WriterLoop {
  readonly #writer: Writer
  readonly #ports: readonly MessagePort[]
  readonly #onFatal: (error: unknown) => void
  readonly #onGroup: (group: WrittenGroup) => void
  readonly #erasures: Erasures
  #inbox: Part[] = []
  #running = false
  #whenIdle: (() => void)[] = []

  /**
   * @param parts.onFatal called when a group's outcome is unknown: the process must end, and
   * nothing more is answered.
   * @param parts.onGroup called for every group, after it.
   * @param parts.erasure how deleted data is overwritten, and what is called when an erasure waits.
   */
  constructor(parts: {
    writer: Writer
    ports: readonly MessagePort[]
    onFatal: (error: unknown) => void
    onGroup: (group: WrittenGroup) => void
    erasure: Omit<ErasuresParts, 'onDue'>
  }) {
    this.#writer = parts.writer
    this.#ports = parts.ports
    this.#onFatal = parts.onFatal
    this.#onGroup = parts.onGroup
    this.#erasures = new Erasures({ ...parts.erasure, onDue: () => void this.#run() })
    for (const port of this.#ports) {
      port.on('message', (message: ToWriter) => {
        this.#inbox.push({ port, submissions: unpack(message) })
        void this.#run()
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
    void this.#run()
  }

  close(): void {
    this.#erasures.close()
  }

  /**
   * Resolves once everything received so far is written. Deleted data may still wait to be
   * overwritten.
   */
  idle(): Promise<void> {
    if (!this.#running && this.#inbox.length === 0) return Promise.resolve()
    return new Promise((resolve) => this.#whenIdle.push(resolve))
  }

  async #run(): Promise<void> {
    if (this.#running) return
    this.#running = true
    try {
      while (this.#inbox.length > 0 || this.#erasures.due) {
        const parts = this.#inbox
        this.#inbox = []
        if (parts.length > 0) await this.#write(parts)
        if (this.#erasures.due) await this.#erasures.try()
      }
    } catch (error) {
      // #running stays set: after a failure with unknown outcome nothing may be written or
      // answered.
      this.#onFatal(error)
      return
    }
    this.#running = false
    for (const resolve of this.#whenIdle.splice(0)) resolve()
  }

  async #write(parts: readonly Part[]): Promise<void> {
    const began = performance.now()
    const { receipts, changed, timeFloor, outcome } = await this.#writer.write(
      parts.flatMap(({ submissions }) => submissions),
    )
    this.#onGroup({ records: receipts.length, ms: performance.now() - began, outcome })
    if (changed.length > 0) {
      // Every thread is notified of a change before its caller gets the answer; if a thread is
      // late, the second decision catches it.
      const others = this.#ports.filter((port) => !parts.some((part) => part.port === port))
      for (const port of others)
        port.postMessage({ kind: 'changed', changed, timeFloor } satisfies FromWriter)
    }
    let at = 0
    for (const { port, submissions } of parts) {
      const exceptions: [number, Receipt | 'erasing'][] = []
      let erased = 0
      let owed = 0
      for (let i = 0; i < submissions.length; i++, at++) {
        const receipt = receipts[at]
        if (receipt !== undefined && receipt !== 'recorded') exceptions.push([i, receipt])
        else if (submissions[i]?.erases === true) {
          erased++
          // Nobody waits for the result of what the service does by itself, and its other work must
          // not wait.
          if (submissions[i]?.entry?.dialect === serviceDialect) continue
          owed++
          exceptions.push([i, 'erasing'])
        }
      }
      if (erased > 0) this.#erasures.begin(port, owed)
      port.postMessage({
        kind: 'receipts',
        exceptions,
        isWritten: outcome === 'committed',
        changed,
        timeFloor,
      } satisfies FromWriter)
    }
  }
}
