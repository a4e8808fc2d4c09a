/**
 * No read gets slower than its result requires. Over a store filled for years, every statement of
 * every method of both readers is explained: those of request threads find a few rows by an index,
 * and no thread reads many rows for each of many rows.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { packed } from '../../src/audit/leaf-groups.ts'
import { legacyLeaf } from '../../src/audit/record.ts'
import { columnName, tableNames } from '../../src/domain/tables.ts'
import { migratePostgres } from '../../src/store/postgres/migrate.ts'
import { PostgresReader } from '../../src/store/postgres/reader.ts'
import type { Question } from '../../src/store/reads/read.ts'
import { Connection } from '../../src/store/sqlite/connection.ts'
import { migrateSqlite } from '../../src/store/sqlite/migrate.ts'
import { SqliteReader } from '../../src/store/sqlite/reader.ts'
import { SqliteWriter } from '../../src/store/sqlite/writer.ts'
import { newFolder } from '../e2e/server.ts'
import { PostgresServer, Sql, withoutPostgres } from '../fakes/postgres.ts'
import { reportReads, requestReads } from './every-read.ts'
import { allRows, fillStatements, isBig } from './filled.ts'

const tools = { auditLeaf: legacyLeaf, leafGroup: packed }

/**
 * What leads to one row, to the rows of one key or user, or to a position in an order. Many keys
 * have a tag of the same name.
 */
