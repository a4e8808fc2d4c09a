/**
 * What crosses between a request thread and the writer. One message a group; a record that changes no row crosses as JSON text,
 * the cheapest form that a thread boundary has (measured: an object costs four times as much).
 */
import type { RowReference, RowWrite } from '../domain/rows.ts'
import type { AuditEntry, Receipt, Submission } from '../ports/journal.ts'

/** Either the JSON of [entry, guards, notAfter], or the submission itself where row writes carry bytes. */
export type PackedSubmission = string | Submission

export type ToWriter = { readonly group: readonly PackedSubmission[] }

export type FromWriter =
  /** Receipts of the group under way. Those named differ from `recorded`; the others are recorded. */
  | {
      readonly kind: 'receipts'
      readonly exceptions: readonly (readonly [index: number, receipt: Receipt])[]
      readonly changed: readonly RowReference[]
      readonly timeFloor: number
    }
  /** Rows that another thread's group changed. */
  | { readonly kind: 'changed'; readonly changed: readonly RowReference[]; readonly timeFloor: number }

const noWrites: readonly RowWrite[] = []

export function pack(submission: Submission): PackedSubmission {
  if (submission.writes.length > 0) return submission
  return JSON.stringify([submission.entry, submission.guards, submission.notAfter])
}

export function unpack(packed: PackedSubmission): Submission {
  if (typeof packed !== 'string') return packed
  const [entry, guards, notAfter] = JSON.parse(packed) as [AuditEntry, RowReference[], number | null]
  return { entry, guards, notAfter, writes: noWrites, erases: false }
}
