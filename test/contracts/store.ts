/** The contract of every store: one suite over all of them. */

import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { packed, readLeaves, unpacked } from '../../src/audit/leaf-groups.ts'
import { firstHead, NodeLog } from '../../src/audit/log.ts'
import { recordOf } from '../../src/audit/record.ts'
import { deleteRow, insertRow, updateRow } from '../../src/crypto/formats/row-writes.ts'
import { type KeySort, keySorts } from '../../src/domain/keys/key-sorts.ts'
import { keyState, keyStates } from '../../src/domain/keys/key-state.ts'
import type { TagFilter } from '../../src/domain/keys/tags.ts'
import {
  type AccessKeyRow,
  absent,
  type ImportTokenRow,
  type KeyRow,
  type KeyVersionRow,
  type Row,
  type RowWrite,
  versionOf,
} from '../../src/domain/rows.ts'
import {
  columnsOf,
  type PartOfKeyTable,
  partsOfKey,
  type TableName,
  tableNames,
} from '../../src/domain/tables.ts'
import {
  type DueAfter,
  type KeySearch,
  type ReportReader,
  type StoreWriter,
  UniqueConflict,
} from '../../src/ports/store.ts'
import { anyEntry } from '../fakes/audit-entry.ts'
import { emptyKey } from '../fakes/key-row.ts'
import { planOf } from '../fakes/plan.ts'
import { searchOf } from '../store/search-of.ts'

export type StoreUnderTest = {
  readonly writer: StoreWriter
  readonly reader: ReportReader
  /** Opens a new reader and writer on what is durable. */
  reopen(): Promise<StoreUnderTest>
  end(): Promise<void>
}

const mac = createSecretKey(randomBytes(32))
const project = 'p'.repeat(32)

/** A row of any table in which no two values are alike. */
function anyRow(table: TableName, id: string, fields: object = {}): RowWrite {
  let n = 0
  const values = Object.fromEntries(
    Object.entries(columnsOf(table)).map(([field, { type }]) => {
      n++
      if (type === 'int') return [field, n * 1_000_000_007]
      return [field, type === 'text' ? `${field} ü ${id}` : randomBytes(20 + n)]
    }),
  )
  return insertRow(mac, table, { ...values, id, ...fields } as never)
}

function tag(keyId: string, name: string, value: string, projectId = project): RowWrite {
  return insertRow(mac, 'keyTags', {
    id: `${keyId}/${name}`,
    keyId,
    projectId,
    name,
    value,
    createdAt: 1,
  })
}

function alias(name: string, keyId: string, projectId = project): RowWrite {
  return insertRow(mac, 'keyAliases', {
    id: `${projectId}/${name}`,
    keyId,
    projectId,
    name,
    createdAt: 1,
    updatedAt: 2,
  })
}

function key(id: string, fields: Partial<KeyRow> = {}): RowWrite {
  return insertRow(mac, 'keys', {
    ...emptyKey,
    id,
    projectId: project,
    listNumber: Number.parseInt(id.slice(1), 10),
    alias: `alias-${id}`,
    materialVersion: 1,
    versionsDigest: randomBytes(32),
    ...fields,
  })
}

