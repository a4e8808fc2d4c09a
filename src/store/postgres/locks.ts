/**
 * Keeps the groups of all nodes apart. Until it is committed, a group holds a shared lock of each
 * row that it is decided on, and an exclusive one of each row that it changes. So a change waits
 * for the uses under way and no later use relies on the old version, while uses never wait for each
 * other.
 *
 * These are locks by number (advisory locks): PostgreSQL grants them in the order in which they are
 * asked for, so a change of a busy key gets its turn, and nothing is written to the rows. Many rows
 * share a number, because the server has room for a few thousand locks.
 */
import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { isRecorded } from '../../domain/tables.ts'
import type { RowName, TransactionPlan } from '../../ports/store.ts'
import type { Statement } from './statements.ts'

/** First number of each lock: it tells them from those of other programs. */
const ours = 8_320_002
const numbersOfRows = 256
/** Rows whose changes are not recorded: most are derived from the logs and changed often. */
const derived = 1
/** Every group relies on this row: it shares its number with no other. */
const epochs = 2 * numbersOfRows
const heads = 3

/** Most groups name rows that earlier ones named. */
const digits = new LRUCache<string, number>({ max: 10_000 })

/** Takes them in the order of their numbers, so that no two groups wait for each other. */
const lockAll = `SELECT count(CASE WHEN one % 2 = 0 THEN pg_advisory_xact_lock_shared(${ours}, one / 2)::text ELSE pg_advisory_xact_lock(${ours}, one / 2)::text END) FROM (SELECT unnest(string_to_array($1, ',')::int[]) AS one) numbered`

/** Waits until nobody else uses the rows and the log of a transaction in a way that excludes it. */
export function locksOf({ log, rows, changes }: TransactionPlan): Statement {
  const alone = new Set(changes.map(numberOf))
  const shared = rows
    .filter(([table]) => table !== 'ledgers')
    .map(([table, id]) => numberOf([table, id]))
    .filter((number) => !alone.has(number))
  const asked = [
    ...[...new Set(shared)].map((number) => number * 2),
    ...[...alone, numberOfHead(log)].map((number) => number * 2 + 1),
  ]
  return {
    text: lockAll,
    parameters: [asked.toSorted((a, b) => a - b).join(',')],
    named: true,
  }
}

/** Waits until no transaction that appends to a log is under way. */
export function lockOfLog(log: string): Statement {
  return locksOf({ log, rows: [], changes: [] })
}

function numberOf([table, id]: RowName): number {
  if (table === 'epochs') return epochs
  const number = digitsOf(`${table} ${id}`) % numbersOfRows
  return isRecorded(table) ? number : derived * numbersOfRows + number
}

/** One of 2^24, so that logs hardly ever share one. */
function numberOfHead(log: string): number {
  return heads * numbersOfRows + (digitsOf(log) % 2 ** 24)
}

function digitsOf(name: string): number {
  const known = digits.get(name)
  if (known !== undefined) return known
  const found = hash('sha256', name, 'buffer').readUInt32BE(0)
  digits.set(name, found)
  return found
}
