/**
 * A store as it is after years: SQL that fills every table with hundreds of thousands of rows, in
 * seconds, the same for both stores. The contents of a column follow from the description of its
 * table, except for the values that the store's statements look for.
 */
import { columnName, columnsOf, type TableName, tableNames } from '../../src/domain/tables.ts'

export const projectId = 'p'.repeat(32)
export const otherProjectId = 'q'.repeat(32)
export const principal = 'u'.repeat(32)
export const now = 1_800_000_000_000
const dayMs = 86_400_000

/** The key that has the most of everything, and how the others are named. */
export const busyKey = keyId(1)

export function keyId(n: number): string {
  return `00000000-0000-4000-8000-${100_000_000_000 + n}`
}

/** SQL for the ID of key number `n`, itself SQL. */
function keyIdOf(n: string): string {
  return `'00000000-0000-4000-8000-' || CAST(100000000000 + ${n} AS TEXT)`
}

type Filling = {
  readonly rows: number
  /**
   * SQL of what columns hold, where i counts from 1; others hold what their type has for nothing.
   */
  readonly values?: Readonly<Record<string, string>>
}

const project = `'${projectId}'`
const inProject = `CASE WHEN i % 50 = 0 THEN '${otherProjectId}' ELSE ${project} END`
const some = (every: number, value: string): string =>
  `CASE WHEN i % ${every} = 0 THEN ${value} END`

/** Each table states how many rows it gets: a new one does not compile until it does. */
export const fillings: Readonly<Record<TableName, Filling>> = {
  deployments: { rows: 1 },
  rootSlots: { rows: 3 },
  projects: {
    rows: 1000,
    values: { name: `'project-' || i`, id: `'project-' || i`, domainId: `'domain-' || i` },
  },
  users: { rows: 2000, values: { projectId: `'project-' || (i % 1000)`, name: `'user-' || i` } },
  accessKeys: {
    rows: 10_000,
    values: { userId: `'user-' || (i % 2000)`, projectId: `'project-' || (i % 1000)` },
  },
  keys: {
    rows: 100_000,
    values: {
      id: keyIdOf('i'),
      projectId: inProject,
      listNumber: 'i',
      alias: `'alias-' || i`,
      description: `'what it is for'`,
      spec: some(3, `'RSA_3072'`).replace('END', `ELSE 'AES_256' END`),
      usage: `'ENCRYPT_DECRYPT'`,
      origin: some(4, `'external'`).replace('END', `ELSE 'kms' END`),
      disabled: 'i % 2',
      deletionAt: some(500, `${now} + (i - 50000) * 10000`),
      materialVersion: some(10, 'NULL').replace('END', 'ELSE 1 END'),
      materialExpiresAt: some(40, `${now} + (i - 50000) * 10000`),
      nextRotationAt: some(30, `${now} + (i - 50000) * 10000`),
      createdAt: `${now - 400 * dayMs} + i`,
      deletedAt: some(1000, `${now}`),
      association: `CAST('a' || i AS BLOB)`,
    },
  },
  keyVersions: {
    rows: 20_000,
    values: { keyId: keyIdOf('i'), projectId: inProject, version: '1' },
  },
  importTokens: {
    rows: 10_000,
    values: {
      keyId: keyIdOf('i * 4'),
      projectId: project,
      expiresAt: `${now} + (i - 5000) * 1000`,
      createdAt: `${now} - i`,
    },
  },
  // Five tags each on 10,000 keys, of which the first three are the same on all, and fifty more on
  // one of them.
  keyTags: {
    rows: 50_050,
    values: {
      keyId: `CASE WHEN i > 50000 THEN '${busyKey}' ELSE ${keyIdOf('(i - 1) / 5 + 1')} END`,
      projectId: project,
      name: `CASE WHEN i > 50000 THEN 'many-' || i ELSE 'tag-' || (i % 5) END`,
      value: `CASE WHEN i % 5 < 3 THEN 'common' ELSE 'value-' || (i / 7 % 20) END`,
    },
  },
  keyAliases: {
    rows: 20_000,
    values: {
      keyId: keyIdOf('CASE WHEN i < 50 THEN 1 ELSE i END'),
      projectId: project,
      name: `'pointer-' || i`,
    },
  },
  keyGrants: {
    rows: 10_000,
    values: {
      keyId: keyIdOf('CASE WHEN i < 100 THEN 1 ELSE i END'),
      projectId: project,
      retiring: some(2, `'${principal}'`),
      createdAt: 'i / 3',
    },
  },
  grantLists: { rows: 5000, values: { id: keyIdOf('i'), projectId: project } },
  importDrafts: {
    rows: 10_000,
    values: { id: keyIdOf('i * 4'), projectId: project, updatedAt: 'i' },
  },
  sessions: {
    rows: 10_000,
    values: {
      userId: `'user-' || (i % 2000)`,
      projectId: project,
      expiresAt: `${now} + (i - 5000) * 1000`,
    },
  },
  provenPlaces: { rows: 10_000, values: { lastAt: `${now} + (i - 5000) * 1000` } },
  signInFailures: { rows: 10_000, values: { lastAt: `${now} + (i - 5000) * 1000` } },
  readings: { rows: 3 },
  logSegments: { rows: 2000, values: { log: `'log-' || (i % 2)`, firstIndex: 'i * 1024' } },
  callCounts: {
    rows: 20_000,
    values: {
      projectId: `'project-' || (i % 20)`,
      widthMs: some(2, '300000').replace('END', 'ELSE 3600000 END'),
      startsAt: 'i * 300000',
      keptUntil: `${now} + (i - 5000) * 1000`,
    },
  },
  keyUses: {
    rows: 50_000,
    values: {
      id: keyIdOf('i * 2'),
      projectId: project,
      lastUsedAt: `${now} - i`,
      recentCalls: 'i',
    },
  },
  ledgers: { rows: 1 },
  nodes: { rows: 7 },
  integratedHeads: { rows: 7 },
  epochs: { rows: 1 },
}

