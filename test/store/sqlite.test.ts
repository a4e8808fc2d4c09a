/** The store on SQLite: the contract of all stores, its settings, and its migrations. */
import assert from 'node:assert/strict'
import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { packed, readLeaves } from '../../src/audit/leaf-groups.ts'
import { legacyLeaf } from '../../src/audit/record.ts'
import { absent } from '../../src/domain/rows.ts'
import { columnName, columnsOf, tableNames } from '../../src/domain/tables.ts'
import { StoreUnavailable } from '../../src/ports/store.ts'
import { migrations } from '../../src/store/migrations/index.ts'
import { Connection } from '../../src/store/sqlite/connection.ts'
import { migrateSqlite } from '../../src/store/sqlite/migrate.ts'
import { SqliteReader } from '../../src/store/sqlite/reader.ts'
import { SqliteWriter } from '../../src/store/sqlite/writer.ts'
import { alone } from '../../src/store/steps.ts'
import { type StoreUnderTest, storeContract } from '../contracts/store.ts'
import { newFolder } from '../e2e/server.ts'
import { planOf } from '../fakes/plan.ts'
import {
  groupsIn,
  groupsOfOldRecords,
  insertOldHead,
  oldDeployment,
  oldHead,
  oldRecords,
  placeAndLeaf,
  placeAndLeafOf,
  stepsWithColumns,
} from './old-records.ts'

const tools = { auditLeaf: legacyLeaf, leafGroup: packed }

function openIn(folder: string): StoreUnderTest {
  const file = join(folder, 'holdfast.db')
  migrateSqlite(file, tools)
  const writer = new SqliteWriter(file)
  const reader = new SqliteReader(file)
  const close = (): void => {
    reader.close()
    writer.close()
  }
  return {
    writer,
    reader,
    async reopen() {
      close()
      return openIn(folder)
    },
    async end() {
      close()
      rmSync(folder, { recursive: true })
    },
  }
}

storeContract('on SQLite', async () => openIn(newFolder()))

