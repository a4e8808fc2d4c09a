/** All threads of a server: started in the order in which they need each other, ended together. */
import type { KeyObject } from 'node:crypto'
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import packageFile from '../../package.json' with { type: 'json' }
import type { Config } from '../config.ts'
import type { DeploymentRow, LedgerRow } from '../domain/rows.ts'
import { MetricsListener, metricsPath } from '../http/metrics-listener.ts'
import type { Clock } from '../ports/clock.ts'
import type { MakerJob } from '../runtime/asymmetric-client.ts'
import type { ToJobs } from '../runtime/jobs.ts'
import { MakerQueue } from '../runtime/maker-queue.ts'
import type { Alarms } from '../telemetry/alarms.ts'
import type { Log } from '../telemetry/log.ts'
import { pulseMemory } from '../telemetry/pulse.ts'
import type { Watched } from '../telemetry/watchdog.ts'
import { fatalExitCode } from './exit-process.ts'
import { Figures } from './figures.ts'
import type { HookSource } from './hooks.ts'
import { listenAt } from './listening.ts'
import { createRequestThread, type RequestThread, type RequestThreadData } from './request-thread.ts'
import type { StoreSpec } from './store.ts'
import type { OperationsWorkerData } from './workers/operations-worker.ts'
import type { PasswordWorkerData } from './workers/password-worker.ts'
import type { ReportsWorkerData } from './workers/reports-worker.ts'
import type { RequestWorkerData } from './workers/request-worker.ts'
import type { WatchdogWorkerData } from './workers/watchdog-worker.ts'
import type { WrappingKeyWorkerData } from './workers/wrapping-key-worker.ts'
import type { WriterWorkerData } from './workers/writer-worker.ts'

const { version } = packageFile
/** What a stop may take beyond the grace of the calls under way: records that become durable, threads that end. */
const stopMarginMs = 5000

export type ThreadsParts = {
  readonly config: Config
  readonly store: StoreSpec
  /** Path of the data folder. */
  readonly folder: string
  readonly deployment: DeploymentRow
  /** Head of the audit log. */
  readonly head: LedgerRow
  readonly rootKey: KeyObject
  /** MAC key of the deployment-wide tables. */
  readonly rowMacKey: KeyObject
  readonly clock: Clock
  readonly listen: boolean
  readonly log: Log
  readonly alarms: Alarms
}

export type Threads = {
  /** Request thread 0, in the main thread. */
  readonly main: RequestThread
  /** Undefined when it does not listen. */
  readonly port: number | undefined
  /** From now on a thread that ends is no accident, and the process ends soon after `graceMs`, even where a loop is stuck. */
  expectEnd(graceMs: number): void
  /** Where figures are read; undefined for nowhere. */
  readonly metricsUrl: string | undefined
  /** Answers what is under way (at most `graceMs`), makes the log durable, ends all of them. */
  stop(graceMs: number): Promise<void>
}

