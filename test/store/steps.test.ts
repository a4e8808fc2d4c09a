/**
 * Steps of the schema while releases meet: what one adds, the release before accepts, at a start
 * and while it runs; a step that was interrupted goes on where it was; no node is stopped by one.
 */
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql as fragment } from 'kysely'
import { migrations } from '../../src/store/migrations/index.ts'
import { table } from '../../src/store/migrations/table.ts'
import { migratePostgres } from '../../src/store/postgres/migrate.ts'
import { PostgresReader } from '../../src/store/postgres/reader.ts'
import { holdingStartLock } from '../../src/store/postgres/start-lock.ts'
import { type Migration, raw, rowsConvertedAtOnce } from '../../src/store/queries.ts'
import { SchemaAltered } from '../../src/store/schema.ts'
import { SchemaTooNew } from '../../src/store/schema-too-new.ts'
import { migrateSqlite } from '../../src/store/sqlite/migrate.ts'
import { SqliteReader } from '../../src/store/sqlite/reader.ts'
import { addition, alone, type Step, noRecords as tools } from '../../src/store/steps.ts'
import { newFolder } from '../e2e/server.ts'
import { until } from '../e2e/until.ts'
import { PostgresServer, Sql, withoutPostgres } from '../fakes/postgres.ts'

/** A store that migrates, runs statements of others, and is watched by the release before. */
type Store = {
  /** As another role of the database, where there are roles. */
  readonly migrateAs: (role: string, steps: readonly Step[]) => Promise<number>
  readonly migrate: (steps: readonly Step[], node?: string) => Promise<number>
  readonly run: (statements: string) => Promise<void>
  readonly rows: (statement: string) => Promise<Record<string, unknown>[]>
  readonly faults: () => Promise<readonly unknown[]>
  readonly close: () => Promise<void>
}

const made: Migration = (db) => [
  table(db, 'notes', { id: 'text', keyId: 'text', text: 'text?' }),
  db.schema.alterTable('keys').addColumn('colour', 'text'),
  db.schema.alterTable('keys').addColumn('weight', 'integer'),
  db.schema
    .createIndex('keys_colour')
    .on('keys')
    .columns(['colour', 'id'] as never),
]

/** A table of numbers is converted into another one. */
const converting =
  (convert = (n: number): number => 2 * n): Migration =>
  (db) => [
    db.schema
      .createTable('doubled')
      .addColumn('n', 'integer', (c) => c.primaryKey())
      .addColumn('twice', 'integer'),
    {
      read: raw(db, fragment`SELECT n FROM numbers WHERE n > ${null} ORDER BY n LIMIT ${null}`),
      before: -1,
      position: ([n]) => Number(n),
      convert: (rows) => rows.map(([n]) => [Number(n), convert(Number(n))]),
      write: raw(db, fragment`INSERT INTO doubled (n, twice) VALUES (${null}, ${null})`),
    },
    db.schema.dropTable('numbers'),
  ]

function withSteps(...more: Step[]): readonly Step[] {
  return [...migrations, ...more]
}

