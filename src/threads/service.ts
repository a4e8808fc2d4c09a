/** A running server: config -> folder, root, store, threads -> listeners -> orderly stop. */
import type { KeyObject } from 'node:crypto'
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import packageFile from '../../package.json' with { type: 'json' }
import type { MakerJob } from '../cluster/asymmetric-client.ts'
import type { FromJobs, ToJobs } from '../cluster/jobs.ts'
import { MakerQueue } from '../cluster/maker-queue.ts'
import type { Config } from '../config.ts'
import { Keyring } from '../crypto/keyring.ts'
import { verifyRow } from '../crypto/row-mac.ts'
import type { DeploymentRow } from '../domain/rows.ts'
import { DueWork } from '../engine/due-work.ts'
import { IntegrityScan } from '../engine/integrity-scan.ts'
import { Log } from '../observe/log.ts'
import type { Root } from '../ports/root.ts'
import { FileKeeper } from '../root/file-keeper.ts'
import { PassphraseKeeper } from '../root/passphrase-keeper.ts'
import { passphraseFromFile, passphraseFromTerminal } from '../root/passphrase-source.ts'
import { SlottedRoot } from '../root/slots.ts'
import { DataFolder, writeFileDurably } from '../store/folder.ts'
import { serveControl } from './control.ts'
import { Figures } from './figures.ts'
import { endpointOf, firstStart } from './first-start.ts'
import { type HookSource, type Hooks, loadHooks } from './hooks.ts'
import type { OperationsWorkerData } from './operations-worker.ts'
import { Projects } from './projects.ts'
import { createRequestThread, type RequestThread, type RequestThreadData } from './request-thread.ts'
import type { RequestWorkerData } from './request-worker.ts'
import { openReader, type StoreSpec, starting } from './store.ts'
import type { WrappingKeyWorkerData } from './wrapping-key-worker.ts'
import type { WriterWorkerData } from './writer-worker.ts'

const { version } = packageFile
const databaseName = 'holdfast.db'
const dueWorkEveryMs = 1000
/** A step of the scan each second reaches a few thousand rows a minute, and a million within a day. */
const scanStepEveryMs = 1000
/** Exit code of a server that ended because it could not know what is on the disk. */
export const fatalExitCode = 70

export type Service = {
  /** Undefined when it does not listen. */
  readonly url: string | undefined
  readonly projects: Projects
  /** Stops accepting, answers what is under way (at most `graceMs`), makes the log durable, lets the folder go. */
  stop(graceMs: number): Promise<void>
}

/** @param options.listen false for work on the folder alone: then nothing is reachable from outside. */
export async function startService(
  config: Config,
  hookSource?: HookSource,
  { listen }: { readonly listen: boolean } = { listen: true },
): Promise<Service> {
  process.umask(0o077)
  const log = new Log('main')
  const hooks = await loadHooks(hookSource)
  const folder = DataFolder.open(config.data)
  const store = storeOf(config, folder)
  const { deployment, head, rootKey } = await starting(store, () => openDeployment({ config, folder, store, hooks }))
  const keyring = new Keyring(rootKey, deployment)
  verifyRow(keyring.rowMac, 'ledgers', head)

  const channels = Array.from({ length: config.workers }, () => ({
    journal: new MessageChannel(),
    wrappingKeys: new MessageChannel(),
    operations: Array.from({ length: config.operationThreads }, () => new MessageChannel()),
    maker: new MessageChannel(),
    metrics: new MessageChannel(),
    scrapes: new MessageChannel(),
  }))
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
  const journalPorts = channels.map(({ journal }) => journal.port2)
  const writerData: WriterWorkerData = {
    store,
    deployment: deployment.id,
    rowMacKey: keyring.rowMac,
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
    clock: hooks.clock,
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
    ({ journal, wrappingKeys, operations, maker: privateKeys }, i): RequestThreadData => ({
      name: `requests-${i}`,
      store,
      rootKey,
      deployment,
      timeFloor: head.timeFloor,
      journalPort: journal.port1,
      wrappingKeyPort: wrappingKeys.port1,
      operationPorts: operations.map(({ port1 }) => port1),
      makerPort: privateKeys.port1,
      settings: settingsOf(config),
      tls: config.tls,
      publicUrl: config.publicUrl,
      hooks: hookSource,
    }),
  )
  const main = await createRequestThread(threadData[0] as RequestThreadData, () => figures.text())
  const figures = new Figures({
    folder: folder.path,
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
    scrapes.port1.on('message', async (jobs: ToJobs<null>) => {
      const answer = await figures.text()
      scrapes.port1.postMessage(jobs.map(({ id }) => ({ id, answer })) satisfies FromJobs<string>)
    })
    const workerData: RequestWorkerData = {
      ...data,
      host: config.host,
      port: port ?? 0,
      metricsPort: metrics.port2,
      scrapePort: scrapes.port2,
    }
    const ports = [data.journalPort, data.wrappingKeyPort, ...data.operationPorts, data.makerPort, metrics.port2, scrapes.port2]
    return spawn(data.name, './request-worker.ts', workerData, ports)
  })
  await Promise.all(others.map(firstMessage))
  // What follows is not needed to begin: their first jobs wait in their ports.
  const operators = Array.from({ length: config.operationThreads }, (_, i) => {
    const ports = channels.map(({ operations }) => (operations[i] as MessageChannel).port2)
    const operationsData: OperationsWorkerData = { ports }
    return spawn(`operations-${i}`, './operations-worker.ts', operationsData, ports)
  })
  const stopThreads = async (graceMs: number): Promise<void> => {
    stopping = true
    const stopped = others.map(async (worker) => {
      const answer = firstMessage(worker)
      worker.postMessage({ stopWithinMs: graceMs })
      await answer
    })
    await Promise.all([main.stop(graceMs), ...stopped])
    const ended = new Promise((resolve) => writer.once('exit', resolve))
    writer.postMessage('stop')
    for (const { maker: channel, scrapes } of channels) {
      channel.port2.close()
      scrapes.port1.close()
    }
    figures.close()
    await Promise.all([ended, maker.terminate(), makerQueue.close(), ...operators.map((worker) => worker.terminate())])
    folder.close()
  }
  const { reader, projects, journal } = main
  const { clock, random } = hooks
  const { region } = config
  const endpoint = endpointOf(port === undefined ? config : { ...config, port })
  const tenants = new Projects({ reader, journal, keyring, random, clock, endpoint, region })
  if (port === undefined) return { url: undefined, projects: tenants, stop: () => stopThreads(0) }
  const closeControl = await serveControl(folder.path, tenants)
  const stopDueWork = startDueWork(main, config, hooks, log)
  const scan = new IntegrityScan({ reader, projects, rowMac: keyring.rowMac, notice: (message) => log.error(message) })
  const stopScan = repeat(() => scan.step().then(() => 0), scanStepEveryMs, log)

  return {
    url: endpointOf({ ...config, publicUrl: undefined, port }),
    projects: tenants,
    async stop(graceMs) {
      stopping = true
      await Promise.all([stopDueWork(), stopScan(), closeControl()])
      await stopThreads(graceMs)
    },
  }
}

