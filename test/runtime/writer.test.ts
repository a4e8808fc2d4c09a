/**
 * The writer decides again: on current revisions, at its own instant, and all of a call or nothing.
 */
import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { packed } from '../../src/audit/leaf-groups.ts'
import { firstHead, NodeLog } from '../../src/audit/log.ts'
import { legacyLeaf } from '../../src/audit/record.ts'
import { deleteRow, insertRow, updateRow } from '../../src/crypto/formats/row-writes.ts'
import {
  type AccessKeyRow,
  type RowReference,
  type RowWrite,
  referenceTo,
  versionOf,
} from '../../src/domain/rows.ts'
import type { Submission } from '../../src/ports/journal.ts'
import { StoreUnavailable, TransactionAborted } from '../../src/ports/store.ts'
import { TimeKeeper } from '../../src/runtime/time-keeper.ts'
import { Writer } from '../../src/runtime/writer.ts'
import { migrateSqlite } from '../../src/store/sqlite/migrate.ts'
import { SqliteReader } from '../../src/store/sqlite/reader.ts'
import { SqliteWriter } from '../../src/store/sqlite/writer.ts'
import { newFolder } from '../e2e/server.ts'
import { anyEntry } from '../fakes/audit-entry.ts'
import { FakeClock } from '../fakes/clock.ts'

const mac = createSecretKey(randomBytes(32))
const noGuards: readonly RowReference[] = []

function submission(parts: Partial<Submission> = {}): Submission {
  const entry = { ...anyEntry, requestId: randomBytes(16).toString('hex') }
  return { entry, guards: noGuards, notAfter: null, writes: [], erases: false, ...parts }
}

function accessKey(id: string): RowWrite {
  return insertRow(mac, 'accessKeys', {
    id,
    userId: 'u',
    projectId: 'p',
    sealedSecret: randomBytes(143),
    disabled: 0,
    createdAt: 0,
  })
}

function guardOn({ row }: RowWrite): RowReference {
  return referenceTo('accessKeys', row as AccessKeyRow)
}

function disabled(write: RowWrite): RowWrite {
  return updateRow(mac, 'accessKeys', write.row as AccessKeyRow, { disabled: 1 })
}

