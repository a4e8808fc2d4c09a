/**
 * Everything in one request thread: its reader, caches, journal client, engine, dialects and
 * listener.
 */
import type { KeyObject } from 'node:crypto'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { MessagePort } from 'node:worker_threads'
import type { LoadedProject } from '../access/principals.ts'
import { AuthTokens } from '../access/schemes/auth-tokens.ts'
import { SdkHmac } from '../access/schemes/sdk-hmac.ts'
import { Sessions } from '../access/schemes/sessions.ts'
import { SignIn } from '../access/sign-in.ts'
import { SignInFailures } from '../access/sign-in-failures.ts'
import { UserLookup } from '../access/user-lookup.ts'
import type { ServiceParts } from '../api/dialect.ts'
import { mountOf } from '../api/mount.ts'
import { Keyring } from '../crypto/keyring.ts'
import type { DeploymentRow } from '../domain/rows.ts'
import { AnonymousCalls } from '../engine/access/anonymous-calls.ts'
import type { EngineSettings } from '../engine/command.ts'
import { Engine } from '../engine/engine.ts'
import { Listener } from '../http/listener.ts'
import type { Clock } from '../ports/clock.ts'
import type { StoreReader } from '../ports/store.ts'
import { AsymmetricClient, PrivateKeyMakerClient } from '../runtime/asymmetric-client.ts'
import { JournalClient } from '../runtime/journal-client.ts'
import { KeyCounts } from '../runtime/key-counts.ts'
import { PasswordClient } from '../runtime/password-client.ts'
import { ReportsClient } from '../runtime/reports-client.ts'
import type { RowCache } from '../runtime/row-cache.ts'
import { WrappingKeyClient } from '../runtime/wrapping-key-maker.ts'
import { Alarms } from '../telemetry/alarms.ts'
import { Log } from '../telemetry/log.ts'
import { RequestMetrics } from '../telemetry/metrics.ts'
import { Pulse } from '../telemetry/pulse.ts'
import { TrustedProxies } from '../wire/trusted-proxies.ts'
import { dialects } from './dialects.ts'
import { type HookSource, type Hooks, loadHooks } from './hooks.ts'
import { Readiness } from './readiness.ts'
import { type RequestCaches, requestCaches } from './request-caches.ts'
import { requestIds } from './request-ids.ts'
import { openReader, type StoreSpec } from './store.ts'

/**
 * Crosses to a worker unchanged: keys cross as KeyObjects, whose bytes are in no JavaScript heap.
 */
export type RequestThreadData = {
  readonly name: string
  readonly store: StoreSpec
  readonly rootKey: KeyObject
  readonly deployment: DeploymentRow
  readonly timeFloor: number
  readonly journalPort: MessagePort
  readonly wrappingKeyPort: MessagePort
  readonly operationPorts: readonly MessagePort[]
  readonly makerPort: MessagePort
  readonly reportsPort: MessagePort
  readonly passwordPort: MessagePort
  readonly settings: EngineSettings
  /** Address blocks of proxies that may state the address of the client. */
  readonly trustedProxies: readonly string[]
  /** Name by which clients know the region of this deployment. */
  readonly region: string
  readonly publicUrl: string | undefined
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | undefined
  readonly unsignedPayload: boolean
  readonly connectionsPerAddress: number | undefined
  /** How many records calls without credentials may add to the log per day and thread. */
  readonly strangerLogBytes: number
  readonly hooks: HookSource
  readonly alarmMemory: SharedArrayBuffer
  /** Memory in which this thread reports that it is alive. */
  readonly pulse: SharedArrayBuffer
}

export type RequestThread = {
  readonly engine: Engine
  readonly journal: JournalClient
  readonly reader: StoreReader
  readonly reports: ReportsClient
  readonly projects: RowCache<LoadedProject>
  readonly listener: Listener
  readonly metrics: RequestMetrics
  readonly readiness: Readiness
  readonly pulse: Pulse
  /**
   * Stops accepting, answers what is in progress, and waits until all of it is durable.
   * @returns how many requests were cut off after `graceMs`.
   */
  stop(graceMs: number): Promise<number>
}

export async function createRequestThread(data: RequestThreadData): Promise<RequestThread> {
  const base = await openBase(data)
  const { hooks, log, pulse, reader, caches, others, journal } = base
  const requestId = requestIds(hooks.random)
  const metrics = new RequestMetrics()
  const onDefect = (error: unknown, id?: string): void =>
    log.event('call-failed', { requestId: id, error })
  const anonymous = new AnonymousCalls({
    journal,
    clock: hooks.clock,
    requestId,
    settings: { bytesPerDay: data.strangerLogBytes },
  })
  const parts: ServiceParts = {
    ...decidingParts(base),
    anonymous,
    onDefect,
    onAnswered: (operation, outcome, seconds) => metrics.record(operation, outcome, seconds),
    publicUrl: data.publicUrl,
    tls: data.tls !== undefined,
  }
  const alarms = new Alarms(hooks.clock, data.alarmMemory)
  const readiness = new Readiness({ alarms, journal, requestId })
  const isDraining = (): boolean => alarms.isRaised('stopping')
  const mounts = hooks.dialects(dialects).map((dialect) => mountOf(dialect, parts))
  const listener = listenerOf(data, {
    mounts,
    requestId,
    readiness,
    isDraining,
    anonymous,
    onDefect,
  })
  pulse.start()
  return {
    engine: parts.engine,
    journal,
    reader,
    reports: others.reports,
    projects: caches.projects,
    listener,
    metrics,
    readiness,
    pulse,
    stop: (graceMs) =>
      stopped(graceMs, {
        listener,
        anonymous,
        journal,
        keys: caches.keys,
        closing: [...Object.values(others), reader],
        pulse,
      }),
  }
}

