/** A running server: config -> folder, root, store, threads -> listeners -> orderly stop. */
import type { KeyObject } from 'node:crypto'
import { SignInFailures } from '../access/sign-in-failures.ts'
import { earlierPassphraseFromFile, passphraseFromFile, passphraseFromTerminal } from '../cli/passphrase-source.ts'
import { type Config, ConfigError } from '../config.ts'
import { verifyRow } from '../crypto/formats/row-mac.ts'
import { Keyring } from '../crypto/keyring.ts'
import type { DeploymentRow } from '../domain/rows.ts'
import { DueWork } from '../engine/service/due-work.ts'
import { IntegrityScan } from '../engine/service/integrity-scan.ts'
import { type Journal, submitOwn } from '../ports/journal.ts'
import type { Root } from '../ports/root.ts'
import { FileKeeper } from '../root/file-keeper.ts'
import { PassphraseKeeper } from '../root/passphrase-keeper.ts'
import { SlottedRoot } from '../root/slots.ts'
import { DataFolder } from '../store/folder.ts'
import { Alarms } from '../telemetry/alarms.ts'
import { Log } from '../telemetry/log.ts'
import { serveControl } from './commands/control.ts'
import type { Operator } from './commands/operator.ts'
import { Projects } from './commands/projects.ts'
import { unlockUser } from './commands/unlock.ts'
import { fatalExitCode } from './exit-process.ts'
import { endpointOf, firstStart } from './first-start.ts'
import { type HookSource, type Hooks, loadHooks } from './hooks.ts'
import type { RequestThread } from './request-thread.ts'
import { sealPasswords } from './seal-passwords.ts'
import { openReader, type StoreSpec, starting } from './store.ts'
import { startThreads } from './threads.ts'
import { ClockWatch } from './watches/clock-watch.ts'
import { checkLogAtStart } from './watches/log-checks.ts'
import { SchemaWatch } from './watches/schema-watch.ts'

const databaseName = 'holdfast.db'
const dueWorkEveryMs = 1000
/** A step of the scan each second reaches a few thousand rows a minute, and a million within a day. */
const scanStepEveryMs = 1000
/** A look takes a fraction of a millisecond of SQLite, a few of PostgreSQL. */
const schemaLookEveryMs = 5000
const clockWatchEveryMs = 1000
const beatEveryMs = 30_000

export type Service = {
  /** Undefined when it does not listen. */
  readonly url: string | undefined
  readonly operator: Operator
  /** Says in the log what else there is to know, once the line of the command is out. */
  introduce(): void
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
  const { deployment, head, rootKey } = await starting(store, () =>
    openDeployment({ config, folder, store, hooks, mayMake: listen }),
  )
  const keyring = new Keyring(rootKey, deployment)
  verifyRow(keyring.rowMac, 'ledgers', head)

  const alarms = new Alarms(hooks.clock)
  await checkLogAtStart(store, head, { log, alarms })
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
    alarms,
  }
  const threads = await startThreads(parts, hookSource)
  const { main, port } = threads
  const stopThreads = async (graceMs: number): Promise<void> => {
    await threads.stop(graceMs)
    folder.close()
  }
  const { reader, projects, journal } = main
  const { random } = hooks
  await sealPasswords({ reader, projects, journal, rowMac: keyring.rowMac, random, notice: (message) => log.error(message) })
  const { region } = config
  const endpoint = endpointOf(port === undefined ? config : { ...config, port })
  const allProjects = new Projects({ reader, journal, keyring, random, endpoint, region })
  const introduce = (): void => {
    if (threads.metricsUrl !== undefined) log.info(`figures on ${threads.metricsUrl}`)
  }
  const clockWatch = new ClockWatch({ journal, reader, random, log })
  const failures = new SignInFailures({ reader, journal, rowMac: keyring.rowMac })
  const operator: Operator = {
    list: () => allProjects.list(),
    create: (name) => allProjects.create(name),
    clock: () => clockWatch.view(),
    acceptClock: (back) => clockWatch.accept(back),
    unlock: (userName, project) => unlockUser({ reader, journal, failures, random, region }, userName, project),
  }
  if (port === undefined) return { url: undefined, operator, introduce, stop: () => stopThreads(0) }
  const closeControl = await serveControl(folder.path, operator)
  const background = (name: string, round: () => Promise<number>, everyMs: number): (() => Promise<void>) =>
    repeat(
      () => {
        main.pulse.begin(name)
        return round()
      },
      everyMs,
      log,
    )
  const dueWork = dueWorkOf(main, config, hooks, log)
  const stopDueWork = background('due work', () => dueWork.run(), dueWorkEveryMs)
  const scan = new IntegrityScan({ reader, projects, rowMac: keyring.rowMac, notice: (message) => log.error(message) })
  const stopScan = background('integrity scan', () => scan.step().then(() => 0), scanStepEveryMs)
  const schema = new SchemaWatch({ reader, alarms, log, onActing: () => process.exit(fatalExitCode) })
  const stopSchemaWatch = background('schema watch', () => schema.look().then(() => 0), schemaLookEveryMs)

  const stopClockWatch = background('clock', () => clockWatch.observe().then(() => 0), clockWatchEveryMs)
  const stopBeat = background('heartbeat', () => beat(journal), beatEveryMs)

  return {
    url: endpointOf({ ...config, publicUrl: undefined, port }),
    operator,
    introduce,
    async stop(graceMs) {
      threads.expectEnd(graceMs)
      await Promise.all([stopDueWork(), stopScan(), stopSchemaWatch(), stopClockWatch(), stopBeat(), closeControl()])
      // The floor as it is: the next start knows how long it was stopped. Whoever stops the threads waits for its receipt.
      void beat(journal)
      await stopThreads(graceMs)
    },
  }
}

