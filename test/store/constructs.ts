/**
 * The constructs of SQL that Holdfast may use with PostgreSQL. Other engines that speak its
 * protocol lack some of PostgreSQL: what not every one is known to have is an exception with a
 * name, and docs/databases.md lists the same names.
 */
import { columnName, tableNames } from '../../src/domain/tables.ts'
import { fieldsOf } from '../../src/store/queries.ts'
import type { Sent } from './sent-statements.ts'

/** Words, besides names of ours, that every engine in question has. */
const plainWords: ReadonlySet<string> = new Set(
  [
    'select insert into values update set delete from where order by asc desc limit offset',
    'distinct group as join left on union all exists in and or not is null true like escape',
    'case when then else end count sum min max coalesce lower',
    'create table constraint unique index primary key alter add column rename to drop commit rollback',
    'text bigint bytea int if',
  ].flatMap((line) => line.split(' ')),
)

const plainSigns: ReadonlySet<string> = new Set('( ) , . * = <> < > <= >= + ::'.split(' '))

/** How a statement begins, or what is left of it without its exceptions. */
const beginnings =
  /^(select|insert into|update|delete from|create table|create (unique )?index|alter table|drop (table|index)|commit$|rollback$|$)/i

/** Tables and columns that are written without quotes, and the names that statements introduce. */
const ownNames: ReadonlySet<string> = new Set([
  ...tableNames.flatMap((table) => [columnName(table), ...fieldsOf(table).map(columnName)]),
  ...[
    'audit_leaves',
    'audit_records',
    'converted_leaves',
    'tree_index',
    'leaf',
    'schema_steps',
    'step',
    'schema_places',
    'section',
    'after',
  ],
  ...['log_groups', 'leaves'],
  ...['at', 'found', 'begun_at', 'b', 'd', 'k', 't'],
])

export type Engine = 'Aurora DSQL' | 'CockroachDB' | 'Spanner PGAdapter' | 'YugabyteDB'

export type Exception = {
  readonly name: string
  /** What it is in a statement; this part is not looked at further. */
  readonly uses: RegExp
  readonly why: string
  /** Engines that lack it, or in which it means less, by their documentation. */
  readonly lacking: readonly Engine[]
}

/** Of several that match, the first ones take their part of the statement. */
export const exceptions: readonly Exception[] = [
  {
    name: 'catalog queries',
    uses: /^WITH ours AS \([^;]* pg_class [^;]*$|^SELECT (count\(\*\)::int FROM pg_attribute|indisvalid::int FROM pg_index) WHERE [^;]*$|\b(to_regclass\('\w+'\)|has_schema_privilege\(current_schema\(\), '\w+'\))/,
    why: 'the schema is compared with the one that the migrations make',
    lacking: ['Spanner PGAdapter'],
  },
  {
    name: 'temporary schema',
    uses: /^SET LOCAL search_path TO pg_temp$/,
    why: 'the expected schema is made by the same server, and rolled back',
    lacking: ['Aurora DSQL', 'CockroachDB'],
  },
  {
    name: 'CONCURRENTLY',
    uses: /(?<=^drop index) CONCURRENTLY\b|(?<=^create (unique )?index) CONCURRENTLY\b/i,
    why: 'an index over many rows is made while other nodes write',
    lacking: ['Aurora DSQL', 'Spanner PGAdapter'],
  },
  {
    name: 'pg_stat_progress_create_index',
    uses: /^SELECT [^;]* FROM pg_stat_progress_create_index WHERE datname = current_database\(\)$/,
    why: 'the log says how far an index has come',
    lacking: ['Aurora DSQL', 'CockroachDB', 'Spanner PGAdapter'],
  },
  {
    name: 'limits of a session',
    uses: /^SELECT current_setting\('statement_timeout'\) AS statement, current_setting\('lock_timeout'\) AS lock$/,
    why: 'an index takes as long as it needs',
    lacking: [],
  },
  {
    name: 'SHOW',
    uses: /^SHOW transaction_isolation$/,
    why: 'the start lock is kept without a snapshot, for which an index would wait',
    lacking: [],
  },
  {
    name: 'schema changes in transactions',
    uses: /^(?=(create|alter|drop) )/i,
    why: 'a step of the schema and its number are one change',
    lacking: ['Aurora DSQL', 'CockroachDB', 'Spanner PGAdapter'],
  },
  {
    name: 'CREATE INDEX',
    uses: /^create (unique )?index/i,
    why: 'rows are found by columns other than their ID',
    lacking: ['Aurora DSQL'],
  },
  {
    name: 'partial indexes',
    uses: /^ "\w+" on "\w+" \([^)]*\) where /i,
    why: 'the few rows that fall due are found without the others',
    lacking: [],
  },
  {
    name: 'READ COMMITTED',
    uses: /^BEGIN ISOLATION LEVEL READ COMMITTED/,
    why: 'what is read after the locks were taken is what the last group committed',
    lacking: ['Aurora DSQL', 'Spanner PGAdapter', 'YugabyteDB'],
  },
  {
    name: 'REPEATABLE READ, READ ONLY',
    uses: /^BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY/,
    why: 'the statements of one report see the same commits',
    lacking: ['CockroachDB'],
  },
  {
    name: 'set_config, current_setting',
    uses: /\bset_config\('\w+', ('\d+'|'force_generic_plan'|CASE current_setting\('\w+'\) WHEN '\w+' THEN '\w+' ELSE '\w+' END), true\)(, )?/g,
    why: 'each transaction says its own limits and durability, and to plan a statement once',
    lacking: [],
  },
  {
    name: 'pg_advisory_xact_lock, pg_advisory_xact_lock_shared',
    uses: /^SELECT count\(CASE WHEN one % 2 = 0 THEN pg_advisory_xact_lock_shared\(\d+, one \/ 2\)::text ELSE pg_advisory_xact_lock\(\d+, one \/ 2\)::text END\) FROM \(SELECT unnest\(string_to_array\(\$1, ','\)::int\[\]\) AS one\) numbered$/,
    why: 'a change waits for the uses of a row under way, and uses do not wait for each other',
    lacking: ['Aurora DSQL', 'CockroachDB', 'YugabyteDB'],
  },
  {
    name: 'ANY(string_to_array)',
    uses: /= ANY\(string_to_array\(\$\d+, ','\)\)/g,
    why: 'the statement is the same for any number of rows, so it stays prepared',
    lacking: [],
  },
  {
    name: 'SAVEPOINT',
    uses: /^(SAVEPOINT|RELEASE SAVEPOINT|ROLLBACK TO SAVEPOINT) call$/,
    why: 'a call whose name is taken is undone without the others of its group',
    lacking: ['Aurora DSQL'],
  },
  {
    name: 'pg_try_advisory_xact_lock',
    uses: /\bpg_try_advisory_xact_lock\(\d+\)/,
    why: 'one node at a time starts, also before any table exists',
    lacking: ['CockroachDB', 'YugabyteDB'],
  },
  {
    name: 'pg_is_in_recovery, pg_backend_pid',
    uses: /\bpg_is_in_recovery\(\)::int, pg_backend_pid\(\)/,
    why: 'a standby, and a pooler, is recognized before anything else is sent',
    lacking: [],
  },
  {
    name: 'transaction_read_only, clock_timestamp',
    uses: /(current_setting\('transaction_read_only'\), )?\(extract\(epoch FROM clock_timestamp\(\)\) \* 1000\)::bigint/,
    why: 'a node knows whether the database may be written, and what time it is there',
    lacking: [],
  },
  {
    name: 'VACUUM',
    uses: /^VACUUM [\w, ]+$/,
    why: 'erased secrets leave the pages of the tables soon',
    lacking: ['Aurora DSQL'],
  },
]

