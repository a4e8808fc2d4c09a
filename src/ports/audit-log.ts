/**
 * The log of one node as its writer sees it: it numbers records, hashes them and keeps the head of
 * the tree.
 */
import type { EpochRow, LedgerRow, RowVersion, RowWrite } from '../domain/rows.ts'
import type { AuditEntry, LevelChange } from './journal.ts'
import type { LeafGroup } from './store.ts'

/** What all nodes agree on until an operator accepts something else, or a node finds a loss. */
export type Epoch = {
  readonly version: RowVersion
  readonly number: number
  /** Number of the one that began with the last accepted loss. */
  readonly lossAccepted: number
  /** What the store has lost, for people, until an operator accepts it. */
  readonly lost: string | null
  /** At which all nodes write. */
  readonly level: number
}

/** Where time went on when a clock was accepted, and the epoch that began with that. */
export type AcceptedTime = { readonly epoch: number; readonly timeFloor: number }

/** What another epoch means for a node. */
export type Entered = {
  /** Whether nothing that was read before holds any longer. */
  readonly forgets: boolean
  /** Where time goes on, and the epoch that began with that, if a clock was accepted. */
  readonly clock: AcceptedTime | undefined
}

export interface AuditLog {
  /** ID of its head. */
  readonly id: string
  /** ID of the deployment, and of its epoch. */
  readonly deployment: string
  /** Version of the head that was committed last: nobody else changes it. */
  readonly version: RowVersion
  readonly epoch: Epoch
  /** Numbers and hashes one record. It counts only once the head is written with it. */
  append(entry: AuditEntry, timeMs: number, writes: readonly RowWrite[]): void
  /** What to write for everything appended since the last commit; the group is null for nothing. */
  ending(timeFloor: number): { readonly head: LedgerRow; readonly group: LeafGroup | null }
  /**
   * Another epoch has begun, by another log or this one.
   * @param epoch undefined before the first one.
   * @returns undefined if the store went back to an earlier one.
   * @throws KmsError stored-record-corrupt.
   */
  enter(epoch: EpochRow | undefined): Entered | undefined
  /**
   * The latest floor since a clock was accepted.
   * @throws KmsError stored-record-corrupt.
   */
  floorSince(clock: AcceptedTime, heads: readonly LedgerRow[]): number
  /** Whether a loss was accepted since the head was last committed: it may be another one now. */
  readonly mayAdopt: boolean
  /** Begins another epoch, with what is appended: time goes on from `timeFloor`. */
  withClock(timeFloor: number): RowWrite
  /** The same: what the store has lost is accepted. */
  withoutLoss(): RowWrite
  /** The same: the deployment goes on at a level. */
  withLevel(change: LevelChange): RowWrite
  /**
   * The change that keeps all nodes from writing because this log was found with another head than
   * it was left with; undefined if another process has moved it further.
   * @param found undefined if it has no head.
   */
  lossOf(found: LedgerRow | undefined): RowWrite | undefined
  /** The same because the store is in an earlier epoch than this node. */
  lossOfEpoch(found: EpochRow | undefined): RowWrite
  /** Continues from the head that was found, after what was lost is accepted. */
  adopt(found: LedgerRow | undefined): void
  /** What `ending` returned was committed. */
  committed(): void
  /** It was not: everything since the last commit is discarded. */
  rolledBack(): void
}
