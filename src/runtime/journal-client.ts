/**
 * A request thread's client of the writer: waiting submissions are sent as one group whenever the
 * writer takes another one; they never wait to fill a group. If more are waiting than fit into one,
 * projects take turns. The writer merges one group of each thread, so threads share it equally,
 * too.
 */
import type { MessagePort } from 'node:worker_threads'
import type { KmsErrorCode } from '../domain/errors.ts'
import type { RowChange } from '../domain/rows.ts'
import { type Turn, Turns } from '../domain/turns.ts'
import type { Clock, ClockState } from '../ports/clock.ts'
import type { Journal, Receipt, Submission } from '../ports/journal.ts'
import { type FromWriter, pack } from './messages.ts'

/** Most records and rows in one group: a few milliseconds of the writer. */
export const groupLimit = 256

/** No caller waits longer for the log. */
const patienceMs = 10_000
/** The same after a read had waited for the store: that call is refused with 503 either way. */
const shortPatienceMs = 2000
/** How often it is looked for those who waited that long. */
const lookEveryMs = 500

/** None is turned away here: the number of connections limits how many can wait. */
const unbounded = {
  waiting: Number.POSITIVE_INFINITY,
  ofPrincipal: Number.POSITIVE_INFINITY,
  atOnce: Number.POSITIVE_INFINITY,
  patienceMs: Number.POSITIVE_INFINITY,
}

type Waiting = {
  readonly submission: Submission
  /** Called once; undefined from then on. */
  done: ((receipt: Receipt) => void) | undefined
  /** Monotonic instant from which on it is not waited for any longer. */
  readonly until: number
}

export class JournalClient implements Journal {
  readonly #port: MessagePort
  readonly #clock: Clock
  readonly #onChanged: (changed: readonly RowChange[]) => void
  readonly #onForget: () => void
  #queue: Waiting[] = []
  /** Records and rows of `#queue`. */
  #queued = 0
  /** What did not fit into earlier groups. */
  readonly #turns = new Turns<Waiting>(unbounded, () => {})
  /** Groups that were sent, by number. */
  readonly #underWay = new Map<number, readonly Waiting[]>()
  #lastGroup = 0
  #lanes = 1
  /** Durable, but the data they deleted is not overwritten yet; the oldest first. */
  #erasing: Waiting[] = []
  #scheduled = false
  #timeFloor: number
  /** How far the clock that decides is ahead of this node's wall clock. */
  #aheadMs = 0
  #whenIdle: (() => void)[] = []
  /** Looks for callers who waited too long, while anybody waits. */
  #looking: NodeJS.Timeout | undefined
  #available = true
  readonly #timed = Promise.withResolvers<void>()
  #clockState: ClockState = { kind: 'right' }

  /**
   * @param parts.onChanged called for every row that changed, before the call that changed it is
   * acknowledged.
   * @param parts.onForget called when nothing that was read before holds any longer.
   */
  constructor(parts: {
    port: MessagePort
    clock: Clock
    timeFloor: number
    onChanged: (changed: readonly RowChange[]) => void
    onForget?: () => void
  }) {
    this.#port = parts.port
    this.#clock = parts.clock
    this.#timeFloor = parts.timeFloor
    this.#onChanged = parts.onChanged
    this.#onForget = parts.onForget ?? (() => {})
    this.#port.on('message', (message: FromWriter) => this.#receive(message))
  }

