/**
 * All threads of a server: started in the order in which they depend on each other, ended together.
 */

import type { KeyObject } from 'node:crypto'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import packageFile from '../../package.json' with { type: 'json' }
import type { Config } from '../config.ts'
import type { DeploymentRow, EpochRow, LedgerRow } from '../domain/rows.ts'
import { MetricsListener, metricsPath } from '../http/metrics-listener.ts'
import type { Clock } from '../ports/clock.ts'
import type { MakerJob } from '../runtime/asymmetric-client.ts'
import type { ToJobs } from '../runtime/jobs.ts'
import { MakerQueue } from '../runtime/maker-queue.ts'
import type { Alarms } from '../telemetry/alarms.ts'
import type { Log } from '../telemetry/log.ts'
import { Figures } from './figures.ts'
import type { HookSource } from './hooks.ts'
import { hostAndPort, listenAt } from './listening.ts'
import { markFile } from './node/marks.ts'
import {
  createRequestThread,
  type RequestThread,
  type RequestThreadData,
} from './request-thread.ts'
import type { StoreSpec } from './store.ts'
import { type RequestChannels, type ThreadChannels, threadChannels } from './thread-channels.ts'
import type { DatabaseWatch } from './watches/database-watch.ts'
import { firstMessage, WorkerStarter } from './worker-starter.ts'
import type { OperationsWorkerData } from './workers/operations-worker.ts'
import type { PasswordWorkerData } from './workers/password-worker.ts'
import type { ReportsWorkerData } from './workers/reports-worker.ts'
import type { RequestWorkerData } from './workers/request-worker.ts'
import type { WatchdogWorkerData } from './workers/watchdog-worker.ts'
import type { WrappingKeyWorkerData } from './workers/wrapping-key-worker.ts'
import type { WriterWorkerData } from './workers/writer-worker.ts'

const { version } = packageFile
/**
 * What a stop may take beyond the grace period of the calls in progress: records become durable,
 * threads end.
 */
const stopMarginMs = 5000

export type ThreadsParts = {
  readonly config: Config
  readonly store: StoreSpec
  /** Path of the data folder. */
  readonly folder: string
  readonly deployment: DeploymentRow
  /** Head of the audit log. */
  /** Of the logs of this node. */
  readonly heads: readonly LedgerRow[]
  readonly epoch: EpochRow | undefined
  /** Where time goes on, milliseconds since 1970. */
  readonly timeFloor: number
  /** What the store has lost, until an operator accepts it. */
  readonly loss: string | undefined
  readonly rootKey: KeyObject
  /** MAC key of the deployment-wide tables. */
  readonly rowMacKey: KeyObject
  readonly clock: Clock
  readonly listen: boolean
  readonly log: Log
  readonly alarms: Alarms
  /** Absent for a store on this machine. */
  readonly databaseWatch: DatabaseWatch | undefined
}

export type Threads = {
  /** Request thread 0, in the main thread. */
  readonly main: RequestThread
  /** Undefined if it does not listen. */
  readonly port: number | undefined
  /**
   * From now on a thread may end, and the process ends soon after `graceMs`, even if a loop is
   * stuck.
   */
  expectEnd(graceMs: number): void
  /** Where metrics are served; undefined for nowhere. */
  readonly metricsUrl: string | undefined
  /**
   * Answers what is in progress (for at most `graceMs`), makes the log durable, and ends all
   * threads.
   * @returns how many calls were not answered in time.
   */
  stop(graceMs: number): Promise<number>
}

/** What the parts below are built from. */
type Starting = ThreadsParts & {
  readonly hooks: HookSource
  readonly starter: WorkerStarter
  readonly channels: ThreadChannels
}

