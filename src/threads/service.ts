/** A running server: config -> folder, root, store, threads -> listeners -> orderly stop. */
import type { KeyObject } from 'node:crypto'
import { passphraseFromFile, passphraseFromTerminal } from '../cli/passphrase-source.ts'
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
import { SlottedRoot } from '../root/slots.ts'
import { DataFolder, writeFileDurably } from '../store/folder.ts'
import { serveControl } from './control.ts'
import { endpointOf, firstStart } from './first-start.ts'
import { startThreads } from './fleet.ts'
import { type HookSource, type Hooks, loadHooks } from './hooks.ts'
import { Projects } from './projects.ts'
import type { RequestThread } from './request-thread.ts'
import { openReader, type StoreSpec, starting } from './store.ts'

const databaseName = 'holdfast.db'
const dueWorkEveryMs = 1000
/** A step of the scan each second reaches a few thousand rows a minute, and a million within a day. */
const scanStepEveryMs = 1000
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

  const parts = {
    config,
    store,
    folder: folder.path,
    deployment,
    head,
    rootKey,
    rowMacKey: keyring.rowMac,
    clock: hooks.clock,
    listen,
    log,
  }
  const threads = await startThreads(parts, hookSource)
  const { main, port } = threads
  const stopThreads = async (graceMs: number): Promise<void> => {
    await threads.stop(graceMs)
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
      threads.expectEnd()
      await Promise.all([stopDueWork(), stopScan(), closeControl()])
      await stopThreads(graceMs)
    },
  }
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
  const reader = await openReader(store)
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
  const passphrase = async (isNew: boolean) =>
    file === undefined ? passphraseFromTerminal('Root passphrase', isNew) : passphraseFromFile(file)
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
