/** What a record takes in PostgreSQL: bytes of its log (WAL) and of its files, and processor. */
import { PostgresWriter } from '../../src/store/postgres/writer.ts'
import { type PostgresServer, Sql } from '../../test/fakes/postgres.ts'
import { canMeasure, threadTimes } from '../cpu.ts'
import { WriterBefore } from './before.ts'
import { sceneBefore } from './points.ts'
import type { Point, Row } from './report.ts'
import { groups, makeScene, type Scene, writerOf } from './scene.ts'

/** Groups of each size that are written, in a run that is not short. */
const sizes = new Map([
  [1, 1500],
  [32, 400],
  [256, 100],
])
/** A short run writes this part of them. */
const smokePart = 0.1
const walLimit = 120
const filesLimit = 150

/** @property micros of the processor, of the node and of the database together. */
type Takes = { readonly wal: number; readonly files: number; readonly micros: number }
type Amount = { readonly size: number; readonly count: number }

export async function costOfRecords(server: PostgresServer, isSmoke: boolean): Promise<Point> {
  const rows: Row[] = []
  for (const [size, usual] of sizes) {
    const amount = { size, count: Math.ceil(usual * (isSmoke ? smokePart : 1)) }
    const before = await takesBefore(await sceneBefore(server), amount)
    const today = await takesToday(await makeScene(await server.database()), amount)
    for (const [what, kind, target] of [
      ['bytes of WAL', 'wal', walLimit],
      ['bytes of the database', 'files', filesLimit],
      ['us of the processor', 'micros', undefined],
    ] as const) {
      if (kind === 'micros' && !canMeasure()) continue
      const name = `${what}, groups of ${size}`
      const value = today[kind]
      const limited = size === 32 && target !== undefined
      const ratio = limited && { ratio: { what: name, value, target, atMost: true } }
      rows.push({ name, figures: [before[kind], value], ...ratio })
    }
  }
  return { title: '4. What a record takes', columns: ['before', 'today'], rows }
}

async function takesToday(scene: Scene, amount: Amount): Promise<Takes> {
  const store = new PostgresWriter(scene.url)
  const writer = writerOf(scene, store)
  const next = groups(scene, amount.size)
  const found = await measured(scene.url, amount, () => writer.write(next()))
  store.close()
  return found
}

async function takesBefore(scene: Scene, amount: Amount): Promise<Takes> {
  const writer = await WriterBefore.open(scene)
  const next = groups(scene, amount.size)
  const found = await measured(scene.url, amount, () => writer.write(next()))
  writer.close()
  return found
}

/** The first change of a page after a checkpoint logs the whole page: those are written before. */
async function measured(
  url: string,
  { size, count }: Amount,
  write: () => Promise<unknown>,
): Promise<Takes> {
  const sql = new Sql(url)
  await sql.rows('CHECKPOINT')
  for (let i = 0; i < 50; i++) await write()
  const before = await taken(sql)
  for (let i = 0; i < count; i++) await write()
  const after = await taken(sql)
  await sql.end()
  const of = (kind: keyof Takes): number => (after[kind] - before[kind]) / (count * size)
  return { wal: of('wal'), files: of('files'), micros: of('micros') }
}

/** Tables with their indexes, and with the tables that hold their long values. */
async function taken(sql: Sql): Promise<Takes> {
  const [found] = await sql.rows(
    "SELECT (pg_current_wal_lsn() - '0/0')::bigint AS wal, (SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace) AS files",
  )
  const { user, system } = process.cpuUsage()
  const micros = user + system + (await microsOfServer(sql))
  return { wal: Number(found?.wal), files: Number(found?.files), micros }
}

/** What the processes that serve this database have used so far. */
async function microsOfServer(sql: Sql): Promise<number> {
  if (!canMeasure()) return 0
  const processes = await sql.rows(
    'SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
  )
  return processes
    .flatMap(({ pid }) => [...threadTimes(Number(pid)).values()])
    .reduce((sum, { micros }) => sum + micros, 0)
}
