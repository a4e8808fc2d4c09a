/**
 * Changes of one row run one after the other: order, turns between projects, two rows at once, and
 * calls that never return.
 */
import assert from 'node:assert/strict'
import { beforeEach, describe, mock, test } from 'node:test'
import { userCaller } from '../../src/access/principals.ts'
import type { ProjectKeys } from '../../src/crypto/keyring.ts'
import {
  type ProjectRow,
  type Row,
  type RowWrite,
  type UserRow,
  versionOf,
} from '../../src/domain/rows.ts'
import { ChangeQueue, turnHeldMs } from '../../src/engine/change-queue.ts'
import type { EngineParts, ProjectCommand } from '../../src/engine/command.ts'
import { Engine } from '../../src/engine/engine.ts'
import type { Receipt, Submission } from '../../src/ports/journal.ts'

describe('the queue of changes', () => {
  let queue: ChangeQueue
  let woken: string[]
  const begin = (call: string, rows: readonly string[], party = 'p'): boolean =>
    queue.begin(call, rows, { party, principal: 'ann' }, () => woken.push(call))
  /** The woken call decides and is done. */
  const finish = (call: string, rows: readonly string[]): void => {
    assert.ok(begin(call, rows), `${call} has its turn`)
    queue.end(call)
  }

  beforeEach(() => {
    queue = new ChangeQueue()
    woken = []
  })

  test('the first goes on, the others are woken one at a time, in the order of arrival', () => {
    assert.deepEqual(
      ['a', 'b', 'c'].map((call) => begin(call, ['key'])),
      [true, false, false],
    )
    queue.end('a')
    assert.deepEqual(woken, ['b'])
    assert.ok(!begin('late', ['key']), 'no call gets between a turn and its change')
    finish('b', ['key'])
    finish('c', ['key'])
    finish('late', ['key'])
    assert.deepEqual(woken, ['b', 'c', 'late'])
    assert.ok(queue.isIdle)
  })

  test('changes of other rows do not wait', () => {
    assert.ok(begin('a', ['one']) && begin('b', ['two']))
  })

  test('projects take turns: many changes of one project do not hold up a single change of another', () => {
    begin('first', ['key'])
    for (let i = 0; i < 50; i++) begin(`many-${i}`, ['key'], 'grantee')
    begin('disable', ['key'], 'owner')
    queue.end('first')
    for (let i = 0; i < 3; i++) finish(woken.at(-1) as string, ['key'])
    assert.ok(woken.includes('disable'), woken.join())
  })

  test('two calls that change the same two rows never wait for each other', () => {
    begin('a', ['one'])
    begin('b', ['two'])
    assert.ok(!begin('c', ['one', 'two']) && !begin('d', ['two', 'one']))
    queue.end('a')
    queue.end('b')
    finish('c', ['one', 'two'])
    finish('d', ['two', 'one'])
    assert.ok(queue.isIdle)
  })

  test('a call that is decided again keeps its turn; one that does not return loses it', () => {
    mock.timers.enable({ apis: ['setTimeout'] })
    try {
      begin('a', ['key'])
      queue.again('a')
      assert.ok(!begin('b', ['key']))
      mock.timers.tick(turnHeldMs - 1)
      assert.deepEqual(woken, [])
      finish('a', ['key'])
      assert.deepEqual(woken, ['b'])
      assert.ok(!begin('c', ['key']))
      mock.timers.tick(turnHeldMs)
      assert.deepEqual(woken, ['b', 'c'])
    } finally {
      mock.timers.reset()
    }
  })
})

const frame = { revision: 1, schemaVersion: 1, mac: new Uint8Array(32) }
const project = {
  row: { ...frame, id: 'own', domainId: 'domain' } as ProjectRow,
  keys: {} as ProjectKeys,
}

/**
 * A journal that commits one group per turn of the event loop: of changes decided on one revision,
 * only the first is recorded.
 */
function ledger() {
  let revision = 1
  let stale = 0
  let waiting: [Submission, (receipt: Receipt) => void][] = []
  const commit = (): void => {
    const group = waiting
    waiting = []
    const receipts = group.map(([{ writes }]): Receipt => {
      if (writes.some(({ expected }) => expected !== revision)) return 'stale'
      if (writes.length > 0) revision++
      return 'recorded'
    })
    stale += receipts.filter((receipt) => receipt === 'stale').length
    for (const [i, [, done]] of group.entries()) done(receipts[i] as Receipt)
  }
  const journal = {
    decidingNow: () => 1000,
    agreedNow: () => 1000,
    submit(submission: Submission, done: (receipt: Receipt) => void) {
      if (waiting.push([submission, done]) === 1) setImmediate(commit)
    },
  }
  return { journal, revision: () => revision, stale: () => stale }
}

test('all of 140 concurrent changes of one row are done, each decided on the result of the previous one, none in vain', async () => {
  const { journal, revision, stale } = ledger()
  let unused = 0
  const keys = { peek: () => undefined, load: async () => undefined, drop: () => undefined }
  const change: ProjectCommand<null, number> = {
    name: 'edit-key',
    right: 'self',
    run: () => {
      const row = { ...frame, id: 'row', revision: revision() + 1 } as unknown as Row<'keys'>
      const expected = revision()
      const from = versionOf({ ...frame, revision: expected })
      const write: RowWrite = { table: 'keys', id: 'row', expected, from, row, digest: null }
      return { result: revision(), writes: [write], unused: () => unused++ }
    },
  }
  const engine = new Engine({ ...({} as EngineParts), keys, journal, forget: () => undefined })
  const caller = userCaller({ ...frame, id: 'ann', role: 'admin' } as UserRow, project)
  const call = { caller, dialect: 'test', source: 'local', signatureDigest: null, tries: 1 }
  const seen = await Promise.all(
    Array.from({ length: 140 }, (_, i) =>
      engine.run({ ...call, requestId: `call ${i}` }, change, null),
    ),
  )
  assert.deepEqual(
    seen,
    Array.from({ length: 140 }, (_, i) => i + 1),
  )
  assert.equal(stale(), 0)
  assert.equal(
    unused,
    139,
    'all calls but the first release what their first try reserved; what was recorded is not released',
  )
})
