/**
 * The one writer of a node. It decides every call a second time, inside the transaction that holds
 * its audit record: what the call was decided on must be unchanged, and its deadline must not have
 * passed. One group is one durable transaction.
 */
import type { KmsErrorCode } from '../domain/errors.ts'
import { mayWrite, newestLevel } from '../domain/levels.ts'
import {
  absent,
  type EpochRow,
  isSameOrLater,
  keyOfPart,
  type LedgerRow,
  type RowChange,
  type RowReference,
  type RowVersion,
  type RowWrite,
  versionOf,
} from '../domain/rows.ts'
import { toleratedSkewMs } from '../domain/skew.ts'
import { allRows } from '../ports/all-rows.ts'
import type { AuditLog } from '../ports/audit-log.ts'
import { commitEpoch } from '../ports/epoch-change.ts'
import { type Failpoints, noFailpoints } from '../ports/failpoints.ts'
import { beginsEpoch, type Receipt, type Submission } from '../ports/journal.ts'
import {
  type RowName,
  StoreUnavailable,
  type StoreWriter,
  TransactionAborted,
  UniqueConflict,
} from '../ports/store.ts'
import type { DatabaseClock } from './database-clock.ts'
import type { TimeKeeper } from './time-keeper.ts'

export type GroupResult = {
  readonly receipts: readonly Receipt[]
  /** Rows that changed, at the revision they have now (0: gone), for every cache to drop. */
  readonly changed: readonly RowChange[]
  readonly timeFloor: number
  /** Whether nothing that was cached before holds any longer. */
  readonly forgets: boolean
  /** Whether something was written, there was nothing to write, or nothing could be written. */
  readonly outcome: 'committed' | 'empty' | StoreUnavailable
}

export type WriterParts = {
  readonly store: StoreWriter
  readonly log: AuditLog
  /** The other logs of this node: none of them may have gone back either. */
  readonly siblings?: readonly AuditLog[]
  readonly time: TimeKeeper
  /** The one that `time` follows, if the store has a clock of its own. */
  readonly clock?: DatabaseClock
  readonly failpoint?: Failpoints
}

/** The outcome in the record of a call that writes what not every node could read. */
const tooEarly = 'upgrade-pending' satisfies KmsErrorCode

/** A group that other transactions abort is repeated for this long: nothing of it has happened. */
const repeatedMs = 2000

export class Writer {
  readonly #store: StoreWriter
  readonly #log: AuditLog
  readonly #siblings: readonly AuditLog[]
  readonly #time: TimeKeeper
  readonly #clock: DatabaseClock | undefined
  readonly #failpoint: Failpoints
  /** Whether another epoch begins with the group: what was cached before it no longer holds. */
  #forgets = false

  constructor({ store, log, siblings = [], time, clock, failpoint = noFailpoints }: WriterParts) {
    this.#store = store
    this.#log = log
    this.#siblings = siblings
    this.#time = time
    this.#clock = clock
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
    this.#forgets = false
    for (;;) {
      const result = await this.#once(group)
      const mayRepeat = result.outcome instanceof TransactionAborted && performance.now() < until
      if (!mayRepeat) return result
    }
  }

  async #once(group: readonly Submission[]): Promise<GroupResult> {
    const receipts: Receipt[] = []
    let recorded = 0
    const changed: RowChange[] = []
    let timeFloor = this.#time.follow()
    let outcome: 'committed' | 'empty' = 'empty'
    try {
      const named = await this.#begin(group)
      const now = this.#time.decidingNow()
      for (const submission of group) {
        const receipt = await this.#decide(submission, named, now)
        receipts.push(receipt)
        if (receipt === 'too-early' && submission.entry !== null) {
          this.#log.append({ ...submission.entry, outcome: tooEarly }, now, [])
          recorded++
        }
        if (receipt !== 'recorded') continue
        const writes = await this.#withEpoch(submission)
        if (submission.entry !== null) {
          this.#log.append(submission.entry, now, writes)
          recorded++
        }
        for (const { table, id, row } of writes) {
          named.set(table, id, versionOf(row))
          changed.push([table, id, row?.revision ?? 0])
        }
      }
      this.#failpoint('writer:decided')
      timeFloor = this.#time.follow()
      if (recorded === 0 && changed.length === 0 && !this.#time.isDueToBeKept(timeFloor)) {
        await this.#store.rollback()
      } else {
        const { group: leaves, head } = this.#log.ending(timeFloor)
        await this.#store.commit(leaves, head)
        this.#log.committed()
        this.#time.committed(timeFloor)
        if (group.some(beginsEpoch)) this.#time.accepted(this.#log.epoch.number)
        outcome = 'committed'
      }
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      await this.#store.rollback()
      this.#log.rolledBack()
      if (group.some(beginsEpoch)) this.#time.rolledBack()
      return {
        receipts: group.map(() => 'unavailable'),
        changed: [],
        timeFloor,
        forgets: this.#forgets,
        outcome: error,
      }
    }
    this.#failpoint('writer:before-receipts')
    return { receipts, changed, timeFloor, forgets: this.#forgets, outcome }
  }

