/**
 * `npm run bench`: the cost of calls compared with a bare node:http server, in one run, as ratios.
 * docs/benchmarks.md says how to read it.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { kmsAt } from './client.ts'
import { type Cost, canMeasure, costOf, threadTimes } from './cpu.ts'
import { ask, bytesOf, drive, type Target } from './load.ts'
import { end, type Holdfast, pinLoad, pinned, startEcho, startHoldfast } from './server.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '6' },
    seconds: { type: 'string', default: '1' },
    only: { type: 'string' },
    target: { type: 'string', multiple: true, default: [] },
    json: { type: 'string' },
    against: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
})
/** Private keys requested at once, to see how that affects other calls. */
const queued = values.quick ? 4 : 200
const rounds = values.quick ? 1 : Number(values.rounds)
const seconds = values.quick ? 0.2 : Number(values.seconds)
const requestsPerTarget = 64

type Candidate = {
  readonly name: string
  readonly target: Target
  readonly pid: number | undefined
}
type Figures = {
  readonly name: string
  readonly connections: number
  /** Median and best over the rounds. */
  readonly perSecond: number
  readonly best: number
  readonly p50: number
  readonly p99: number
  /** Of the cheapest round: noise only ever adds. */
  readonly cost: Cost | undefined
}

const local = (port: number, requests: Buffer[], expectStatus = 200): Target => ({
  host: '127.0.0.1',
  port,
  requests,
  expectStatus,
})

/**
 * Drives all candidates in rounds, in a different order each time, so that disturbances on the
 * machine affect them alike.
 */
async function compare(candidates: readonly Candidate[], connections: number): Promise<Figures[]> {
  const slices = new Map<
    string,
    { count: number; seconds: number; millis: readonly number[]; cost: Cost | undefined }[]
  >()
  for (const { target } of candidates) await drive(target, connections, values.quick ? 0.1 : 1)
  for (let round = 0; round < rounds; round++) {
    for (const { name, target, pid } of candidates.toSorted(() => Math.random() - 0.5)) {
      const before = pid !== undefined && canMeasure() ? threadTimes(pid) : undefined
      const slice = await drive(target, connections, seconds)
      const cost =
        before && pid !== undefined ? costOf(pid, before, threadTimes(pid), slice.count) : undefined
      slices.set(name, [...(slices.get(name) ?? []), { ...slice, cost }])
    }
  }
  return candidates.map(({ name }) => {
    const all = slices.get(name) ?? []
    const rates = all.map((slice) => slice.count / slice.seconds).toSorted((a, b) => a - b)
    const millis = all.flatMap((slice) => slice.millis).toSorted((a, b) => a - b)
    const costs = all.map(({ cost }) => cost).filter((cost) => cost !== undefined)
    const cost = costs.toSorted((a, b) => a.total - b.total)[0]
    const at = (share: number): number =>
      millis[Math.min(millis.length - 1, Math.floor(millis.length * share))] ?? 0
    return {
      name,
      connections,
      perSecond: rates[rates.length >> 1] ?? 0,
      best: rates.at(-1) ?? 0,
      p50: at(0.5),
      p99: at(0.99),
      cost,
    }
  })
}

function show(rows: readonly Figures[]): void {
  const echo = rows.find(({ name }) => name === 'echo')
  const number = (value: number | undefined, digits: number, width: number): string =>
    (value === undefined ? '-' : value.toFixed(digits)).padStart(width)
  console.log(`\n${rows[0]?.connections} connection(s)`)
  console.log(
    `${''.padEnd(28)}   req/s   best   p50 ms   p99 ms | CPU us/req: main  writer   total | x echo`,
  )
  for (const { name, perSecond, best, p50, p99, cost } of rows) {
    const ratio = cost && echo?.cost ? cost.total / echo.cost.total : undefined
    const rates = `${number(perSecond, 0, 8)}${number(best, 0, 7)}${number(p50, 2, 9)}${number(p99, 2, 9)}`
    const costs = `${number(cost?.main, 1, 17)}${number(cost?.writer, 1, 8)}${number(cost?.total, 1, 8)}`
    console.log(`${name.padEnd(28)}${rates} |${costs} |${number(ratio, 2, 7)}`)
  }
}

