/**
 * What crosses between a request thread and the writer. One message a group; a record that changes no row crosses as JSON text,
 * the cheapest form that a thread boundary has (measured: an object costs four times as much).
 */
import type { RowReference, RowWrite } from '../domain/rows.ts'
import type { AuditEntry, Receipt, Submission } from '../ports/journal.ts'

/** Either the JSON of [values of the entry, guards, notAfter], or the submission itself where row writes carry bytes. */
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

/** Order in which the values of an entry cross; the compiler notices a field that is missing here. */
const entryFields = Object.keys({
  requestId: 0,
  signatureDigest: 0,
  dialect: 0,
  operation: 0,
  project: 0,
  principal: 0,
  source: 0,
  keyId: 0,
  keyRevision: 0,
  materialVersion: 0,
  outcome: 0,
  contextDigest: 0,
  tries: 0,
  count: 0,
  detail: 0,
} satisfies Record<keyof AuditEntry, 0>) as readonly (keyof AuditEntry)[]

export function pack(submission: Submission): PackedSubmission {
  if (submission.writes.length > 0) return submission
  const { entry, guards, notAfter } = submission
  return JSON.stringify([entryFields.map((field) => entry[field]), guards, notAfter])
}

export function unpack(packed: PackedSubmission): Submission {
  if (typeof packed !== 'string') return packed
  const [values, guards, notAfter] = JSON.parse(packed) as [readonly unknown[], RowReference[], number | null]
  const entry = Object.fromEntries(entryFields.map((field, i) => [field, values[i]])) as unknown as AuditEntry
  return { entry, guards, notAfter, writes: noWrites, erases: false }
}
