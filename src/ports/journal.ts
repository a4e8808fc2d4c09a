/**
 * Where everything that must be durable goes: a mutation with its audit record, or the record of a
 * call that changes nothing.
 */

import { serviceDialect } from '../domain/operations.ts'
import type { RowReference, RowWrite } from '../domain/rows.ts'
import type { AcceptedClock } from './clock.ts'

/**
 * What happened, as far as the request side knows. Digests are lower-case hex, so that an entry
 * crosses threads as text.
 */
export type AuditEntry = {
  readonly requestId: string
  readonly signatureDigest: string | null
  readonly dialect: string
  readonly operation: string
  readonly project: string | null
  readonly principal: string | null
  readonly source: string
  readonly keyId: string | null
  readonly keyRevision: number | null
  readonly materialVersion: number | null
  /** `ok`, or the code of the refusal. */
  readonly outcome: string
  readonly contextDigest: string | null
  /** Number of this try: above 1 if the facts of the first one changed before it was recorded. */
  readonly tries: number
  /**
   * Number of calls in this record: above 1 only in a summary of refused calls without credentials.
   */
  readonly count: number
  /**
   * A short fixed text, such as the name of a check that was waived, and the grant that let the
   * call through; never anything the caller sent.
   */
  readonly detail: string | null
}

/** An entry without a key or a caller, overlaid with what is known. */
export function entryOf(
  known: Pick<AuditEntry, 'requestId' | 'dialect' | 'operation' | 'source' | 'outcome'> &
    Partial<AuditEntry>,
): AuditEntry {
  return {
    signatureDigest: null,
    project: null,
    principal: null,
    keyId: null,
    keyRevision: null,
    materialVersion: null,
    contextDigest: null,
    tries: 1,
    count: 1,
    detail: null,
    ...known,
  }
}

/**
 * Name of the first record of every log: it names the project that was created with the deployment.
 */
export const firstStartOperation = 'first-start'

/** The same for what the service does on its own. */
export function serviceEntry(
  known: Pick<AuditEntry, 'requestId' | 'operation'> & Partial<AuditEntry>,
): AuditEntry {
  return entryOf({ dialect: serviceDialect, source: 'local', outcome: 'ok', ...known })
}

export type Submission = {
  /**
   * Null for what the service maintains on its own, in tables whose changes are not recorded: that
   * is not a call and has no record.
   */
  readonly entry: AuditEntry | null
  /**
   * Everything this was decided on. If any of it has a different revision by now, nothing is
   * recorded and the answer is `stale`.
   */
  readonly guards: readonly RowReference[]
  /**
   * First instant at which the decision would have been different, or null. The transaction's clock
   * must be before it.
   */
  readonly notAfter: number | null
  readonly writes: readonly RowWrite[]
  /**
   * Whether deleted rows must be unreadable in the files before this is acknowledged. What the
   * service submits is acknowledged before that.
   */
  readonly erases: boolean
  /**
   * An operator accepts the wall clock, which is off in this direction. Stale if it no longer is.
   */
  readonly acceptsClock?: AcceptedClock
  /** An operator accepts what the store has lost. */
  readonly acceptsLoss?: true
  /** The deployment goes on at a level. Stale if it is at a higher one. */
  readonly setsLevel?: LevelChange
  /**
   * The project whose call this is, which may differ from that of the record: when not everything
   * fits, parties take turns. Absent for the service.
   */
  readonly party?: string
}

/** @property isHeld whether an operator keeps the deployment from going further by itself. */
export type LevelChange = { readonly level: number; readonly isHeld: boolean }

/** Whether another epoch begins with it: it holds for all nodes. */
export function beginsEpoch({ acceptsClock, acceptsLoss, setsLevel }: Submission): boolean {
  return acceptsClock !== undefined || acceptsLoss === true || setsLevel !== undefined
}

/**
 * `recorded`: durable. `stale`: nothing happened, decide again on fresh facts. `unavailable`:
 * nothing happened, the log cannot be written. `too-early`: recorded as
 * refused, because not every node could read what it writes. `unknown`: the store did not say in
 * time whether it is recorded, and may record it yet.
 */
export type Receipt = 'recorded' | 'stale' | 'unavailable' | 'too-early' | 'unknown'

/**
 * A submission of the service itself: it depends on nothing except the rows that it writes, and is
 * valid at any time.
 */
export function ownSubmission(own: Partial<Submission>): Submission {
  return { entry: null, guards: [], notAfter: null, writes: [], erases: false, ...own }
}

/** Submits it to the writer. Never rejects. */
export function submitOwn(
  journal: Pick<Journal, 'submit'>,
  own: Partial<Submission>,
): Promise<Receipt> {
  return new Promise((resolve) => journal.submit(ownSubmission(own), resolve))
}

export interface Journal {
  /** Never throws; `done` is called once, later, and must not throw. */
  submit(submission: Submission, done: (receipt: Receipt) => void): void
  /**
   * Time that decides what may be done: the later of the wall clock and the persisted floor. What
   * it refuses stays refused.
   */
  decidingNow(): number
  /**
   * Time that both clocks agree has come: the earlier of the two. It governs what cannot be undone,
   * so that a clock which is wrong in either direction erases nothing early.
   */
  agreedNow(): number
}