/** What is never used. Most of it would fail as an unknown word too; here it has a name. */
export const forbidden: readonly (readonly [name: string, text: RegExp])[] = [
  [
    'comparison of order with an empty text, which is NULL in some engines',
    /[<>]=?\s*''|''\s*[<>]/,
  ],
  ['setting of a session, which a pooler gives to others', /(^|;)\s*(set (?!local\b)|reset\b)/i],
  ['setting of a session, which a pooler gives to others', /\bset_config\([^;]*?, false\)/i],
  ['advisory lock of a session', /\bpg_(try_)?advisory_(lock|unlock)/i],
  ['LISTEN and NOTIFY', /\b(un)?listen\b|\bnotify\b|\bpg_notify\b/i],
  ['sequence', /\bsequence\b|\b(small|big)?serial\b|\b(next|curr|last|set)val\b|\bidentity\b/i],
  ['trigger', /\b(create|alter|drop) (or replace )?(constraint )?trigger\b/i],
  ['ON CONFLICT', /\bon conflict\b/i],
  ['SKIP LOCKED', /\bskip locked\b|\bnowait\b/i],
  ['foreign key', /\bforeign key\b|\breferences\b/i],
  ['JSON', /\bjsonb?(_\w+)?\b|->|[@?]\||@>/i],
  ['prepared statement by name, which a pooler cannot follow', /(^|;)\s*(prepare|deallocate)\b/i],
]

/** The exceptions that a statement uses, and everything about it that is not allowed. */
export function examined({ text, parameters }: Sent): {
  readonly used: readonly string[]
  readonly faults: readonly string[]
} {
  const faults = forbidden.filter(([, pattern]) => pattern.test(text)).map(([name]) => name)
  if (bindsEmptyToOrder(text, parameters))
    faults.push('comparison of order with a bound empty text')
  const used: string[] = []
  let rest = text
  for (const { name, uses } of exceptions) {
    const found = new RegExp(uses, uses.flags.replace('g', ''))
    if (!found.test(rest)) continue
    used.push(name)
    rest = rest.replace(uses, (part) => (/ where $/i.test(part) ? ' where ' : ''))
  }
  if (!used.includes('CREATE INDEX') && !beginnings.test(rest.trimStart()))
    faults.push(`a statement of this kind: ${rest.trim().slice(0, 40)}`)
  return { used, faults: [...faults, ...unknownParts(rest)] }
}

/** Words and signs that are neither plain nor names of ours. */
function unknownParts(sql: string): string[] {
  const bare = sql
    .replaceAll(/'(?:[^']|'')*'/g, ' ')
    .replaceAll(/"[^"]*"/g, ' ')
    .replaceAll(/\$\d+|\b\d+\b/g, ' ')
  const parts = bare.match(/\w+|[<>=!]+|::|[^\s\w]/g) ?? []
  return [...new Set(parts)]
    .filter((part) =>
      /^\w/.test(part)
        ? !plainWords.has(part.toLowerCase()) && !ownNames.has(part)
        : !plainSigns.has(part),
    )
    .map((part) => `unknown: ${part}`)
}

/** Whether a parameter that is an empty text is compared by `<` or `>`, alone or in a row. */
function bindsEmptyToOrder(text: string, parameters: Sent['parameters']): boolean {
  return [...text.matchAll(/[<>]=?\s*\(?((?:\$\d+(?:,\s*)?)+)/g)].some(([, compared = '']) =>
    (compared.match(/\d+/g) ?? []).some((n) => parameters[Number(n) - 1] === ''),
  )
}
