/**
 * What became of a commit whose answer is missing: the log's head tells. Its row is locked by the
 * transaction in question for as long as that may still commit.
 */
import type { LedgerRow } from '../../domain/rows.ts'
import {
  type LeafGroup,
  StoreUnavailable,
  TransactionAborted,
  UniqueConflict,
} from '../../ports/store.ts'
import { asRow } from '../reads/read.ts'
import { isDefiniteAbort, translated } from './errors.ts'
import { headFields, headLocked } from './guards.ts'
import type { Answer, Session } from './session.ts'
import { begin, commit, rollback } from './statements.ts'

/** What a transaction would have changed. */
export type Attempt = {
  readonly group: LeafGroup | null
  readonly head: LedgerRow
}

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
  // A place in the log that another node took: the head is read again.
  if (meaning instanceof UniqueConflict)
    throw new TransactionAborted('another node wrote to the log', { cause: error })
  throw meaning
}

/**
 * Whether an attempt was committed. If it was, another commit follows and is waited for: the first
 * may be on this server alone, and everything before the second is where the second is.
 * @throws StoreUnavailable if that cannot be found out now.
 */
export async function isCommitted(session: Session, attempt: Attempt): Promise<boolean> {
  const [, heads] = await session.flight([begin(), headLocked])
  const head = heads?.rows[0] && asRow<LedgerRow>(headFields, heads.rows[0])
  if (head === undefined || !(await isIn(session, head, attempt))) {
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

/** Whether a head is that of the attempt, or of a group that followed it. */
async function isIn(session: Session, head: LedgerRow, attempt: Attempt): Promise<boolean> {
  if (head.revision < attempt.head.revision) return false
  if (head.revision === attempt.head.revision) return isSame(head.mac, attempt.head.mac)
  const { group } = attempt
  if (group === null) return false
  const [found] = await session.rows(
    'SELECT leaves FROM log_groups WHERE log = $1 AND first_index = $2',
    [group.log, group.firstIndex],
  )
  return found !== undefined && isSame(found[0] as Uint8Array, group.leaves)
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
