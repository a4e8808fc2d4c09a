/** Everything one request thread holds: its reader, caches, way to the writer, engine, dialects and listener. */
import type { KeyObject } from 'node:crypto'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { MessagePort } from 'node:worker_threads'
import {
  type LoadedAccessKey,
  type LoadedProject,
  type LoadedSession,
  type LoadedUser,
  principalLoaders,
} from '../access/principals.ts'
import { AuthTokens } from '../access/schemes/auth-tokens.ts'
import { SdkHmac } from '../access/schemes/sdk-hmac.ts'
import { Sessions } from '../access/schemes/sessions.ts'
import { SignIn } from '../access/sign-in.ts'
import { SignInFailures } from '../access/sign-in-failures.ts'
import { UserLookup } from '../access/user-lookup.ts'
import type { ServiceParts } from '../api/dialect.ts'
import { mountOf } from '../api/mount.ts'
import { Keyring } from '../crypto/keyring.ts'
import { KmsError } from '../domain/errors.ts'
import type { DeploymentRow, RowReference } from '../domain/rows.ts'
import { AnonymousCalls } from '../engine/access/anonymous-calls.ts'
import { type LoadedGrants, loadGrants } from '../engine/access/loaded-grants.ts'
import type { EngineSettings } from '../engine/command.ts'
import { Engine } from '../engine/engine.ts'
import { type LoadedKey, loadKey } from '../engine/keys/loaded-key.ts'
import { Listener } from '../http/listener.ts'
import type { Random } from '../ports/random.ts'
import type { StoreReader } from '../ports/store.ts'
import { AsymmetricClient, PrivateKeyMakerClient } from '../runtime/asymmetric-client.ts'
import { JournalClient } from '../runtime/journal-client.ts'
import { KeyCounts } from '../runtime/key-counts.ts'
import { PasswordClient } from '../runtime/password-client.ts'
import { ReportsClient } from '../runtime/reports-client.ts'
import { RowCache } from '../runtime/row-cache.ts'
import { WrappingKeyClient } from '../runtime/wrapping-key-maker.ts'
import { Alarms } from '../telemetry/alarms.ts'
import { Log } from '../telemetry/log.ts'
import { RequestMetrics } from '../telemetry/metrics.ts'
import { Pulse } from '../telemetry/pulse.ts'
import { TrustedProxies } from '../wire/trusted-proxies.ts'
import { dialects } from './dialects.ts'
import { type HookSource, loadHooks } from './hooks.ts'
import { Readiness } from './readiness.ts'
import { openReader, type StoreSpec } from './store.ts'

/** Crosses to a worker as it stands: keys cross as KeyObjects, whose bytes no JavaScript heap holds. */
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
  /** Blocks of addresses of proxies that say whom a request comes from. */
  readonly trustedProxies: readonly string[]
  /** Name that clients know the region of this deployment by. */
  readonly region: string
  readonly publicUrl: string | undefined
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | undefined
  readonly unsignedPayload: boolean
  readonly connectionsPerAddress: number | undefined
  /** What calls without credentials may add to the log in a day, by this thread. */
  readonly strangerLogBytes: number
  readonly hooks: HookSource
  readonly alarmMemory: SharedArrayBuffer
  /** In which this thread says that it lives. */
  readonly pulse: SharedArrayBuffer
}

const keysCached = 20_000
/** Keys whose grants are kept; a key has up to a hundred. */
const grantsCached = 2_000
const principalsCached = 10_000

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
  /** Stops accepting, answers what is under way, waits until all of it is durable. */
  stop(graceMs: number): Promise<void>
}

