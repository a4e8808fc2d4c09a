/**
 * The one writer of a node. It decides every call a second time, inside the transaction that holds
 * its audit record: what the call was decided on must be unchanged, and its deadline must not have
 * passed. One group is one durable transaction.
 */
import {
  absent,
  type LedgerRow,
  type RowChange,
  type RowReference,
  type RowVersion,
  versionOf,
} from '../domain/rows.ts'
import type { AuditLog } from '../ports/audit-log.ts'
import { type Failpoints, noFailpoints } from '../ports/failpoints.ts'
import type { Receipt, Submission } from '../ports/journal.ts'
import {
  StoreUnavailable,
  type StoreWriter,
  TransactionAborted,
  UniqueConflict,
} from '../ports/store.ts'
import type { TimeKeeper } from './time-keeper.ts'

export type GroupResult = {
  readonly receipts: readonly Receipt[]
  /** Rows that changed, at the revision they have now (0: gone), for every cache to drop. */
  readonly changed: readonly RowChange[]
  readonly timeFloor: number
  /** Whether something was written, there was nothing to write, or nothing could be written. */
  readonly outcome: 'committed' | 'empty' | StoreUnavailable
}

export type WriterParts = {
  readonly store: StoreWriter
  readonly log: AuditLog
  readonly time: TimeKeeper
  readonly failpoint?: Failpoints
}

/** A group that other transactions abort is repeated for this long: nothing of it has happened. */
const repeatedMs = 2000

export class Writer {
  readonly #store: StoreWriter
  readonly #log: AuditLog
  readonly #time: TimeKeeper
  readonly #failpoint: Failpoints

  constructor({ store, log, time, failpoint = noFailpoints }: WriterParts) {
    this.#store = store
    this.#log = log
    this.#time = time
    this.#failpoint = failpoint
  }

  /**
   * Writes one group. Receipts are valid only once this returns, and those of calls that erase only
   * after the following erasure.
   * @throws for any error except an unavailable store: then the outcome is unknown, and the process
   * must end without answering (a failed fsync is never retried).
   */
  async write(group: readonly Submission[]): Promise<GroupResult> {
    const until = performance.now() + repeatedMs
    for (;;) {
      const result = await this.#once(group)
      const mayRepeat = result.outcome instanceof TransactionAborted && performance.now() < until
      if (!mayRepeat) return result
    }
  }

  async #once(group: readonly Submission[]): Promise<GroupResult> {
    const named = new VersionBook()
    for (const submission of group) {
      named.nameAll(submission.guards)
      for (const { table, id, from } of submission.writes) named.name([[table, id, from]])
    }
    const receipts: Receipt[] = []
    let recorded = 0
    const changed: RowChange[] = []
    let timeFloor = this.#time.follow()
    let outcome: 'committed' | 'empty' = 'empty'
    try {
      const { versions, head } = await this.#store.begin(named.references)
      named.learn(versions)
      if (head !== undefined) this.#goOnFrom(head)
      const now = this.#time.decidingNow()
      for (const submission of group) {
        const receipt = await this.#decide(submission, named, now)
        receipts.push(receipt)
        if (receipt !== 'recorded') continue
        if (submission.entry !== null) {
          this.#log.append(submission.entry, now, submission.writes)
          recorded++
        }
        for (const { table, id, row } of submission.writes) {
          named.set(table, id, versionOf(row))
          changed.push([table, id, row?.revision ?? 0])
        }
      }
      this.#failpoint('writer:decided')
      timeFloor = this.#time.follow()
      if (recorded === 0 && changed.length === 0 && !this.#time.isDueToBeKept(timeFloor)) {
        await this.#store.rollback()
      } else {
        const { group: leaves, head: next } = this.#log.ending(timeFloor)
        await this.#store.commit(leaves, next)
        this.#log.committed()
        this.#time.committed(timeFloor)
        outcome = 'committed'
      }
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      await this.#store.rollback()
      this.#log.rolledBack()
      this.#time.rolledBack()
      return {
        receipts: group.map(() => 'unavailable'),
        changed: [],
        timeFloor,
        outcome: error,
      }
    }
    this.#failpoint('writer:before-receipts')
    return { receipts, changed, timeFloor, outcome }
  }

  /** Another node may have written: the log and the time continue from what is stored. */
  #goOnFrom(head: LedgerRow): void {
    this.#log.rebase(head)
    this.#time.observed(head.timeFloor)
  }

  /** Applies the writes if everything they were decided on is unchanged. */
  async #decide(
    { guards, notAfter, writes, acceptsClock }: Submission,
    named: VersionBook,
    now: number,
  ): Promise<Receipt> {
    const isCurrent =
      (notAfter === null || now < notAfter) &&
      named.areCurrent(guards) &&
      writes.every(({ table, id, from }) => named.version(table, id) === from)
    if (!isCurrent || (acceptsClock !== undefined && !this.#time.accept(acceptsClock)))
      return 'stale'
    if (writes.length === 0) return 'recorded'
    try {
      await this.#store.apply(writes)
      return 'recorded'
    } catch (error) {
      // Another call has taken the name since: decided again on fresh rows, this one gets the
      // proper refusal.
      if (error instanceof UniqueConflict) return 'stale'
      throw error
    }
  }
}

/** Current versions of the rows that a group names, updated by the group's own writes. */
class VersionBook {
  readonly references: RowReference[] = []
  readonly #versions = new Map<string, RowVersion>()
  /** Whether the rows of a list are current; many calls of a group share a list, by identity. */
  readonly #lists = new Map<readonly RowReference[], boolean | undefined>()

  nameAll(guards: readonly RowReference[]): void {
    if (this.#lists.has(guards)) return
    this.#lists.set(guards, undefined)
    this.name(guards)
  }

  /** Whether every row of the list has the version that the list names. */
  areCurrent(guards: readonly RowReference[]): boolean {
    let current = this.#lists.get(guards)
    if (current === undefined) {
      current = guards.every(([table, id, version]) => this.version(table, id) === version)
      this.#lists.set(guards, current)
    }
    return current
  }

  name(references: readonly RowReference[]): void {
    for (const reference of references) {
      const name = `${reference[0]} ${reference[1]}`
      if (this.#versions.has(name)) continue
      this.#versions.set(name, absent)
      this.references.push(reference)
    }
  }

  learn(versions: readonly RowVersion[]): void {
    for (const [i, [table, id]] of this.references.entries())
      this.#versions.set(`${table} ${id}`, versions[i] ?? absent)
  }

  version(table: string, id: string): RowVersion {
    return this.#versions.get(`${table} ${id}`) ?? absent
  }

  set(table: string, id: string, version: RowVersion): void {
    for (const list of this.#lists.keys()) this.#lists.set(list, undefined)
    this.#versions.set(`${table} ${id}`, version)
  }
}
