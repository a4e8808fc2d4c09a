/**
 * Records of calls that name no principal. Up to a rate per source each has a record of its own; what comes beyond waits and
 * shares one counted record a second, so that nobody without credentials can fill the disk or hold up others.
 */
import { LRUCache } from 'lru-cache'
import type { Clock } from '../ports/clock.ts'
import type { AuditEntry, Journal, Receipt } from '../ports/journal.ts'

export type AnonymousCall = Pick<AuditEntry, 'requestId' | 'dialect' | 'operation' | 'source' | 'outcome'>

const singlesPerSecond = 10
const singlesPerSecondInAll = 200
const sourcesKept = 10_000
const summaryMs = 1_000

type Bucket = { tokens: number; filledAt: number }

export class AnonymousCalls {
  readonly #journal: Journal
  readonly #clock: Clock
  readonly #requestId: () => string
  readonly #sources = new LRUCache<string, Bucket>({ max: sourcesKept })
  readonly #all: Bucket
  #waiting: { dialect: string; done: (receipt: Receipt) => void }[] = []

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
    this.#waiting.push({ dialect: call.dialect, done })
    if (this.#waiting.length === 1) setTimeout(() => this.#summarise(), summaryMs)
  }

  #summarise(): void {
    const waiting = this.#waiting
    this.#waiting = []
    const dialects = new Set(waiting.map(({ dialect }) => dialect))
    const call = {
      requestId: this.#requestId(),
      dialect: dialects.size === 1 ? ([...dialects][0] ?? '') : 'several',
      operation: 'refused-calls',
      source: 'several',
      outcome: 'credentials-invalid',
    }
    this.#submit(call, waiting.length, (receipt) => {
      for (const { done } of waiting) done(receipt)
    })
  }

  #submit(call: AnonymousCall, count: number, done: (receipt: Receipt) => void): void {
    const nobody = {
      signatureDigest: null,
      project: null,
      principal: null,
      keyId: null,
      keyRevision: null,
      materialVersion: null,
    }
    const entry = { ...call, ...nobody, contextDigest: null, tries: 1, count, detail: null }
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