function contract(on: string, open: () => Promise<Store>): void {
  const having = async (use: (store: Store) => Promise<void>): Promise<void> => {
    const store = await open()
    try {
      await use(store)
    } finally {
      await store.close()
    }
  }

  test(`${on}: what a later step adds is no change to the release before`, () =>
    having(async ({ migrate, faults, run }) => {
      await migrate(migrations)
      assert.equal(await migrate(withSteps(addition(made))), 1)
      assert.deepEqual(await faults(), [], 'it runs on')
      assert.equal(await migrate(migrations), 0, 'it starts')
      assert.equal(await migrate(withSteps(addition(made))), 0, 'the later one, too')
      await run('CREATE VIEW v AS SELECT id FROM keys')
      assert.equal((await faults()).length, 1, 'what somebody else adds is one')
      await assert.rejects(migrate(migrations), SchemaTooNew)
      await assert.rejects(migrate(withSteps(addition(made))), SchemaAltered)
    }))

  const refused: Readonly<Record<string, Migration>> = {
    'a column with a default': (db) => [
      db.schema.alterTable('keys').addColumn('colour', 'text', (c) => c.defaultTo('red')),
    ],
    'a unique index': (db) => [db.schema.createIndex('u').unique().on('keys').column('spec')],
    'a column that is gone': (db) => [db.schema.alterTable('keys').dropColumn('description')],
    'a table that refers to keys': (db) => [
      db.schema.createTable('t').addColumn('id', 'text', (c) => c.references('keys.id')),
    ],
    'an index that is gone': (db) => [db.schema.dropIndex('users_name')],
  }
  for (const [what, step] of Object.entries(refused))
    test(`${on}: ${what} of a later release keeps the one before from starting`, () =>
      having(async ({ migrate, faults }) => {
        await migrate(withSteps(alone(step)))
        assert.ok((await faults()).length > 0)
        await assert.rejects(migrate(migrations), SchemaTooNew)
      }))

  test(`${on}: what a later release has begun to take away keeps the one before from starting`, () =>
    having(async ({ migrate }) => {
      const ends = alone((db) => [
        db.schema.alterTable('keys').dropColumn('description'),
        {
          read: raw(
            db,
            fragment`SELECT list_number FROM keys WHERE list_number > ${null} LIMIT ${null} + no_such_column`,
          ),
          before: -1,
          position: () => 0,
          convert: () => [],
          write: raw(db, fragment`DELETE FROM keys WHERE id = ${null}`),
        },
      ])
      await migrate(migrations)
      await assert.rejects(migrate(withSteps(ends)))
      await assert.rejects(migrate(migrations), SchemaTooNew)
    }))

  test(`${on}: the same column without a later step is a change of somebody else`, () =>
    having(async ({ migrate, run, faults }) => {
      await migrate(migrations)
      await run('ALTER TABLE keys ADD COLUMN colour text')
      assert.equal((await faults()).length, 1)
      await assert.rejects(migrate(migrations), SchemaAltered)
    }))

  test(`${on}: a conversion that ends in the middle goes on where it was`, () =>
    having(async ({ migrate, run, rows, faults }) => {
      const first = alone((db) => [
        db.schema.createTable('numbers').addColumn('n', 'integer', (c) => c.primaryKey()),
      ])
      const count = 3 * rowsConvertedAtOnce + 10
      await migrate(withSteps(first))
      await run(
        `INSERT INTO numbers WITH RECURSIVE r(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM r WHERE n + 1 < ${count}) SELECT n FROM r`,
      )
      const seen: number[] = []
      const ends = converting((n) => {
        if (n === 2 * rowsConvertedAtOnce + 5) throw new Error('the machine is switched off')
        return 2 * n
      })
      await assert.rejects(migrate(withSteps(first, alone(ends))), /switched off/)
      const [half] = await rows('SELECT count(*) AS n FROM doubled')
      assert.equal(Number(half?.n), 2 * rowsConvertedAtOnce)
      await run('CREATE VIEW v AS SELECT n FROM doubled')
      await assert.rejects(migrate(withSteps(first, alone(converting()))), SchemaAltered)
      await run('DROP VIEW v')
      const again = converting((n) => {
        seen.push(n)
        return 2 * n
      })
      assert.equal(await migrate(withSteps(first, alone(again))), 1)
      assert.equal(seen[0], 2 * rowsConvertedAtOnce, 'nothing is converted twice')
      const [whole] = await rows('SELECT count(*) AS n, sum(twice) AS s FROM doubled')
      assert.deepEqual([Number(whole?.n), Number(whole?.s)], [count, count * (count - 1)])
      assert.equal(await migrate(withSteps(first, alone(again))), 0, 'no place is left behind')
      assert.deepEqual(await faults(), [])
    }))
}

describe('steps on SQLite', () => {
  const folder = newFolder()
  after(() => rmSync(folder, { recursive: true }))
  let files = 0
  contract('on SQLite', async () => {
    const file = join(folder, `${files++}.db`)
    let reader: SqliteReader | undefined
    const rows = async (statement: string): Promise<Record<string, unknown>[]> => {
      const db = new DatabaseSync(file)
      try {
        return db.prepare(statement).all()
      } finally {
        db.close()
      }
    }
    return {
      migrate: async (steps) => migrateSqlite(file, tools, steps),
      migrateAs: async () => assert.fail('a file has no roles'),
      run: async (statements) => void (await rows(statements)),
      rows,
      faults: async () => {
        reader ??= new SqliteReader(file)
        return reader.schemaFaults()
      },
      close: async () => reader?.close(),
    }
  })
})

