/**
 * Records of calls that name no principal. Nobody without credentials can fill the disk: what such
 * calls add to the log per day is bounded. The first calls of a block of addresses get a record
 * each, before they are answered; those beyond are answered at once and counted, with one record a
 * minute for each of the blocks with most of them and one for all others. A crash loses at most the
 * counts of one minute.
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

/** The fields of a call that go into its record. */
type CallFields = Pick<AuditEntry, 'dialect' | 'operation' | 'source' | 'outcome' | 'project'>
export type AnonymousCall = Omit<CallFields, 'project'> & {
  readonly requestId: string
  /**
   * The project that the call is about if one is known, such as that of the user whose password was
   * wrong.
   */
  readonly project?: string | null
  /** Block of addresses that contains the source. */
  readonly block: string
}

export type AnonymousSettings = {
  /** How many bytes the calls of this thread may add to the log per day. */
  readonly bytesPerDay: number
}

/**
 * The size of a record without a principal in the database, with its indexes: an estimate. A test
 * bounds the size of the leaf.
 */
export const recordBytes = 512
const dayMs = 86_400_000
const minuteMs = 60_000
/** Records that a block of addresses may write at once; it regains one a minute. */
const singlesOfBlock = 60
/** Records that all blocks together may write at once, unless the daily budget is smaller. */
const singlesAtOnce = 1_000
const blocksKept = 10_000
/**
 * Maximum number of kinds of calls that are counted separately, by block, operation, outcome and
 * project; the others are counted together.
 */
const kindsKept = 1_000

type Bucket = { tokens: number; filledAt: number }
type Counted = CallFields & { count: number }

export class AnonymousCalls {
  readonly #journal: Journal
  readonly #clock: Clock
  readonly #requestId: () => string
  readonly #blocks = new LRUCache<string, Bucket>({ max: blocksKept })
  /** Records per millisecond: half of the daily budget for single ones, half for counts. */
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
   * @param done is called before this returns for a call that is counted, otherwise once its record
   * is durable.
   */
  record(call: AnonymousCall, done: (receipt: Receipt) => void): void {
    const { requestId, block, project = null, ...rest } = call
    const fields = { ...rest, project }
    if (this.#isSingle(block)) return this.#submit(fields, requestId, 1, done)
    this.#count(fields, block)
    done('recorded')
  }

  /** Records what was counted so far; a stopping server does not wait for the minute to end. */
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

  #count(fields: CallFields, block: string, by = 1): void {
    const kind = `${block} ${fields.dialect} ${fields.operation} ${fields.outcome} ${fields.project}`
    const known = this.#kinds.get(kind)
    if (known !== undefined) this.#kinds.set(kind, merged(known, fields, by, block))
    else if (this.#kinds.size < kindsKept) this.#kinds.set(kind, { ...fields, count: by })
    else this.#countOther(fields, by)
    this.#timer ??= setTimeout(() => this.#onMinute(), minuteMs)
  }

  #countOther(fields: CallFields, by: number): void {
    this.#others =
      this.#others === undefined
        ? { ...fields, count: by }
        : merged(this.#others, fields, by, several)
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
   * The kinds with most calls get a record each, all others share one.
   * @returns how many records it wrote.
   */
  #write(records: number): number {
    const sorted = [...this.#kinds].toSorted(([, a], [, b]) => b.count - a.count)
    this.#kinds.clear()
    const fit = this.#others === undefined && sorted.length <= records
    const own = fit ? sorted : sorted.slice(0, records - 1)
    for (const [, { count, ...fields }] of sorted.slice(own.length)) this.#countOther(fields, count)
    for (const [kind, { count, ...fields }] of own)
      this.#submitCount(fields, count, kind.split(' ', 1)[0] ?? several)
    const rest = this.#others
    this.#others = undefined
    if (rest === undefined) return own.length
    const { count, ...fields } = rest
    this.#submitCount(fields, count, several)
    return own.length + 1
  }

  /** A count that could not be written is written with those of the next minute. */
  #submitCount(fields: CallFields, count: number, block: string): void {
    this.#submit(fields, this.#requestId(), count, (receipt) => {
      if (receipt !== 'recorded') this.#count(fields, block, count)
    })
  }

  #submit(
    fields: CallFields,
    requestId: string,
    count: number,
    done: (receipt: Receipt) => void,
  ): void {
    const entry = entryOf({ ...fields, requestId, count })
    this.#journal.submit(ownSubmission({ entry }), done)
  }
}

/**
 * Merges two kinds: fields in which they differ become `several`; two addresses of a block become
 * the block.
 */
function merged(a: Counted, b: CallFields, by: number, block: string): Counted {
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
