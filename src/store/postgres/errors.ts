/** What errors of the client and of the server mean. */
import pg from 'pg'
import { KmsError } from '../../domain/errors.ts'
import { StoreUnavailable, TransactionAborted, UniqueConflict } from '../../ports/store.ts'

const uniqueViolation = '23505'
const readOnly = '25006'
const diskFull = '53100'
const outOfMemory = '53200'

/** Another transaction was in the way, and this one may be tried again at once. */
const conflicts: ReadonlySet<string> = new Set([
  '40001', // serialization failure
  '40P01', // deadlock
])

/**
 * Behind a pooler each transaction may reach another server process, which lacks a statement that
 * was prepared, or has it from another client.
 */
const unprepared: ReadonlySet<string> = new Set(['26000', '42P05'])

/** SQLSTATE of an error of the server, or undefined for any other. */
export function stateOf(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined
}

/** Whether statements cannot be prepared on this link. */
export function isUnprepared(error: unknown): boolean {
  return unprepared.has(stateOf(error) ?? '')
}

/**
 * What an error means that came before COMMIT was sent: nothing happened, whichever it is. Errors
 * that the server or the link did not cause stay as they are.
 */
export function translated(error: unknown): unknown {
  if (error instanceof KmsError || error instanceof UniqueConflict || error instanceof TypeError)
    return error
  const state = stateOf(error)
  const message = error instanceof Error ? error.message : String(error)
  if (state === uniqueViolation)
    return new UniqueConflict('a unique column already contains this value', { cause: error })
  if (state !== undefined && (conflicts.has(state) || unprepared.has(state)))
    return new TransactionAborted(`the transaction was aborted: ${message}`, { cause: error })
  if (state === readOnly)
    return new StoreUnavailable(`the database is read-only: ${message}`, {
      cause: error,
      reason: 'read-only',
    })
  if (state === diskFull)
    return new StoreUnavailable(`the database has no room: ${message}`, { cause: error })
  if (state === outOfMemory)
    return new StoreUnavailable(
      `the database has no memory for it, or no room for locks (max_locks_per_transaction): ${message}`,
      { cause: error },
    )
  return new StoreUnavailable(`the database is unavailable: ${message}`, {
    cause: error,
    reason: 'unreachable',
  })
}

/**
 * Whether an error that answered COMMIT says that the transaction was undone. Without an answer, or
 * with one that says that the outcome is unknown (40003), it may have been committed.
 */
export function isDefiniteAbort(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError) || error.severity !== 'ERROR') return false
  return error.code !== '40003' && !unknownOutcome.test(error.code ?? '')
}

/** CockroachDB: the result is ambiguous. */
const unknownOutcome = /^XX/