export async function createRequestThread(data: RequestThreadData): Promise<RequestThread> {
  const { clock, random, journal: between, dialects: spoken } = await loadHooks(data.hooks)
  const log = new Log(data.name)
  const pulse = new Pulse(data.pulse)
  const reader: StoreReader = await openReader(data.store)
  const keyring = new Keyring(data.rootKey, data.deployment)

  const loaders = principalLoaders(reader, keyring, () => projects)
  const revision = (value: { readonly row: { readonly revision: number } }): number => value.row.revision
  const projects = new RowCache<LoadedProject>({ entries: principalsCached, load: loaders.project, revision })
  const users = new RowCache<LoadedUser>({ entries: principalsCached, load: loaders.user, revision })
  const accessKeys = new RowCache<LoadedAccessKey>({ entries: principalsCached, load: loaders.accessKey, revision })
  const sessions = new RowCache<LoadedSession>({ entries: principalsCached, load: loaders.session, revision })
  const keys = new RowCache<LoadedKey>({
    entries: keysCached,
    load: (id) => loadKey(reader, projects, id),
    revision,
    dispose: (key) => key.wipe(),
  })
  const grants = new RowCache<LoadedGrants>({
    entries: grantsCached,
    load: (id) => loadGrants(reader, keys, id),
    revision: (one) => one.revision,
  })
  const caches = new Map<string, Pick<RowCache<object>, 'invalidate' | 'drop'>>([
    ['projects', projects],
    ['users', users],
    ['accessKeys', accessKeys],
    ['sessions', sessions],
    ['keys', keys],
    ['grantLists', grants],
  ])
  const onChanged = (changed: readonly RowReference[]): void => {
    for (const [table, id, now] of changed) caches.get(table)?.invalidate(id, now)
  }

  const journal = new JournalClient({ port: data.journalPort, clock, timeFloor: data.timeFloor, onChanged })
  const wrappingKeys = new WrappingKeyClient(data.wrappingKeyPort)
  const asymmetric = new AsymmetricClient(data.operationPorts)
  const privateKeys = new PrivateKeyMakerClient(data.makerPort)
  const reports = new ReportsClient(data.reportsPort)
  const hashes = new PasswordClient(data.passwordPort)
  const requestId = requestIds(random)
  const metrics = new RequestMetrics()
  const forget = ([table, id]: RowReference): void => caches.get(table)?.drop(id)
  const rowMac = keyring.rowMac
  const failures = new SignInFailures({ reader, journal, rowMac })
  const sources = { accessKeys, users, projects, sessions }
  const lookup = new UserLookup({ users, projects, reader, region: data.region })
  const signIn = new SignIn({ ...sources, failures, hashes, lookup })
  const keyCounts = new KeyCounts({
    clock,
    quota: data.settings.maxKeysPerProject,
    count: (projectId) => reports.countKeys({ party: projectId, principal: 'quota' }, projectId),
  })
  const engine = new Engine({
    clock,
    keys,
    grants,
    journal: between(journal),
    forget,
    onBegin: (command) => pulse.begin(command),
    reader,
    projects,
    keyCounts,
    random,
    wrappingKeys,
    asymmetric,
    privateKeys,
    reports,
    passwords: signIn,
    rowMac,
    settings: data.settings,
  })
  const anonymous = new AnonymousCalls({ journal, clock, requestId, settings: { bytesPerDay: data.strangerLogBytes } })
  // Tokens and sessions were made here, so the deciding clock judges them; of a signature the wall clock says whether it is fresh.
  const schemes = {
    sdkHmac: new SdkHmac(clock, sources, { unsignedPayload: data.unsignedPayload }),
    authToken: new AuthTokens(journal, sources),
    session: new Sessions(journal, sources, { idleMs: data.settings.sessionIdleMs, fresh: random.bytes }),
  }
  const onDefect = (error: unknown, id?: string): void => {
    // What the store keeps is damaged, or this program is: either way somebody has to look.
    const message = error instanceof KmsError ? error.message : 'an internal error'
    log.error(message, { ...(id !== undefined && { requestId: id }), ...(error instanceof Error && { error }) })
  }
  const parts: ServiceParts = {
    schemes,
    signIn,
    engine,
    anonymous,
    onDefect,
    onAnswered: (operation, outcome, seconds) => metrics.record(operation, outcome, seconds),
    publicUrl: data.publicUrl,
    tls: data.tls !== undefined,
  }
  const readiness = new Readiness({ alarms: new Alarms(clock, data.alarmMemory), journal, requestId })
  const listener = new Listener({
    mounts: spoken(dialects).map((dialect) => mountOf(dialect, parts)),
    requestId,
    ...(data.tls && { tls: data.tls }),
    ...(data.connectionsPerAddress !== undefined && { connectionsPerAddress: data.connectionsPerAddress }),
    ...(data.trustedProxies.length > 0 && { proxies: new TrustedProxies(data.trustedProxies) }),
    notReady: () => readiness.notReady(),
    remarks: () => readiness.remarks(),
    consoleFolder: existsSync(`${consoleFolder}/index.html`) ? consoleFolder : undefined,
    unknown({ requestId: id, source, block }, done) {
      const call = { requestId: id, source, block, dialect: 'none', operation: 'unknown', outcome: 'operation-unknown' }
      anonymous.record(call, (receipt) => done(receipt === 'recorded'))
    },
    onDefect,
  })
  pulse.start()
  return {
    engine,
    journal,
    reader,
    reports,
    projects,
    listener,
    metrics,
    readiness,
    pulse,
    async stop(graceMs) {
      await listener.close(graceMs)
      anonymous.flush()
      await journal.idle()
      journal.close()
      wrappingKeys.close()
      asymmetric.close()
      privateKeys.close()
      reports.close()
      hashes.close()
      keys.clear()
      reader.close()
      pulse.end()
    },
  }
}

/** Where a build puts the console. */
const consoleFolder = fileURLToPath(new URL('../../console/dist', import.meta.url))

const requestIdBytes = 16
const requestIdsDrawn = 256

/** Request IDs are no secret, so many are drawn at once: a draw costs more than the rest of an ID. */
function requestIds(random: Random): () => string {
  let drawn = new Uint8Array()
  let used = 0
  return () => {
    if (used === drawn.length) {
      drawn = Uint8Array.from(random.bytes(requestIdBytes * requestIdsDrawn))
      used = 0
    }
    used += requestIdBytes
    return drawn.subarray(used - requestIdBytes, used).toHex()
  }
}
