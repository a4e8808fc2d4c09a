/** How many keys a project has, as often as its quota needs to know: counting reads all of them. */
import { LRUCache } from 'lru-cache'
import { countServes, type KeyCount } from '../domain/key-quota.ts'

export type KeyCountsParts = {
  /** Keys that a project may hold. */
  readonly quota: number
  /** Counts the keys of a project as they are now. */
  readonly count: (projectId: string) => Promise<number>
}

const projectsKept = 10_000

export class KeyCounts {
  readonly #quota: number
  readonly #count: (projectId: string) => Promise<number>
  readonly #kept = new LRUCache<string, KeyCount>({ max: projectsKept })

  constructor({ quota, count }: KeyCountsParts) {
    this.#quota = quota
    this.#count = count
  }

  /** @returns keys of the project: counted just now, or lately where that serves as well. @param now in milliseconds. */
  async of(projectId: string, now: number): Promise<number> {
    const kept = this.#kept.get(projectId)
    if (kept !== undefined && countServes(kept, this.#quota, now)) return kept.keys
    const keys = await this.#count(projectId)
    this.#kept.set(projectId, { keys, at: now })
    return keys
  }
}
