/** One whole node over PostgreSQL and one over SQLite, loaded in turns. */
import { randomBytes } from 'node:crypto'
import { PostgresServer } from '../../test/fakes/postgres.ts'
import { kmsAt } from '../client.ts'
import { canMeasure, costOf, threadTimes } from '../cpu.ts'
import { bytesOf, drive, type Target } from '../load.ts'
import { type Holdfast, startHoldfast } from '../server.ts'
import type { Point } from './report.ts'
import { median, type Pace } from './rounds.ts'

const connections = 32
const differentRequests = 64

type Side = {
  readonly server: Holdfast
  readonly target: Target
  readonly rates: number[]
  /** Microseconds of the server's processor for a request. */
  readonly costs: number[]
}

/** PostgreSQL runs where the load does, apart from the servers: they often have a machine each. */
export async function wholeNodes({ rounds, seconds }: Pace): Promise<Point> {
  const postgres = await PostgresServer.start()
  const flags = ['--database-url', await postgres.database()]
  const sides = [
    await sideOf(await startHoldfast('src/main.ts')),
    await sideOf(await startHoldfast('src/main.ts', undefined, flags)),
  ] as const
  for (const side of sides) await drive(side.target, connections, seconds / 2)
  for (let round = 0; round < rounds; round++)
    for (const side of sides.toSorted(() => Math.random() - 0.5)) await load(side, seconds)
  for (const { server } of sides) await server.stop()
  await postgres.stop()
  const [sqlite, overPostgres] = sides.map(({ rates }) => median(rates)) as [number, number]
  const [cheap, dear] = sides.map(({ costs }) => (costs.length > 0 ? median(costs) : undefined))
  const what = `encrypt-data at ${connections} connections, over PostgreSQL / over SQLite`
  return {
    title: '5. One whole node',
    columns: ['SQLite', 'PostgreSQL'],
    rows: [
      {
        name: 'requests a second',
        figures: [sqlite, overPostgres],
        ratio: { what, value: overPostgres / sqlite, target: 0.75 },
      },
      { name: 'CPU of the server, us/request', figures: [cheap, dear] },
    ],
  }
}

async function sideOf(server: Holdfast): Promise<Side> {
  const at = kmsAt(`http://127.0.0.1:${server.port}`, server.credentials)
  const { key_info } = await at.call('create-key', { key_alias: `bench-${randomBytes(6).toHex()}` })
  const { key_id } = key_info as { readonly key_id: string }
  const data = { key_id, plain_text: 'x'.repeat(44) }
  const requests = Array.from({ length: differentRequests }, () =>
    bytesOf(at.request('encrypt-data', data), `127.0.0.1:${server.port}`),
  )
  const target = { host: '127.0.0.1', port: server.port, requests, expectStatus: 200 }
  return { server, target, rates: [], costs: [] }
}

async function load(
  { server: { pid }, target, rates, costs }: Side,
  seconds: number,
): Promise<void> {
  const before = canMeasure() ? threadTimes(pid) : undefined
  const slice = await drive(target, connections, seconds)
  rates.push(slice.count / slice.seconds)
  if (before !== undefined) costs.push(costOf(pid, before, threadTimes(pid), slice.count).total)
}
