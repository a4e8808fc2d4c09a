/** A value outside of React that components can watch. */
import { useSyncExternalStore } from 'react'

export class Store<T> {
  #value: T
  readonly #watchers = new Set<() => void>()

  constructor(initial: T) {
    this.#value = initial
  }

  get(): T {
    return this.#value
  }

  set(next: T): void {
    if (Object.is(next, this.#value)) return
    this.#value = next
    for (const watcher of this.#watchers) watcher()
  }

  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  readonly #read = (): T => this.#value

  /** The value, in a component that is rendered again whenever it changes. */
  use(): T {
    // biome-ignore lint/correctness/useHookAtTopLevel: it is a hook itself, on the store that it reads.
    return useSyncExternalStore(this.watch, this.#read)
  }
}