/** fsyncs per request while the process is driven; undefined where strace is not available. */
async function syncsPerRequest(pid: number, target: Target): Promise<number | undefined> {
  if (process.platform !== 'linux' || spawnSync('strace', ['-V']).status !== 0) return undefined
  const tracer = spawn('strace', ['-f', '-qq', '-e', 'trace=fsync,fdatasync', '-p', String(pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let output = ''
  tracer.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  await new Promise((resolve) => setTimeout(resolve, 500))
  const { count } = await drive(target, 32, seconds)
  tracer.kill('SIGINT')
  await new Promise((resolve) => tracer.once('exit', resolve))
  return (output.match(/f(data)?sync\((?!.*resumed)/g)?.length ?? 0) / count
}

/** Latency of encryption, alone and while many private keys are being created. */
async function withPrivateKeysQueued(): Promise<{
  base: number
  during: number
  made: number
  busy: number
}> {
  const p99 = async (forSeconds: number): Promise<number> => {
    const millis = (await drive(encrypt, 8, forSeconds)).millis.toSorted((a, b) => a - b)
    return millis[Math.floor(millis.length * 0.99)] ?? 0
  }
  const base = await p99(seconds * 5)
  const creations = Array.from({ length: queued }, () =>
    create(kms, { key_spec: 'RSA_4096' }).then(
      () => true,
      () => false,
    ),
  )
  const during = await p99(seconds * 10)
  const ended = await Promise.all(creations)
  const made = ended.filter(Boolean).length
  return { base, during, made, busy: queued - made }
}

/** Signatures per second of one core. */
function opensslSigns(): number | undefined {
  const args = ['speed', '-seconds', values.quick ? '1' : '3', 'rsa2048']
  const pin = pinned ? ['taskset', '-c', '0'] : []
  const [command, ...rest] = [...pin, 'openssl', ...args]
  const { status, stdout } = spawnSync(command as string, rest, { encoding: 'utf8' })
  const found = status === 0 ? /rsa\s+2048 bits\s+\S+s\s+\S+s\s+(\S+)/.exec(stdout)?.[1] : undefined
  return found === undefined ? undefined : Number(found)
}

/** Another server to compare with: docs/benchmarks.md describes the form of the file. */
function readTarget(path: string): Candidate {
  type File = {
    name: string
    url: string
    method?: string
    headers?: Record<string, string>
    body?: string
    pid?: number
    expectStatus?: number
  }
  const {
    name,
    url,
    method = 'POST',
    headers = {},
    body = '',
    pid,
    expectStatus = 200,
  } = JSON.parse(readFileSync(path, 'utf8')) as File
  const { hostname, port, host, pathname, search } = new URL(url)
  const request = bytesOf({ method, path: pathname + search, headers, body }, host)
  return {
    name,
    pid,
    target: { host: hostname, port: Number(port || 80), requests: [request], expectStatus },
  }
}

pinLoad()
const rsaRate = opensslSigns()
const server = await startHoldfast('src/main.ts')
const forgetful = await startHoldfast('bench/without-audit.ts')
const [kms, other] = [server, forgetful].map(({ port, credentials }) =>
  kmsAt(`http://127.0.0.1:${port}`, credentials),
) as [ReturnType<typeof kmsAt>, ReturnType<typeof kmsAt>]

const create = async (at: typeof kms, fields: object = {}): Promise<string> => {
  const { key_info } = await at.call('create-key', {
    key_alias: `bench-${randomBytes(6).toString('hex')}`,
    ...fields,
  })
  return (key_info as { key_id: string }).key_id
}
const target = (at: typeof kms, port: number, operation: string, data: object): Target => {
  const requests = Array.from({ length: requestsPerTarget }, () =>
    bytesOf(at.request(operation, data), `127.0.0.1:${port}`),
  )
  return local(port, requests)
}

const plain_text = 'x'.repeat(44)
const message = randomBytes(32)
const raw = { message: message.toString('base64'), message_type: 'RAW' }
const digest = {
  message: createHash('sha256').update(message).digest('base64'),
  message_type: 'DIGEST',
}

/** What is measured of a server, with keys of its own. */
async function operationsOf(
  at: typeof kms,
  { port, pid }: Holdfast,
  suffix = '',
): Promise<Candidate[]> {
  const key = await create(at)
  const { cipher_text } = await at.call('encrypt-data', { key_id: key, plain_text })
  const [rsa, ec] = [
    await create(at, { key_spec: 'RSA_2048' }),
    await create(at, { key_spec: 'EC_P256' }),
  ]
  const all: [name: string, target: Target][] = [
    ['encrypt-data', target(at, port, 'encrypt-data', { key_id: key, plain_text })],
    ['decrypt-data', target(at, port, 'decrypt-data', { cipher_text })],
    ['create-datakey', target(at, port, 'create-datakey', { key_id: key })],
  ]
  for (const what of [raw, digest]) {
    const rsaSigning = { key_id: rsa, signing_algorithm: 'RSASSA_PKCS1_V1_5_SHA_256', ...what }
    const ecSigning = { key_id: ec, signing_algorithm: 'ECDSA_SHA_256', ...what }
    all.push([`sign RSA_2048 ${what.message_type}`, target(at, port, 'sign', rsaSigning)])
    all.push([`sign EC_P256 ${what.message_type}`, target(at, port, 'sign', ecSigning)])
  }
  return all
    .filter(([name]) => values.only === undefined || name.startsWith(values.only))
    .map(([name, requests]) => ({ name: `${name}${suffix}`, target: requests, pid }))
}

const encrypt = target(kms, server.port, 'encrypt-data', {
  key_id: await create(kms),
  plain_text,
})
const operations = await operationsOf(kms, server)
const older =
  values.against === undefined ? undefined : await startHoldfast('src/main.ts', values.against)
if (older !== undefined) {
  const at = kmsAt(`http://127.0.0.1:${older.port}`, older.credentials)
  operations.push(...(await operationsOf(at, older, ', older')))
}
const answerBytes = (await ask(encrypt)).toString('latin1').split('\r\n\r\n')[1]?.length ?? 256
const echo = await startEcho(answerBytes)
const unrecorded = target(other, forgetful.port, 'encrypt-data', {
  key_id: await create(other),
  plain_text,
})
const candidates: Candidate[] = [
  { name: 'echo', target: { ...encrypt, port: echo.port }, pid: echo.pid },
  ...operations,
  { name: 'encrypt-data, no audit log', target: unrecorded, pid: forgetful.pid },
  ...values.target.map(readTarget),
]

console.log(
  `Node ${process.version}; servers ${pinned ? 'on the first processor, load on the others' : 'and load not kept apart (no taskset)'}`,
)
console.log(
  `${rounds} rounds of ${seconds} s each, interleaved; CPU is that of the cheapest round${canMeasure() ? '' : ': not measured on this system'}`,
)
const tables = [await compare(candidates, 1), await compare(candidates, 32)]
for (const table of tables) show(table)
const syncs = await syncsPerRequest(server.pid, encrypt)
const queue = await withPrivateKeysQueued()
await Promise.all([server.stop(), forgetful.stop(), older?.stop(), end(echo.process)])

const busy = tables[1] ?? []
const totalOf = (name: string): number | undefined =>
  busy.find((one) => one.name === name)?.cost?.total
/** Signatures per second of CPU time, relative to those of a core that does nothing else. */
function signing(part: 'operations' | 'total'): number | undefined {
  const micros = busy.find(({ name }) => name === 'sign RSA_2048 RAW')?.cost?.[part]
  return micros === undefined || rsaRate === undefined ? undefined : 1e6 / micros / rsaRate
}

const gates: [
  what: string,
  value: number | undefined,
  limit: number,
  holds: (value: number, limit: number) => boolean,
][] = [
  [
    'CPU of encrypt-data / echo, at most',
    ratio(totalOf('encrypt-data'), totalOf('echo')),
    3.5,
    (a, b) => a <= b,
  ],
  [
    'CPU with / without audit log, at most',
    ratio(totalOf('encrypt-data'), totalOf('encrypt-data, no audit log')),
    1.35,
    (a, b) => a <= b,
  ],
  ['fsyncs a request, less than', syncs, 1 / 8, (a, b) => a < b],
  [
    'RSA-2048 signatures a second / openssl speed, by what the threads that sign use, at least',
    signing('operations'),
    0.85,
    (a, b) => a >= b,
  ],
  [
    'the same by what the whole server uses, HTTP and audit log with it, at least',
    signing('total'),
    0.85,
    (a, b) => a >= b,
  ],
]
console.log(
  `\nencrypt-data at 8 connections: p99 ${queue.base.toFixed(2)} ms; while ${queued} creations of RSA_4096 are queued and carried out: ` +
    `${queue.during.toFixed(2)} ms, ${(queue.during / queue.base).toFixed(2)} times as much; ${queue.made} were made, ${queue.busy} refused as busy`,
)
console.log('\nat 32 connections')
for (const [what, value, limit, holds] of gates) {
  const verdict =
    value === undefined ? 'not measured' : holds(value, limit) ? 'holds' : 'does not hold'
  console.log(`${what} ${limit}: ${value?.toFixed(3) ?? '-'} (${verdict})`)
}
for (const { name } of older === undefined ? [] : operations) {
  const costs = ratio(totalOf(name), totalOf(`${name}, older`))
  if (costs !== undefined) console.log(`CPU of ${name} / the older: ${costs.toFixed(3)}`)
}
if (values.json !== undefined)
  writeFileSync(values.json, JSON.stringify({ tables, syncs, rsaRate }, null, 2))

function ratio(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined || b === 0 ? undefined : a / b
}
