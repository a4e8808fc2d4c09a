/** A running server: config -> folder, root, store, threads -> listeners -> orderly stop. */
import type { KeyObject } from 'node:crypto'
import packageFile from '../../package.json' with { type: 'json' }
import { SignInFailures } from '../access/sign-in-failures.ts'
import { type Config, ConfigError } from '../config.ts'
import { Keyring } from '../crypto/keyring.ts'
import { firstLevel, newestLevel } from '../domain/levels.ts'
import type { DeploymentRow } from '../domain/rows.ts'
import { DataFolder } from '../store/folder.ts'
import { SchemaTooNew } from '../store/schema-too-new.ts'
import { Alarms } from '../telemetry/alarms.ts'
import { Log } from '../telemetry/log.ts'
import { startBackground } from './background.ts'
import { serveControl } from './commands/control.ts'
import { Losses } from './commands/losses.ts'
import type { Operator } from './commands/operator.ts'
import { Projects } from './commands/projects.ts'
import { unlockUser } from './commands/unlock.ts'
import { checkMayBegin, openKnown, readDeployment, rootOf, storeOf } from './deployment.ts'
import { bootstrapFile, endpointOf, firstStart } from './first-start.ts'
import { type HookSource, type Hooks, loadHooks } from './hooks.ts'
import { hostAndPort } from './listening.ts'
import { Heartbeat } from './node/heartbeat.ts'
import { Levels } from './node/levels.ts'
import {
  knownNodeIdOf,
  type NodeState,
  nodeIdOf,
  nodeOf,
  nodeState,
  refuseAfterLoss,
  settle,
} from './node/state.ts'
import { sealPasswords } from './seal-passwords.ts'
import { type MigrationNotices, openProbe, reading, type StoreSpec, starting } from './store.ts'
import { startThreads, type Threads } from './threads.ts'
import { ClockWatch } from './watches/clock-watch.ts'
import { DatabaseWatch } from './watches/database-watch.ts'
import { checkLogsAtStart } from './watches/log-checks.ts'

export type Service = {
  /** Undefined if it does not listen. */
  readonly url: string | undefined
  readonly operator: Operator
  readonly log: Log
  /** Logs that it is ready, once the line of the command is printed. */
  introduce(): void
  /** From now on it is not ready, and every answer is the last one of its connection. */
  drain(): void
  /**
   * Stops accepting, answers what is in progress (for at most `graceMs`), makes the log durable,
   * and releases the folder.
   * @returns how many calls were not answered in time.
   */
  stop(graceMs: number): Promise<number>
}

type StartOptions = { readonly listen: boolean; readonly despiteLoss?: boolean }

/**
 * @param options.listen false for work on the folder alone: nothing is reachable from outside then.
 * @param options.despiteLoss whether it is to start although the store has lost something.
 */
export async function startService(
  config: Config,
  hookSource?: HookSource,
  { listen, despiteLoss = false }: StartOptions = { listen: true },
): Promise<Service> {
  process.umask(0o077)
  const log = new Log('main')
  const hooks = await loadHooks(hookSource)
  const startedAt = hooks.clock.monotonic()
  const folder = DataFolder.open(config.data)
  const opened = await openFolder({ config, folder, hooks, log, mayMake: listen, despiteLoss })
  const { keyring } = opened
  const databaseWatch = await databaseWatchOf(opened, hooks, log)
  const threads = await startThreads(
    {
      ...opened,
      config,
      folder: folder.path,
      rowMacKey: keyring.rowMac,
      clock: hooks.clock,
      databaseWatch,
      listen,
      log,
    },
    hookSource,
  )
  const { reader, projects, journal } = threads.main
  await sealPasswords({
    reader,
    projects,
    journal,
    rowMac: keyring.rowMac,
    random: hooks.random,
    onUnsealed: (user, reason) => log.event('password-not-sealed', { user, reason }),
  })
  const base: Base = { config, folder, hooks, log, startedAt, ...opened, databaseWatch, threads }
  return threads.port === undefined ? idleService(base) : listeningService(base, threads.port)
}