  /**
   * Opens the transaction of a group, and reads what it is decided on.
   * @throws StoreUnavailable also if this node must not write: the store has lost something, or its
   * clock is wrong.
   */
  async #begin(group: readonly Submission[]): Promise<VersionBook> {
    const { id, deployment } = this.#log
    const named = new VersionBook()
    // They may move on while this one waits.
    const siblings = this.#siblings.map((log) => ({
      log,
      version: log.version,
      // One that has yet to go on from an accepted loss may be elsewhere.
      lossAccepted: log.mayAdopt ? -1 : log.epoch.lossAccepted,
    }))
    named.name([this.#head, this.#epoch, ...siblings.map(({ log }) => headOf(log))])
    for (const { guards, writes } of group) {
      named.nameAll(guards)
      for (const { table, id: row, from } of writes) named.name([[table, row, from]])
    }
    const changes = group.flatMap(changesOf)
    if (group.some(beginsEpoch)) changes.push(['epochs', deployment])
    const { versions, clockAt } = await this.#store.begin({
      log: id,
      rows: named.references,
      changes,
    })
    named.learn(versions)
    if (clockAt !== undefined) this.#setClock(clockAt)
    const accepts = group.some(({ acceptsLoss }) => acceptsLoss === true)
    await this.#checkStore(named, accepts)
    const { lossAccepted } = this.#log.epoch
    const back = (accepts ? [] : siblings).find(
      ({ log, version, lossAccepted: last }) =>
        last >= lossAccepted && !isSameOrLater(named.version('ledgers', log.id), version),
    )
    if (back !== undefined)
      await this.#refuse(back.log, await this.#store.row('ledgers', back.log.id))
    return named
  }

  get #head(): RowReference {
    return headOf(this.#log)
  }

  get #epoch(): RowReference {
    return ['epochs', this.#log.deployment, this.#log.epoch.version]
  }

  /** @throws StoreUnavailable if the clocks differ too much. */
  #setClock(clockAt: number): void {
    this.#clock?.hear(clockAt)
    const ms = this.#clock?.aheadMs ?? 0
    if (Math.abs(ms) > toleratedSkewMs)
      throw new StoreUnavailable(
        `the clock of the database is ${Math.abs(ms)} ms ${ms > 0 ? 'ahead of' : 'behind'} that of this node`,
        { reason: 'clock' },
      )
  }

  /**
   * Whether the store is as this log was left, or an operator accepted that it is not.
   * @param accepts whether one does with this group.
   * @throws StoreUnavailable if not.
   */
  async #checkStore(named: VersionBook, accepts: boolean): Promise<void> {
    if (!named.areCurrent([this.#epoch])) await this.#enterEpoch()
    const { lost, level } = this.#log.epoch
    if (level > newestLevel) throw atNewerLevel(level)
    if (lost !== null && !accepts) throw wentBack(lost)
    if (named.areCurrent([this.#head])) return
    const found = await this.#store.row('ledgers', this.#log.id)
    if (!accepts && !this.#log.mayAdopt) return this.#refuse(this.#log, found)
    this.#log.adopt(found)
  }

  /** @throws StoreUnavailable always. */
  async #refuse(log: AuditLog, found: LedgerRow | undefined): Promise<never> {
    const loss = log.lossOf(found)
    if (loss !== undefined) await this.#halt(loss)
    throw wentBack(
      loss === undefined
        ? `another process has written to the log of node ${log.id}: does it run on a copy of this folder? Then stop it, and remove the file node from one of the two`
        : `the log of node ${log.id} is not as this node left it`,
    )
  }

  async #enterEpoch(): Promise<void> {
    const epoch = await this.#store.row('epochs', this.#log.deployment)
    const entered = this.#log.enter(epoch)
    if (entered === undefined) return this.#refuseEpoch(epoch)
    const { forgets, clock } = entered
    if (clock !== undefined) {
      // Since then, other nodes have seen later instants.
      const heads = await allRows(this.#store, 'ledgers')
      this.#time.enter(clock.epoch, this.#log.floorSince(clock, heads))
    }
    this.#forgets ||= forgets
  }

  /** @throws StoreUnavailable always. */
  async #refuseEpoch(found: EpochRow | undefined): Promise<never> {
    const { number, lost } = this.#log.epoch
    const is = `the database is in epoch ${found?.epoch ?? 0}, and was in ${number}`
    // It is another one than that which had lost something. Which one is right, a start finds out.
    if (lost !== null) throw wentBack(`${is}: if it is the right one, start this node again`)
    await this.#halt(this.#log.lossOfEpoch(found))
    throw wentBack(is)
  }

  /** Keeps all nodes from writing: what one has lost, the others may have read. */
  async #halt(loss: RowWrite): Promise<void> {
    await this.#store.rollback()
    await commitEpoch(this.#store, loss)
  }

  /** The changes of a call, with that of the epoch if an operator accepts something by it. */
  async #withEpoch({
    writes,
    acceptsClock,
    acceptsLoss,
    setsLevel,
  }: Submission): Promise<readonly RowWrite[]> {
    const epochs: RowWrite[] = []
    if (acceptsClock !== undefined) epochs.push(this.#log.withClock(this.#time.follow()))
    if (acceptsLoss === true) epochs.push(this.#log.withoutLoss())
    if (setsLevel !== undefined) epochs.push(this.#log.withLevel(setsLevel))
    for (const epoch of epochs) await this.#store.apply([epoch])
    this.#forgets ||= acceptsLoss === true
    return [...writes, ...epochs]
  }

  /** Applies the writes if everything they were decided on is unchanged. */
  async #decide(
    { guards, notAfter, writes, acceptsClock, setsLevel }: Submission,
    named: VersionBook,
    now: number,
  ): Promise<Receipt> {
    const isCurrent =
      (notAfter === null || now < notAfter) &&
      named.areCurrent(guards) &&
      writes.every(({ table, id, from }) => named.version(table, id) === from)
    if (!isCurrent || (acceptsClock !== undefined && !this.#time.accept(acceptsClock)))
      return 'stale'
    if (setsLevel !== undefined && setsLevel.level < this.#log.epoch.level) return 'stale'
    // Most calls: nothing more is looked at for them.
    if (writes.length === 0) return 'recorded'
    const { level } = this.#log.epoch
    if (!writes.every((write) => isOfLevel(write, level))) return 'too-early'
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

/**
 * The rows that a call changes, and the keys that it adds parts to: who was decided on a key that
 * had no such part must be recorded before.
 */
function changesOf({ writes }: Submission): RowName[] {
  return writes.flatMap((write): RowName[] => {
    if (write.expected > 0) return [[write.table, write.id]]
    const keyId = keyOfPart(write)
    return keyId === undefined ? [] : [['keys', keyId]]
  })
}

function headOf(log: AuditLog): RowReference {
  return ['ledgers', log.id, log.version]
}

/** Whether every node can read what a change writes. */
function isOfLevel({ table, row }: RowWrite, level: number): boolean {
  return row === null || mayWrite(table, row, level)
}

function atNewerLevel(level: number): StoreUnavailable {
  return new StoreUnavailable(
    `the deployment is at level ${level}, and this release knows ${newestLevel}: run the newer release on this node`,
    { reason: 'newer-release' },
  )
}

function wentBack(detail: string): StoreUnavailable {
  return new StoreUnavailable(detail, { reason: 'went-back' })
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
