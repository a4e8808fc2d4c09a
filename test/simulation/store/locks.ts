/**
 * Locks by name as PostgreSQL grants them: shared or alone, in the order in which they are asked
 * for.
 */

export type Wanted = { readonly name: string; readonly isAlone: boolean }

type Waiting = {
  readonly owner: object
  readonly isAlone: boolean
  readonly granted: () => void
}

type Lock = { readonly holders: Map<object, boolean>; queue: Waiting[] }

export class Locks {
  readonly #grantsAll: boolean
  readonly #locks = new Map<string, Lock>()

  /** @param grantsAll a defect: nobody ever waits. */
  constructor(grantsAll: boolean) {
    this.#grantsAll = grantsAll
  }

  /** Calls `granted` once the owner has all of them: each is waited for after the one before. */
  acquire(owner: object, wanted: readonly Wanted[], granted: () => void): void {
    const [first, ...rest] = wanted
    if (first === undefined || this.#grantsAll) return granted()
    this.#one(owner, first, () => this.acquire(owner, rest, granted))
  }

  /** What the owner holds, and what it waits for, is given up. */
  release(owner: object): void {
    for (const lock of this.#locks.values()) {
      const held = lock.holders.delete(owner)
      const waiting = lock.queue.filter((one) => one.owner !== owner)
      if (!held && waiting.length === lock.queue.length) continue
      lock.queue = waiting
      this.#grant(lock)
    }
  }

  #one(owner: object, { name, isAlone }: Wanted, granted: () => void): void {
    const lock: Lock = this.#locks.get(name) ?? { holders: new Map(), queue: [] }
    this.#locks.set(name, lock)
    const held = lock.holders.get(owner)
    if (held === true || (held === false && !isAlone)) return granted()
    lock.queue.push({ owner, isAlone, granted })
    this.#grant(lock)
  }

  #grant(lock: Lock): void {
    for (;;) {
      const [first] = lock.queue
      if (first === undefined) return
      const others = [...lock.holders].filter(([holder]) => holder !== first.owner)
      if (others.some(([, isAlone]) => isAlone || first.isAlone)) return
      lock.queue.shift()
      lock.holders.set(first.owner, first.isAlone || lock.holders.get(first.owner) === true)
      first.granted()
    }
  }
}