/** What the parts of a request thread are built from. */
type Base = {
  readonly data: RequestThreadData
  readonly hooks: Hooks
  readonly log: Log
  readonly pulse: Pulse
  readonly reader: StoreReader
  readonly keyring: Keyring
  readonly caches: RequestCaches
  readonly others: ReturnType<typeof otherThreads>
  readonly journal: JournalClient
}

async function openBase(data: RequestThreadData): Promise<Base> {
  const hooks = await loadHooks(data.hooks)
  const log = new Log(data.name)
  const reader = await openReader(data.store, ({ detail }) =>
    log.event('store-unreadable', { reason: detail }),
  )
  const keyring = new Keyring(data.rootKey, data.deployment)
  const caches = requestCaches(reader, keyring)
  const { journalPort: port, timeFloor } = data
  const { clock } = hooks
  return {
    data,
    hooks,
    log,
    pulse: new Pulse(data.pulse),
    reader,
    keyring,
    caches,
    others: otherThreads(data),
    journal: new JournalClient({
      port,
      clock,
      timeFloor,
      onChanged: caches.onChanged,
      onForget: caches.forgetAll,
    }),
  }
}

/** Who may call, and the engine that decides what they may do. */
function decidingParts(base: Base): Pick<ServiceParts, 'schemes' | 'signIn' | 'engine'> {
  const { data, hooks, pulse, reader, keyring, caches, others, journal } = base
  const { hashes: _, ...workers } = others
  const { clock, random } = hooks
  const signIn = signInOf(base)
  const engine = new Engine({
    ...workers,
    ...caches,
    clock,
    random,
    reader,
    journal: hooks.journal(journal),
    onBegin: (command) => pulse.begin(command),
    keyCounts: keyCountsOf(clock, workers.reports, data.settings.maxKeysPerProject),
    passwords: signIn,
    rowMac: keyring.rowMac,
    settings: data.settings,
  })
  return { schemes: schemesOf(base), signIn, engine }
}

type Stopping = Pick<RequestThread, 'listener' | 'journal' | 'pulse'> & {
  readonly anonymous: AnonymousCalls
  readonly keys: RequestCaches['keys']
  readonly closing: readonly { close(): void }[]
}

async function stopped(
  graceMs: number,
  { listener, anonymous, journal, keys, closing, pulse }: Stopping,
): Promise<number> {
  const cutOff = await listener.close(graceMs)
  anonymous.flush()
  await journal.idle()
  for (const one of [journal, ...closing]) one.close()
  keys.clear()
  pulse.end()
  return cutOff
}

/** The clients of the threads that do what would take too long here. */
function otherThreads(data: RequestThreadData) {
  return {
    wrappingKeys: new WrappingKeyClient(data.wrappingKeyPort),
    asymmetric: new AsymmetricClient(data.operationPorts),
    privateKeys: new PrivateKeyMakerClient(data.makerPort),
    reports: new ReportsClient(data.reportsPort),
    hashes: new PasswordClient(data.passwordPort),
  }
}

function signInOf({ data, log, reader, journal, keyring, caches, others }: Base): SignIn {
  const { users, projects } = caches
  const failures = new SignInFailures({ reader, journal, rowMac: keyring.rowMac })
  return new SignIn({
    ...caches,
    failures,
    hashes: others.hashes,
    lookup: new UserLookup({ users, projects, reader, region: data.region }),
    onHeldBack: (waitMs) => log.event('sign-in-delayed', { seconds: waitMs / 1000 }),
  })
}

function keyCountsOf(clock: Clock, reports: ReportsClient, quota: number): KeyCounts {
  const count = (projectId: string): Promise<number> =>
    reports.countKeys({ party: projectId, principal: 'quota' }, projectId)
  return new KeyCounts({ clock, quota, count })
}

/**
 * Tokens and sessions were issued here, so the deciding clock applies to them; the wall clock
 * decides whether a signature is fresh.
 */
function schemesOf({ data, hooks, journal, caches }: Base): ServiceParts['schemes'] {
  const { unsignedPayload, settings } = data
  const { clock, random } = hooks
  return {
    sdkHmac: new SdkHmac(clock, caches, { unsignedPayload }),
    authToken: new AuthTokens(journal, caches),
    session: new Sessions(journal, caches, { idleMs: settings.sessionIdleMs, fresh: random.bytes }),
  }
}

type ListenerFor = Pick<
  ConstructorParameters<typeof Listener>[0],
  'mounts' | 'requestId' | 'onDefect' | 'isDraining'
> & {
  readonly readiness: Readiness
  readonly anonymous: AnonymousCalls
}

function listenerOf(
  data: RequestThreadData,
  { readiness, anonymous, ...parts }: ListenerFor,
): Listener {
  return new Listener({
    ...parts,
    ...(data.tls && { tls: data.tls }),
    ...(data.connectionsPerAddress !== undefined && {
      connectionsPerAddress: data.connectionsPerAddress,
    }),
    ...(data.trustedProxies.length > 0 && { proxies: new TrustedProxies(data.trustedProxies) }),
    notReady: () => readiness.notReady(),
    remarks: () => readiness.remarks(),
    consoleFolder: existsSync(`${consoleFolder}/index.html`) ? consoleFolder : undefined,
    unknown({ requestId: id, source, block }, done) {
      const call = {
        requestId: id,
        source,
        block,
        dialect: 'none',
        operation: 'unknown',
        outcome: 'operation-unknown',
      }
      anonymous.record(call, (receipt) => done(receipt === 'recorded'))
    },
  })
}

/** Where a build writes the console. */
const consoleFolder = fileURLToPath(new URL('../../console/dist', import.meta.url))
