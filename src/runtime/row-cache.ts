/** A bounded cache over one loader: one load per ID at a time, and missing rows are not cached. */
import { LRUCache } from 'lru-cache'
import type { Source } from '../ports/source.ts'

export type RowCacheParts<V> = {
  readonly entries: number
  readonly load: (id: string) => Promise<V | undefined>
  readonly revision: (value: V) => number
  /** Whether a value may be kept; all are by default. */
  readonly keeps?: (value: V) => boolean
  /** Called once for each value that is evicted, or loaded and not kept: wipes what it holds. */
  readonly dispose?: (value: V) => void
}

export class RowCache<V extends object> implements Source<V> {
  readonly #load: (id: string) => Promise<V | undefined>
  readonly #revision: (value: V) => number
  readonly #keeps: (value: V) => boolean
  readonly #dispose: (value: V) => void
  readonly #rows: LRUCache<string, V>
  readonly #loading = new Map<string, Promise<V | undefined>>()

  constructor({
    entries,
    load,
    revision,
    keeps = () => true,
    dispose = () => undefined,
  }: RowCacheParts<V>) {
    this.#load = load
    this.#revision = revision
    this.#keeps = keeps
    this.#dispose = dispose
    this.#rows = new LRUCache({ max: entries, dispose: (value) => dispose(value) })
  }

  peek(id: string): V | undefined {
    return this.#rows.get(id)
  }

  load(id: string): Promise<V | undefined> {
    const known = this.#rows.get(id)
    if (known !== undefined) return Promise.resolve(known)
    const running = this.#loading.get(id)
    if (running !== undefined) return running
    const shared: Promise<V | undefined> = this.#load(id).then(
      (value) => {
        const counts = this.#ended(id, shared)
        if (value === undefined) return undefined
        if (counts && this.#keeps(value)) this.#rows.set(id, value)
        else this.#dispose(value)
        return value
      },
      (error: unknown) => {
        this.#ended(id, shared)
        throw error
      },
    )
    this.#loading.set(id, shared)
    return shared
  }

  drop(id: string): void {
    this.#rows.delete(id)
    // A load that began before this call may have read the old row: later callers start another.
    this.#loading.delete(id)
  }

  /** Drops an entry that is older than `revision`; 0 means the row is gone. */
  invalidate(id: string, revision: number): void {
    this.#loading.delete(id)
    const known = this.#rows.peek(id)
    if (known !== undefined && (revision === 0 || this.#revision(known) < revision))
      this.#rows.delete(id)
  }

  clear(): void {
    this.#rows.clear()
    this.#loading.clear()
  }

  /** @returns whether this load was still the current one: nothing was dropped since it began. */
  #ended(id: string, load: Promise<V | undefined>): boolean {
    return this.#loading.get(id) === load && this.#loading.delete(id)
  }
}
