/**
 * `npm run bench:keys`: the cost of holding many keys. One server gets keys over the API until it
 * has the smallest number, another one gets each number in turn; both then do the same in small
 * rounds, one after the other, so that disturbances on the machine affect both: list pages at the
 * start and at the end, descriptions of random keys, creations. The ratios of the two count.
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { HuaweiClient } from '../test/e2e/client.ts'
import { TestServer } from '../test/e2e/server.ts'
import { costOf, threadTimes } from './cpu.ts'

const { values } = parseArgs({
  options: {
    keys: { type: 'string', default: '1000,10000,100000' },
    connections: { type: 'string', default: '32' },
    rounds: { type: 'string', default: '10' },
  },
})
const steps = values.keys.split(',').map(Number)
const connections = Number(values.connections)
const rounds = Number(values.rounds)
const pageSize = 100
/** Calls of a kind in a round. */
const calls = 20
/** Keys created in a round: enough to spread the cost of what a server does once a second. */
const made = 5 * connections

const say = (line: string): void => void process.stdout.write(`${line}\n`)

/** A server and the keys it was given. */
type Side = {
  readonly server: TestServer
  readonly client: HuaweiClient
  readonly pid: number
  readonly ids: string[]
}

async function start(): Promise<Side> {
  const server = await TestServer.start()
  return { server, client: server.client(connections), pid: server.process.pid as number, ids: [] }
}

/** Creates `count` keys, one at a time on each connection. */
async function create({ client, ids }: Side, count: number): Promise<void> {
  let left = count
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (left-- > 0) ids.push(await client.createKey())
    }),
  )
}

/** Resident memory of a process in MiB. */
function residentMiB({ pid }: Side): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kib) / 1024
}

const kinds = ['start', 'end', 'describe', 'create'] as const
type Kind = (typeof kinds)[number]

/**
 * Milliseconds of each call, and microseconds of the server's processor for a call, of each round.
 */
type Figures = Readonly<Record<Kind, { readonly times: number[]; readonly cpu: number[] }>>

function noFigures(): Figures {
  return Object.fromEntries(
    kinds.map((kind) => [kind, { times: [], cpu: [] }]),
  ) as unknown as Figures
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] as number
}

async function oneRound(side: Side, oldest: string, figures: Figures): Promise<void> {
  const { client, ids, pid } = side
  const work: Readonly<Record<Kind, () => Promise<unknown>>> = {
    start: () => client.ok('list-keys', { limit: pageSize }),
    end: () => client.ok('list-keys', { limit: pageSize, marker: oldest }),
    describe: () => client.describe(ids[Math.floor(Math.random() * ids.length)] as string),
    create: () => create(side, made),
  }
  for (const kind of kinds) {
    const { times, cpu } = figures[kind]
    const before = threadTimes(pid)
    // Creations already run in parallel, one per connection: once a round is enough.
    const count = kind === 'create' ? 1 : calls
    for (let i = 0; i < count; i++) {
      const startedAt = performance.now()
      await work[kind]()
      times.push(performance.now() - startedAt)
    }
    cpu.push(costOf(pid, before, threadTimes(pid), kind === 'create' ? made : count).total)
  }
}

/** The marker of the last page, reached with the largest pages there are. */
async function lastMarker({ client, ids }: Side): Promise<string> {
  let marker = ''
  for (let seen = 0; seen < ids.length - pageSize; ) {
    const limit = Math.min(2000, ids.length - pageSize - seen)
    marker = (await client.ok('list-keys', { limit, marker })).next_marker
    seen += limit
  }
  return marker
}

/** In milliseconds, except creations: in keys per second. */
function formatted(figures: Figures, kind: Kind): string {
  const { times, cpu } = figures[kind]
  const time =
    kind === 'create'
      ? `${((made * 1000) / median(times)).toFixed(0)}/s`
      : `${median(times).toFixed(1)} ms`
  return `${time} (cpu ${(Math.min(...cpu) / 1000).toFixed(2)} ms)`
}

function line(side: Side, figures: Figures): string {
  const parts = kinds.map((kind) => `${kind} ${formatted(figures, kind)}`)
  return `  ${side.ids.length} keys: ${parts.join('; ')}; ${residentMiB(side).toFixed(0)} MiB`
}

const small = await start()
const large = await start()
try {
  say(
    `pages of ${pageSize}, creations at ${connections} connections; medians, and the processor of the cheapest round`,
  )
  await create(small, steps[0] as number)
  for (const keys of steps) {
    const startedAt = performance.now()
    const missing = keys - large.ids.length
    await create(large, missing)
    say(`${missing} keys in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`)
    const [few, many] = [noFigures(), noFigures()]
    const [endOfFew, endOfMany] = [await lastMarker(small), await lastMarker(large)]
    for (let i = 0; i < rounds; i++) {
      await oneRound(small, endOfFew, few)
      await oneRound(large, endOfMany, many)
    }
    say(line(small, few))
    say(line(large, many))
    const ratio = (kind: Kind): string => {
      const cpu = (figures: Figures): number => Math.min(...figures[kind].cpu)
      const time = median(many[kind].times) / median(few[kind].times)
      return `${kind} ${time.toFixed(2)} (cpu ${(cpu(many) / cpu(few)).toFixed(2)})`
    }
    const pages = median(many.end.times) / median(many.start.times)
    say(
      `  times of many to those of few: ${kinds.map(ratio).join('; ')}; memory ${(residentMiB(large) / residentMiB(small)).toFixed(2)}`,
    )
    say(`  end of the list to its start: ${pages.toFixed(2)}`)
  }
} finally {
  for (const { client, server } of [small, large]) {
    client.close()
    await server[Symbol.asyncDispose]()
  }
}
