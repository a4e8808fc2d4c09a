/**
 * The number of keys of a project, refreshed as often as its quota requires: counting reads all of
 * them.
 */
import { LRUCache } from 'lru-cache'
import { countServes, type KeyCount } from '../domain/keys/key-quota.ts'
import type { Clock } from '../ports/clock.ts'

export type KeyCountsParts = {
  readonly clock: Clock
  /** Maximum number of keys of a project. */
  readonly quota: number
  /** Counts the keys of a project as they are now. */
  readonly count: (projectId: string) => Promise<number>
}

const projectsKept = 10_000

export class KeyCounts {
  readonly #clock: Clock
  readonly #quota: number
  readonly #count: (projectId: string) => Promise<number>
  readonly #kept = new LRUCache<string, KeyCount>({ max: projectsKept })

  constructor({ clock, quota, count }: KeyCountsParts) {
    this.#clock = clock
    this.#quota = quota
    this.#count = count
  }

  /** @returns keys of the project: counted just now, or recently where that is good enough. */
  async of(projectId: string): Promise<number> {
    const now = this.#clock.monotonic()
    const kept = this.#kept.get(projectId)
    if (kept !== undefined && countServes(kept, this.#quota, now)) return kept.keys
    const keys = await this.#count(projectId)
    this.#kept.set(projectId, { keys, at: now })
    return keys
  }
}