/** What a service is built from. */
type Base = Opened & {
  readonly config: Config
  readonly folder: DataFolder
  readonly hooks: Hooks
  readonly log: Log
  /** When the start began, by the monotonic clock. */
  readonly startedAt: number
  /** Absent for a store on this machine. */
  readonly databaseWatch: DatabaseWatch | undefined
  readonly threads: Threads
}

async function databaseWatchOf(
  { store, alarms }: Opened,
  { clock, databaseInstant }: Hooks,
  log: Log,
): Promise<DatabaseWatch | undefined> {
  const probe = await openProbe(store)
  return probe && new DatabaseWatch({ probe, alarms, log, clock, databaseInstant })
}

/** Works on the folder alone. */
function idleService(base: Base): Service {
  const { operator } = operatorOf(base, endpointOf(base.config))
  const { log } = base
  const nothing = (): void => {}
  const stop = (): Promise<number> => stopThreads(base, 0)
  return { url: undefined, operator, log, introduce: nothing, drain: nothing, stop }
}

async function listeningService(base: Base, port: number): Promise<Service> {
  const { config, folder, hooks, log, alarms, startedAt, threads } = base
  const { operator, clockWatch, levels } = operatorOf(base, endpointOf({ ...config, port }))
  const closeControl = await serveControl(folder.path, operator, log)
  const { main, metricsUrl: metrics } = threads
  const heartbeat = new Heartbeat({
    journal: main.journal,
    reader: main.reader,
    rowMac: base.keyring.rowMac,
    id: nodeOf(base.heads),
    version: packageFile.version,
    address: hostAndPort({ ...config, port }),
  })
  const stopBackground = startBackground({ ...base, main, clockWatch, heartbeat, levels })
  const url = endpointOf({ ...config, publicUrl: undefined, port })
  const drain = (): void => alarms.raise('stopping')
  return {
    url,
    operator,
    log,
    introduce() {
      const ms = hooks.clock.monotonic() - startedAt
      log.event('service-ready', { address: url, metrics, ms })
    },
    drain,
    async stop(graceMs) {
      drain()
      threads.expectEnd(graceMs)
      await Promise.all([stopBackground(), closeControl()])
      // The current floor is stored: the next start then knows how long the server was stopped. The
      // caller that stops the threads waits for its receipt.
      void heartbeat.end()
      return stopThreads(base, graceMs)
    },
  }
}

async function stopThreads({ threads, folder }: Base, graceMs: number): Promise<number> {
  const cutOff = await threads.stop(graceMs)
  folder.close()
  return cutOff
}

/** What an operator can do, and the clock that they see. */
function operatorOf(base: Base, endpoint: string) {
  const { config, hooks, log, keyring, threads } = base
  const { reader, journal } = threads.main
  const { random } = hooks
  const { region } = config
  const clockWatch = new ClockWatch({ journal, reader, random, log })
  const projects = new Projects({ reader, journal, keyring, random, endpoint, region })
  const failures = new SignInFailures({ reader, journal, rowMac: keyring.rowMac })
  const losses = new Losses({
    journal,
    reader,
    random,
    deployment: base.deployment.id,
    atStart: base.loss,
  })
  const levels = new Levels({
    journal,
    reader,
    random,
    rowMac: keyring.rowMac,
    deployment: base.deployment.id,
    node: nodeOf(base.heads),
  })
  const operator: Operator = {
    list: () => projects.list(),
    create: (name) => projects.create(name),
    clock: () => clockWatch.view(),
    acceptClock: (back) => clockWatch.accept(back),
    loss: () => losses.view(),
    acceptLoss: () => losses.accept(),
    level: () => levels.view(),
    holdLevel: () => levels.hold(),
    finishLevel: () => levels.finish(),
    unlock: (userName, project) =>
      unlockUser({ reader, journal, failures, random, region }, userName, project),
  }
  return { operator, clockWatch, levels }
}