/** @throws any error that keeps the first of them from starting; the process must end then. */
export async function startThreads(parts: ThreadsParts, hooks: HookSource): Promise<Threads> {
  const { config, listen, log } = parts
  const starter = new WorkerStarter(log)
  const channels = threadChannels(config)
  const starting: Starting = { ...parts, hooks, starter, channels }
  const writer = await startWriter(starting)
  const makers = startMakers(starting)
  const [first, ...further] = channels.requests.map((one, i) => requestThreadData(starting, one, i))
  // There is always one.
  const main = await createRequestThread(first as RequestThreadData)
  const figures = figuresOf(starting, main, makers.queue)
  const { host, port: asked } = config
  const port = listen
    ? await listenAt('--listen', host, asked, main.listener.listen(host, asked, config.workers > 1))
    : undefined
  const metrics = listen ? await listenForFigures(config, figures, log) : undefined
  const others = await startRequestThreads(starting, further, port ?? 0)
  // The rest is not needed to begin: the first jobs wait in their ports.
  const operators = startOperators(starting)
  const hasher = startHasher(starting)
  const reports = startReports(starting)
  const watchdogData: WatchdogWorkerData = { threads: starter.watched }
  const watchdog = listen
    ? starter.start('watchdog', file('watchdog-worker'), watchdogData)
    : undefined
  return {
    main,
    port,
    metricsUrl: metrics?.url,
    expectEnd(graceMs) {
      starter.expectEnd()
      main.pulse.endWithin((graceMs + stopMarginMs) / 1000)
    },
    async stop(graceMs) {
      starter.expectEnd()
      const cutOff = await Promise.all([
        main.stop(graceMs),
        ...others.map((worker) => answered<number>(worker, { stopWithinMs: graceMs })),
      ])
      await answered(reports, 'stop')
      const ended = new Promise((resolve) => writer.once('exit', resolve))
      writer.postMessage('stop')
      for (const { maker } of channels.requests) maker.port2.close()
      metrics?.listener.close()
      figures.close()
      await Promise.all([
        ended,
        makers.close(),
        ...[hasher, ...operators].map((worker) => worker.terminate()),
      ])
      await watchdog?.terminate()
      return cutOff.reduce((sum, calls) => sum + calls, 0)
    },
  }
}

/** Entry of a kind of thread. */
function file(name: string): URL {
  return new URL(`./workers/${name}.ts`, import.meta.url)
}

/** Sends a message to a thread, and waits for its answer. */
function answered<T>(worker: Worker, message: unknown): Promise<T> {
  const answer = firstMessage<T>(worker)
  worker.postMessage(message)
  return answer
}

async function startWriter({
  channels,
  store,
  deployment,
  rowMacKey,
  heads,
  epoch,
  timeFloor,
  loss,
  folder,
  hooks,
  alarms,
  starter,
}: Starting): Promise<Worker> {
  const ports = [
    ...channels.requests.map(({ journal }) => journal.port2),
    channels.followerJournal.port2,
  ]
  const metricsPort = channels.writerMetrics.port2
  const recentPort = channels.recent.port2
  const data: WriterWorkerData = {
    store,
    deployment: deployment.id,
    rowMacKey,
    heads,
    epoch,
    timeFloor,
    loss,
    markPath: join(folder, markFile),
    ports,
    metricsPort,
    recentPort,
    hooks,
    alarmMemory: alarms.memory,
    pulse: starter.pulseOf('writer', false),
  }
  const ofWriter = [...ports, metricsPort, recentPort]
  const writer = starter.start('writer', file('writer-worker'), data, ofWriter)
  await firstMessage(writer)
  return writer
}

/**
 * The thread that makes wrapping keys, and the queue of those that generate and check private keys.
 */
function startMakers({ channels, config, clock, starter }: Starting) {
  const ports = channels.requests.map(({ wrappingKeys }) => wrappingKeys.port2)
  const data: WrappingKeyWorkerData = { ports, modulusBits: config.wrappingKeyBits }
  const maker = starter.start('wrapping-keys', file('wrapping-key-worker'), data, ports)
  // If such a thread ends, the queue refuses the job it was doing, and starts another thread.
  const queue = new MakerQueue({
    clock,
    start: () => starter.startPassing('private-keys', file('private-key-worker')),
  })
  for (const { maker: channel } of channels.requests)
    channel.port2.on('message', (message: ToJobs<MakerJob>) => queue.enter(channel.port2, message))
  return { queue, close: () => Promise.all([maker.terminate(), queue.close()]) }
}

function requestThreadData(
  starting: Starting,
  channels: RequestChannels,
  i: number,
): RequestThreadData {
  const { config, store, rootKey, deployment, timeFloor, hooks, alarms, starter } = starting
  return {
    name: `requests-${i}`,
    store,
    rootKey,
    deployment,
    timeFloor,
    journalPort: channels.journal.port1,
    wrappingKeyPort: channels.wrappingKeys.port1,
    operationPorts: channels.operations.map(({ port1 }) => port1),
    makerPort: channels.maker.port1,
    reportsPort: channels.reports.port1,
    passwordPort: channels.passwords.port1,
    settings: settingsOf(config),
    tls: config.tls,
    region: config.region,
    trustedProxies: config.trustedProxies,
    connectionsPerAddress: config.connectionsPerAddress,
    strangerLogBytes: config.strangerLogBytes / config.workers,
    unsignedPayload: config.unsignedPayload,
    publicUrl: config.publicUrl,
    hooks,
    alarmMemory: alarms.memory,
    pulse: starter.pulseOf(`requests-${i}`, true),
  }
}