const logGroups = 20_000

/** A table that takes longer to scan than to look at a few rows. */
export function isBig(table: string): boolean {
  const rows = new Map(tableNames.map((name) => [columnName(name), fillings[name].rows]))
  return table === 'log_groups' || (rows.get(table) ?? 0) > 1000
}

/** All rows of all tables: what one scan of everything would read. */
export const allRows = Object.values(fillings).reduce((sum, { rows }) => sum + rows, logGroups)

/** The statements that fill a store whose schema exists. */
export function fillStatements(dialect: 'sqlite' | 'postgres'): string[] {
  const bytes = dialect === 'sqlite' ? `x'00'` : `'\\x00'::bytea`
  const nothing = { text: `''`, int: '0', bytes }
  const spoken = (sql: string): string =>
    dialect === 'sqlite' ? sql : sql.replaceAll(/CAST\((.*) AS BLOB\)/g, '($1)::bytea')
  const filled = tableNames.map((table) => {
    const { rows, values = {} } = fillings[table]
    const own = Object.entries(columnsOf(table)).map(([field, { type, nullable }]) => {
      const usual = field === 'id' ? `'${table}-' || i` : nullable ? 'NULL' : nothing[type]
      return [columnName(field), spoken(values[field] ?? usual)]
    })
    return insert(
      columnName(table),
      [...own, ['revision', '1'], ['schema_version', '1'], ['mac', bytes]],
      rows,
    )
  })
  const groups = insert(
    'log_groups',
    [
      ['log', `'log-' || (i % 2)`],
      ['first_index', '(i / 2) * 10'],
      ['count', '10'],
      ['leaves', bytes],
    ],
    logGroups,
  )
  // PostgreSQL analyzes its tables by itself sooner or later; SQLite never does.
  return dialect === 'sqlite'
    ? ['BEGIN', ...filled, groups, 'COMMIT']
    : [...filled, groups, 'VACUUM ANALYZE']
}

function insert(table: string, columns: readonly (readonly string[])[], rows: number): string {
  const names = columns.map(([name]) => name).join(', ')
  const values = columns.map(([, value]) => value).join(', ')
  const count = `WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})`
  return `INSERT INTO ${table} (${names}) ${count} SELECT ${values} FROM n`
}
