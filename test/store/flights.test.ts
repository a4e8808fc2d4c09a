/**
 * Statements that travel together to a server: what each answers, and what follows one that fails.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { openSession, type Session } from '../../src/store/postgres/session.ts'
import { begin, commit, rollback, type Statement } from '../../src/store/postgres/statements.ts'
import { PostgresServer, withoutPostgres } from '../fakes/postgres.ts'

const select = (text: string, ...parameters: (string | number)[]): Statement => ({
  text: `SELECT ${text}`,
  parameters,
})
const divided = (by: number): Statement => ({ ...select('8 / $1::int', by), named: true })

describe('a flight of statements', { skip: withoutPostgres }, () => {
  let server: PostgresServer
  let session: Session
  let losses: number
  before(async () => {
    server = await PostgresServer.start()
  })
  after(() => server.stop())
  beforeEach(async () => {
    losses = 0
    session = await openSession(await server.database(), { onLost: () => losses++ })
  })
  afterEach(() => session.close())

  /** What became of each statement: its first value, the command, or SQLSTATE. */
  async function fly(...statements: Statement[]): Promise<unknown[]> {
    const settled = await session.flightSettled(statements)
    return settled.map((one) =>
      one.status === 'fulfilled'
        ? (one.value.rows[0]?.[0] ?? one.value.command)
        : ((one.reason as { code?: string }).code ?? 'lost'),
    )
  }

  test('has an answer for each, in their order; none of them for what comes with BEGIN', async () => {
    assert.deepEqual(
      await fly(begin(), select('1'), select('$1::text', 'x'), select('1 WHERE false'), commit),
      ['BEGIN', 1, 'x', 'SELECT', 'COMMIT'],
    )
    assert.equal(session.isIdle, true)
    const values = [select('null::text'), select("'\\x0102'::bytea"), select('$1::bigint', -5)]
    const answers = await session.flight(values)
    assert.deepEqual(
      answers.map(({ rows, count }) => [rows, count]),
      [
        [[[null]], 1],
        [[[new Uint8Array([1, 2])]], 1],
        [[[-5]], 1],
      ],
    )
  })

  test('goes on after a failure as the server says: a COMMIT is answered, and undoes', async () => {
    await session.flight([{ text: 'CREATE TABLE t (a int PRIMARY KEY)' }])
    const insert = { text: 'INSERT INTO t VALUES (1)' }
    assert.deepEqual(await fly(begin(), insert, insert, select('1'), commit), [
      'BEGIN',
      'INSERT',
      '23505',
      '25P02',
      'ROLLBACK',
    ])
    assert.equal(session.isIdle, true)
    assert.deepEqual(await fly(select('count(*) FROM t')), [0])
    assert.deepEqual(await fly(begin(), { text: 'SAVEPOINT call' }, insert, insert), [
      'BEGIN',
      'SAVEPOINT',
      'INSERT',
      '23505',
    ])
    assert.equal(session.isIdle, false)
    const undone = await fly({ text: 'ROLLBACK TO SAVEPOINT call' }, insert, commit)
    assert.deepEqual(undone, ['ROLLBACK', 'INSERT', 'COMMIT'])
  })

  test('that fails at its end leaves a transaction that is not idle', async () => {
    assert.deepEqual(await fly(begin(), divided(0)), ['BEGIN', '22012'])
    assert.equal(session.isIdle, false)
    assert.deepEqual(await fly(rollback, select('1')), ['ROLLBACK', 1])
    assert.equal(session.isIdle, true)
  })

  test('prepares a statement once, whether it then fails or not', async () => {
    assert.deepEqual(await fly(divided(0), divided(2), divided(0), divided(4)), [
      '22012',
      4,
      '22012',
      2,
    ])
    const wrong = { text: 'SELECT missing', named: true }
    assert.deepEqual(await fly(wrong, wrong, divided(8)), ['42703', '42703', 1])
    const known = await session.rows(
      "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%8 /%' OR statement LIKE '%missing%'",
    )
    assert.deepEqual(known, [[1]])
  })

  test('waits for the one before it', async () => {
    const flights = [1, 2, 3].map((i) => fly(begin(), select('$1::int', i), divided(0), commit))
    const expected = [1, 2, 3].map((i) => ['BEGIN', i, '22012', 'ROLLBACK'])
    assert.deepEqual(await Promise.all(flights), expected)
  })

  test('of which the server ends the connection has no answer from there on', async () => {
    const end = select('pg_terminate_backend(pg_backend_pid())::text')
    assert.deepEqual(await fly(begin(), select('1'), end, select('2'), commit), [
      'BEGIN',
      1,
      '57P01',
      '57P01',
      '57P01',
    ])
    assert.equal(losses, 1)
    await assert.rejects(session.flight([select('1')]), { reason: 'unreachable' })
  })

  test('is refused at once if the connection is cut, and so are those that wait', async () => {
    const flights = [fly(begin(), select('pg_sleep(20)::text'), commit), fly(select('1'))]
    setTimeout(() => session.cut(), 200)
    const [first, second] = await Promise.allSettled(flights)
    // The server sends what it has answered when it has reached the end of a flight.
    assert.deepEqual(first, { status: 'fulfilled', value: ['lost', 'lost', 'lost'] })
    assert.deepEqual(second, { status: 'fulfilled', value: ['lost'] })
  })
})