function settingsOf({ materialChecks, importTokenMs, authTokenMs, maxKeysPerProject }: Config): RequestThreadData['settings'] {
  return { materialChecks, importTokenMs, authTokenMs, maxKeysPerProject }
}

function storeOf({ databaseUrl }: Config, folder: DataFolder): StoreSpec {
  return databaseUrl === undefined ? { kind: 'sqlite', file: folder.file(databaseName) } : { kind: 'postgres', url: databaseUrl }
}

type DeploymentParts = {
  readonly config: Config
  readonly folder: DataFolder
  readonly store: StoreSpec
  readonly hooks: Hooks
}

/** The deployment of the folder, made if there is none yet. Nothing is written where the root does not open what is there. */
async function openDeployment({ config, folder, store, hooks }: DeploymentParts) {
  const root = rootOf(config, hooks)
  const known = await readDeployment(store)
  const made = known === undefined ? await firstStart({ config, folder, root, store, hooks }) : undefined
  const found = known ?? (await readDeployment(store))
  if (found === undefined) throw new Error('the first start left no deployment behind')
  const rootKey: KeyObject = made ?? (await root.open(found.deployment.id, found.slots))
  const { rowMac } = new Keyring(rootKey, found.deployment)
  for (const slot of found.slots) verifyRow(rowMac, 'rootSlots', slot)
  return { ...found, rootKey }
}

async function readDeployment(store: StoreSpec) {
  const reader = openReader(store)
  try {
    const [deployment] = await reader.scan('deployments', '', 1)
    const [head] = await reader.scan('ledgers', '', 1)
    if (deployment === undefined || head === undefined) return undefined
    return { deployment: deployment satisfies DeploymentRow, head, slots: await reader.scan('rootSlots', '', 100) }
  } finally {
    reader.close()
  }
}

function rootOf(config: Config, { clock, random }: Hooks): Root {
  const { root } = config
  if (root.kind === 'file') return new SlottedRoot({ keeper: new FileKeeper(root.path, writeFileDurably), clock, random })
  const { file } = root
  const passphrase = async (isNew: boolean) => (file === undefined ? passphraseFromTerminal(isNew) : passphraseFromFile(file))
  return new SlottedRoot({ keeper: new PassphraseKeeper({ passphrase, random }), clock, random })
}

/** Erases and deletes what is due, now and every second. @returns how to end it, once what is under way is done. */
function startDueWork(
  { engine, reader, projects }: RequestThread,
  config: Config,
  { clock, random }: Hooks,
  log: Log,
): () => Promise<void> {
  const { missedDeletionWaitMs } = config
  const work = new DueWork({
    engine,
    reader,
    projects,
    clock,
    random,
    missedDeletionWaitMs,
    notice: (message) => log.warn(message),
  })
  return repeat(() => work.run(), dueWorkEveryMs, log)
}

/** Does a round now and every so often, and at once again while a round says there is more. @returns how to end it. */
function repeat(round: () => Promise<number>, everyMs: number, log: Log): () => Promise<void> {
  let running: Promise<void> | undefined
  const rounds = async (): Promise<void> => {
    try {
      while ((await round()) > 0);
    } catch (error) {
      log.error('background work failed; it is tried again', error instanceof Error ? { error } : {})
    }
    running = undefined
  }
  const tick = (): void => {
    running ??= rounds()
  }
  tick()
  const timer = setInterval(tick, everyMs)
  return async () => {
    clearInterval(timer)
    await running
  }
}

function firstMessage(worker: Worker): Promise<void> {
  return new Promise((resolve) => worker.once('message', () => resolve()))
}
