/**
 * Receipts of calls that erased. What they deleted is committed; their receipts leave once it is
 * overwritten in every file, and until then they hold up nothing else: each try is short, and the
 * tries become rarer while a reader outside is in the way.
 */
import type { MessagePort } from 'node:worker_threads'
import type { FromWriter } from './messages.ts'

/**
 * Pauses between tries: readers of our own end within milliseconds, those of others when they end.
 */
const pausesMs = { first: 20, longest: 1000 }

export type ErasuresParts = {
  /**
   * One try.
   * @returns whether all that was deleted before it can no longer be read from any file.
   */
  readonly erase: () => Promise<boolean>
  /** A try is due again. */
  readonly onDue: () => void
  /** Told when an erasure was begun, and when none waits any more. */
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
   * Rows were deleted and committed.
   * @param count receipts that the thread behind `port` is owed for them, oldest first.
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

  /** One try for all that was begun so far; it may not run within a transaction. */
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
   * Ends the tries. Receipts that are still owed are never given: the next start erases before it
   * does anything else.
   */
  close(): void {
    clearTimeout(this.#timer)
    this.#due = false
  }
}
