/**
 * Records of calls that name no principal. Up to a rate per source each has a record of its own; what comes beyond waits and
 * shares one counted record a second, so that nobody without credentials can fill the disk or hold up others.
 */
import { LRUCache } from 'lru-cache'
import type { Clock } from '../ports/clock.ts'
import { type AuditEntry, entryOf, type Journal, type Receipt } from '../ports/journal.ts'

export type AnonymousCall = Pick<AuditEntry, 'requestId' | 'dialect' | 'operation' | 'source' | 'outcome'>

const singlesPerSecond = 10
const singlesPerSecondInAll = 200
const sourcesKept = 10_000
const summaryMs = 1_000
/** Stands in a summary for what its calls do not share. */
const several = 'several'

type Bucket = { tokens: number; filledAt: number }

export class AnonymousCalls {
  readonly #journal: Journal
  readonly #clock: Clock
  readonly #requestId: () => string
  readonly #sources = new LRUCache<string, Bucket>({ max: sourcesKept })
  readonly #all: Bucket
  #waiting: { readonly call: AnonymousCall; readonly done: (receipt: Receipt) => void }[] = []

  constructor(parts: { journal: Journal; clock: Clock; requestId: () => string }) {
    this.#journal = parts.journal
    this.#clock = parts.clock
    this.#requestId = parts.requestId
    this.#all = { tokens: singlesPerSecondInAll, filledAt: this.#clock.monotonic() }
  }

  record(call: AnonymousCall, done: (receipt: Receipt) => void): void {
    const source = this.#sources.get(call.source) ?? { tokens: singlesPerSecond, filledAt: this.#clock.monotonic() }
    this.#sources.set(call.source, source)
    if (this.#take(source, singlesPerSecond) && this.#take(this.#all, singlesPerSecondInAll)) return this.#submit(call, 1, done)
    this.#waiting.push({ call, done })
    if (this.#waiting.length === 1) setTimeout(() => this.#summarise(), summaryMs)
  }

  #summarise(): void {
    const waiting = this.#waiting
    this.#waiting = []
    const all = (field: 'dialect' | 'operation' | 'source' | 'outcome'): string => {
      const values = new Set(waiting.map(({ call }) => call[field]))
      return values.size === 1 ? ([...values][0] as string) : several
    }
    const call = {
      requestId: this.#requestId(),
      dialect: all('dialect'),
      operation: all('operation'),
      source: all('source'),
      outcome: all('outcome'),
    }
    this.#submit(call, waiting.length, (receipt) => {
      for (const { done } of waiting) done(receipt)
    })
  }

  #submit(call: AnonymousCall, count: number, done: (receipt: Receipt) => void): void {
    const entry = entryOf({ ...call, count })
    this.#journal.submit({ entry, guards: [], notAfter: null, writes: [], erases: false }, done)
  }

  #take(bucket: Bucket, perSecond: number): boolean {
    const now = this.#clock.monotonic()
    bucket.tokens = Math.min(perSecond, bucket.tokens + ((now - bucket.filledAt) / 1000) * perSecond)
    bucket.filledAt = now
    if (bucket.tokens < 1) return false
    bucket.tokens--
    return true
  }
}
