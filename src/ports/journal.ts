/**
 * Where everything that must be durable goes: a mutation with its audit record, or the record of a
 * call that changes nothing.
 */

import { serviceDialect } from '../domain/operations.ts'
import type { RowReference, RowWrite } from '../domain/rows.ts'
import type { AcceptedClock } from './clock.ts'

/**
 * What happened, as far as the side of the request knows. Digests are lower-case hex, so that an
 * entry crosses threads as text.
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
  /** Which try this was: above 1 when the first was decided on facts that had changed meanwhile. */
  readonly tries: number
  /**
   * Calls that this record stands for: above 1 only in a summary of refused calls without
   * credentials.
   */
  readonly count: number
  /**
   * A short fixed text, such as the name of a check that was waived, and the grant that let the
   * call through; never anything the caller sent.
   */
  readonly detail: string | null
}

/** An entry about no key and nobody in particular, with what is known of it laid over. */
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
 * Name of the first record of every log: it tells the project that was made with the deployment.
 */
export const firstStartOperation = 'first-start'

/** The same for what the service does by itself. */
export function serviceEntry(
  known: Pick<AuditEntry, 'requestId' | 'operation'> & Partial<AuditEntry>,
): AuditEntry {
  return entryOf({ dialect: serviceDialect, source: 'local', outcome: 'ok', ...known })
}

export type Submission = {
  /**
   * Null for what the service keeps up by itself, in tables whose changes are not recorded: that is
   * no call and has no record.
   */
  readonly entry: AuditEntry | null
  /**
   * Everything this was decided on. If one has another revision by now, nothing is recorded and the
   * answer is `stale`.
   */
  readonly guards: readonly RowReference[]
  /**
   * First instant at which the decision would have been another, or null. The transaction's clock
   * must be before it.
   */
  readonly notAfter: number | null
  readonly writes: readonly RowWrite[]
  /**
   * Whether deleted rows must be unreadable in the files before this is acknowledged; the service
   * itself is acknowledged before.
   */
  readonly erases: boolean
  /** An operator accepts the wall clock, off in this direction. Stale when it is not by now. */
  readonly acceptsClock?: AcceptedClock
  /**
   * The project whose call this is, which may differ from that of the record: where not all fits,
   * parties take turns. Absent for the service.
   */
  readonly party?: string
}

/**
 * `recorded`: durable. `stale`: nothing happened, decide again on fresh facts. `unavailable`:
 * nothing happened, the log cannot be written. There is no fourth: where the outcome is unknown,
 * the process ends without an answer.
 */
export type Receipt = 'recorded' | 'stale' | 'unavailable'

/** What the service does by itself: decided on nothing but the rows that it writes, at any time. */
export function ownSubmission(own: Partial<Submission>): Submission {
  return { entry: null, guards: [], notAfter: null, writes: [], erases: false, ...own }
}

/** The same, on its way to the writer. Never rejects. */
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
   * Time that both clocks agree has come: the earlier of the two. What cannot be undone goes by it,
   * so that a clock which is wrong either way erases nothing early.
   */
  agreedNow(): number
}