const leads =
  /^(?!.* key_tags .*\bname=).*\((.*\b)?(id|rowid|key_id|user_id|alias|association|name|first_index)[=<>]/
/** Tables that may be looked up for each row of another table. */
const leadsToOne = /\((.*\b)?(id|rowid|key_id)=/

type Plan = { readonly text: string; readonly inner: boolean }[]

describe('plans of SQLite', () => {
  const folder = newFolder()
  const file = join(folder, 'holdfast.db')
  let db: DatabaseSync
  let reader: SqliteReader
  before(() => {
    migrateSqlite(file, tools)
    db = new DatabaseSync(file)
    for (const statement of fillStatements('sqlite')) db.exec(statement)
    reader = new SqliteReader(file)
  })
  after(() => {
    reader.close()
    db.close()
    rmSync(folder, { recursive: true })
  })

  /**
   * Shows each statement that a connection prepares while something runs, before it runs: a bad one
   * might run for minutes.
   */
  async function shown(run: () => unknown, look: (sql: string) => void): Promise<void> {
    let count = 0
    const { prepare } = Connection.prototype
    Connection.prototype.prepare = function (query) {
      count++
      look(query.sql)
      return prepare.call(this, query)
    }
    try {
      await run()
    } finally {
      Connection.prototype.prepare = prepare
    }
    assert.ok(count > 0, 'a read that prepares nothing is not seen by this test')
  }

  /**
   * Looks at a table in the order in which SQLite nests them; `inner` for those that happen for
   * each row of another.
   */
  function planOf(sql: string): Plan {
    const steps = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as {
      id: number
      parent: number
      detail: string
    }[]
    const byId = new Map(steps.map((step) => [step.id, step]))
    const isCorrelated = ({ parent }: { parent: number }): boolean => {
      const above = byId.get(parent)
      return above !== undefined && (above.detail.includes('CORRELATED') || isCorrelated(above))
    }
    const looks = steps.filter(({ detail }) => /^(SCAN|SEARCH) /.test(detail))
    return looks.map((step) => {
      const isFurther = looks.some(
        (other) => other.id < step.id && other.parent === step.parent && !isUnion(byId, step),
      )
      return { text: step.detail, inner: isCorrelated(step) || isFurther }
    })
  }

  function isUnion(
    byId: ReadonlyMap<number, { readonly detail: string }>,
    { parent }: { readonly parent: number },
  ): boolean {
    return /UNION|COMPOUND|MULTI-INDEX OR/.test(byId.get(parent)?.detail ?? '')
  }

  /** Scans of a table, or of everything that a whole project has in it. */
  function isWalk(text: string): boolean {
    const [, how, table = ''] = /^(SCAN|SEARCH) (\w+)/.exec(text) ?? []
    if (!isBig(table) && !/^[a-z]$/.test(table)) return false
    return how === 'SCAN' || !leads.test(text)
  }

  /** Scans that end after a page: in the order of an index, with nothing skipped on the way. */
  const endsAtItsLimit: ReadonlySet<string> = new Set([
    'due: SEARCH keys USING COVERING INDEX keys_expiry (material_expires_at<?)',
    'due: SEARCH keys USING COVERING INDEX keys_deletion (deletion_at<?)',
    'due: SEARCH keys USING INDEX keys_rotation (next_rotation_at<?)',
    'due: SEARCH import_tokens USING COVERING INDEX import_tokens_expiry (expires_at<?)',
    'due: SEARCH sessions USING COVERING INDEX sessions_expiry (expires_at<?)',
    'rowsBelow: SEARCH sessions USING INDEX sessions_expiry (expires_at<?)',
    'rowsBelow: SEARCH call_counts USING INDEX call_counts_age (kept_until<?)',
    'rowsBelow: SEARCH proven_places USING INDEX proven_places_last (last_at<?)',
    'rowsBelow: SEARCH sign_in_failures USING INDEX sign_in_failures_last (last_at<?)',
    'aliases: SEARCH key_aliases USING INDEX key_aliases_name (project_id=?)',
    'rowsWhere: SEARCH users USING INDEX users_name (project_id=?)',
    ...tableNames
      .map(columnName)
      .filter(isBig)
      .map((name) => `scan: SCAN ${name} USING INDEX sqlite_autoindex_${name}_1`),
  ])

  /** Where a page continues after a position. */
  const behind = /(\(\w+,id\)>\(\?,\?\)|\w+>\?) AND /

  test('a request thread scans nothing: it uses an index, or stops after a page', async () => {
    const walks = new Set<string>()
    for (const [method, reads] of Object.entries(requestReads(reader)))
      for (const read of reads)
        await shown(read, (sql) => {
          for (const { text, inner } of planOf(sql))
            if (isWalk(text) || (inner && !leadsToOne.test(text)))
              walks.add(`${method}: ${text.replace(behind, '')}`)
        })
    assert.deepEqual(walks, new Set(endsAtItsLimit))
  })

  test('the reports thread scans a table or a project once, never for each row of another', async () => {
    for (const [method, reads] of Object.entries(reportReads(reader)))
      for (const read of reads)
        await shown(read, (sql) => {
          for (const { text, inner } of planOf(sql))
            assert.ok(!inner || leadsToOne.test(text), `${method}: ${text}\n${sql}`)
        })
  })

  test('the writer finds each row by its ID', async () => {
    const byId = /^SEARCH \w+ USING (COVERING )?INDEX sqlite_autoindex_\w+ \(id=\?\)$/
    await shown(
      () => new SqliteWriter(file).close(),
      (sql) => {
        for (const { text } of planOf(sql)) assert.match(text, byId, sql)
      },
    )
  })
})

describe('plans of PostgreSQL', { skip: withoutPostgres }, () => {
  let server: PostgresServer
  let url = ''
  let sql: Sql
  before(async () => {
    server = await PostgresServer.start()
    url = await server.database()
    await migratePostgres(url, tools)
    sql = new Sql(url)
    for (const statement of fillStatements('postgres')) await sql.rows(`${statement}`)
  })
  after(async () => {
    await sql.end()
    await server.stop()
  })

  /** A reader, and the queries it sends. */
  function watched(): { reader: PostgresReader; seen: Question[] } {
    const seen: Question[] = []
    return { reader: new PostgresReader(url, undefined, (one) => seen.push(one)), seen }
  }

  type Node = {
    readonly 'Node Type': string
    readonly 'Relation Name'?: string
    readonly 'Actual Rows': number
    readonly 'Actual Loops': number
    readonly 'Rows Removed by Filter'?: number
    readonly 'Rows Removed by Index Recheck'?: number
    readonly 'Rows Removed by Join Filter'?: number
    readonly Plans?: readonly Node[]
  }

  /** Rows that all steps of a plan read when it ran: skipped rows count like returned ones. */
  function looked(node: Node): number {
    const dropped = [
      'Rows Removed by Filter',
      'Rows Removed by Index Recheck',
      'Rows Removed by Join Filter',
    ] as const
    const own = dropped.reduce((sum, name) => sum + (node[name] ?? 0), node['Actual Rows'])
    return (
      own * node['Actual Loops'] + (node.Plans ?? []).reduce((sum, inner) => sum + looked(inner), 0)
    )
  }

  async function mostLooked(
    run: () => Promise<unknown>,
    seen: Question[],
  ): Promise<{ rows: number; text: string }> {
    seen.length = 0
    await run()
    assert.ok(seen.length > 0, 'a read that asks nothing is not seen by this test')
    let most = { rows: 0, text: '' }
    for (const { sql: text, parameters } of [...seen]) {
      const [row] = await sql.rows(`EXPLAIN (ANALYZE, FORMAT JSON) ${text}`, [...parameters])
      const [plan] = JSON.parse(String(row?.['QUERY PLAN'])) as [{ readonly Plan: Node }]
      const rows = looked(plan.Plan)
      if (rows >= most.rows) most = { rows, text }
    }
    return most
  }

  test('a request thread reads a few rows', async () => {
    const { reader, seen } = watched()
    for (const [method, reads] of Object.entries(requestReads(reader)))
      for (const read of reads) {
        const { rows, text } = await mostLooked(read, seen)
        // A table of a few thousand rows is scanned rather than its index used.
        assert.ok(rows < 5000, `${method} looked at ${rows} rows: ${text}`)
      }
  })

  test('the reports thread reads everything a few times at most', async () => {
    const { reader, seen } = watched()
    for (const [method, reads] of Object.entries(reportReads(reader)))
      for (const read of reads) {
        const { rows, text } = await mostLooked(read, seen)
        assert.ok(rows < 2 * allRows, `${method} looked at ${rows} rows: ${text}`)
      }
  })
})
