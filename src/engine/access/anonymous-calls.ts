/**
 * Records of calls that name no principal. Nobody without credentials can fill the disk: what such
 * calls add to the log in a day is bounded. The first calls of a block of addresses have a record
 * each, before their answer; those beyond are answered at once and counted: a record a minute for
 * each block with most of them, and one for all others. A crash loses the counts of a minute at
 * most.
 */
import { LRUCache } from 'lru-cache'
import { several } from '../../domain/operations.ts'
import type { Clock } from '../../ports/clock.ts'
import {
  type AuditEntry,
  entryOf,
  type Journal,
  ownSubmission,
  type Receipt,
} from '../../ports/journal.ts'

/** What of a call goes into its record. */
type Told = Pick<AuditEntry, 'dialect' | 'operation' | 'source' | 'outcome' | 'project'>
export type AnonymousCall = Omit<Told, 'project'> & {
  readonly requestId: string
  /**
   * The project that the call is about where one is known, such as that of the user whose password
   * was wrong.
   */
  readonly project?: string | null
  /** Block of addresses that the source is of. */
  readonly block: string
}

export type AnonymousSettings = {
  /** What the calls of this thread may add to the log in a day, in bytes. */
  readonly bytesPerDay: number
}

/**
 * What a record without a principal takes in the database with its indexes: an estimate, of which a
 * test bounds the leaf.
 */
export const recordBytes = 512
const dayMs = 86_400_000
const minuteMs = 60_000
/** A block of addresses has so many records at once, and one more a minute. */
const singlesOfBlock = 60
/** All blocks together have so many at once, unless a day has not as many. */
const singlesAtOnce = 1_000
const blocksKept = 10_000
/**
 * Kinds of calls that are counted apart, by block, operation, outcome and project; the others are
 * counted together.
 */
const kindsKept = 1_000

type Bucket = { tokens: number; filledAt: number }
type Counted = Told & { count: number }

export class AnonymousCalls {
  readonly #journal: Journal
  readonly #clock: Clock
  readonly #requestId: () => string
  readonly #blocks = new LRUCache<string, Bucket>({ max: blocksKept })
  /** Records a millisecond: half of the day's for single ones, half for counts. */
  readonly #rate: number
  readonly #mostAtOnce: number
  readonly #singles: Bucket
  readonly #counts: Bucket
  readonly #kinds = new Map<string, Counted>()
  #others: Counted | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(parts: {
    journal: Journal
    clock: Clock
    requestId: () => string
    settings: AnonymousSettings
  }) {
    this.#journal = parts.journal
    this.#clock = parts.clock
    this.#requestId = parts.requestId
    const perDay = parts.settings.bytesPerDay / recordBytes / 2
    this.#rate = perDay / dayMs
    this.#mostAtOnce = Math.min(singlesAtOnce, perDay)
    const filledAt = this.#clock.monotonic()
    this.#singles = { tokens: this.#mostAtOnce, filledAt }
    this.#counts = { tokens: 1, filledAt }
  }

  /**
   * @param done is called before this returns for a call that is counted, and else once its record
   * is durable.
   */
  record(call: AnonymousCall, done: (receipt: Receipt) => void): void {
    const { requestId, block, project = null, ...rest } = call
    const told = { ...rest, project }
    if (this.#isSingle(block)) return this.#submit(told, requestId, 1, done)
    this.#count(told, block)
    done('recorded')
  }

  /** Writes down what was counted; at a stop nothing is left to wait for. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#write(1)
  }

  #isSingle(block: string): boolean {
    const now = this.#clock.monotonic()
    const bucket = this.#blocks.get(block) ?? { tokens: singlesOfBlock, filledAt: now }
    this.#blocks.set(block, bucket)
    fill(bucket, now, 1 / minuteMs, singlesOfBlock)
    fill(this.#singles, now, this.#rate, this.#mostAtOnce)
    if (bucket.tokens < 1 || this.#singles.tokens < 1) return false
    bucket.tokens--
    this.#singles.tokens--
    return true
  }

  #count(told: Told, block: string, by = 1): void {
    const kind = `${block} ${told.dialect} ${told.operation} ${told.outcome} ${told.project}`
    const known = this.#kinds.get(kind)
    if (known !== undefined) this.#kinds.set(kind, merged(known, told, by, block))
    else if (this.#kinds.size < kindsKept) this.#kinds.set(kind, { ...told, count: by })
    else this.#countOther(told, by)
    this.#timer ??= setTimeout(() => this.#onMinute(), minuteMs)
  }

  #countOther(told: Told, by: number): void {
    this.#others =
      this.#others === undefined ? { ...told, count: by } : merged(this.#others, told, by, several)
  }

  #onMinute(): void {
    this.#timer = undefined
    fill(this.#counts, this.#clock.monotonic(), this.#rate, this.#mostAtOnce)
    const records = Math.min(Math.floor(this.#counts.tokens), Math.ceil(this.#rate * minuteMs))
    if (records >= 1) this.#counts.tokens -= this.#write(records)
    if (this.#kinds.size > 0 || this.#others !== undefined)
      this.#timer ??= setTimeout(() => this.#onMinute(), minuteMs)
  }

  /**
   * Those with most calls have a record of their own, the rest is one.
   * @returns how many it took.
   */
  #write(records: number): number {
    const sorted = [...this.#kinds].toSorted(([, a], [, b]) => b.count - a.count)
    this.#kinds.clear()
    const fit = this.#others === undefined && sorted.length <= records
    const own = fit ? sorted : sorted.slice(0, records - 1)
    for (const [, { count, ...told }] of sorted.slice(own.length)) this.#countOther(told, count)
    for (const [kind, { count, ...told }] of own)
      this.#submitCount(told, count, kind.split(' ', 1)[0] ?? several)
    const rest = this.#others
    this.#others = undefined
    if (rest === undefined) return own.length
    const { count, ...told } = rest
    this.#submitCount(told, count, several)
    return own.length + 1
  }

  /** A count that could not be written is written with those of the next minute. */
  #submitCount(told: Told, count: number, block: string): void {
    this.#submit(told, this.#requestId(), count, (receipt) => {
      if (receipt !== 'recorded') this.#count(told, block, count)
    })
  }

  #submit(told: Told, requestId: string, count: number, done: (receipt: Receipt) => void): void {
    const entry = entryOf({ ...told, requestId, count })
    this.#journal.submit(ownSubmission({ entry }), done)
  }
}

/**
 * Two kinds as one: what they do not share is `several`; two addresses of a block are the block.
 */
function merged(a: Counted, b: Told, by: number, block: string): Counted {
  return {
    dialect: a.dialect === b.dialect ? a.dialect : several,
    operation: a.operation === b.operation ? a.operation : several,
    source: a.source === b.source ? a.source : block,
    outcome: a.outcome === b.outcome ? a.outcome : several,
    project: a.project === b.project ? a.project : null,
    count: a.count + by,
  }
}

function fill(bucket: Bucket, now: number, perMs: number, most: number): void {
  bucket.tokens = Math.min(most, bucket.tokens + (now - bucket.filledAt) * perMs)
  bucket.filledAt = now
}