export function storeContract(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`the store ${name}`, () => {
    let store: StoreUnderTest
    let log: NodeLog

    beforeEach(async () => {
      store = await open()
      log = new NodeLog('d', mac, firstHead(mac, 'node', 0))
    })
    afterEach(() => store.end())

    /** One call's writes, committed with one record. */
    const commit = async (...writes: RowWrite[]): Promise<void> => {
      await store.writer.begin(planOf())
      await store.writer.apply(writes)
      log.append(anyEntry, 1, writes)
      await end()
    }
    /** Writes what was appended to the log, and ends the transaction. */
    const end = async (): Promise<void> => {
      const { group, head } = log.ending(0)
      await store.writer.commit(group, head)
      log.committed()
    }
    const same = (found: unknown, written: RowWrite | undefined): void =>
      assert.deepEqual(plain(found), plain(written?.row))

    for (const table of tableNames.filter((one) => one !== 'ledgers')) {
      test(`${table}: a row is read as it was written, column for column, also after a restart`, async () => {
        const written = anyRow(table, 'id-1')
        await commit(written)
        same(await store.reader.row(table, 'id-1'), written)
        store = await store.reopen()
        same(await store.reader.row(table, 'id-1'), written)
        assert.equal(await store.reader.row(table, 'id-2'), undefined)
      })
    }

    test('a row is changed and deleted only at the revision it has', async () => {
      const made = key('k1')
      const renamed = updateRow(mac, 'keys', made.row as KeyRow, { alias: 'other' })
      await commit(made)
      assert.deepEqual(
        (
          await store.writer.begin(
            planOf([
              ['keys', 'k1', absent],
              ['keys', 'k2', absent],
            ]),
          )
        ).versions,
        [versionOf(made.row as KeyRow), absent],
      )
      await store.writer.apply([renamed])
      log.append(anyEntry, 1, [renamed])
      await end()
      assert.deepEqual((await store.writer.begin(planOf([['keys', 'k1', absent]]))).versions, [
        versionOf(renamed.row),
      ])
      await store.writer.rollback()
      await commit(deleteRow('keys', renamed.row as KeyRow))
      assert.equal(await store.reader.row('keys', 'k1'), undefined)
      assert.deepEqual((await store.writer.begin(planOf([['keys', 'k1', absent]]))).versions, [
        absent,
      ])
      await store.writer.rollback()
    })

    test('what is rolled back leaves no trace', async () => {
      await store.writer.begin(planOf())
      await store.writer.apply([key('k1')])
      await store.writer.rollback()
      assert.equal(await store.reader.row('keys', 'k1'), undefined)
      assert.deepEqual((await store.writer.begin(planOf([['keys', 'k1', absent]]))).versions, [
        absent,
      ])
      await store.writer.rollback()
      await commit(key('k1'))
    })

    test('a call with a taken name leaves nothing; the others in its transaction remain', async () => {
      const [one, two, three] = [key('k1'), key('k2', { alias: 'alias-k1' }), key('k3')]
      await store.writer.begin(planOf())
      await store.writer.apply([one])
      await assert.rejects(store.writer.apply([three, two]), UniqueConflict)
      await store.writer.apply([key('k4')])
      log.append(anyEntry, 1, [])
      await end()
      const { ids } = await store.reader.listKeys({
        projectId: project,
        spec: null,
        state: null,
        now: 0,
        before: null,
        limit: 10,
      })
      assert.deepEqual(ids, ['k4', 'k1'])
    })

    test('an alias and a list number are unique in a project; many keys may have no alias', async () => {
      await commit(
        key('k1'),
        key('k2', { alias: null }),
        key('k3', { alias: null }),
        key('k4', { alias: 'alias-k1', projectId: 'q'.repeat(32) }),
      )
      assert.equal(await store.reader.keyOfAlias(project, 'alias-k1'), 'k1')
      assert.equal(await store.reader.keyOfAlias(project, 'alias-k9'), undefined)
      await store.writer.begin(planOf())
      await assert.rejects(store.writer.apply([key('k5', { listNumber: 1 })]), UniqueConflict)
      await store.writer.rollback()
      assert.equal(await store.reader.countKeys(project), 3)
    })

    test('a key comes with its versions in their order', async () => {
      const version = (n: number): RowWrite =>
        insertRow(mac, 'keyVersions', {
          id: `k1/${n}`,
          keyId: 'k1',
          projectId: project,
          version: n,
          sealedMaterial: randomBytes(135),
          createdAt: n,
        })
      await commit(key('k1'), version(2), version(10), version(1), {
        ...version(3),
        id: 'k2/3',
        row: { ...(version(3).row as KeyVersionRow), id: 'k2/3', keyId: 'k2' } as Row<TableName>,
      })
      const found = await store.reader.key('k1')
      assert.deepEqual(
        found?.versions.map((one) => one.version),
        [1, 2, 10],
      )
      assert.equal(await store.reader.key('k2'), undefined)
    })

    test('the grants of a key come with their list, and a principal finds those it may retire on every key: the oldest first, in pages', async () => {
      const grant = (
        id: string,
        keyId: string,
        createdAt: number,
        retiring: string | null,
      ): RowWrite =>
        insertRow(mac, 'keyGrants', {
          id,
          keyId,
          projectId: project,
          name: null,
          grantee: 'g',
          granteeType: 'user',
          operations: '["sign"]',
          retiring,
          issuing: 'i',
          parentId: null,
          createdAt,
        })
      const ofOther = grant('9f', 'k2', 2, 'rob')
      await commit(
        key('k1'),
        key('k2'),
        grant('b1', 'k1', 2, 'rob'),
        grant('a1', 'k1', 3, null),
        ofOther,
        grant('02', 'k1', 2, 'rob'),
      )
      const idsOf = (rows: readonly { readonly id: string }[] = []): string =>
        rows.map(({ id }) => id).join(' ')
      assert.equal(idsOf((await store.reader.grants('k1')).grants), '02 b1 a1')
      assert.equal(idsOf((await store.reader.grants('k2')).grants), '9f')
      assert.equal((await store.reader.grants('k2')).list, undefined)
      await commit(
        insertRow(mac, 'grantLists', {
          id: 'k2',
          projectId: project,
          grantsDigest: randomBytes(32),
        }),
      )
      assert.equal((await store.reader.grants('k2')).list?.revision, 1)
      const find = async (
        retiring: string,
        createdAt: number | null = null,
        id = '',
        limit = 10,
      ) => {
        const after = createdAt === null ? null : { createdAt, id }
        const found = await store.reader.retirableGrants({ retiring, after, limit })
        if (found.next !== null) assert.deepEqual(found.next.id, found.ids.at(-1))
        return [found.ids.join(' '), found.total, found.next !== null]
      }
      assert.deepEqual(await find('rob'), ['02 9f b1', 3, false])
      assert.deepEqual(await find('rob', null, '', 2), ['02 9f', 3, true])
      assert.deepEqual(await find('rob', 2, '9f'), ['b1', 3, false])
      assert.deepEqual(await find('rob', 1, 'ff'), ['02 9f b1', 3, false])
      assert.deepEqual(await find('rob', 2, 'ff'), ['', 3, false])
      assert.deepEqual(await find('nobody'), ['', 0, false])
      await commit(deleteRow('keyGrants', ofOther.row as Row<'keyGrants'>))
      assert.deepEqual(await find('rob'), ['02 b1', 2, false])
      assert.deepEqual((await store.reader.grants('k2')).grants, [])
    })

    test('listings are filtered by spec and by state as it is at the time asked for, newest first, in pages', async () => {
      await commit(
        key('k1'),
        key('k2', { disabled: 1 }),
        key('k3', { deletionAt: 5 }),
        key('k4', { materialVersion: null }),
        key('k5', { materialExpiresAt: 100 }),
        key('k6', { spec: 'SM4' }),
        key('k7', { deletedAt: 1, alias: null }),
        key('k8', { projectId: 'q'.repeat(32) }),
      )
      const list = async (fields: object): Promise<string[]> => {
        const listing = {
          projectId: project,
          spec: null,
          state: null,
          now: 99,
          before: null,
          limit: 10,
          ...fields,
        }
        const { ids, total } = await store.reader.listKeys(listing)
        if (listing.before === null && listing.limit === 10) assert.equal(total, ids.length)
        return [...ids]
      }
      assert.deepEqual(await list({}), ['k6', 'k5', 'k4', 'k3', 'k2', 'k1'])
      assert.deepEqual(await list({ spec: 'SM4' }), ['k6'])
      assert.deepEqual(await list({ state: 'enabled' }), ['k6', 'k5', 'k1'])
      assert.deepEqual(await list({ state: 'enabled', now: 100 }), ['k6', 'k1'])
      assert.deepEqual(await list({ state: 'pending-import', now: 100 }), ['k5', 'k4'])
      assert.deepEqual(await list({ state: 'disabled' }), ['k2'])
      assert.deepEqual(await list({ state: 'pending-deletion' }), ['k3'])
      assert.deepEqual(await list({ limit: 2 }), ['k6', 'k5'])
      assert.deepEqual(await list({ limit: 2, before: 5 }), ['k4', 'k3'])
      assert.deepEqual(await list({ before: 1 }), [])
      const page = async (limit: number) => {
        const query = { projectId: project, spec: null, state: null, now: 0, before: null, limit }
        const { next, total } = await store.reader.listKeys(query)
        return [next, total]
      }
      assert.deepEqual(await page(6), [null, 6])
      assert.deepEqual(await page(5), [2, 6])
    })

    test('due work is what has reached its instant', async () => {
      const token = (id: string, expiresAt: number): RowWrite =>
        insertRow(mac, 'importTokens', {
          id,
          keyId: 'k1',
          projectId: project,
          wrappingAlgorithm: 'x',
          sealedPrivateKey: null,
          consumedBy: null,
          failedAttempts: 0,
          createdAt: expiresAt,
          expiresAt,
          purpose: null,
        })
      await commit(
        key('k1', { materialExpiresAt: 10 }),
        key('k2', { materialExpiresAt: 11 }),
        key('k3', { deletionAt: 10 }),
        key('k4', { deletionAt: 11 }),
        key('k5', { nextRotationAt: 10 }),
        key('k6', { nextRotationAt: 10, disabled: 1 }),
        key('k7', { nextRotationAt: 10, deletionAt: 99 }),
        key('k8', { nextRotationAt: 11 }),
        token('t2', 11),
        token('t1', 10),
      )
      const due = async (now: number, limit = 10, after: DueAfter | null = null) => {
        const found: string[] = []
        for (const what of ['rotations', 'expired', 'deletions', 'tokens'] as const)
          found.push(
            (await store.reader.due(what, now, after, limit))
              .map(({ at, id }) => `${id}@${at}`)
              .join(' '),
          )
        return found
      }
      assert.deepEqual(await due(9), ['', '', '', ''])
      assert.deepEqual(await due(10), ['k5@10', 'k1@10', 'k3@10', 't1@10'])
      assert.deepEqual(await due(11), ['k5@10 k8@11', 'k1@10 k2@11', 'k3@10 k4@11', 't1@10 t2@11'])
      assert.deepEqual(await due(11, 1), ['k5@10', 'k1@10', 'k3@10', 't1@10'])
      assert.deepEqual(await due(11, 10, { at: 10, id: 'k1' }), [
        'k5@10 k8@11',
        'k2@11',
        'k3@10 k4@11',
        't1@10 t2@11',
      ])
      assert.deepEqual(await due(11, 10, { at: 11, id: 'z' }), ['', '', '', ''])
      assert.deepEqual(
        await due(11, 10, { at: 10, id: null }),
        ['k8@11', 'k2@11', 'k4@11', 't2@11'],
        'without an ID: after all rows of the instant',
      )
      assert.deepEqual(
        (await store.reader.importTokens('k1')).map(({ id }) => id),
        ['t1', 't2'],
      )
    })

    test('a scan passes over every row once, by ID', async () => {
      await commit(...['k3', 'k1', 'k2'].map((id) => key(id)))
      assert.deepEqual(
        (await store.reader.scan('keys', null, 2)).map(({ id }) => id),
        ['k1', 'k2'],
      )
      assert.deepEqual(
        (await store.reader.scan('keys', 'k2', 2)).map(({ id }) => id),
        ['k3'],
      )
    })

    test('rows are found by a field, and below a bound', async () => {
      const failure = (id: string, lastAt: number): RowWrite =>
        insertRow(mac, 'signInFailures', { id, count: 1, until: 0, lastAt })
      await commit(
        failure('f1', 30),
        failure('f2', 10),
        failure('f3', 20),
        tag('k1', 'two', ''),
        tag('k1', 'one', ''),
        tag('k2', 'one', ''),
        key('k1'),
        key('k2'),
      )
      const below = async (bound: number, limit: number) =>
        (await store.reader.rowsBelow('signInFailures', 'lastAt', bound, limit)).map(({ id }) => id)
      assert.deepEqual(await below(30, 10), ['f2', 'f3'])
      assert.deepEqual(await below(31, 2), ['f2', 'f3'])
      const where = async (keyId: string, limit: number) =>
        (await store.reader.rowsWhere('keyTags', 'keyId', keyId, limit)).map(({ id }) => id)
      assert.deepEqual(await where('k1', 10), ['k1/one', 'k1/two'])
      assert.deepEqual(await where('k1', 1), ['k1/one'])
      assert.deepEqual(await where("' or 1=1 --", 10), [])
      const some = async (...ids: string[]) =>
        (await store.reader.rows('keys', ids)).map(({ id }) => id)
      assert.deepEqual(await some('k2', 'none', 'k1'), ['k2', 'k1'])
      assert.deepEqual(await some(), [])
      const tags = async (...ids: string[]) =>
        (await store.reader.tagsOfKeys(ids)).map(({ id }) => id)
      assert.deepEqual(await tags('k2', 'k1', 'none'), ['k1/one', 'k1/two', 'k2/one'])
      assert.deepEqual(await tags(), [])
    })

    test('users are found by project and name, and at most the requested number per name', async () => {
      const user = (id: string, projectId: string, name: string): RowWrite => {
        const more = {
          passwordHash: '',
          sealedPasswordHash: null,
          passwordIsInitial: 0,
          role: 'admin',
          disabled: 0,
          createdAt: 1,
        }
        return insertRow(mac, 'users', { id, projectId, name, ...more })
      }
      await commit(
        user('u1', 'p1', 'admin'),
        user('u2', 'p2', 'admin'),
        user('u3', 'p3', 'admin'),
        user('u4', 'p1', 'alice'),
      )
      assert.equal((await store.reader.userNamed('p2', 'admin'))?.id, 'u2')
      assert.equal(await store.reader.userNamed('p2', 'alice'), undefined)
      assert.equal(await store.reader.userNamed('p2', 'ADMIN'), undefined)
      assert.equal((await store.reader.usersNamed('admin', 2)).length, 2)
      assert.deepEqual(
        (await store.reader.usersNamed('alice', 2)).map(({ id }) => id),
        ['u4'],
      )
    })

    test('of the counts of failures beyond the limit, the lowest are found, the oldest first', async () => {
      const failure = (id: string, count: number, lastAt: number): RowWrite =>
        insertRow(mac, 'signInFailures', { id, count, until: 0, lastAt })
      await commit(
        failure('f1', 2, 1),
        failure('f2', 1, 3),
        failure('f3', 1, 2),
        failure('f4', 9, 1),
      )
      const least = async (kept: number, limit: number) =>
        (await store.reader.leastFailures(kept, limit)).map(({ id }) => id)
      assert.deepEqual(await least(4, 10), [])
      assert.deepEqual(await least(1, 10), ['f3', 'f2', 'f1'])
      assert.deepEqual(await least(1, 2), ['f3', 'f2'])
    })

    test('records of the log are read from any position on; a write without a record leaves none', async () => {
      for (const id of ['k1', 'k2', 'k3']) await commit(key(id))
      const leaves = async (from: number, limit: number) =>
        (await readLeaves(store.reader, 'node', from, limit)).map(({ treeIndex, leaf }) => [
          treeIndex,
          recordOf(leaf).nodeSequence,
        ])
      assert.deepEqual(await leaves(0, 10), [
        [0, 1],
        [1, 2],
        [2, 3],
      ])
      assert.deepEqual(await leaves(1, 1), [[1, 2]])
      await store.writer.begin(planOf())
      await store.writer.apply([insertRow(mac, 'readings', { id: 'log', position: 3, timeMs: 1 })])
      await end()
      assert.equal((await leaves(0, 10)).length, 3)
      assert.equal((await store.reader.row('readings', 'log'))?.position, 3)
    })

    test('the groups of one log are found by what they hold, and else the first one after that', async () => {
      const other = new NodeLog('d', mac, firstHead(mac, 'other', 0))
      const record = async (to: NodeLog, count: number): Promise<void> => {
        await store.writer.begin(planOf())
        for (let i = 0; i < count; i++) to.append(anyEntry, 1, [])
        const { group, head } = to.ending(0)
        await store.writer.commit(group, head)
        to.committed()
      }
      for (const count of [3, 1, 5]) await record(log, count)
      await record(other, 2)
      const groups = async (of: string, from: number, to: number) =>
        (await store.reader.leafGroups(of, from, to)).map(({ log, firstIndex, count, leaves }) => {
          assert.equal(log, of)
          assert.equal(unpacked({ log, firstIndex, count, leaves }).length, count)
          return [firstIndex, count]
        })
      const [first, second, third] = [
        [0, 3],
        [3, 1],
        [4, 5],
      ] as const
      assert.deepEqual(await groups('node', 0, 100), [first, second, third])
      assert.deepEqual(await groups('node', 2, 4), [first, second])
      assert.deepEqual(await groups('node', 3, 4), [second])
      assert.deepEqual(await groups('node', 8, 9), [third])
      assert.deepEqual(await groups('node', 9, 99), [])
      assert.deepEqual(await groups('other', 0, 100), [[0, 2]])
      assert.deepEqual(await groups('third', 0, 100), [])
      assert.equal(await store.reader.auditRecords(), 11)
      assert.equal((await store.reader.statistics(0)).auditRecords, 11)
      await store.writer.begin(planOf())
      const gap = packed('other', 20, [Uint8Array.of(1), Uint8Array.of(2)])
      other.append(anyEntry, 1, [])
      await store.writer.commit(gap, other.ending(0).head)
      assert.deepEqual(await groups('other', 2, 10), [[20, 2]], 'what comes after a gap')
      assert.deepEqual(await groups('other', 1, 10), [[0, 2]], 'only if there is nothing before it')
      assert.deepEqual(await groups('other', 21, 22), [[20, 2]])
    })

    test('segments of a log are read backwards from a position; counts of one width from an instant on', async () => {
      const segment = (id: string, firstIndex: number, ofLog = 'node'): RowWrite =>
        insertRow(mac, 'logSegments', {
          id,
          log: ofLog,
          firstIndex,
          firstTime: 0,
          lastTime: 0,
          keys: new Uint8Array(8),
          terms: '[]',
        })
      const count = (id: string, widthMs: number, startsAt: number): RowWrite =>
        insertRow(mac, 'callCounts', {
          id,
          projectId: project,
          widthMs,
          startsAt,
          keptUntil: 0,
          counts: '{}',
        })
      await commit(
        segment('a', 0),
        segment('b', 1024),
        segment('c', 2048),
        segment('d', 1024, 'other'),
        count('x', 5, 5),
        count('y', 5, 10),
        count('z', 60, 0),
      )
      const before_ = async (index: number, limit: number) =>
        (await store.reader.segmentsBefore('node', index, limit)).map(({ id }) => id)
      assert.deepEqual(await before_(3000, 2), ['c', 'b'])
      assert.deepEqual(await before_(1024, 9), ['a'])
      const counts = async (width: number, from: number) =>
        (await store.reader.callCounts(project, width, from)).map(({ id }) => id)
      assert.deepEqual(await counts(5, 0), ['x', 'y'])
      assert.deepEqual(await counts(5, 6), ['y'])
      assert.deepEqual(await counts(60, 0), ['z'])
    })

    test('the state of a key is the same in every statement as by the rules, for all combinations of facts', async () => {
      const now = 50
      const rows = [0, 1]
        .flatMap((disabled) => [null, 40, 90].map((deletionAt) => ({ disabled, deletionAt })))
        .flatMap((facts) => [null, 1].map((materialVersion) => ({ ...facts, materialVersion })))
        .flatMap((facts) =>
          [null, 49, 50, 51].map((materialExpiresAt) => ({ ...facts, materialExpiresAt })),
        )
        .map((facts, i) => key(`k${i}`, facts))
      await commit(...rows)
      const sum = (
        counts: readonly { readonly state: string; readonly count: number }[],
        state: string,
      ): number =>
        counts.filter((one) => one.state === state).reduce((total, { count }) => total + count, 0)
      const [counts, { keys }] = [
        await store.reader.keyCounts(project, now),
        await store.reader.statistics(now),
      ]
      for (const state of keyStates) {
        const expected = rows
          .filter(({ row }) => keyState(row as KeyRow, now) === state)
          .map(({ id }) => id)
        assert.ok(expected.length > 0, state)
        const listed = await store.reader.listKeys({
          projectId: project,
          spec: null,
          state,
          now,
          before: null,
          limit: 100,
        })
        const searched = await store.reader.searchKeys({
          ...searchOf(project, now, 100),
          states: [state],
        })
        for (const { ids, total } of [listed, searched])
          assert.deepEqual([ids.toSorted(), total], [expected.toSorted(), expected.length], state)
        assert.deepEqual(
          [sum(counts, state), sum(keys, state)],
          [expected.length, expected.length],
          state,
        )
      }
    })

    test('the parts of a key are exactly its rows in every table with parts of keys', async () => {
      const part = (table: PartOfKeyTable, by: 'id' | 'keyId', keyId: string): RowWrite =>
        by === 'id' ? anyRow(table, keyId) : anyRow(table, `${table}/${keyId}`, { keyId })
      const written = ['k1', 'k2'].map((keyId) =>
        [...partsOfKey].map(([table, by]) => part(table, by, keyId)),
      )
      await commit(key('k1'), key('k2'), ...written.flat())
      const names = (parts: readonly { table: string; id: string }[]) =>
        parts.map(({ table, id }) => `${table} ${id}`).toSorted()
      const found = await store.reader.partsOfKey('k1')
      assert.deepEqual(names(found), names(written[0] ?? []))
      assert.ok(found.every(({ revision }) => revision === 1))
      assert.deepEqual(await store.reader.partsOfKey('k3'), [])
    })

    test('every search for keys gives the same result as reading all of them', async () => {
      const states: readonly Partial<KeyRow>[] = [
        {},
        { disabled: 1 },
        { deletionAt: 90 },
        { materialVersion: null },
        { materialExpiresAt: 40 },
      ]
      const rows = Array.from({ length: 40 }, (_, i) => ({
        id: `k${String(i).padStart(2, '0')}`,
        fields: {
          listNumber: i,
          alias: i % 7 === 0 ? null : `alias-${(i * 37) % 40}`,
          description: i % 5 === 0 ? `Straw 100% ${i}` : null,
          spec: i % 3 === 0 ? 'RSA_2048' : 'AES_256',
          usage: i % 6 === 0 ? 'SIGN_VERIFY' : 'ENCRYPT_DECRYPT',
          origin: i % 2 === 0 ? 'external' : 'made-here',
          createdAt: (i * 13) % 17,
          drilledAt: i % 4 === 0 ? i : null,
          nextRotationAt: i % 4 === 1 ? 100 - i : null,
          ...states[i % states.length],
          ...(i === 39 && { deletedAt: 5, alias: null }),
        },
      }))
      const uses = rows
        .filter((_, i) => i % 3 === 1)
        .map(({ id }, i) =>
          insertRow(mac, 'keyUses', {
            id,
            projectId: project,
            lastUsedAt: (i * 7) % 11,
            lastOperation: null,
            lastPrincipal: null,
            recentCalls: i,
            recent: '',
          }),
        )
      const keys = rows.map(({ id, fields }) => key(id, fields))
      const tagged = rows.flatMap(({ id }, i) => [
        ...(i % 4 === 0 ? [tag(id, 'team', i % 8 === 0 ? 'Straw' : 'wood')] : []),
        ...(i % 6 === 0 ? [tag(id, 'stage', '')] : []),
      ])
      const aliases = rows
        .filter((_, i) => i % 9 === 0)
        .map(({ id }) => alias(`alias/Shop-${id}`, id))
      await commit(
        ...keys,
        ...uses,
        ...tagged,
        tag('foreign', 'team', 'Straw', 'q'.repeat(32)),
        ...aliases,
        alias('alias/shop-k', 'foreign', 'q'.repeat(32)),
        key('foreign', { projectId: 'q'.repeat(32), alias: 'alias-1', listNumber: 99 }),
      )
      const all = keys.map(({ row }) => row as KeyRow).filter(({ deletedAt }) => deletedAt === null)
      const usedAt = new Map(uses.map(({ id, row }) => [id, (row as Row<'keyUses'>).lastUsedAt]))
      const now = 50
      const plainly = searchOf(project, now, 100)
      const filters: readonly (readonly [Partial<KeySearch>, (row: KeyRow) => boolean])[] = [
        [{}, () => true],
        [{ text: 'ALIAS-1' }, ({ alias }) => alias?.includes('alias-1') === true],
        [
          { text: 'STRAW' },
          ({ id, description }) => description !== null || Number(id.slice(1)) % 8 === 0,
        ],
        [{ text: 'alias/shop-K' }, ({ id }) => Number(id.slice(1)) % 9 === 0],
        [{ text: 'Stage' }, ({ id }) => Number(id.slice(1)) % 6 === 0],
        [{ tags: [{ name: 'team', values: [] }] }, ({ id }) => Number(id.slice(1)) % 4 === 0],
        [
          {
            tags: [
              { name: 'stage', values: [''] },
              { name: 'team', values: ['wood', 'stone'] },
            ],
          },
          ({ id }) => Number(id.slice(1)) % 24 === 12,
        ],
        [{ text: 'straw 100%' }, ({ description }) => description !== null],
        [{ text: 'k1' }, ({ id }) => id.startsWith('k1')],
        [{ text: '_' }, () => false],
        [{ states: ['enabled'] }, (row) => keyState(row, now) === 'enabled'],
        [
          { states: ['pending-import', 'disabled'] },
          (row) => ['pending-import', 'disabled'].includes(keyState(row, now)),
        ],
        [
          { specs: ['RSA_2048'], origins: ['external'] },
          (row) => row.spec === 'RSA_2048' && row.origin === 'external',
        ],
        [
          { usages: ['SIGN_VERIFY'], text: 'alias-' },
          (row) => row.usage === 'SIGN_VERIFY' && row.alias !== null,
        ],
      ]
      const values: Readonly<Record<KeySort, (row: KeyRow) => string | number | null>> = {
        alias: ({ alias }) => alias,
        state: (row) => keyState(row, now),
        spec: ({ spec }) => spec,
        usage: ({ usage }) => usage,
        origin: ({ origin }) => origin,
        expires: ({ materialExpiresAt }) => materialExpiresAt,
        rotates: ({ nextRotationAt }) => nextRotationAt,
        used: ({ id }) => usedAt.get(id) ?? null,
        created: ({ createdAt }) => createdAt,
        drilled: ({ drilledAt }) => drilledAt,
      }
      for (const [filter, matches] of filters)
        for (const sort of keySorts)
          for (const descending of [false, true]) {
            const search = { ...plainly, ...filter, sort, descending }
            const expected = all.filter(matches)
            const whole = await store.reader.searchKeys(search)
            const what = JSON.stringify({ ...filter, sort, descending })
            assert.deepEqual(whole.ids.toSorted(), expected.map(({ id }) => id).toSorted(), what)
            assert.equal(whole.total, expected.length, what)
            const found = await store.reader.rows('keys', whole.ids)
            assert.ok(isSorted(found.map(values[sort]), descending), what)
            const paged: string[] = []
            for (let offset = 0; offset < expected.length + 7; offset += 7)
              paged.push(...(await store.reader.searchKeys({ ...search, offset, limit: 7 })).ids)
            assert.deepEqual(paged, whole.ids, `${what}, in pages`)
          }
    })

    test('keys are found by their tags, newest first; each tag of a project is listed once', async () => {
      await commit(
        key('t1', { listNumber: 901, alias: 'Red-one' }),
        key('t2', { listNumber: 902, alias: 'red-two' }),
        key('t3', { listNumber: 903, alias: 'gone', deletedAt: 5 }),
        tag('t1', 'app', 'a'),
        tag('t1', 'stage', 'x'),
        tag('t2', 'app', 'b'),
        tag('t3', 'app', 'a'),
      )
      const find = async (
        filters: readonly TagFilter[],
        alias: string | null = null,
        offset = 0,
        limit = 10,
      ) => {
        const found = await store.reader.keysByTags({
          projectId: project,
          filters,
          alias,
          offset,
          limit,
        })
        return [found.ids.join(' '), found.total]
      }
      const app = (...values: string[]): TagFilter => ({ name: 'app', values })
      const holds = async (): Promise<void> => {
        assert.deepEqual(await find([app()]), ['t2 t1', 2])
        assert.deepEqual(await find([app('a', 'c')]), ['t1', 1])
        assert.deepEqual(await find([app(), { name: 'stage', values: ['y'] }]), ['', 0])
        assert.deepEqual(await find([app()], 'RED-'), ['t2 t1', 2])
        assert.deepEqual(await find([app()], 'red_'), ['', 0])
        assert.deepEqual(await find([app()], null, 1, 1), ['t1', 2])
        assert.deepEqual(await find([app()], null, 0, 0), ['', 2])
        assert.deepEqual(await find([{ name: 'stage', values: ['x'] }, app('a')]), ['t1', 1])
      }
      await holds()
      // A tag that many keys have is searched in the opposite direction: along the keys. The
      // direction does not change the result.
      await commit(...Array.from({ length: 2001 }, (_, i) => tag(`none${i}`, 'app', 'a')))
      await holds()
      const pairs = (await store.reader.projectTags(project, 10)).map(
        ({ name, value }) => `${name}=${value}`,
      )
      assert.deepEqual(pairs, ['app=a', 'app=b', 'stage=x'])
      assert.equal((await store.reader.projectTags(project, 2)).length, 2)
    })

    test('aliases are listed in order of name, of a project or of one key, from after a name on', async () => {
      const written = [alias('alias/b', 'k1'), alias('alias/c', 'k2'), alias('alias/a', 'k1')]
      await commit(...written, alias('alias/b', 'k9', 'q'.repeat(32)))
      const list = async (keyId: string | null, after: string | null, limit = 10) =>
        (await store.reader.aliases({ projectId: project, keyId, after, limit })).map(
          ({ name, keyId }) => `${name} ${keyId}`,
        )
      assert.deepEqual(await list(null, null), ['alias/a k1', 'alias/b k1', 'alias/c k2'])
      assert.deepEqual(await list('k1', null), ['alias/a k1', 'alias/b k1'])
      assert.deepEqual(await list('k9', null), [])
      assert.deepEqual(await list(null, null, 2), ['alias/a k1', 'alias/b k1'])
      assert.deepEqual(await list(null, 'alias/a', 1), ['alias/b k1'])
      assert.deepEqual(await list('k1', 'alias/aa'), ['alias/b k1'])
      assert.deepEqual(await list(null, 'alias/c'), [])
      same(
        (await store.reader.aliases({ projectId: project, keyId: 'k2', after: null, limit: 1 }))[0],
        written[1],
      )
    })

    test('an overview consists of counts, upcoming dates, keys that may need attention, and the busiest keys', async () => {
      await commit(
        key('k1', { deletionAt: 70 }),
        key('k2', { materialExpiresAt: 60 }),
        key('k3', { nextRotationAt: 55, origin: 'made-here' }),
        key('k4', { association: randomBytes(32), drilledAt: 90, createdAt: 95 }),
        key('k5', { origin: 'made-here', createdAt: 95, disabled: 1 }),
        key('k6', { materialVersion: null, createdAt: 95 }),
        ...[1, 2, 3].map((n) =>
          insertRow(mac, 'keyUses', {
            id: `k${n}`,
            projectId: project,
            lastUsedAt: n,
            lastOperation: 'encrypt',
            lastPrincipal: 'p',
            recentCalls: n % 3,
            recent: '',
          }),
        ),
      )
      const counts = await store.reader.keyCounts(project, 65)
      const of = (state: string, origin: string) =>
        counts.find((one) => one.state === state && one.origin === origin)?.count
      assert.deepEqual(
        [
          of('pending-deletion', 'external'),
          of('pending-import', 'external'),
          of('enabled', 'external'),
          of('disabled', 'made-here'),
        ],
        [1, 2, 1, 1],
      )
      const ahead = async (until: number, limit: number) =>
        (await store.reader.keysWithDates(project, until, limit)).map(({ id }) => id)
      assert.deepEqual(await ahead(65, 9), ['k3', 'k2'])
      assert.deepEqual(await ahead(100, 9), ['k3', 'k2', 'k1'])
      assert.deepEqual(await ahead(100, 1), ['k3'])
      const query = { until: 65, drilledBefore: 80, unusedSince: 90, now: 50, limit: 100 }
      const found = async (changes: Partial<typeof query>) =>
        (await store.reader.keysForFindings(project, { ...query, ...changes }))
          .map(({ id }) => id)
          .toSorted()
      assert.deepEqual(await found({}), ['k1', 'k2', 'k3', 'k6'])
      assert.deepEqual(await found({ drilledBefore: 91 }), ['k1', 'k2', 'k3', 'k4', 'k6'])
      assert.deepEqual(await found({ until: 0, unusedSince: 0 }), ['k1', 'k6'])
      assert.deepEqual(
        (await store.reader.busiestKeys(project, 5)).map(({ id }) => id),
        ['k2', 'k1'],
      )
    })

    test('unfinished imports: by a draft, or by an open token while material is missing; the latest first, in pages', async () => {
      const other = 'q'.repeat(32)
      const draft = (id: string, updatedAt: number, projectId = project): RowWrite =>
        insertRow(mac, 'importDrafts', {
          id,
          projectId,
          userId: 'u',
          step: 'kind',
          choices: '{}',
          updatedAt,
        })
      const token = (id: string, keyId: string, fields: Partial<ImportTokenRow> = {}): RowWrite =>
        insertRow(mac, 'importTokens', {
          id,
          keyId,
          projectId: project,
          wrappingAlgorithm: 'w',
          sealedPrivateKey: new Uint8Array(1),
          consumedBy: null,
          failedAttempts: 0,
          createdAt: 1,
          expiresAt: 100,
          purpose: null,
          ...fields,
        })
      await commit(
        key('k1'),
        draft('k1', 20),
        key('k2', { deletedAt: 1, alias: null }),
        draft('k2', 21),
        key('k3', { materialVersion: null, createdAt: 30 }),
        token('t1', 'k3'),
        token('t2', 'k3', { expiresAt: 110 }),
        key('k4', { materialVersion: null }),
        token('t3', 'k4', { expiresAt: 50 }),
        token('t4', 'k4', { sealedPrivateKey: null }),
        token('t5', 'k4', { purpose: 'drill' }),
        key('k5'),
        token('t6', 'k5'),
        key('k6', { materialExpiresAt: 50, createdAt: 10 }),
        token('t7', 'k6'),
        key('k7', { projectId: other }),
        draft('k7', 22, other),
        key('k8', { materialVersion: null, deletionAt: 99 }),
        token('t8', 'k8'),
        key('k9', { materialVersion: null }),
        draft('k9', 15),
        token('t9', 'k9', { expiresAt: 70 }),
      )
      const list = async (fields: object = {}) => {
        const query = { projectId: project, now: 50, keyId: null, offset: 0, limit: 10, ...fields }
        const { imports, total } = await store.reader.unfinishedImports(query)
        return [imports.map(({ keyId, tokenUntil }) => `${keyId} ${tokenUntil}`), total]
      }
      assert.deepEqual(await list(), [['k3 110', 'k1 null', 'k9 70', 'k6 100'], 4])
      assert.deepEqual(await list({ offset: 1, limit: 2 }), [['k1 null', 'k9 70'], 4])
      assert.deepEqual(await list({ keyId: 'k9' }), [['k9 70'], 1])
      assert.deepEqual(await list({ keyId: 'k5' }), [[], 0])
      assert.deepEqual(await list({ now: 105 }), [['k3 110', 'k1 null', 'k9 null'], 3])
    })

    test('old access keys are those of the project that still work, the oldest first', async () => {
      const accessKey = (
        id: string,
        createdAt: number,
        fields: Partial<AccessKeyRow> = {},
      ): RowWrite =>
        insertRow(mac, 'accessKeys', {
          id,
          userId: 'u',
          projectId: project,
          sealedSecret: new Uint8Array(1),
          disabled: 0,
          createdAt,
          ...fields,
        })
      await commit(
        accessKey('a1', 7),
        accessKey('a2', 5),
        accessKey('a3', 4, { disabled: 1 }),
        accessKey('a4', 10),
        accessKey('a5', 3, { projectId: 'q'.repeat(32) }),
      )
      const old = async (limit: number) =>
        (await store.reader.oldAccessKeys(project, 10, limit)).map(({ id }) => id)
      assert.deepEqual(await old(9), ['a2', 'a1'])
      assert.deepEqual(await old(1), ['a2'])
    })

    test('the head of the log is written with its records, at its own revision', async () => {
      await commit(key('k1'))
      await commit(key('k2'))
      const [head] = await store.reader.scan('ledgers', null, 2)
      assert.deepEqual([head?.treeSize, head?.nodeSequence, head?.revision], [2, 2, 2])
    })
  })
}

/** Whether values are in order, with those that are null all together. */
function isSorted(values: readonly (string | number | null)[], descending: boolean): boolean {
  const known = values.filter((value) => value !== null)
  const firstNull = values.indexOf(null)
  const nulls = values.length - known.length
  const areTogether =
    nulls === 0 || values.slice(firstNull, firstNull + nulls).every((value) => value === null)
  const steps = known.slice(1).map((value, i) => order(known[i] as string | number, value))
  return areTogether && steps.every((step) => (descending ? step >= 0 : step <= 0))
}

function order(a: string | number, b: string | number): number {
  return a === b ? 0 : a < b ? -1 : 1
}

/** Bytes compare by content. */
function plain(row: unknown): unknown {
  return Object.fromEntries(
    Object.entries(row as object).map(([field, value]) => [
      field,
      value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
    ]),
  )
}