/** The request threads besides the one of the main thread. */
async function startRequestThreads(
  { channels, config, starter }: Starting,
  threads: readonly RequestThreadData[],
  port: number,
): Promise<readonly Worker[]> {
  const [, ...further] = channels.requests
  const workers = further.flatMap(({ metrics }, i) => {
    const data = threads[i]
    if (data === undefined) return []
    const workerData: RequestWorkerData = {
      ...data,
      host: config.host,
      port,
      metricsPort: metrics.port2,
    }
    const own = [
      data.journalPort,
      data.wrappingKeyPort,
      data.makerPort,
      data.reportsPort,
      data.passwordPort,
    ]
    return [
      starter.start(data.name, file('request-worker'), workerData, [
        ...own,
        ...data.operationPorts,
        metrics.port2,
      ]),
    ]
  })
  await Promise.all(workers.map(firstMessage))
  return workers
}

function startOperators({ channels, config, starter }: Starting): readonly Worker[] {
  return Array.from({ length: config.operationThreads }, (_, i) => {
    const ports = channels.requests.flatMap(({ operations }) => operations[i]?.port2 ?? [])
    const data: OperationsWorkerData = { ports, pulse: starter.pulseOf(`operations-${i}`, false) }
    return starter.start(`operations-${i}`, file('operations-worker'), data, ports)
  })
}

function startHasher({ channels, starter }: Starting): Worker {
  const ports = channels.requests.map(({ passwords }) => passwords.port2)
  const data: PasswordWorkerData = { ports, pulse: starter.pulseOf('passwords', false) }
  return starter.start('passwords', file('password-worker'), data, ports)
}

function startReports({
  channels,
  store,
  rootKey,
  deployment,
  heads,
  timeFloor,
  hooks,
  alarms,
  starter,
}: Starting): Worker {
  const ports = channels.requests.map(({ reports }) => reports.port2)
  const journalPort = channels.followerJournal.port1
  const recentPort = channels.recent.port1
  const data: ReportsWorkerData = {
    store,
    rootKey,
    deployment,
    timeFloor,
    journalPort,
    recentPort,
    logs: heads.map(({ id }) => id),
    ports,
    hooks,
    alarmMemory: alarms.memory,
    pulse: starter.pulseOf('reports', false),
  }
  return starter.start('reports', file('reports-worker'), data, [journalPort, recentPort, ...ports])
}

function figuresOf(
  { folder, store, channels, databaseWatch }: Starting,
  main: RequestThread,
  makers: MakerQueue,
): Figures {
  const [, ...further] = channels.requests
  return new Figures({
    folder,
    store,
    version,
    reports: main.reports,
    now: () => main.engine.decidingNow(),
    own: () => main.metrics.families(),
    ports: [channels.writerMetrics.port1, ...further.map(({ metrics }) => metrics.port1)],
    privateKeyJobs: () => makers.length,
    notReady: () => main.readiness.family(),
    database: databaseWatch,
  })
}

/** If the default port is taken, this does not prevent a start: any free port is used instead. */
async function listenForFigures({ metrics: address }: Config, figures: Figures, log: Log) {
  if (address === undefined) return undefined
  const { host, isExplicit } = address
  const onDefect = (error: unknown): void => log.event('metrics-failed', { error })
  const listener = new MetricsListener(() => figures.text(), onDefect)
  const listening = listener.listen(host, address.port).catch((error: NodeJS.ErrnoException) => {
    if (isExplicit || error.code !== 'EADDRINUSE') throw error
    return listener.listen(host, 0)
  })
  const port = await listenAt('--metrics-listen', host, address.port, listening)
  return { listener, url: `http://${hostAndPort({ host, port })}${metricsPath}` }
}

function settingsOf(config: Config): RequestThreadData['settings'] {
  const {
    materialChecks,
    importTokenMs,
    authTokenMs,
    drillDays,
    sessionIdleMs,
    sessionMs,
    maxKeysPerProject,
  } = config
  const publicUrl = config.publicUrl ?? null
  return {
    version,
    publicUrl,
    materialChecks,
    importTokenMs,
    authTokenMs,
    drillDays,
    sessionIdleMs,
    sessionMs,
    maxKeysPerProject,
  }
}
