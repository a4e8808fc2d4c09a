/**
 * `npm run bench:keys`: what it costs to have many keys. Makes keys over the API, and at each number of them measures pages of the list at
 * its start and at its end, the description of keys drawn at random, and the memory of the server. Ratios within the run count.
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { HuaweiClient } from '../test/e2e/client.ts'
import { TestServer } from '../test/e2e/server.ts'

const { values } = parseArgs({
  options: {
    keys: { type: 'string', default: '1000,10000,100000' },
    connections: { type: 'string', default: '32' },
    samples: { type: 'string', default: '200' },
  },
})
const steps = values.keys.split(',').map(Number)
const connections = Number(values.connections)
const samples = Number(values.samples)
const pageSize = 100

const say = (line: string): void => void process.stdout.write(`${line}\n`)

async function inParallel(count: number, work: () => Promise<unknown>): Promise<void> {
  let left = count
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (left-- > 0) await work()
    }),
  )
}

/** Resident memory of a process in MiB. */
function residentMiB(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kib) / 1024
}

/** Median of so many calls, one after the other, in milliseconds. */
async function median(call: () => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < samples; i++) {
    const startedAt = performance.now()
    await call()
    times.push(performance.now() - startedAt)
  }
  return times.toSorted((a, b) => a - b)[Math.floor(samples / 2)] as number
}

/** Times in milliseconds. */
type Row = Readonly<Record<'keys' | 'createdPerSecond' | 'start' | 'end' | 'describe' | 'memory', number>>

async function measure(client: HuaweiClient, pid: number, ids: readonly string[], createdPerSecond: number): Promise<Row> {
  const first = await client.ok('list-keys', { limit: pageSize })
  const oldest = await lastMarker(client, first.total)
  const random = (): string => ids[Math.floor(Math.random() * ids.length)] as string
  return {
    keys: ids.length,
    createdPerSecond,
    start: await median(() => client.ok('list-keys', { limit: pageSize })),
    end: await median(() => client.ok('list-keys', { limit: pageSize, marker: oldest })),
    describe: await median(() => client.describe(random())),
    memory: residentMiB(pid),
  }
}

/** The marker before the last page, reached in the largest steps there are. */
async function lastMarker(client: HuaweiClient, total: number): Promise<string> {
  let marker = ''
  for (let seen = 0; seen < total - pageSize; ) {
    const limit = Math.min(2000, total - pageSize - seen)
    marker = (await client.ok('list-keys', { limit, marker })).next_marker
    seen += limit
  }
  return marker
}

await using server = await TestServer.start({ flags: ['--max-keys', String(Math.max(...steps))] })
const pid = server.process.pid as number
const client = server.client(connections)
const ids: string[] = []
const rows: Row[] = []
say(`empty: ${residentMiB(pid).toFixed(0)} MiB`)
for (const keys of steps) {
  const startedAt = performance.now()
  const missing = keys - ids.length
  await inParallel(missing, async () => ids.push(await client.createKey()))
  const perSecond = missing / ((performance.now() - startedAt) / 1000)
  rows.push(await measure(client, pid, ids, perSecond))
  const { createdPerSecond, start, end, describe, memory } = rows.at(-1) as Row
  say(
    [
      `${keys} keys: made at ${createdPerSecond.toFixed(0)}/s`,
      `page of ${pageSize} at the start ${start.toFixed(1)} ms, at the end ${end.toFixed(1)} ms`,
      `describe ${describe.toFixed(2)} ms`,
      `${memory.toFixed(0)} MiB`,
    ].join('; '),
  )
}
client.close()
const [least, most] = [rows[0] as Row, rows.at(-1) as Row]
say(`\nend of the list to its start, ${most.keys} keys: ${(most.end / most.start).toFixed(2)}`)
say(`describe, ${most.keys} keys to ${least.keys}: ${(most.describe / least.describe).toFixed(2)}`)
say(`memory, ${most.keys} keys to ${least.keys}: ${(most.memory / least.memory).toFixed(2)}`)