describe('steps on PostgreSQL', { skip: withoutPostgres }, () => {
  let server: PostgresServer
  before(async () => {
    server = await PostgresServer.start()
  })
  after(() => server.stop())
  /** An index that is not valid. */
  const half = 'SELECT indexrelid FROM pg_index WHERE NOT indisvalid'
  const opened = async (): Promise<Store & { readonly url: string }> => {
    const url = await server.database()
    const sql = new Sql(url)
    const reader = new PostgresReader(url)
    return {
      url,
      migrateAs: (role, steps) =>
        migratePostgres(url.replace('holdfast@', `${role}@`), tools, steps),
      migrate: (steps, node) => migratePostgres(url, tools, steps, { node }),
      run: async (statements) => void (await sql.rows(statements)),
      rows: (statement) => sql.rows(statement),
      faults: () => reader.schemaFaults(),
      close: async () => {
        reader.close()
        await sql.end()
      },
    }
  }
  contract('on PostgreSQL', opened)

  test('an index is made while others write, and one that was left unfinished again', async () => {
    const store = await opened()
    await store.migrate(migrations)
    // As a start leaves it that was ended while it made the index.
    await store.run('ALTER TABLE keys ADD COLUMN colour text')
    await store.run('ALTER TABLE keys ADD COLUMN weight bigint')
    await store.run('CREATE INDEX keys_colour ON keys (colour, id)')
    await store.run(
      "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'keys_colour'::regclass",
    )
    await store.run('CREATE TABLE schema_places (step bigint, section bigint, after bigint)')
    await store.run(`INSERT INTO schema_places VALUES (${migrations.length + 1}, 1, NULL)`)
    await store.run(
      'CREATE TABLE notes (id text PRIMARY KEY, key_id text NOT NULL, text text, revision bigint NOT NULL, schema_version bigint NOT NULL, mac bytea NOT NULL)',
    )
    assert.deepEqual(await store.faults(), [], 'the release before runs on')
    await store.run(
      'CREATE ROLE narrow LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO narrow; REVOKE ALL ON schema_places FROM narrow',
    )
    assert.equal(await store.migrateAs('narrow', migrations), 0, 'also with few rights')
    await assert.rejects(store.migrateAs('narrow', withSteps(addition(made))), {
      detail: /start once as its owner; nothing was changed$/,
    })
    assert.equal(await store.migrate(migrations), 0, 'and starts')
    assert.equal(await store.migrate(withSteps(addition(made))), 1)
    const [found] = await store.rows(
      "SELECT indisvalid FROM pg_index WHERE indexrelid = 'keys_colour'::regclass",
    )
    assert.equal(found?.indisvalid, 't')
    await store.close()
  })

  test('a step that begins with an index is under way while the index is made', async () => {
    const store = await opened()
    const onlyIndex = addition((db) => [
      db.schema.createIndex('keys_spec').on('keys').column('spec'),
    ])
    await store.migrate(migrations)
    // The index waits for this one, and is there, but not valid.
    const writing = new Sql(store.url)
    await writing.rows('BEGIN; LOCK TABLE keys IN ROW EXCLUSIVE MODE')
    const migrated = store.migrate(withSteps(onlyIndex))
    await until(async () => (await store.rows(half)).length === 1, 20_000)
    assert.deepEqual(await store.faults(), [], 'the release before runs on')
    assert.equal(await store.migrate(migrations), 0, 'and starts')
    // The start that makes it ends, and leaves it as it is.
    const ended = assert.rejects(migrated)
    await store.run(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'create INDEX CONCURRENTLY%'",
    )
    await ended
    await writing.rows('COMMIT')
    await writing.end()
    assert.equal((await store.rows(half)).length, 1)
    assert.equal(await store.migrate(withSteps(onlyIndex)), 1, 'it goes on')
    assert.equal((await store.rows(half)).length, 0)
    await store.close()
  })

  test('an index takes longer than a role may, or says what is in the way', async () => {
    const store = await opened()
    const onlyIndex = addition((db) => [
      db.schema.createIndex('keys_spec').on('keys').column('spec'),
    ])
    await store.migrate(migrations)
    await store.run("ALTER ROLE holdfast SET statement_timeout = '1h'")
    const pooler = await ignoringOptions(server.port)
    const { port } = pooler.address() as AddressInfo
    const url = store.url.replace(`:${server.port}`, `:${port}`)
    await assert.rejects(
      migratePostgres(url, tools, withSteps(onlyIndex)),
      /statement_timeout 1h, lock_timeout 0\), and a pooler .* with the URL of the server itself/,
    )
    assert.equal(await store.migrate(withSteps(onlyIndex)), 1)
    await store.run('ALTER ROLE holdfast RESET statement_timeout')
    pooler.close()
    await store.close()
  })

  test('no start that holds the lock, or waits for it, keeps an index from its end', async () => {
    const { url, rows, close } = await opened()
    const between = (): Promise<Record<string, unknown>[]> =>
      rows(
        "SELECT query FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'",
      )
    let waits = false
    let waited: Promise<void> | undefined
    await holdingStartLock(url, async () => {
      waited = holdingStartLock(
        url,
        async () => {},
        () => {
          waits = true
        },
      )
      await until(() => waits, 20_000)
      for (let i = 0; i < 10; i++) {
        await sleep(60)
        // A statement without a snapshot, and nothing of the one that waits.
        await until(async () => (await between()).length === 1, 20_000)
      }
      const [held] = await between()
      assert.match(String(held?.query), /^SHOW /)
    })
    await waited
    await close()
  })

  test('a conversion waits for a lock of somebody else', async () => {
    const store = await opened()
    const first = alone((db) => [
      db.schema.createTable('numbers').addColumn('n', 'integer', (c) => c.primaryKey()),
    ])
    await store.migrate(withSteps(first))
    await store.run('INSERT INTO numbers VALUES (1)')
    const other = new Sql(store.url)
    await other.rows('BEGIN')
    // After the schema was compared, which waits for such a lock as well.
    const onFound = (): void => void other.rows('LOCK TABLE numbers IN ACCESS EXCLUSIVE MODE')
    let waited = 0
    const onWaiting = (): void => {
      if (waited++ === 0) void other.rows('COMMIT')
    }
    const steps = withSteps(first, alone(converting()))
    assert.equal(await migratePostgres(store.url, tools, steps, { onFound, onWaiting }), 1)
    assert.ok(waited > 0)
    await other.end()
    await store.close()
  })

  const acting: Readonly<Record<string, string>> = {
    'an index that calls a function': 'CREATE INDEX i ON keys (f(spec))',
    'a column with checks in its type':
      "CREATE DOMAIN d AS text CHECK (f(VALUE) <> ''); ALTER TABLE keys ADD COLUMN c d",
    'a column with a default in its type':
      "CREATE DOMAIN d AS text DEFAULT f('x'); ALTER TABLE keys ADD COLUMN c d",
  }
  for (const [what, statements] of Object.entries(acting))
    test(`${what} of somebody else is never accepted`, async () => {
      const store = await opened()
      await store.migrate(withSteps(addition(made)))
      await store.run("CREATE FUNCTION f(text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT $1'")
      await store.run(statements)
      assert.ok((await store.faults()).length > 0)
      await assert.rejects(store.migrate(migrations), SchemaTooNew)
      await store.close()
    })

  const others: readonly (readonly [what: string, step: Step, stops: boolean])[] = [
    ['adds', addition(made), false],
    ['changes what they use', alone(made), true],
  ]
  for (const [what, step, stops] of others)
    test(`a step that ${what} ${stops ? 'waits until other nodes are stopped' : 'lets other nodes go on'}`, async () => {
      const store = await opened()
      await store.migrate(migrations)
      const now = Date.now()
      const node = (id: string, seenAt: number, stoppedAt: number | null): Promise<void> =>
        store.run(
          `INSERT INTO nodes (id, version, address, started_at, seen_at, stopped_at, revision, schema_version, mac) VALUES ('${id}', '1', '10.0.0.1:1', 0, ${seenAt}, ${stoppedAt}, 1, 1, '\\x00')`,
        )
      await node('a0', now, null)
      await node('b0', now, now)
      await node('c0', now - 600_000, null)
      assert.equal(await store.migrate(migrations, 'x'), 0, 'nothing to change: nobody is stopped')
      if (stops) {
        await assert.rejects(
          store.migrate(withSteps(step), 'x'),
          /: stop a0 \(10\.0\.0\.1:1\), then start this one/,
        )
        assert.deepEqual(await store.faults(), [])
        assert.equal(await store.migrate(withSteps(step), 'a0'), 1, 'it does not wait for itself')
      } else assert.equal(await store.migrate(withSteps(step), 'x'), 1)
      await store.close()
    })
})

/** A pooler that ignores what a session asks for, as with `ignore_startup_parameters`. */
async function ignoringOptions(port: number): Promise<Server> {
  const pooler = createServer((client) => {
    const database = connect(port, '127.0.0.1')
    client.once('data', (first: Buffer) => {
      const kept = Buffer.from(
        first.toString('latin1').replace(/\0options\0[^\0]*\0/, '\0'),
        'latin1',
      )
      kept.writeInt32BE(kept.length)
      database.write(kept)
      client.pipe(database)
    })
    database.pipe(client)
    for (const end of [client, database]) end.on('error', () => end.destroy())
  })
  await new Promise<void>((resolve) => pooler.listen(0, '127.0.0.1', resolve))
  return pooler
}
