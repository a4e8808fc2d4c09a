/**
 * A change of the schema behind the service's back is detected: at the start, while it runs, and
 * before a trigger runs.
 */
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, test } from 'node:test'
import { packed } from '../../src/audit/leaf-groups.ts'
import { legacyLeaf } from '../../src/audit/record.ts'
import { migrations } from '../../src/store/migrations/index.ts'
import { SchemaAltered } from '../../src/store/schema.ts'
import { migrateSqlite } from '../../src/store/sqlite/migrate.ts'
import { SqliteReader } from '../../src/store/sqlite/reader.ts'
import { SqliteWriter } from '../../src/store/sqlite/writer.ts'
import { newFolder } from '../e2e/server.ts'
import { planOf } from '../fakes/plan.ts'
import { onBothStores, type SchemaChange } from './schema-change.ts'

const tools = { auditLeaf: legacyLeaf, leafGroup: packed }

const silence = (name: string): string =>
  `CREATE TRIGGER ${name} AFTER INSERT ON log_groups WHEN NEW.first_index >= 0 BEGIN DELETE FROM log_groups WHERE log = NEW.log AND first_index = NEW.first_index; END`

const onSqlite: Readonly<Record<string, SchemaChange>> = {
  'a trigger that drops records': {
    statements: silence('silence'),
    says: /the trigger "silence on log_groups" was not made by Holdfast/,
    acts: true,
  },
  'a trigger that keeps rows from being written': {
    statements: 'CREATE TRIGGER t BEFORE UPDATE ON keys BEGIN SELECT RAISE(IGNORE); END',
    says: /the trigger "t on keys" was not made by Holdfast/,
    acts: true,
  },
  'a view': {
    statements: 'CREATE VIEW v AS SELECT * FROM keys',
    says: /the view "v" was not made by Holdfast/,
  },
  'a view in the place of a table': {
    statements:
      'ALTER TABLE log_groups RENAME TO l; CREATE VIEW log_groups AS SELECT * FROM l WHERE first_index < 9',
    says: /the view "log_groups" was not made by Holdfast; the table "l" was not made by Holdfast; the table "log_groups" is missing/,
  },
  'a table': { statements: 'CREATE TABLE x (a)', says: /the table "x" was not made by Holdfast/ },
  'a column': {
    statements: 'ALTER TABLE users ADD COLUMN x text',
    says: /the table "users" is not as Holdfast made it/,
  },
  'a default': {
    statements: "ALTER TABLE users ADD COLUMN x text DEFAULT 'y'",
    says: /the table "users" is not as/,
  },
  'a column that is gone': {
    statements: 'ALTER TABLE keys DROP COLUMN description',
    says: /the table "keys" is not as/,
  },
  ...onBothStores,
  'a line break in a name': {
    statements: 'CREATE TABLE "x\ny" (a)',
    says: /^[^\n]*the table "x\\ny" was not made by Holdfast[^\n]*$/,
  },
}

describe('the schema of a SQLite file', () => {
  const folder = newFolder()
  after(() => rmSync(folder, { recursive: true }))
  let files = 0
  const migrated = (steps = migrations): string => {
    const file = join(folder, `${files++}.db`)
    migrateSqlite(file, tools, steps)
    return file
  }
  const change = (file: string, statements: string): void => {
    const db = new DatabaseSync(file)
    db.exec(statements)
    db.close()
  }

  test('as the steps make it, and with statistics about its contents, it is accepted', async () => {
    const file = migrated()
    change(file, 'ANALYZE')
    assert.equal(migrateSqlite(file, tools), 0)
    const reader = new SqliteReader(file)
    assert.deepEqual(await reader.schemaFaults(), [])
    reader.close()
  })

  for (const [what, { statements, says, acts = false }] of Object.entries(onSqlite)) {
    test(`${what}: no start, and found while the service runs`, async () => {
      const file = migrated()
      const reader = new SqliteReader(file)
      assert.deepEqual(await reader.schemaFaults(), [])
      change(file, statements)
      const faults = await reader.schemaFaults()
      reader.close()
      assert.equal(
        faults.some((fault) => fault.acts),
        acts,
      )
      assert.match(new SchemaAltered(faults).message, says)
      assert.throws(() => migrateSqlite(file, tools), { constructor: SchemaAltered, message: says })
    })
  }

  test('changed before a newer release starts: none of its steps is run', () => {
    const file = migrated(migrations.slice(0, -1))
    change(file, silence('silence'))
    assert.throws(() => migrateSqlite(file, tools), SchemaAltered)
    const db = new DatabaseSync(file)
    assert.equal(db.prepare('PRAGMA user_version').get()?.user_version, migrations.length - 1)
    db.close()
  })

  test('no trigger runs in a statement of ours, even if it is created late', async () => {
    const file = migrated()
    const writer = new SqliteWriter(file)
    const write = async (): Promise<void> => {
      await writer.begin(planOf())
      const group = packed('x', 0, [Buffer.from('decrypt')])
      await writer.commit(group, { id: 'x', revision: 1 } as never)
    }
    await assert.rejects(
      write(),
      /NOT NULL/,
      'without a trigger the record is written, and only the head is refused',
    )
    await writer.rollback()
    change(file, silence('late'))
    await assert.rejects(write(), /the trigger or view "late" would run/)
    await writer.rollback()
    writer.close()
  })

  test('no view is read by a statement of ours, regardless of its name', async () => {
    const file = migrated()
    const reader = new SqliteReader(file)
    assert.deepEqual(await reader.leafGroups('x', 0, 1), [])
    change(file, onSqlite['a view in the place of a table']?.statements as string)
    await assert.rejects(reader.leafGroups('x', 0, 1), /the trigger or view "log_groups" would run/)
    reader.close()
  })
})
