/** What every store must do, whichever it is: one suite over all of them. */
import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { firstHead, NodeLog } from '../../src/audit/log.ts'
import {
  type KeyRow,
  type KeyVersionRow,
  type Row,
  type RowWrite,
  type TableName,
  tableNames,
  tables,
} from '../../src/domain/rows.ts'
import { deleteRow, insertRow, updateRow } from '../../src/engine/changes.ts'
import { type StoreReader, type StoreWriter, UniqueConflict } from '../../src/ports/store.ts'
import { anyEntry } from '../fakes/audit-entry.ts'

export type StoreUnderTest = {
  readonly writer: StoreWriter
  readonly reader: StoreReader
  /** Opens reader and writer anew on what is durable. */
  reopen(): Promise<StoreUnderTest>
  end(): Promise<void>
}

const mac = createSecretKey(randomBytes(32))
const project = 'p'.repeat(32)

/** A row of any table in which no value is like another. */
function anyRow(table: TableName, id: string): RowWrite {
  let n = 0
  const values = Object.fromEntries(
    Object.entries(tables[table]).map(([field, { type }]) => {
      n++
      if (type === 'int') return [field, n * 1_000_000_007]
      return [field, type === 'text' ? `${field} ü ${id}` : randomBytes(20 + n)]
    }),
  )
  return insertRow(mac, table, { ...values, id } as never)
}

function key(id: string, fields: Partial<KeyRow> = {}): RowWrite {
  return insertRow(mac, 'keys', {
    id,
    projectId: project,
    listNumber: Number.parseInt(id.slice(1), 10),
    alias: `alias-${id}`,
    description: null,
    spec: 'AES_256',
    usage: 'ENCRYPT_DECRYPT',
    origin: 'external',
    disabled: 0,
    deletionAt: null,
    materialVersion: 1,
    materialExpiresAt: null,
    versionsDigest: randomBytes(32),
    association: null,
    checkValue: null,
    importedAt: null,
    createdAt: 1,
    deletedAt: null,
    publicKey: null,
    rotationDays: null,
    nextRotationAt: null,
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
      await store.writer.begin([])
      await store.writer.apply(writes)
      await store.writer.commit([log.append(anyEntry, 1, writes)], log.head(0))
      log.committed()
    }
    const same = (found: unknown, written: RowWrite | undefined): void => assert.deepEqual(plain(found), plain(written?.row))

    for (const table of tableNames.filter((one) => one !== 'ledgers')) {
      test(`${table}: a row comes back as it went, column for column, also after a restart`, async () => {
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
          await store.writer.begin([
            ['keys', 'k1', 1],
            ['keys', 'k2', 1],
          ])
        ).revisions,
        [1, 0],
      )
      await store.writer.apply([renamed])
      await store.writer.commit([log.append(anyEntry, 1, [renamed])], log.head(0))
      log.committed()
      assert.deepEqual((await store.writer.begin([['keys', 'k1', 1]])).revisions, [2])
      await store.writer.rollback()
      await commit(deleteRow('keys', renamed.row as KeyRow))
      assert.equal(await store.reader.row('keys', 'k1'), undefined)
      assert.deepEqual((await store.writer.begin([['keys', 'k1', 1]])).revisions, [0])
      await store.writer.rollback()
    })

    test('what is rolled back never was', async () => {
      await store.writer.begin([])
      await store.writer.apply([key('k1')])
      await store.writer.rollback()
      assert.equal(await store.reader.row('keys', 'k1'), undefined)
      assert.deepEqual((await store.writer.begin([['keys', 'k1', 0]])).revisions, [0])
      await store.writer.rollback()
      await commit(key('k1'))
    })

    test('a call that meets a taken name leaves nothing; the others of its transaction stand', async () => {
      const [one, two, three] = [key('k1'), key('k2', { alias: 'alias-k1' }), key('k3')]
      await store.writer.begin([])
      await store.writer.apply([one])
      await assert.rejects(store.writer.apply([three, two]), UniqueConflict)
      await store.writer.apply([key('k4')])
      await store.writer.commit([log.append(anyEntry, 1, [])], log.head(0))
      const { keys } = await store.reader.listKeys({
        projectId: project,
        spec: null,
        state: null,
        now: 0,
        before: null,
        limit: 10,
      })
      assert.deepEqual(
        keys.map(({ id }) => id),
        ['k4', 'k1'],
      )
    })

    test('an alias and a list number are taken once in a project; keys without alias are many', async () => {
      await commit(
        key('k1'),
        key('k2', { alias: null }),
        key('k3', { alias: null }),
        key('k4', { alias: 'alias-k1', projectId: 'q'.repeat(32) }),
      )
      assert.equal(await store.reader.keyOfAlias(project, 'alias-k1'), 'k1')
      assert.equal(await store.reader.keyOfAlias(project, 'alias-k9'), undefined)
      await store.writer.begin([])
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
        const listing = { projectId: project, spec: null, state: null, now: 99, before: null, limit: 10, ...fields }
        const { keys, total } = await store.reader.listKeys(listing)
        if (listing.before === null && listing.limit === 10) assert.equal(total, keys.length)
        return keys.map(({ id }) => id)
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
      const page = await store.reader.listKeys({ projectId: project, spec: null, state: null, now: 0, before: null, limit: 6 })
      assert.deepEqual([page.more, page.total], [false, 6])
    })

    test('what is due is what has come to its instant', async () => {
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
      assert.deepEqual(await store.reader.due(9, 10), { expired: [], deletions: [], rotations: [], tokens: [] })
      assert.deepEqual(await store.reader.due(10, 10), { expired: ['k1'], deletions: ['k3'], rotations: ['k5'], tokens: ['t1'] })
      assert.deepEqual(await store.reader.due(11, 1), { expired: ['k1'], deletions: ['k3'], rotations: ['k5'], tokens: ['t1'] })
      assert.deepEqual(
        (await store.reader.importTokens('k1')).map(({ id }) => id),
        ['t1', 't2'],
      )
    })

    test('a scan passes over every row once, by ID', async () => {
      await commit(...['k3', 'k1', 'k2'].map((id) => key(id)))
      assert.deepEqual(
        (await store.reader.scan('keys', '', 2)).map(({ id }) => id),
        ['k1', 'k2'],
      )
      assert.deepEqual(
        (await store.reader.scan('keys', 'k2', 2)).map(({ id }) => id),
        ['k3'],
      )
    })

    test('the head of the log is written with its records, at its own revision', async () => {
      await commit(key('k1'))
      await commit(key('k2'))
      const [head] = await store.reader.scan('ledgers', '', 2)
      assert.deepEqual([head?.treeSize, head?.nodeSequence, head?.revision], [2, 2, 2])
    })
  })
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
