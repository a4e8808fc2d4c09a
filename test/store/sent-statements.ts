/**
 * Every statement that PostgreSQL is sent, without a server: the store runs over a client that
 * notes what it would send, and makes the answers up.
 */
import { mock } from 'node:test'
import pg from 'pg'
import { absent, type LedgerRow, type RowReference, type RowWrite } from '../../src/domain/rows.ts'
import { tableNames } from '../../src/domain/tables.ts'
import { UniqueConflict } from '../../src/ports/store.ts'
import { migrations } from '../../src/store/migrations/index.ts'
import { vacuum } from '../../src/store/postgres/clean-up.ts'
import { isCommitted } from '../../src/store/postgres/commit-outcome.ts'
import type { Flight } from '../../src/store/postgres/flight.ts'
import { headFields } from '../../src/store/postgres/guards.ts'
import { PostgresLoader } from '../../src/store/postgres/loader.ts'
import { migratePostgres } from '../../src/store/postgres/migrate.ts'
import { PostgresProbe } from '../../src/store/postgres/probe.ts'
import { PostgresReader } from '../../src/store/postgres/reader.ts'
import { deploymentFound } from '../../src/store/postgres/schema.ts'
import { openSession } from '../../src/store/postgres/session.ts'
import { holdingStartLock, isPrepared } from '../../src/store/postgres/start-lock.ts'
import { PostgresWriter } from '../../src/store/postgres/writer.ts'
import type { Value, Values } from '../../src/store/reads/read.ts'
import { addition, alone } from '../../src/store/steps.ts'
import { reportReads, requestReads } from './every-read.ts'

/** A statement, with the values that were bound. */
export type Sent = { readonly text: string; readonly parameters: readonly Value[] }

const url = 'postgres://kms@127.0.0.1/kms'
const group = { log: 'log', firstIndex: 7, count: 1, leaves: new Uint8Array([1]) }
const tools = { auditLeaf: () => new Uint8Array([1]), leafGroup: () => group }
const many = 1_000_000

/** Rows that lead a caller to everything that it may send; none for other statements. */
type Answers = readonly (readonly [text: RegExp, rows: Values | ((sent: Sent) => Values)])[]

const ofEveryStart: Answers = [
  [/pg_is_in_recovery/, [[0]]],
  [/pg_try_advisory_xact_lock/, [[1]]],
  [/to_regclass/, [[null]]],
  [/max\(step\)/, [[0]]],
  [/has_schema_privilege/, [['true']]],
  // One record to convert, in each of its forms, and no further ones.
  [/FROM audit_records/, ({ parameters }) => (parameters[0] === -1 ? [['deployment', 0]] : [])],
  [/FROM audit_leaves/, ({ parameters }) => (parameters[0] === -1 ? [['log', 0]] : [])],
]

const headMac = new Uint8Array([2])
/** The head of the log that the group in question left. */
const ofCommitted: Answers = [
  [/^select .* from "ledgers"/, [headFields.map((field) => (field === 'mac' ? headMac : 'head'))]],
]

/** A store with many rows of each kind, in which each ID exists. */
const ofMany: Answers = [
  [/^select count\(\*\)/, [[many]]],
  [/ where "id" = \$1$/, [[]]],
]

/** Takes the place of the server behind every client of `pg`. */
class Wire {
  readonly sent: Sent[] = []
  answers: Answers = []
  /** Called for each statement before it is answered. */
  onSent: (sent: Sent) => void = () => {}
  readonly #open = new WeakSet<pg.Client>()

  replace(): void {
    const wire = this
    const { prototype } = pg.Client
    mock.method(prototype, 'connect', async () => {})
    mock.method(prototype, 'end', async () => {})
    mock.method(prototype, 'getTransactionStatus', function (this: pg.Client) {
      return wire.#open.has(this) ? 'T' : 'I'
    })
    const query = function (this: pg.Client, flight: Flight): void {
      try {
        for (const { text, parameters = [] } of flight.statements)
          flight.answers.push(wire.#answer(this, { text, parameters }))
      } catch (error) {
        flight.handleError(error)
      }
      this.connection.emit('readyForQuery')
    }
    mock.method(prototype, 'query', query as never)
  }

  #answer(client: pg.Client, sent: Sent) {
    this.sent.push(sent)
    const [command = ''] = sent.text.split(/\W/, 1)
    if (command === 'BEGIN') this.#open.add(client)
    if (/^(COMMIT|ROLLBACK)$/.test(sent.text)) this.#open.delete(client)
    this.onSent(sent)
    const known = [...this.answers, ...ofEveryStart].find(([text]) => text.test(sent.text))?.[1]
    const rows = typeof known === 'function' ? known(sent) : (known ?? [])
    return { rows, count: 1, command }
  }
}