  submit(submission: Submission, done: (receipt: Receipt) => void): void {
    this.#queue.push({ submission, done, until: this.#clock.monotonic() + patienceOf(submission) })
    this.#queued += weightOf(submission)
    this.#looking ??= setTimeout(() => this.#look(), lookEveryMs)
    if (this.#scheduled || this.#underWay.size >= this.#lanes) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#send()
    })
  }

  decidingNow(): number {
    return Math.max(this.#wallNow(), this.#timeFloor)
  }

  agreedNow(): number {
    return Math.min(this.#wallNow(), this.#timeFloor)
  }

  #wallNow(): number {
    return this.#clock.wallNow() + this.#aheadMs
  }

  /** The floor that the writer last reported. */
  get timeFloor(): number {
    return this.#timeFloor
  }

  /** Resolves once the writer has reported the time for the first time. */
  timed(): Promise<void> {
    return this.#timed.promise
  }

  /** The state of the wall clock that the writer last reported. */
  get clockState(): ClockState {
    return this.#clockState
  }

  /** False from the first call that could not be recorded to the next one that could. */
  get available(): boolean {
    return this.#available
  }

  /**
   * Resolves once everything submitted so far is durable or refused. Receipts of erasures may still
   * be owed then.
   */
  idle(): Promise<void> {
    if (this.#isIdle) return Promise.resolve()
    return new Promise((resolve) => this.#whenIdle.push(resolve))
  }

  close(): void {
    clearTimeout(this.#looking)
    this.#port.close()
  }

  /**
   * Answers those who waited too long. Nothing happened to what was not sent to the writer yet; it
   * is not sent any longer. What happens to the rest is not known.
   */
  #look(): void {
    const now = this.#clock.monotonic()
    const isOverdue = ({ until }: Waiting): boolean => until <= now
    const overdue = this.#queue.filter(isOverdue)
    if (overdue.length > 0) {
      this.#queue = this.#queue.filter((waiting) => !isOverdue(waiting))
      this.#queued = this.#queue.reduce((sum, { submission }) => sum + weightOf(submission), 0)
    }
    overdue.push(...this.#turns.leave(isOverdue))
    if (overdue.length > 0) this.#available = false
    for (const waiting of overdue) answer(waiting, 'unavailable')
    for (const waiting of [...this.#underWay.values()].flat().filter(isOverdue)) {
      this.#available = false
      answer(waiting, 'unknown')
    }
    this.#looking = this.#isIdle ? undefined : setTimeout(() => this.#look(), lookEveryMs)
    this.#sayIdle()
  }

  #sayIdle(): void {
    if (!this.#isIdle) return
    for (const resolve of this.#whenIdle.splice(0)) resolve()
  }

  #send(): void {
    while (this.#underWay.size < this.#lanes) {
      const group = this.#nextGroup()
      if (group.length === 0) return
      const number = ++this.#lastGroup
      this.#underWay.set(number, group)
      const submissions = group.map(({ submission }) => submission)
      this.#port.postMessage(pack(number, submissions))
    }
  }

  get #isIdle(): boolean {
    return this.#queue.length === 0 && this.#turns.waiting === 0 && this.#underWay.size === 0
  }

  /** Everything that is waiting, if it fits. */
  #nextGroup(): Waiting[] {
    const queue = this.#queue
    const fits = this.#queued <= groupLimit && this.#turns.waiting === 0
    this.#queue = []
    this.#queued = 0
    return fits ? queue : this.#inTurn(queue)
  }

  #inTurn(queue: readonly Waiting[]): Waiting[] {
    for (const waiting of queue) this.#turns.enter(waiting, turnOf(waiting.submission), 0)
    const group: Waiting[] = []
    for (let weight = 0; weight < groupLimit; ) {
      const next = this.#turns.take(0)
      if (next === undefined) break
      const own = weightOf(next.work.submission)
      this.#turns.end(next, own)
      group.push(next.work)
      weight += own
    }
    return group
  }

  #receive(message: FromWriter): void {
    if (message.kind === 'erased') {
      for (const waiting of this.#erasing.splice(0, message.count)) answer(waiting, 'recorded')
      return
    }
    if (message.kind === 'forget') {
      this.#onForget()
      return
    }
    this.#timeFloor = message.timeFloor
    if (message.kind === 'time') {
      this.#clockState = message.clock
      this.#aheadMs = message.aheadMs
      this.#timed.resolve()
      return
    }
    if (message.changed.length > 0) this.#onChanged(message.changed)
    if (message.kind === 'changed') return
    const group = this.#underWay.get(message.number) ?? []
    this.#underWay.delete(message.number)
    this.#lanes = message.lanes
    const exceptions = new Map(message.exceptions)
    const isRefused = message.exceptions.some(([, receipt]) => receipt === 'unavailable')
    this.#available = message.isWritten || (this.#available && !isRefused)
    // The next group is sent first, so that the writer works while this thread answers.
    this.#send()
    for (const [i, waiting] of group.entries()) {
      const receipt = exceptions.get(i) ?? 'recorded'
      if (receipt === 'erasing') this.#erasing.push(waiting)
      else answer(waiting, receipt)
    }
    this.#sayIdle()
  }
}

function answer(waiting: Waiting, receipt: Receipt): void {
  const { done } = waiting
  waiting.done = undefined
  done?.(receipt)
}

function patienceOf({ entry }: Submission): number {
  return entry?.outcome === ('audit-unavailable' satisfies KmsErrorCode)
    ? shortPatienceMs
    : patienceMs
}

function weightOf({ writes }: Submission): number {
  return 1 + writes.length
}

/** Strangers share one party, and so does the service itself. */
function turnOf({ entry, party }: Submission): Turn {
  return {
    party: party ?? (entry === null ? 'service' : 'strangers'),
    principal: entry?.principal ?? '',
  }
}
