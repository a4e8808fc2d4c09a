/** The calls of all callers: how each ends, and whether that agrees with what is recorded. */
import type { Submission } from '../../src/ports/journal.ts'
import type { Entry, Oracle } from './oracle.ts'
import type { Process } from './scheduler.ts'

/** How a call ended; `cut` with the process that would have answered. */
export type Ending = 'done' | 'unavailable' | 'unknown' | 'cut' | `refused: ${string}`

export type CallUnderWay = {
  readonly requestId: string
  readonly operation: string
  /** The key, and the grant if there is one. */
  readonly targets: readonly string[]
  readonly process: Process
  /** Its place among all beginnings and ends. */
  readonly beganAt: number
  ending: Ending | undefined
}

/** The end of something, as a caller saw it. */
type End = {
  readonly endedAt: number
  readonly serial: number
  /** The key or the grant. */
  readonly what: string
}

const ends: ReadonlySet<string> = new Set([
  'disable-key',
  'schedule-key-deletion',
  'delete-imported-key-material',
  'revoke-grant',
])

export class Calls {
  readonly #oracle: Oracle
  readonly #onViolation: (what: string) => void
  readonly all: CallUnderWay[] = []
  readonly #open = new Set<CallUnderWay>()
  readonly #ends: End[] = []
  #order = 0
  readonly counts = new Map<string, number>()

  constructor(oracle: Oracle, onViolation: (what: string) => void) {
    this.#oracle = oracle
    this.#onViolation = onViolation
  }

  get underWay(): number {
    return this.#open.size
  }

  begin(
    known: Pick<CallUnderWay, 'requestId' | 'operation' | 'targets' | 'process'>,
  ): CallUnderWay {
    const call = { ...known, beganAt: ++this.#order, ending: undefined }
    this.all.push(call)
    this.#open.add(call)
    this.#oracle.began(call.requestId)
    return call
  }

  end(call: CallUnderWay, ending: Ending): void {
    if (call.ending !== undefined)
      this.#onViolation(`${call.operation} ended twice: ${call.ending}, ${ending}`)
    call.ending = ending
    this.#open.delete(call)
    const kind = `${call.operation}: ${ending}`
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1)
    const entry = this.#entryOf(call, ending)
    if (entry === undefined) return
    this.#oracle.showed(entry)
    if (ending === 'done') this.#done(call, entry)
  }

  /** Nobody answers the calls of a process that died. */
  cut(process: Process): void {
    for (const call of this.#open) if (call.process === process) this.end(call, 'cut')
  }

  /** What was answered is recorded; of what was not possible there is no record. */
  checkAll(): void {
    for (const call of this.all) {
      if (call.ending === undefined)
        this.#onViolation(`${call.operation} ${call.requestId} never ended`)
      const recorded = this.#oracle.entriesOf(call.requestId)
      const isThere = ({ record, serial }: Entry): boolean =>
        record.outcome === 'ok' && this.#oracle.isThere(serial)
      const done = recorded.filter(isThere)
      if (call.ending === 'unavailable' && done.length > 0)
        this.#onViolation(
          `${call.operation} ${call.requestId} was recorded, and called unavailable`,
        )
      if (done.length > 1)
        this.#onViolation(`${call.operation} ${call.requestId} was recorded twice`)
    }
  }

  #entryOf(call: CallUnderWay, ending: Ending): Entry | undefined {
    if (ending === 'cut' || ending === 'unavailable' || ending === 'unknown') return undefined
    const code = ending === 'done' ? 'ok' : ending.slice('refused: '.length)
    const found = this.#oracle.entriesOf(call.requestId).find((one) => one.record.outcome === code)
    if (found === undefined && code !== 'busy')
      this.#onViolation(`${call.operation} ${call.requestId} ended as ${code} without a record`)
    return found
  }

  #done(call: CallUnderWay, { record, serial }: Entry): void {
    const { operation } = record
    const endedAt = ++this.#order
    const what = call.targets.at(-1)
    if (ends.has(operation) && what !== undefined) this.#ends.push({ endedAt, serial, what })
    if (operation !== 'encrypt' && operation !== 'decrypt') return
    for (const end of this.#ends)
      if (end.endedAt < call.beganAt && call.targets.includes(end.what))
        if (this.#oracle.isThere(end.serial) && !this.#isRevived(end, serial))
          this.#onViolation(`${operation} ${call.requestId} succeeded after an end was answered`)
  }

  /** Whether something was committed in between that may have made it usable again. */
  #isRevived(end: End, serial: number): boolean {
    return this.#oracle.revivals(end.what).some((at) => at > end.serial && at < serial)
  }
}

/** Each submission is answered once. */
export class Receipts {
  readonly #given = new WeakSet<Submission>()

  /** Called with each answer. */
  isFirst(submission: Submission): boolean {
    if (this.#given.has(submission)) return false
    this.#given.add(submission)
    return true
  }
}