type OpenParts = {
  /** Whether this is to be a first start. */
  readonly mayMake: boolean
  readonly despiteLoss: boolean
  readonly config: Config
  readonly folder: DataFolder
  readonly hooks: Hooks
  readonly log: Log
}

/** A deployment whose root is open, and whose log was checked at its ends. */
type Opened = NodeState & {
  readonly store: StoreSpec
  readonly deployment: DeploymentRow
  readonly rootKey: KeyObject
  readonly keyring: Keyring
  readonly alarms: Alarms
}

/** Brings the store to this release, and opens its deployment. */
async function openFolder(parts: OpenParts): Promise<Opened> {
  const { config, folder, hooks, log, despiteLoss } = parts
  const store = storeOf(config, folder)
  const notices = noticesOf(parts, store)
  const { deployment, rootKey } = await starting(
    store,
    notices,
    { node: knownNodeIdOf(folder) },
    () => openDeployment(parts, store),
  )
  const keyring = new Keyring(rootKey, deployment)
  if (store.kind !== 'sqlite') await settle(store, nodeIdOf(folder, hooks.random))
  const node = await reading(store, (reader) =>
    nodeState(reader, { folder, random: hooks.random, keyring, deployment: deployment.id, store }),
  )
  if (node.loss !== undefined && !despiteLoss)
    await refuseAfterLoss(store, { ...node, loss: node.loss }, keyring, deployment.id)
  checkLevel(node.epoch?.level)
  const alarms = new Alarms(hooks.clock)
  await checkLogsAtStart(store, node.heads, { log, alarms })
  return { store, deployment, rootKey, keyring, alarms, ...node }
}

/** @throws SchemaTooNew. */
function checkLevel(level: number | null = null): void {
  if ((level ?? firstLevel) <= newestLevel) return
  throw new SchemaTooNew(
    `the deployment is at level ${level}, which a newer Holdfast brought (this one knows ${newestLevel}): run that one on this node; nothing was changed`,
  )
}

/** A command that works on the folder does not log how it starts. */
function noticesOf({ mayMake, config, log }: OpenParts, { kind }: StoreSpec): MigrationNotices {
  if (!mayMake)
    return { found: () => {}, waiting: () => {}, progress: () => {}, migrated: () => {} }
  return {
    found: (schemaFrom, schemaTo) =>
      log.event('service-starting', {
        version: packageFile.version,
        node: process.version,
        store: kind === 'postgres' ? 'postgresql' : kind,
        schemaFrom,
        schemaTo,
        root: config.root.kind,
        requestThreads: config.workers,
        address: hostAndPort(config),
      }),
    waiting: (why) => log.event('start-waiting', { why }),
    progress: ({ step, what, done, unit }) =>
      log.event('schema-changing', { step, what, done, unit }),
    migrated: (steps, ms) => log.event('schema-migrated', { steps, ms }),
  }
}

/**
 * The deployment of the folder, created if it does not exist yet. Nothing is written if the root
 * does not open what exists.
 */
async function openDeployment(
  { config, folder, hooks, log, mayMake }: OpenParts,
  store: StoreSpec,
) {
  const root = rootOf(config, hooks)
  const known = await readDeployment(store)
  if (known === undefined && !mayMake)
    throw new ConfigError(
      `there is no deployment in ${config.data}: name the data folder of the server with --data, or start the server once`,
    )
  if (known === undefined) await checkMayBegin(store, folder)
  const made =
    known === undefined ? await firstStart({ config, folder, root, store, hooks }) : undefined
  const found = known ?? (await readDeployment(store))
  if (found === undefined) throw new Error('the first start left no deployment behind')
  if (made !== undefined)
    log.event('deployment-created', {
      deployment: found.deployment.id,
      project: made.project,
      file: folder.file(bootstrapFile),
    })
  return openKnown(found, made?.rootKey ?? root)
}