async function starts(wire: Wire): Promise<void> {
  const whileAlive = (): Promise<void> =>
    new Promise((resolve) => {
      wire.onSent = ({ text }) => text.startsWith('SHOW ') && resolve()
    })
  await holdingStartLock(url, async () => {
    await migratePostgres(url, tools)
    await whileAlive()
  })
  await vacuum(url, new AbortController().signal)
  await upgrades(wire)
}

/** A later release meets nodes of this one, and makes an index again that was left unfinished. */
async function upgrades(wire: Wire): Promise<void> {
  wire.answers = [
    [/to_regclass\('(schema_\w+|nodes)'\)/, [['known']]],
    [/max\(step\)/, [[migrations.length]]],
    [/FROM schema_places/, [[0, null]]],
    [/FROM pg_index/, [[0]]],
    [/AS statement/, () => [limits.shift() ?? ['0', '0']]],
  ]
  const limits = [['1s', '0']]
  await isPrepared(url, migrations.length)
  const index = addition((db) => [db.schema.createIndex('keys_spec').on('keys').column('spec')])
  const removed = alone((db) => [db.schema.dropIndex('keys_spec')])
  mock.timers.enable({ apis: ['setInterval'] })
  wire.onSent = ({ text }) => text.includes('INDEX CONCURRENTLY') && mock.timers.tick(10_000)
  await migratePostgres(url, tools, [...migrations, index, removed], { onProgress: () => {} })
  mock.timers.reset()
  wire.answers = []
  wire.onSent = () => {}
}

async function moves(wire: Wire): Promise<void> {
  wire.answers = [[/to_regclass/, [['deployments']]]]
  await deploymentFound(url)
  wire.answers = []
  const loader = await PostgresLoader.open(url)
  for (const table of tableNames) await loader.rows(table, [{} as never])
  await loader.groups([group])
  await loader.clear()
  loader.close()
}

async function probes(wire: Wire): Promise<void> {
  wire.answers = [[/transaction_read_only/, [['off', 0]]]]
  const probe = new PostgresProbe(url)
  await probe.look()
  probe.close()
}

async function reads(wire: Wire): Promise<void> {
  const reader = new PostgresReader(url)
  for (const answers of [[], ofMany]) {
    wire.answers = answers
    for (const list of Object.values({ ...requestReads(reader), ...reportReads(reader) }))
      for (const read of list) await read()
  }
  wire.answers = []
  await reader.schemaFaults()
  reader.close()
}

async function writes(wire: Wire): Promise<void> {
  const head = { id: 'head', revision: 2, mac: headMac } as LedgerRow
  const writer = new PostgresWriter(url)
  const write = (expected: number, row: object | null): RowWrite[] =>
    tableNames.map((table) => ({ table, id: 'a', expected, row, digest: null }) as RowWrite)
  await writer.begin({ log: 'log', rows: [], changes: [] })
  await writer.rollback()
  const rows = tableNames.map((table): RowReference => [table, 'a', absent])
  await writer.begin({ log: 'log', rows, changes: [['keys', 'a']] })
  for (const table of ['ledgers', 'integratedHeads', 'epochs'] as const) {
    await writer.row(table, 'a')
    for (const after of [null, 'a']) await writer.scan(table, after, 100)
  }
  for (const all of [write(0, {}), write(1, {}), write(1, null)]) await writer.apply(all)
  await takenName(wire, () => writer.apply(write(0, {})))
  await writer.commit(group, head)
  await writer.begin({ log: 'log', rows: [], changes: [] })
  await writer.commitAlone()
  writer.close()
  const session = await openSession(url)
  await isCommitted(session, head)
  wire.answers = ofCommitted
  if (!(await isCommitted(session, head)))
    throw new TypeError('the answers do not say that the group was committed')
  session.close()
}

/** Runs writes, the first of which the server refuses because a value is taken. */
async function takenName(wire: Wire, run: () => Promise<void>): Promise<void> {
  wire.onSent = ({ text }) => {
    if (!text.startsWith('insert')) return
    wire.onSent = () => {}
    throw Object.assign(new pg.DatabaseError('taken', 0, 'error'), { code: '23505' })
  }
  const refused = await run().then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(refused instanceof UniqueConflict))
    throw new TypeError('a taken name must be a conflict', { cause: refused })
}

/** Each statement once, in the order in which they are first sent. */
export async function everyStatement(): Promise<Sent[]> {
  const wire = new Wire()
  wire.replace()
  try {
    await starts(wire)
    await moves(wire)
    await probes(wire)
    await reads(wire)
    await writes(wire)
  } finally {
    mock.restoreAll()
  }
  const texts = new Map(wire.sent.map((sent) => [sent.text, sent]))
  return [...texts.values()]
}