describe('the writer', () => {
  let folder: string
  let store: SqliteWriter
  let reader: SqliteReader
  let clock: FakeClock
  let writer: Writer

  beforeEach(() => {
    folder = newFolder()
    const file = join(folder, 'holdfast.db')
    migrateSqlite(file, { auditLeaf: legacyLeaf, leafGroup: packed })
    clock = new FakeClock(1_000_000)
    store = new SqliteWriter(file)
    reader = new SqliteReader(file)
    const log = new NodeLog('d'.repeat(32), mac, firstHead(mac, 'node', 0))
    writer = new Writer({ store, log, time: new TimeKeeper(clock, clock.wallNow()) })
  })
  afterEach(() => {
    reader.close()
    store.close()
    rmSync(folder, { recursive: true })
  })

  const receipts = async (...group: Submission[]) => (await writer.write(group)).receipts
  const records = async (): Promise<number> =>
    (await reader.scan('ledgers', null, 1))[0]?.treeSize ?? 0

  test('a decision on the current revision is recorded', async () => {
    const row = accessKey('a')
    assert.deepEqual(await receipts(submission({ writes: [row] })), ['recorded'])
    assert.deepEqual(await receipts(submission({ guards: [guardOn(row)] })), ['recorded'])
    assert.equal(await records(), 2)
  })

  test('a decision on an older revision is stale, and leaves no record', async () => {
    const row = accessKey('a')
    await receipts(submission({ writes: [row] }), submission({ writes: [disabled(row)] }))
    assert.deepEqual(await receipts(submission({ guards: [guardOn(row)] })), ['stale'])
    assert.equal(await records(), 2)
  })

  test('within a group, a change makes stale what comes after it, not what came before', async () => {
    const row = accessKey('a')
    await receipts(submission({ writes: [row] }))
    const use = submission({ guards: [guardOn(row)] })
    assert.deepEqual(
      await receipts(use, submission({ writes: [disabled(row)] }), {
        ...use,
        entry: submission().entry,
      }),
      ['recorded', 'recorded', 'stale'],
    )
  })

  test('a row of the same revision in a store that went back is another row: uses and changes are stale', async () => {
    const [row, lost] = [accessKey('a'), accessKey('a')]
    await receipts(submission({ writes: [row] }))
    assert.equal(lost.row?.revision, row.row?.revision)
    assert.deepEqual(
      await receipts(
        submission({ guards: [guardOn(lost)] }),
        submission({ writes: [disabled(lost)] }),
        submission({ writes: [deleteRow('accessKeys', lost.row as AccessKeyRow)] }),
        submission({ guards: [guardOn(row)] }),
      ),
      ['stale', 'stale', 'stale', 'recorded'],
    )
    const found = await reader.row('accessKeys', 'a')
    assert.deepEqual(found && versionOf(found), row.row && versionOf(row.row))
  })

  test('of two changes to one revision the second is stale', async () => {
    const row = accessKey('a')
    await receipts(submission({ writes: [row] }))
    assert.deepEqual(
      await receipts(
        submission({ writes: [disabled(row)] }),
        submission({ writes: [disabled(row)] }),
      ),
      ['recorded', 'stale'],
    )
    assert.equal((await reader.row('accessKeys', 'a'))?.revision, 2)
  })

  test('a deleted row has no revision that could be current', async () => {
    const row = accessKey('a')
    await receipts(submission({ writes: [row] }))
    await receipts(submission({ writes: [deleteRow('accessKeys', row.row as AccessKeyRow)] }))
    assert.deepEqual(await receipts(submission({ guards: [guardOn(row)] })), ['stale'])
    assert.equal(await reader.row('accessKeys', 'a'), undefined)
  })

  test('at its deadline a decision is stale', async () => {
    assert.deepEqual(await receipts(submission({ notAfter: 1_000_001 })), ['recorded'])
    assert.deepEqual(await receipts(submission({ notAfter: 1_000_000 })), ['stale'])
  })

  test('a clock that was set back does not revive what had expired', async () => {
    clock.advance(10_000)
    await receipts(submission())
    clock.jump(-8_000)
    assert.deepEqual(await receipts(submission({ notAfter: 1_005_000 })), ['stale'])
  })

  const nothing = submission({ entry: null })
  const floor = async (): Promise<number> =>
    (await reader.scan('ledgers', null, 1))[0]?.timeFloor ?? 0

  test('an empty group stores the floor once it has advanced by half a minute, and adds no record', async () => {
    await receipts(submission())
    clock.advance(29_000)
    await receipts(nothing)
    assert.equal(await floor(), 1_000_000)
    clock.advance(1000)
    await receipts(nothing)
    assert.equal(await floor(), 1_030_000)
    assert.equal(await records(), 1)
  })

  test('a clock is accepted with its record, or not at all', async () => {
    await receipts(submission())
    clock.jump(-500_000)
    assert.deepEqual(await receipts(submission({ acceptsClock: 'ahead' })), ['stale'])
    assert.deepEqual(await receipts(submission({ notAfter: 900_000 })), ['stale'])
    store.commit = async () => {
      throw new StoreUnavailable('the disk is full')
    }
    assert.deepEqual(await receipts(submission({ acceptsClock: 'behind' })), ['unavailable'])
    Reflect.deleteProperty(store, 'commit')
    assert.deepEqual(
      await receipts(submission({ notAfter: 900_000 })),
      ['stale'],
      'time did not move back',
    )
    assert.deepEqual(await receipts(submission({ acceptsClock: 'behind' })), ['recorded'])
    assert.deepEqual([await floor(), await records()], [500_000, 2])
    store.begin = async () => {
      throw new StoreUnavailable('the database is away')
    }
    assert.deepEqual(await receipts(submission()), ['unavailable'])
    Reflect.deleteProperty(store, 'begin')
    assert.deepEqual(await receipts(submission({ notAfter: 900_000 })), ['recorded'])
  })

  test('a call whose name is taken is stale as a whole: none of its writes remain, those of its neighbours do', async () => {
    const user = (id: string): RowWrite =>
      insertRow(mac, 'users', {
        id,
        projectId: 'p',
        name: 'same',
        passwordHash: '',
        sealedPasswordHash: null,
        passwordIsInitial: 0,
        role: 'admin',
        disabled: 0,
        createdAt: 0,
      })
    const taken = submission({ writes: [accessKey('b'), user('2')] })
    assert.deepEqual(
      await receipts(
        submission({ writes: [user('1')] }),
        taken,
        submission({ writes: [accessKey('c')] }),
      ),
      ['recorded', 'stale', 'recorded'],
    )
    assert.equal(await reader.row('accessKeys', 'b'), undefined)
    assert.ok(await reader.row('accessKeys', 'c'))
    assert.equal(await records(), 2)
  })

  test('a group that another transaction aborted is written again, from its beginning', async () => {
    const aborted = ['begin', 'apply', 'commit', 'commit'] as const
    const row = accessKey('a')
    let fails = 0
    for (const step of new Set(aborted)) {
      const real = store[step].bind(store) as (...given: unknown[]) => Promise<never>
      store[step] = async (...given: unknown[]) => {
        if (aborted[fails] !== step) return real(...given)
        fails++
        throw new TransactionAborted('another one was in the way')
      }
    }
    const result = await writer.write([submission({ writes: [row] })])
    assert.deepEqual([result.receipts, result.outcome], [['recorded'], 'committed'])
    assert.equal(fails, aborted.length)
    assert.equal(await records(), 1, 'and recorded once')
  })

  test('one that is aborted again and again is given up, and nothing of it happened', async () => {
    store.commit = async () => {
      throw new TransactionAborted('another one was in the way')
    }
    const result = await writer.write([submission({ writes: [accessKey('a')] })])
    assert.deepEqual([result.receipts, result.changed], [['unavailable'], []])
    assert.ok(result.outcome instanceof TransactionAborted)
    assert.equal(await reader.row('accessKeys', 'a'), undefined)
  })

  test('an error with another meaning is not taken for an unavailable store', async () => {
    store.commit = async () => {
      throw new Error('the disk answered nonsense')
    }
    await assert.rejects(writer.write([submission()]), /the disk answered nonsense/)
  })

  test('a group with nothing to write says so', async () => {
    await receipts(submission())
    assert.equal((await writer.write([submission({ entry: null })])).outcome, 'empty')
    assert.equal((await writer.write([submission()])).outcome, 'committed')
  })

  test('a group names every row that changed, for the caches', async () => {
    const row = accessKey('a')
    const { changed } = await writer.write([
      submission({ writes: [row] }),
      submission({ writes: [disabled(row)] }),
    ])
    assert.deepEqual(changed, [
      ['accessKeys', 'a', 1],
      ['accessKeys', 'a', 2],
    ])
  })
})
