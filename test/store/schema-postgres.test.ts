/**
 * The same on PostgreSQL: a change of the schema behind the service's back is detected at the start
 * and while it runs.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { packed } from '../../src/audit/leaf-groups.ts'
import { legacyLeaf } from '../../src/audit/record.ts'
import { migratePostgres } from '../../src/store/postgres/migrate.ts'
import { PostgresReader } from '../../src/store/postgres/reader.ts'
import { SchemaAltered } from '../../src/store/schema.ts'
import { PostgresServer, Sql, withoutPostgres } from '../fakes/postgres.ts'
import { onBothStores, type SchemaChange } from './schema-change.ts'

const tools = { auditLeaf: legacyLeaf, leafGroup: packed }

const onPostgres: Readonly<Record<string, SchemaChange>> = {
  'a trigger that drops records': {
    statements: `CREATE FUNCTION drops() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM log_groups WHERE log = NEW.log AND first_index = NEW.first_index; RETURN NULL; END $$;
      CREATE TRIGGER silence AFTER INSERT ON log_groups FOR EACH ROW EXECUTE FUNCTION drops()`,
    says: /the trigger "silence on log_groups" was not made by Holdfast/,
    acts: true,
  },
  'a rule': {
    statements: 'CREATE RULE r AS ON DELETE TO key_versions DO INSTEAD NOTHING',
    says: /the rule "r on key_versions" was not made by Holdfast/,
    acts: true,
  },
  'a policy': {
    statements:
      'CREATE POLICY p ON key_grants USING (false); ALTER TABLE key_grants ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY',
    says: /the policy "p on key_grants" was not made by Holdfast/,
    acts: true,
  },
  'a view': {
    statements: 'CREATE VIEW v AS SELECT id FROM keys',
    says: /the view "v" was not made by Holdfast/,
  },
  'a view in the place of a table': {
    statements: 'ALTER TABLE key_tags RENAME TO l; CREATE VIEW key_tags AS SELECT * FROM l',
    says: /the table "key_tags" is not as Holdfast made it/,
  },
  'a table of the same name that is found first': {
    statements:
      'CREATE SCHEMA holdfast; CREATE TABLE holdfast.log_groups (log text, first_index bigint, count bigint, leaves bytea)',
    says: /is missing/,
  },
  'a child table': {
    statements: 'CREATE TABLE c () INHERITS (key_grants)',
    says: /the child table "c of key_grants" was not made by Holdfast/,
  },
  'a table that a crash empties': {
    statements: 'ALTER TABLE key_tags SET UNLOGGED',
    says: /the table "key_tags" is not as Holdfast made it/,
  },
  'a column': {
    statements: 'ALTER TABLE users ADD COLUMN x text',
    says: /the column "users.x" was not made by Holdfast/,
  },
  'a default': {
    statements: "ALTER TABLE users ALTER COLUMN name SET DEFAULT 'y'",
    says: /the column "users.name" is not as Holdfast made it/,
  },
  'a type': {
    statements: 'ALTER TABLE users ALTER COLUMN name TYPE varchar(9)',
    says: /the column "users.name" is not as/,
  },
  'a constraint': {
    statements: 'ALTER TABLE keys ADD CHECK (disabled = 0)',
    says: /the constraint "keys_disabled_check on keys" was not made by/,
  },
  'a constraint of another table': {
    statements: 'CREATE TABLE other (k text REFERENCES keys (id))',
    says: /the constraint "other_k_fkey on other" was not made by Holdfast/,
  },
  ...onBothStores,
}

describe('the schema of a PostgreSQL database', { skip: withoutPostgres }, () => {
  let server: PostgresServer
  before(async () => {
    server = await PostgresServer.start()
  })
  after(() => server.stop())

  test('as the steps make it, next to tables of others, it is accepted', async () => {
    const url = await server.database()
    await migratePostgres(url, tools)
    const sql = new Sql(url)
    await sql.rows(
      'CREATE TABLE other (a text); CREATE VIEW of_other AS SELECT * FROM other; ANALYZE',
    )
    assert.equal(await migratePostgres(url, tools), 0)
    const [found] = await sql.rows(
      "SELECT count(*)::int AS n FROM pg_class WHERE relpersistence = 't'",
    )
    assert.equal(found?.n, 0, 'the tables made for the comparison are gone')
    await sql.end()
  })

  for (const [what, { statements, says, acts = false }] of Object.entries(onPostgres)) {
    test(`${what}: no start, and found while the service runs`, async () => {
      const url = await server.database()
      await migratePostgres(url, tools)
      const reader = new PostgresReader(url)
      assert.deepEqual(await reader.schemaFaults(), [])
      const sql = new Sql(url)
      await sql.rows(statements)
      await sql.end()
      const faults = await reader.schemaFaults()
      reader.close()
      assert.equal(
        faults.some((fault) => fault.acts),
        acts,
      )
      assert.match(new SchemaAltered(faults).message, says)
      await assert.rejects(migratePostgres(url, tools), {
        constructor: SchemaAltered,
        message: says,
      })
    })
  }
})
