/** The store on SQLite: the contract of all stores, its settings, and its migrations. */
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { legacyLeaf } from '../../src/audit/record.ts'
import { columnName, tableNames, tables } from '../../src/domain/rows.ts'
import { migrations } from '../../src/store/migrations/index.ts'
import { SchemaTooNew } from '../../src/store/schema-too-new.ts'
import { Connection } from '../../src/store/sqlite/connection.ts'
import { migrateSqlite } from '../../src/store/sqlite/migrate.ts'
import { SqliteReader } from '../../src/store/sqlite/reader.ts'
import { SqliteWriter } from '../../src/store/sqlite/writer.ts'
import { type StoreUnderTest, storeContract } from '../contracts/store.ts'
import { newFolder } from '../e2e/server.ts'
import { oldDeployment, oldRecords, stepsWithColumns } from './old-records.ts'

const tools = { auditLeaf: legacyLeaf }

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

function inFolder(use: (file: string) => void): void {
  const folder = newFolder()
  try {
    use(join(folder, 'holdfast.db'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('the schema has the columns that the domain describes, no more and no fewer', () => {
  inFolder((file) => {
    migrateSqlite(file, tools)
    const db = new DatabaseSync(file)
    const columns = (table: string): string[] =>
      db
        .prepare(`PRAGMA table_info(${table})`)
        .all()
        .map(({ name }) => name as string)
    for (const table of tableNames) {
      const expected = [...Object.keys(tables[table]), 'revision', 'schemaVersion', 'mac'].map(columnName)
      assert.deepEqual(columns(columnName(table)).toSorted(), expected.toSorted(), table)
    }
    assert.deepEqual(columns('audit_leaves'), ['tree_index', 'leaf'])
    db.close()
  })
})

test('a writing connection makes commits durable and overwrites what it deletes', () => {
  inFolder((file) => {
    const db = new Connection(file, 'write')
    assert.deepEqual(
      ['journal_mode', 'synchronous', 'secure_delete', 'trusted_schema'].map((name) => db.pragma(name)[0]),
      ['wal', 2, 1, 0],
    )
    db.close()
  })
})

test('a reading connection cannot write', () => {
  inFolder((file) => {
    migrateSqlite(file, tools)
    const db = new Connection(file, 'read')
    assert.throws(() => db.exec('DELETE FROM keys'), /readonly/)
    db.close()
  })
})

test('a step of the schema that fails leaves the file as it was, and the next start runs it again', () => {
  inFolder((file) => {
    const failing = [
      ...migrations,
      (db: Parameters<(typeof migrations)[number]>[0]) => [
        db.schema.createTable('extra').addColumn('id', 'text'),
        db.schema.dropTable('nonexistent'),
      ],
    ]
    assert.throws(() => migrateSqlite(file, tools, failing))
    const db = new DatabaseSync(file)
    assert.equal(db.prepare("SELECT count(*) AS n FROM sqlite_master WHERE name = 'extra'").get()?.n, 0)
    assert.equal(db.prepare('PRAGMA user_version').get()?.user_version, migrations.length)
    db.close()
    assert.equal(migrateSqlite(file, tools), 0)
  })
})

test('a file of a newer release is refused', () => {
  inFolder((file) => {
    migrateSqlite(file, tools, [...migrations, () => []])
    assert.throws(() => migrateSqlite(file, tools), SchemaTooNew)
  })
})

test('records that were kept in columns become the leaves that the log holds the hashes of', () => {
  inFolder((file) => {
    migrateSqlite(file, tools, migrations.slice(0, stepsWithColumns))
    const db = new DatabaseSync(file)
    db.prepare("INSERT INTO deployments VALUES (?, 1, 1, x'00', 1, 1, x'00')").run(oldDeployment)
    const insert = db.prepare(`INSERT INTO audit_records VALUES (${Array(21).fill('?').join(', ')})`)
    for (const { columns } of oldRecords) insert.run(...(columns as (string | number | null | Uint8Array)[]))
    db.close()
    assert.equal(migrateSqlite(file, tools), migrations.length - stepsWithColumns)
    const migrated = new DatabaseSync(file)
    const found = migrated.prepare('SELECT tree_index, leaf FROM audit_leaves ORDER BY tree_index').all()
    migrated.close()
    assert.deepEqual(
      found.map(({ tree_index, leaf }) => [tree_index, (leaf as Uint8Array).toHex()]),
      oldRecords.map(({ leaf }, i) => [i, leaf]),
    )
  })
})
