/**
 * The log as its writer sees it: it numbers records, hashes them and keeps the head of the tree.
 */
import type { LedgerRow, RowWrite } from '../domain/rows.ts'
import type { AuditEntry } from './journal.ts'
import type { AuditLeaf } from './store.ts'

export interface AuditLog {
  /** Numbers and hashes one record. It counts only once `head` was written with it. */
  append(entry: AuditEntry, timeMs: number, writes: readonly RowWrite[]): AuditLeaf
  /** The head to write with what was appended since the last one. */
  head(timeFloor: number): LedgerRow
  /**
   * Continues from a head that another writer left; does nothing for its own last one.
   * @throws KmsError stored-record-corrupt.
   */
  rebase(head: LedgerRow): void
  /** The head was committed. */
  committed(): void
  /** The head was not committed: everything appended since the last commit is discarded. */
  rolledBack(): void
}
