/**
 * Receipts of calls that erased. Their deletions are committed; the receipts are sent once the data
 * is overwritten in every file. Until then nothing else is delayed: each try is short, and tries
 * become rarer while an outside reader is in the way.
 */
import type { MessagePort } from 'node:worker_threads'
import type { FromWriter } from './messages.ts'

/** Pauses between tries: our own readers end within milliseconds, those of others at any time. */
const pausesMs = { first: 20, longest: 1000 }

export type ErasuresParts = {
  /**
   * One try.
   * @returns whether nothing deleted before it can be read from any file any longer.
   */
  readonly erase: () => Promise<boolean>
  /** Called when a try is due again. */
  readonly onDue: () => void
  /** Called when an erasure begins, and when none is waiting any longer. */
  readonly onWaiting?: (waits: boolean) => void
}

export class Erasures {
  readonly #parts: ErasuresParts
  #owed: { readonly port: MessagePort; readonly count: number }[] = []
  #waits = false
  #pauseMs = pausesMs.first
  #due = false
  #timer: NodeJS.Timeout | undefined

  constructor(parts: ErasuresParts) {
    this.#parts = parts
  }

  get due(): boolean {
    return this.#due
  }

  /**
   * Called after rows were deleted and committed.
   * @param count receipts owed for them to the thread behind `port`, oldest first.
   */
  begin(port: MessagePort | undefined, count: number): void {
    if (port !== undefined && count > 0) this.#owed.push({ port, count })
    if (!this.#waits) {
      this.#waits = true
      this.#pauseMs = pausesMs.first
      this.#parts.onWaiting?.(true)
    }
    this.#due = true
  }

  /** One try for all erasures begun so far; it must not run within a transaction. */
  async try(): Promise<void> {
    clearTimeout(this.#timer)
    this.#due = false
    const { erase, onDue, onWaiting } = this.#parts
    if (!(await erase())) {
      this.#timer = setTimeout(() => {
        this.#due = true
        onDue()
      }, this.#pauseMs)
      this.#pauseMs = Math.min(2 * this.#pauseMs, pausesMs.longest)
      return
    }
    this.#waits = false
    onWaiting?.(false)
    for (const { port, count } of this.#owed.splice(0))
      port.postMessage({ kind: 'erased', count } satisfies FromWriter)
  }

  /**
   * Ends the tries. Receipts that are still owed are never sent: the next start erases before it
   * does anything else.
   */
  close(): void {
    clearTimeout(this.#timer)
    this.#due = false
  }
}
