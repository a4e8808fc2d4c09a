/**
 * The log as its writer sees it: it numbers records, hashes them and keeps the head of the tree.
 */
import type { LedgerRow, RowWrite } from '../domain/rows.ts'
import type { AuditEntry } from './journal.ts'
import type { LeafGroup } from './store.ts'

export interface AuditLog {
  /** Numbers and hashes one record. It counts only once the head is written with it. */
  append(entry: AuditEntry, timeMs: number, writes: readonly RowWrite[]): void
  /** What to write for everything appended since the last commit; the group is null for nothing. */
  ending(timeFloor: number): { readonly head: LedgerRow; readonly group: LeafGroup | null }
  /**
   * Continues from a head that another writer left; does nothing for its own last one.
   * @throws KmsError stored-record-corrupt.
   */
  rebase(head: LedgerRow): void
  /** What `ending` returned was committed. */
  committed(): void
  /** It was not: everything appended since the last commit is discarded. */
  rolledBack(): void
}