/** @throws whatever keeps the first of them from starting; the process must end then. */
export async function startThreads(parts: ThreadsParts, hookSource: HookSource): Promise<Threads> {
  const { config, store, folder, deployment, head, rootKey, rowMacKey, clock, listen, log, alarms } = parts
  const channels = Array.from({ length: config.workers }, () => ({
    journal: new MessageChannel(),
    wrappingKeys: new MessageChannel(),
    operations: Array.from({ length: config.operationThreads }, () => new MessageChannel()),
    maker: new MessageChannel(),
    metrics: new MessageChannel(),
    reports: new MessageChannel(),
    passwords: new MessageChannel(),
  }))
  const followerJournal = new MessageChannel()
  const writerMetrics = new MessageChannel()
  let stopping = false
  const watched: Watched[] = []
  /** Memory in which the thread of that name says that it lives. */
  const pulseOf = (name: string, isVital: boolean): SharedArrayBuffer => {
    const memory = pulseMemory()
    watched.push({ name, memory, isVital })
    return memory
  }
  const spawn = (
    name: string,
    file: string,
    workerData: { readonly [name: string]: unknown },
    ports: readonly MessagePort[],
  ): Worker => {
    const worker = new Worker(new URL(file, import.meta.url), { name, workerData, transferList: [...ports] })
    worker.on('error', (error) => log.error('a thread failed', { error: error as Error, thread: name }))
    worker.on('exit', () => {
      // No thread can be done without, and none is restarted under a server whose state is in doubt.
      if (!stopping) process.exit(fatalExitCode)
    })
    return worker
  }
  const journalPorts = [...channels.map(({ journal }) => journal.port2), followerJournal.port2]
  const writerData: WriterWorkerData = {
    store,
    deployment: deployment.id,
    rowMacKey,
    head,
    ports: journalPorts,
    metricsPort: writerMetrics.port2,
    hooks: hookSource,
    alarmMemory: alarms.memory,
    pulse: pulseOf('writer', false),
  }
  const writer = spawn('writer', './workers/writer-worker.ts', writerData, [...journalPorts, writerMetrics.port2])
  await firstMessage(writer)
  const makerPorts = channels.map(({ wrappingKeys }) => wrappingKeys.port2)
  const makerData: WrappingKeyWorkerData = { ports: makerPorts, modulusBits: config.wrappingKeyBits }
  const maker = spawn('wrapping-keys', './workers/wrapping-key-worker.ts', makerData, makerPorts)
  const makerQueue = new MakerQueue({
    clock,
    start: () => {
      const worker = new Worker(new URL('./workers/private-key-worker.ts', import.meta.url), { name: 'private-keys' })
      // The queue refuses what it was doing and starts another.
      worker.on('error', (error) => log.error('a thread failed', { error: error as Error, thread: 'private-keys' }))
      return worker
    },
  })
  for (const { maker: channel } of channels) {
    channel.port2.on('message', (message: ToJobs<MakerJob>) => makerQueue.enter(channel.port2, message))
  }

  const threadData = channels.map(
    ({ journal, wrappingKeys, operations, maker: privateKeys, reports, passwords }, i): RequestThreadData => ({
      name: `requests-${i}`,
      store,
      rootKey,
      deployment,
      timeFloor: head.timeFloor,
      journalPort: journal.port1,
      wrappingKeyPort: wrappingKeys.port1,
      operationPorts: operations.map(({ port1 }) => port1),
      makerPort: privateKeys.port1,
      reportsPort: reports.port1,
      passwordPort: passwords.port1,
      settings: settingsOf(config),
      tls: config.tls,
      region: config.region,
      trustedProxies: config.trustedProxies,
      connectionsPerAddress: config.connectionsPerAddress,
      strangerLogBytes: config.strangerLogBytes / config.workers,
      unsignedPayload: config.unsignedPayload,
      publicUrl: config.publicUrl,
      hooks: hookSource,
      alarmMemory: alarms.memory,
      pulse: pulseOf(`requests-${i}`, true),
    }),
  )
  const main = await createRequestThread(threadData[0] as RequestThreadData)
  const figures = new Figures({
    folder,
    store,
    version,
    reports: main.reports,
    now: () => main.engine.decidingNow(),
    own: () => main.metrics.families(),
    ports: [writerMetrics.port1, ...channels.slice(1).map(({ metrics }) => metrics.port1)],
    privateKeyJobs: () => makerQueue.length,
    notReady: () => main.readiness.family(),
  })
  const { host, port: asked } = config
  const port = listen ? await listenAt('--listen', host, asked, main.listener.listen(host, asked, config.workers > 1)) : undefined
  const metrics = listen ? await listenForFigures(config, figures, log) : undefined
  const others = threadData.slice(1).map((data, i) => {
    const { metrics } = channels[i + 1] as (typeof channels)[number]
    const workerData: RequestWorkerData = {
      ...data,
      host: config.host,
      port: port ?? 0,
      metricsPort: metrics.port2,
    }
    const own = [data.journalPort, data.wrappingKeyPort, data.makerPort, data.reportsPort, data.passwordPort]
    const ports = [...own, ...data.operationPorts, metrics.port2]
    return spawn(data.name, './workers/request-worker.ts', workerData, ports)
  })
  await Promise.all(others.map(firstMessage))
  // What follows is not needed to begin: their first jobs wait in their ports.
  const operators = Array.from({ length: config.operationThreads }, (_, i) => {
    const ports = channels.map(({ operations }) => (operations[i] as MessageChannel).port2)
    const operationsData: OperationsWorkerData = { ports, pulse: pulseOf(`operations-${i}`, false) }
    return spawn(`operations-${i}`, './workers/operations-worker.ts', operationsData, ports)
  })
  const passwordPorts = channels.map(({ passwords }) => passwords.port2)
  const passwordData: PasswordWorkerData = { ports: passwordPorts, pulse: pulseOf('passwords', false) }
  const hasher = spawn('passwords', './workers/password-worker.ts', passwordData, passwordPorts)
  const reportPorts = channels.map(({ reports }) => reports.port2)
  const reportsData: ReportsWorkerData = {
    store,
    rootKey,
    deployment,
    timeFloor: head.timeFloor,
    journalPort: followerJournal.port1,
    ports: reportPorts,
    hooks: hookSource,
    alarmMemory: alarms.memory,
    pulse: pulseOf('reports', false),
  }
  const reports = spawn('reports', './workers/reports-worker.ts', reportsData, [followerJournal.port1, ...reportPorts])
  const watchdogData: WatchdogWorkerData = { threads: watched }
  const watchdog = listen ? spawn('watchdog', './workers/watchdog-worker.ts', watchdogData, []) : undefined
  return {
    main,
    port,
    metricsUrl: metrics?.url,
    expectEnd(graceMs) {
      stopping = true
      main.pulse.endWithin((graceMs + stopMarginMs) / 1000)
    },
    async stop(graceMs) {
      stopping = true
      const stopped = others.map(async (worker) => {
        const answer = firstMessage(worker)
        worker.postMessage({ stopWithinMs: graceMs })
        await answer
      })
      await Promise.all([main.stop(graceMs), ...stopped])
      const followed = firstMessage(reports)
      reports.postMessage('stop')
      await followed
      const ended = new Promise((resolve) => writer.once('exit', resolve))
      writer.postMessage('stop')
      for (const { maker: channel } of channels) channel.port2.close()
      metrics?.listener.close()
      figures.close()
      await Promise.all([
        ended,
        maker.terminate(),
        hasher.terminate(),
        makerQueue.close(),
        ...operators.map((worker) => worker.terminate()),
      ])
      await watchdog?.terminate()
    },
  }
}

/** A default port that somebody else has is no reason not to start: then it is any free one. */
async function listenForFigures({ metrics: address }: Config, figures: Figures, log: Log) {
  if (address === undefined) return undefined
  const { host, isExplicit } = address
  const onDefect = (error: unknown): void => log.error('the figures could not be made', error instanceof Error ? { error } : {})
  const listener = new MetricsListener(() => figures.text(), onDefect)
  const listening = listener.listen(host, address.port).catch((error: NodeJS.ErrnoException) => {
    if (isExplicit || error.code !== 'EADDRINUSE') throw error
    return listener.listen(host, 0)
  })
  const port = await listenAt('--metrics-listen', host, address.port, listening)
  return { listener, url: `http://${host.includes(':') ? `[${host}]` : host}:${port}${metricsPath}` }
}

function settingsOf(config: Config): RequestThreadData['settings'] {
  const { materialChecks, importTokenMs, authTokenMs, drillDays, sessionIdleMs, sessionMs, maxKeysPerProject } = config
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

function firstMessage(worker: Worker): Promise<void> {
  return new Promise((resolve) => worker.once('message', () => resolve()))
}
