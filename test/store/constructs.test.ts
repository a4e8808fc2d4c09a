/**
 * Which constructs of SQL PostgreSQL is sent: those that every engine has, and exceptions by name.
 * Doors to other engines that speak its protocol stay open because nothing else comes in unnoticed.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { examined, exceptions } from './constructs.ts'
import { everyStatement, type Sent } from './sent-statements.ts'

const root = join(import.meta.dirname, '../..')
const source = (folder: string): [file: string, text: string][] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(root, folder, name))
    .map((file) => [file, readFileSync(file, 'utf8')])

/** A text in the source that begins like a statement, up to its first variable part. */
const statements =
  /(?<=(['"`]))(?:alter|begin|commit|copy|create|delete|drop|insert|listen|lock|release|rollback|savepoint|select|set|truncate|update|vacuum|with)\b(?:(?!\1)[^$'"\\])*/gi
/** What a part of a read contains if it contributes to a statement. */
const builds = /\bsql[.`]|\bdb\b|\byield\b|\.\w*(select|where|join|order|group|limit|for)\w*\(/i

describe('what is sent to PostgreSQL', () => {
  let sent: Sent[] = []
  let unreached: string[] = []
  before(async () => {
    const [statements, parts] = await withCoverage(everyStatement)
    sent = statements
    unreached = parts
  })

  test('uses plain constructs, and exceptions that are listed', () => {
    const faults = sent.flatMap((one) =>
      examined(one).faults.map((fault) => `${fault}\n  in ${one.text}`),
    )
    assert.equal(faults.length, 0, faults.join('\n'))
  })

  test('uses every exception that is listed', () => {
    const used = new Set(sent.flatMap((one) => examined(one).used))
    const unused = exceptions.map(({ name }) => name).filter((name) => !used.has(name))
    assert.deepEqual(unused, [], 'these can be deleted, here and in docs/databases.md')
  })

  test('is collected completely: each branch of each read, and each text in the source', () => {
    assert.deepEqual(unreached, [], 'test/store/every-read.ts has no example that leads here')
    for (const [file, text] of source('src/store/postgres'))
      for (const [part] of text.matchAll(statements))
        assert.ok(
          sent.some((one) => one.text.includes(part)),
          `${file}: test/store/sent-statements.ts does not lead to ${part}`,
        )
  })

  test('is sent from one folder', () => {
    const others = source('src')
      .filter(([file]) => !file.includes('/store/postgres/'))
      .filter(([, text]) => /from '(pg|.*\/postgres\/session\.ts)'/.test(text))
    assert.deepEqual(
      others.map(([file]) => file),
      [],
    )
  })

  test('begins a scan without a position, not with an empty text', () => {
    const begins = /\bscan\([^)]*''|\bafter\w*\b[^\n=]*= ''|\?\.id \?\? ''|\bat: [^}\n]*\bid: ''/
    const found = source('src').filter(([, text]) => begins.test(text))
    assert.deepEqual(
      found.map(([file]) => file),
      [],
      'where an empty text is NULL, such a scan finds nothing',
    )
  })
})

describe('the list of constructs', () => {
  const refused: readonly (readonly [text: string, fault: RegExp, ...parameters: string[]])[] = [
    ["select id from keys where id > ''", /an empty text, which is NULL/],
    ['select id from keys where id > $1', /a bound empty text/, ''],
    ['select id from keys where (list_number, id) > ($1, $2)', /a bound empty text/, '1', ''],
    ["SET statement_timeout TO '5s'", /setting of a session/],
    ["COMMIT; SET statement_timeout TO '5s'", /setting of a session/],
    ["SELECT set_config('lock_timeout', '0', false)", /setting of a session/],
    ['SET LOCAL search_path TO other', /a statement of this kind/],
    ['SELECT pg_advisory_lock(1)', /advisory lock of a session/],
    ['SELECT pg_try_advisory_lock(1)::int', /advisory lock of a session/],
    ['LISTEN changes', /LISTEN and NOTIFY/],
    ["SELECT pg_notify('changes', $1)", /LISTEN and NOTIFY/],
    ['create sequence numbers', /sequence/],
    ["select nextval('numbers')", /sequence/],
    ['create table "keys" ("id" bigserial primary key)', /sequence/],
    ['create trigger t after insert on keys execute function f()', /trigger/],
    ['insert into keys (id) values ($1) on conflict do nothing', /ON CONFLICT/, 'a'],
    ['select id from keys limit 1 for update skip locked', /SKIP LOCKED/],
    ['create table "key_tags" ("key_id" text references "keys" ("id"))', /foreign key/],
    ["select value->>'a' from key_tags", /JSON/],
    ['select id from keys where value @> $1', /JSON/, 'a'],
    ["select jsonb_path_query(value, '$.a') from key_tags", /JSON/],
    ['PREPARE p AS SELECT 1', /prepared statement by name/],
    ['insert into keys (id) values ($1) returning id', /unknown: returning/, 'a'],
    ['select id from keys where alias ilike $1', /unknown: ilike/, 'a'],
    ['select row_number() over (order by id) from keys', /unknown: row_number/],
    ['select id from keys where alias ~ $1', /unknown: ~/, 'a'],
    ['select now()', /unknown: now/],
    ['lock table keys', /a statement of this kind/],
    ['truncate keys', /a statement of this kind/],
    ['select id from keys for share', /unknown: for/],
    ['create index "a" on "keys" using gin ("id")', /unknown: using/],
    ['create table concurrently "a" ("id" text)', /unknown: concurrently/],
  ]
  for (const [text, fault, ...parameters] of refused)
    test(`refuses ${text}${parameters.includes('') ? ' with an empty text' : ''}`, () => {
      assert.match(examined({ text, parameters }).faults.join('\n'), fault)
    })

  test('is the one in the documentation', () => {
    const page = readFileSync(join(root, 'docs/databases.md'), 'utf8')
    const [, table = ''] = page.split('\n## What Holdfast uses\n')
    const rows = table.split('\n## ', 1)[0]?.match(/^\| (?!construct |-).*$/gm) ?? []
    assert.deepEqual(
      rows.map((row) => row.split('|').map((cell) => cell.trim().replaceAll('`', ''))[1]),
      exceptions.map(({ name }) => name),
    )
    for (const [i, { lacking }] of exceptions.entries())
      for (const engine of lacking) assert.ok(rows[i]?.includes(engine), `${rows[i]}: ${engine}`)
  })
})

/** Also returns the parts of `src/store/reads` that build statements and did not run. */
async function withCoverage<T>(run: () => Promise<T>): Promise<[result: T, unreached: string[]]> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  const result = await run()
  const { result: scripts } = await session.post('Profiler.takePreciseCoverage')
  session.disconnect()
  const unreached: string[] = []
  for (const { url, functions } of scripts) {
    if (!url.includes('/src/store/reads/')) continue
    // Types are replaced by spaces, so that places in the file are those in the running code.
    const text = readFileSync(fileURLToPath(url), 'utf8')
    for (const { ranges } of functions)
      for (const { count, startOffset, endOffset } of ranges) {
        const part = text.slice(startOffset, endOffset)
        if (count === 0 && builds.test(part)) unreached.push(`${url}: ${part}`)
      }
  }
  return [result, unreached]
}
