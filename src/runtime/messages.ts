/**
 * The messages between a request thread and the writer. There is one message per group; a record
 * that changes no row crosses as JSON text, the cheapest form across a thread boundary (measured:
 * an object costs four times as much).
 */
import type { RowChange, RowReference, RowWrite } from '../domain/rows.ts'
import type { ClockState } from '../ports/clock.ts'
import { type AuditEntry, beginsEpoch, type Receipt, type Submission } from '../ports/journal.ts'

/**
 * Either the JSON of [values of the entry, index of its guards, notAfter], or the submission itself
 * if its row writes contain bytes.
 */
export type PackedSubmission = string | Submission

/**
 * Calls of one caller on one key are decided on the same rows: each such list is sent once per
 * group.
 */
export type ToWriter = {
  /** Number of the group, by which its receipts name it. */
  readonly number: number
  readonly group: readonly PackedSubmission[]
  readonly guards: readonly (readonly RowReference[])[]
}

export type FromWriter =
  /**
   * Receipts of a group. The exceptions are listed; all others are `recorded`.
   * `erasing`: durable, and its receipt follows once the deleted data is overwritten.
   */
  | {
      readonly kind: 'receipts'
      readonly number: number
      /** How many groups of a thread may be under way from now on. */
      readonly lanes: number
      readonly exceptions: readonly (readonly [index: number, receipt: Receipt | 'erasing'])[]
      /** Whether something was written: a group with nothing to write proves nothing. */
      readonly isWritten: boolean
      readonly changed: readonly RowChange[]
      readonly timeFloor: number
    }
  /** The oldest `count` receipts that were `erasing` are `recorded` now. */
  | { readonly kind: 'erased'; readonly count: number }
  /** Another epoch began: nothing that was cached still holds. */
  | { readonly kind: 'forget' }
  /** Rows that another thread's group changed. */
  | {
      readonly kind: 'changed'
      readonly changed: readonly RowChange[]
      readonly timeFloor: number
    }
  /**
   * Sent every second: the floor while nothing is written, the state of the wall clock, and how far
   * the database's clock is ahead of this node's.
   */
  | {
      readonly kind: 'time'
      readonly timeFloor: number
      readonly clock: ClockState
      readonly aheadMs: number
    }

const noWrites: readonly RowWrite[] = []

/**
 * The message for a group. Lists of guards are compared by identity: the deciding side keeps one
 * for each caller and key.
 */
export function pack(number: number, submissions: readonly Submission[]): ToWriter {
  const lists = new Map<readonly RowReference[], number>()
  const group = submissions.map((submission) => {
    const { entry, guards, notAfter, writes } = submission
    if (writes.length > 0 || entry === null || beginsEpoch(submission)) return submission
    let list = lists.get(guards)
    if (list === undefined) {
      list = lists.size
      lists.set(guards, list)
    }
    return JSON.stringify([valuesOf(entry), list, notAfter])
  })
  return { number, group, guards: [...lists.keys()] }
}

export function unpack({ group, guards }: ToWriter): Submission[] {
  return group.map((packed) => {
    if (typeof packed !== 'string') return packed
    const [values, list, notAfter] = JSON.parse(packed) as [Values, number, number | null]
    return {
      entry: entryOf(values),
      guards: guards[list] ?? [],
      notAfter,
      writes: noWrites,
      erases: false,
    }
  })
}

type Values = readonly [
  requestId: AuditEntry['requestId'],
  signatureDigest: AuditEntry['signatureDigest'],
  dialect: AuditEntry['dialect'],
  operation: AuditEntry['operation'],
  project: AuditEntry['project'],
  principal: AuditEntry['principal'],
  source: AuditEntry['source'],
  keyId: AuditEntry['keyId'],
  keyRevision: AuditEntry['keyRevision'],
  materialVersion: AuditEntry['materialVersion'],
  outcome: AuditEntry['outcome'],
  contextDigest: AuditEntry['contextDigest'],
  tries: AuditEntry['tries'],
  count: AuditEntry['count'],
  detail: AuditEntry['detail'],
]

/**
 * Spelt out in both directions: a loop over names costs several times as much, and this runs on
 * every call.
 */
function valuesOf(entry: AuditEntry): Values {
  return [
    entry.requestId,
    entry.signatureDigest,
    entry.dialect,
    entry.operation,
    entry.project,
    entry.principal,
    entry.source,
    entry.keyId,
    entry.keyRevision,
    entry.materialVersion,
    entry.outcome,
    entry.contextDigest,
    entry.tries,
    entry.count,
    entry.detail,
  ]
}

function entryOf(values: Values): AuditEntry {
  return {
    requestId: values[0],
    signatureDigest: values[1],
    dialect: values[2],
    operation: values[3],
    project: values[4],
    principal: values[5],
    source: values[6],
    keyId: values[7],
    keyRevision: values[8],
    materialVersion: values[9],
    outcome: values[10],
    contextDigest: values[11],
    tries: values[12],
    count: values[13],
    detail: values[14],
  }
}