function storeOf({ databaseUrl, databaseTls }: Config, folder: DataFolder): StoreSpec {
  return databaseUrl === undefined
    ? { kind: 'sqlite', file: folder.file(databaseName) }
    : { kind: 'postgres', url: databaseUrl, tls: databaseTls }
}

type DeploymentParts = {
  /** Whether a first start is meant. */
  readonly mayMake: boolean
  readonly config: Config
  readonly folder: DataFolder
  readonly store: StoreSpec
  readonly hooks: Hooks
}

/** The deployment of the folder, made if there is none yet. Nothing is written where the root does not open what is there. */
async function openDeployment({ config, folder, store, hooks, mayMake }: DeploymentParts) {
  const root = rootOf(config, hooks)
  const known = await readDeployment(store)
  if (known === undefined && !mayMake)
    throw new ConfigError(
      `there is no deployment in ${config.data}: name the data folder of the server with --data, or start the server once`,
    )
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
  if (root.kind === 'file') return new SlottedRoot({ keeper: new FileKeeper(root.path), clock, random })
  const { file } = root
  const passphrase = async (isNew: boolean) =>
    file === undefined ? passphraseFromTerminal('Root passphrase', isNew) : passphraseFromFile(file)
  const earlier = () => (file === undefined ? undefined : earlierPassphraseFromFile(file))
  return new SlottedRoot({ keeper: new PassphraseKeeper({ passphrase, earlier, random }), clock, random })
}

/** Erases and deletes what is due. */
function dueWorkOf({ engine, reader, projects }: RequestThread, config: Config, { clock, random }: Hooks, log: Log): DueWork {
  const { missedDeletionWaitMs } = config
  return new DueWork({
    engine,
    reader,
    projects,
    clock,
    random,
    missedDeletionWaitMs,
    notice: (message) => log.warn(message),
  })
}

/** A group of nothing: while nobody calls, it keeps the floor of time in the store and hears of that of other nodes. */
async function beat(journal: Journal): Promise<number> {
  await submitOwn(journal, {})
  return 0
}

/** Does a round now and every so often, and at once again while a round says there is more. @returns how to end it, after the round under way. */
function repeat(round: () => Promise<number>, everyMs: number, log: Log): () => Promise<void> {
  let running: Promise<void> | undefined
  let ended = false
  const rounds = async (): Promise<void> => {
    try {
      while ((await round()) > 0 && !ended);
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
    ended = true
    clearInterval(timer)
    await running
  }
}
