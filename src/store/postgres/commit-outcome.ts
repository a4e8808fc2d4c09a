/**
 * What became of a commit whose answer is missing: the head of its log tells, which nobody else
 * moves. The transaction in question holds the lock of the log for as long as it may still commit.
 */
import type { LedgerRow } from '../../domain/rows.ts'
import { StoreUnavailable, TransactionAborted, UniqueConflict } from '../../ports/store.ts'
import { asRow } from '../reads/read.ts'
import { isDefiniteAbort, translated } from './errors.ts'
import type { Answer } from './flight.ts'
import { headFields, headOf } from './guards.ts'
import { lockOfLog } from './locks.ts'
import type { Session } from './session.ts'
import { begin, commit, rollback } from './statements.ts'

/**
 * What the answers to the last flight of a transaction say: the writes, and its COMMIT.
 * @param counts of rows that each of the writes must have affected.
 * @returns undefined if it is committed, otherwise why that is not known.
 * @throws StoreUnavailable if nothing happened; TypeError if a write missed its row.
 */
export function checkCommitted(
  answers: readonly PromiseSettledResult<Answer>[],
  counts: readonly number[],
): unknown {
  const committed = answers.at(-1)
  if (committed === undefined) throw new TypeError('a commit was sent')
  if (committed.status === 'rejected')
    return isDefiniteAbort(committed.reason) ? refuse(committed.reason) : committed.reason
  const failed = answers.find((answer) => answer.status === 'rejected')
  // The server answers the COMMIT of a transaction that had failed by rolling it back.
  if (committed.value.command !== 'COMMIT')
    return refuse(failed?.reason ?? new Error('the server rolled the transaction back'))
  if (failed !== undefined) return failed.reason
  for (const [i, count] of counts.entries()) {
    const answer = answers[i]
    if (answer?.status === 'fulfilled' && answer.value.count !== count)
      throw new TypeError('the database did not store what it was sent')
  }
  return undefined
}

function refuse(error: unknown): never {
  const meaning = translated(error)
  // Another process took a place of this log, without its lock.
  if (meaning instanceof UniqueConflict)
    throw new TransactionAborted('another process wrote to this log', { cause: error })
  throw meaning
}

/**
 * Whether an attempt was committed. If it was, another commit follows and is waited for: the first
 * may be on this server alone, and everything before the second is where the second is.
 * @throws StoreUnavailable if that cannot be found out now.
 */
export async function isCommitted(session: Session, attempt: LedgerRow): Promise<boolean> {
  const [, , found] = await session.flight([begin(), lockOfLog(attempt.id), headOf(attempt.id)])
  const head = found?.rows[0] && asRow<LedgerRow>(headFields, found.rows[0])
  if (head === undefined || Buffer.compare(head.mac, attempt.mac) !== 0) {
    await session.flight([rollback])
    return false
  }
  const { notices } = session
  const again = 'UPDATE ledgers SET revision = revision WHERE id = $1'
  const [, committed] = await session.flight([{ text: again, parameters: [head.id] }, commit])
  if (committed?.command !== 'COMMIT' || session.notices !== notices)
    throw new StoreUnavailable('the database does not confirm that it is durable')
  return true
}
