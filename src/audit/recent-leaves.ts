/**
 * What a node recorded last, in memory: the thread that follows the logs takes it from here instead
 * of reading it back from the store. It is a copy that may lack anything: what does not fit into
 * the budget is forgotten, and then read from the store by its place.
 */
import type { LeafGroup } from '../ports/store.ts'
import { packedAsIs } from './leaf-groups.ts'

/** Consecutive records of a log, committed in one epoch; not compressed. */
export type RecentGroup = LeafGroup & {
  /** In a buffer of its own, to be handed to another thread. */
  readonly leaves: Uint8Array<ArrayBuffer>
  /** Number in the head that was committed with the last of them, null before the first epoch. */
  readonly epoch: number | null
}

type Run = {
  readonly epoch: number | null
  readonly firstIndex: number
  count: number
  /** Of one transaction each, as they are packed. */
  readonly bodies: Uint8Array[]
}

/** Two seconds of a node that records twenty thousand times a second. */
const budgetBytes = 16 * 1024 * 1024
/** What an array of bytes takes besides them. */
const bytesOfOne = 200

export class RecentLeaves {
  readonly #budgetBytes: number
  readonly #runs = new Map<string, Run>()
  #bytes = 0

  /** @param atMost bytes that are kept, until they are taken. */
  constructor(atMost = budgetBytes) {
    this.#budgetBytes = atMost
  }

  /**
   * Keeps what one transaction recorded, once it is committed.
   * @param body the leaves, each after its length; kept, not copied.
   */
  add(
    log: string,
    epoch: number | null,
    { firstIndex, count, body }: { firstIndex: number; count: number; body: Uint8Array },
  ): void {
    // Nobody takes them in time: memory is not taken without limit.
    if (this.#bytes + body.length + bytesOfOne > this.#budgetBytes) this.#forget()
    if (body.length + bytesOfOne > this.#budgetBytes) return
    const known = this.#runs.get(log)
    const continues =
      known !== undefined && known.epoch === epoch && known.firstIndex + known.count === firstIndex
    const run = continues ? known : { epoch, firstIndex, count: 0, bodies: [] }
    run.count += count
    run.bodies.push(body)
    this.#runs.set(log, run)
    this.#bytes += body.length + bytesOfOne
  }

  /** Hands over what is kept, at most one group of each log, and forgets it. */
  take(): RecentGroup[] {
    const taken = [...this.#runs].map(([log, { epoch, firstIndex, count, bodies }]) => ({
      ...packedAsIs(log, firstIndex, count, bodies),
      epoch,
    }))
    this.#forget()
    return taken
  }

  #forget(): void {
    this.#runs.clear()
    this.#bytes = 0
  }
}
