/** All threads of a server: started in the order in which they need each other, ended together. */
import type { KeyObject } from 'node:crypto'
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import packageFile from '../../package.json' with { type: 'json' }
import type { MakerJob } from '../cluster/asymmetric-client.ts'
import type { ToJobs } from '../cluster/jobs.ts'
import { serveJobs } from '../cluster/jobs.ts'
import { MakerQueue } from '../cluster/maker-queue.ts'
import type { Config } from '../config.ts'
import type { DeploymentRow, LedgerRow } from '../domain/rows.ts'
import type { Log } from '../observe/log.ts'
import type { Clock } from '../ports/clock.ts'
import { Figures } from './figures.ts'
import type { HookSource } from './hooks.ts'
import type { OperationsWorkerData } from './operations-worker.ts'
import type { ReportsWorkerData } from './reports-worker.ts'
import { createRequestThread, type RequestThread, type RequestThreadData } from './request-thread.ts'
import type { RequestWorkerData } from './request-worker.ts'
import type { StoreSpec } from './store.ts'
import type { WrappingKeyWorkerData } from './wrapping-key-worker.ts'
import type { WriterWorkerData } from './writer-worker.ts'

const { version } = packageFile
/** Exit code of a server that ended because it could not know what is on the disk. */
const fatalExitCode = 70

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
}

export type Threads = {
  /** Request thread 0, in the main thread. */
  readonly main: RequestThread
  /** Undefined when it does not listen. */
  readonly port: number | undefined
  /** From now on a thread that ends is no accident. */
  expectEnd(): void
  /** Answers what is under way (at most `graceMs`), makes the log durable, ends all of them. */
  stop(graceMs: number): Promise<void>
}

/** @throws whatever keeps the first of them from starting; the process must end then. */
export async function startThreads(parts: ThreadsParts, hookSource: HookSource): Promise<Threads> {
  const { config, store, folder, deployment, head, rootKey, rowMacKey, clock, listen, log } = parts
  const channels = Array.from({ length: config.workers }, () => ({
    journal: new MessageChannel(),
    wrappingKeys: new MessageChannel(),
    operations: Array.from({ length: config.operationThreads }, () => new MessageChannel()),
    maker: new MessageChannel(),
    metrics: new MessageChannel(),
    scrapes: new MessageChannel(),
    reports: new MessageChannel(),
  }))
  const followerJournal = new MessageChannel()
  const writerMetrics = new MessageChannel()
  let stopping = false
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
  }
  const writer = spawn('writer', './writer-worker.ts', writerData, [...journalPorts, writerMetrics.port2])
  await firstMessage(writer)
  const makerPorts = channels.map(({ wrappingKeys }) => wrappingKeys.port2)
  const makerData: WrappingKeyWorkerData = { ports: makerPorts, modulusBits: config.wrappingKeyBits }
  const maker = spawn('wrapping-keys', './wrapping-key-worker.ts', makerData, makerPorts)
  const makerQueue = new MakerQueue({
    clock,
    start: () => {
      const worker = new Worker(new URL('./private-key-worker.ts', import.meta.url), { name: 'private-keys' })
      // The queue refuses what it was doing and starts another.
      worker.on('error', (error) => log.error('a thread failed', { error: error as Error, thread: 'private-keys' }))
      return worker
    },
  })
  for (const { maker: channel } of channels) {
    channel.port2.on('message', (message: ToJobs<MakerJob>) => makerQueue.enter(channel.port2, message))
  }

  const threadData = channels.map(
    ({ journal, wrappingKeys, operations, maker: privateKeys, reports }, i): RequestThreadData => ({
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
      settings: settingsOf(config),
      tls: config.tls,
      publicUrl: config.publicUrl,
      hooks: hookSource,
    }),
  )
  const main = await createRequestThread(threadData[0] as RequestThreadData, () => figures.text())
  const figures = new Figures({
    folder,
    store,
    version,
    reader: main.reader,
    now: () => main.engine.now(),
    own: () => main.metrics.families(),
    ports: [writerMetrics.port1, ...channels.slice(1).map(({ metrics }) => metrics.port1)],
    privateKeyJobs: () => makerQueue.length,
  })
  const port = listen ? await main.listener.listen(config.host, config.port, config.workers > 1) : undefined
  const others = threadData.slice(1).map((data, i) => {
    const { metrics, scrapes } = channels[i + 1] as (typeof channels)[number]
    serveJobs(scrapes.port1, () => figures.text())
    const workerData: RequestWorkerData = {
      ...data,
      host: config.host,
      port: port ?? 0,
      metricsPort: metrics.port2,
      scrapePort: scrapes.port2,
    }
    const own = [data.journalPort, data.wrappingKeyPort, data.makerPort, data.reportsPort]
    const ports = [...own, ...data.operationPorts, metrics.port2, scrapes.port2]
    return spawn(data.name, './request-worker.ts', workerData, ports)
  })
  await Promise.all(others.map(firstMessage))
  // What follows is not needed to begin: their first jobs wait in their ports.
  const operators = Array.from({ length: config.operationThreads }, (_, i) => {
    const ports = channels.map(({ operations }) => (operations[i] as MessageChannel).port2)
    const operationsData: OperationsWorkerData = { ports }
    return spawn(`operations-${i}`, './operations-worker.ts', operationsData, ports)
  })
  const reportPorts = channels.map(({ reports }) => reports.port2)
  const reportsData: ReportsWorkerData = {
    store,
    rootKey,
    deployment,
    timeFloor: head.timeFloor,
    journalPort: followerJournal.port1,
    ports: reportPorts,
    hooks: hookSource,
  }
  const reports = spawn('reports', './reports-worker.ts', reportsData, [followerJournal.port1, ...reportPorts])
  return {
    main,
    port,
    expectEnd() {
      stopping = true
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
      for (const { maker: channel, scrapes } of channels) {
        channel.port2.close()
        scrapes.port1.close()
      }
      figures.close()
      await Promise.all([ended, maker.terminate(), makerQueue.close(), ...operators.map((worker) => worker.terminate())])
    },
  }
}

function settingsOf(config: Config): RequestThreadData['settings'] {
  const { materialChecks, importTokenMs, authTokenMs, drillDays, sessionIdleMs, sessionMs, maxKeysPerProject } = config
  return { version, materialChecks, importTokenMs, authTokenMs, drillDays, sessionIdleMs, sessionMs, maxKeysPerProject }
}

function firstMessage(worker: Worker): Promise<void> {
  return new Promise((resolve) => worker.once('message', () => resolve()))
}