async function inFolder(use: (file: string) => unknown): Promise<void> {
  const folder = newFolder()
  try {
    await use(join(folder, 'holdfast.db'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('the schema has exactly the columns that the domain describes', async () => {
  await inFolder((file) => {
    migrateSqlite(file, tools)
    const db = new DatabaseSync(file)
    const columns = (table: string): string[] =>
      db
        .prepare(`PRAGMA table_info(${table})`)
        .all()
        .map(({ name }) => name as string)
    for (const table of tableNames) {
      const expected = [...Object.keys(columnsOf(table)), 'revision', 'schemaVersion', 'mac'].map(
        columnName,
      )
      assert.deepEqual(columns(columnName(table)).toSorted(), expected.toSorted(), table)
    }
    assert.deepEqual(columns('log_groups'), ['log', 'first_index', 'count', 'leaves'])
    db.close()
  })
})

test('a writing connection makes commits durable and overwrites what it deletes', async () => {
  await inFolder((file) => {
    const db = new Connection(file, 'write')
    assert.deepEqual(
      ['journal_mode', 'synchronous', 'secure_delete', 'trusted_schema'].map(
        (name) => db.pragma(name)[0],
      ),
      ['wal', 2, 1, 0],
    )
    db.close()
  })
})

test('a reading connection cannot write', async () => {
  await inFolder((file) => {
    migrateSqlite(file, tools)
    const db = new Connection(file, 'read')
    assert.throws(() => db.exec('DELETE FROM keys'), /readonly/)
    db.close()
  })
})

/** Each place in which SQLite may find another program in the way, and what happens then. */
const inTheWay: Readonly<
  Record<string, { held: string[]; shows: (parts: Shared) => Promise<void> }>
> = {
  'BEGIN, while another program writes: nothing is done, and the next one succeeds': {
    held: ['BEGIN IMMEDIATE'],
    async shows({ writer, release }) {
      await assert.rejects(writer.begin(planOf()), StoreUnavailable)
      await writer.rollback()
      release()
      assert.deepEqual(await writer.begin(planOf([['keys', 'k', absent]])), { versions: [absent] })
      await writer.rollback()
    },
  },
  'a read, while another program writes: it goes on': {
    held: ['BEGIN IMMEDIATE', "INSERT INTO log_groups VALUES ('n', 9, 1, x'00')"],
    async shows({ reader }) {
      assert.deepEqual(await reader.leafGroups('n', 0, 10), [])
    },
  },
  'a commit, while another program reads: it goes on': {
    held: ['BEGIN', 'SELECT * FROM keys'],
    async shows({ file, reader }) {
      const db = new DatabaseSync(file)
      db.exec("INSERT INTO log_groups VALUES ('n', 9, 1, x'00')")
      db.close()
      assert.equal((await reader.leafGroups('n', 0, 10)).length, 1)
    },
  },
  'an erasure, while another program reads what was there before: it is not done, and soon says so':
    {
      held: ['BEGIN', 'SELECT * FROM keys'],
      async shows({ file, writer, release }) {
        const db = new DatabaseSync(file)
        db.exec("INSERT INTO log_groups VALUES ('n', 9, 1, x'00')")
        db.close()
        const began = performance.now()
        assert.equal(await writer.eraseDeleted(), false)
        assert.ok(performance.now() - began < 1500, 'it holds up the writer for a moment')
        release()
        assert.equal(await writer.eraseDeleted(), true)
        assert.equal(statSync(`${file}-wal`).size, 0)
      },
    },
  'an erasure, while another program writes: it is not done': {
    held: ['BEGIN IMMEDIATE'],
    async shows({ writer, release }) {
      assert.equal(await writer.eraseDeleted(), false)
      release()
      assert.equal(await writer.eraseDeleted(), true)
    },
  },
  'an opening connection, while another program has the file for itself': {
    held: ['PRAGMA locking_mode=EXCLUSIVE', 'BEGIN EXCLUSIVE'],
    async shows({ file }) {
      assert.throws(() => new Connection(file, 'write'), StoreUnavailable)
      await assert.rejects(
        async () => new SqliteReader(file).scan('keys', null, 1),
        StoreUnavailable,
      )
    },
  },
}

type Shared = { file: string; reader: SqliteReader; writer: SqliteWriter; release: () => void }

for (const [name, { held, shows }] of Object.entries(inTheWay)) {
  test(`another program in the way of ${name}`, async () => {
    const folder = newFolder()
    const file = join(folder, 'holdfast.db')
    migrateSqlite(file, tools)
    const isAlone = held.includes('BEGIN EXCLUSIVE')
    const reader = new SqliteReader(isAlone ? ':memory:' : file)
    const writer = isAlone ? undefined : new SqliteWriter(file)
    const other = new DatabaseSync(file)
    for (const statement of held) {
      if (statement.startsWith('SELECT')) other.prepare(statement).all()
      else other.exec(statement)
    }
    const release = (): void => other.exec('ROLLBACK')
    await shows({ file, reader, writer: writer as SqliteWriter, release })
    other.close()
    reader.close()
    writer?.close()
    rmSync(folder, { recursive: true })
  })
}

test('a step of the schema that fails leaves the file as it was, and the next start runs it again', async () => {
  await inFolder((file) => {
    const failing = [
      ...migrations,
      alone((db) => [
        db.schema.createTable('extra').addColumn('id', 'text'),
        db.schema.dropTable('nonexistent'),
      ]),
    ]
    assert.throws(() => migrateSqlite(file, tools, failing))
    const db = new DatabaseSync(file)
    assert.equal(
      db.prepare("SELECT count(*) AS n FROM sqlite_master WHERE name = 'extra'").get()?.n,
      0,
    )
    assert.equal(db.prepare('PRAGMA user_version').get()?.user_version, migrations.length)
    db.close()
    assert.equal(migrateSqlite(file, tools), 0)
  })
})

test('records stored in columns become groups of the leaves whose hashes are in the log', async () => {
  await inFolder(async (file) => {
    migrateSqlite(file, tools, migrations.slice(0, stepsWithColumns))
    const db = new DatabaseSync(file)
    db.prepare("INSERT INTO deployments VALUES (?, 1, 1, x'00', 1, 1, x'00')").run(oldDeployment)
    const insert = db.prepare(
      `INSERT INTO audit_records VALUES (${Array(21).fill('?').join(', ')})`,
    )
    for (const { columns } of oldRecords)
      insert.run(...(columns as (string | number | null | Uint8Array)[]))
    assert.throws(() => migrateSqlite(file, tools), /a log with records must have a head/)
    db.exec(insertOldHead)
    db.close()
    const left = migrateSqlite(file, tools)
    assert.ok(left > 0 && left <= migrations.length - stepsWithColumns)
    const migrated = new DatabaseSync(file)
    const rows = migrated.prepare('SELECT * FROM log_groups ORDER BY first_index').all()
    migrated.close()
    assert.deepEqual(groupsIn(rows), groupsOfOldRecords)
    const reader = new SqliteReader(file)
    const found = await readLeaves(reader, oldHead, 0, oldRecords.length * 2)
    reader.close()
    assert.deepEqual(found.map(placeAndLeaf), oldRecords.map(placeAndLeafOf))
  })
})
