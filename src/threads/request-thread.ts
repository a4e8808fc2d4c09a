/** Everything one request thread holds: its reader, caches, way to the writer, engine, dialects and listener. */
import type { KeyObject } from 'node:crypto'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { MessagePort } from 'node:worker_threads'
import { Authenticator } from '../access/authenticator.ts'
import {
  type LoadedAccessKey,
  type LoadedProject,
  type LoadedSession,
  type LoadedUser,
  principalLoaders,
} from '../access/principals.ts'
import { SignIn } from '../access/sign-in.ts'
import { SignInFailures } from '../access/sign-in-failures.ts'
import { AsymmetricClient, PrivateKeyMakerClient } from '../cluster/asymmetric-client.ts'
import { JournalClient } from '../cluster/journal-client.ts'
import { KeyCounts } from '../cluster/key-counts.ts'
import { ReportsClient } from '../cluster/reports-client.ts'
import { RowCache } from '../cluster/row-cache.ts'
import { WrappingKeyClient } from '../cluster/wrapping-key-maker.ts'
import { Keyring } from '../crypto/keyring.ts'
import { adminMount } from '../dialects/admin/index.ts'
import { huaweiMount } from '../dialects/huawei/index.ts'
import { KmsError } from '../domain/errors.ts'
import type { DeploymentRow, RowReference } from '../domain/rows.ts'
import { AnonymousCalls } from '../engine/anonymous-calls.ts'
import type { EngineSettings } from '../engine/command.ts'
import { Engine } from '../engine/engine.ts'
import { type LoadedKey, loadKey } from '../engine/loaded-key.ts'
import { Listener } from '../http/listener.ts'
import { Log } from '../observe/log.ts'
import { RequestMetrics } from '../observe/metrics.ts'
import { type Journal, serviceEntry } from '../ports/journal.ts'
import type { Random } from '../ports/random.ts'
import type { StoreReader } from '../ports/store.ts'
import { type HookSource, loadHooks } from './hooks.ts'
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
  readonly settings: EngineSettings
  readonly publicUrl: string | undefined
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | undefined
  readonly hooks: HookSource
}

const keysCached = 20_000
const principalsCached = 10_000

export type RequestThread = {
  readonly engine: Engine
  readonly journal: Journal
  readonly reader: StoreReader
  readonly projects: RowCache<LoadedProject>
  readonly listener: Listener
  readonly metrics: RequestMetrics
  /** Stops accepting, answers what is under way, waits until all of it is durable. */
  stop(graceMs: number): Promise<void>
}

/** @param scrape text for Prometheus, of all threads. */
export async function createRequestThread(data: RequestThreadData, scrape: () => Promise<string>): Promise<RequestThread> {
  const { clock, random, journal: between } = await loadHooks(data.hooks)
  const log = new Log(data.name)
  const reader = await openReader(data.store)
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
  const caches = new Map<string, Pick<RowCache<object>, 'invalidate' | 'drop'>>([
    ['projects', projects],
    ['users', users],
    ['accessKeys', accessKeys],
    ['sessions', sessions],
    ['keys', keys],
  ])
  const onChanged = (changed: readonly RowReference[]): void => {
    for (const [table, id, now] of changed) caches.get(table)?.invalidate(id, now)
  }

  const journal = new JournalClient({ port: data.journalPort, clock, timeFloor: data.timeFloor, onChanged })
  const wrappingKeys = new WrappingKeyClient(data.wrappingKeyPort)
  const asymmetric = new AsymmetricClient(data.operationPorts)
  const privateKeys = new PrivateKeyMakerClient(data.makerPort)
  const reports = new ReportsClient(data.reportsPort)
  const requestId = requestIds(random)
  const metrics = new RequestMetrics()
  const forget = ([table, id]: RowReference): void => caches.get(table)?.drop(id)
  const rowMac = keyring.rowMac
  const failures = new SignInFailures({ reader, journal, rowMac })
  const sources = { accessKeys, users, projects, sessions }
  const signIn = new SignIn({ ...sources, failures, random, usersNamed: (name) => reader.usersNamed(name) })
  const keyCounts = new KeyCounts({
    quota: data.settings.maxKeysPerProject,
    count: (projectId) => reader.countKeys(projectId),
  })
  const engine = new Engine({
    keys,
    journal: between(journal),
    forget,
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
  const anonymous = new AnonymousCalls({ journal, clock, requestId })
  const authenticator = new Authenticator(sources, { idleMs: data.settings.sessionIdleMs, fresh: random.bytes })
  const onDefect = (error: unknown, id?: string): void => {
    // What the store keeps is damaged, or this program is: either way somebody has to look.
    const message = error instanceof KmsError ? error.message : 'an internal error'
    log.error(message, { ...(id !== undefined && { requestId: id }), ...(error instanceof Error && { error }) })
  }
  const callParts = {
    authenticator,
    signIn,
    engine,
    anonymous,
    onDefect,
    onAnswered: (operation: string, outcome: string, seconds: number) => metrics.record(operation, outcome, seconds),
    publicUrl: data.publicUrl,
    tls: data.tls !== undefined,
  }
  const listener = await Listener.create({
    mounts: [huaweiMount(callParts), adminMount(callParts)],
    requestId,
    ...(data.tls && { tls: data.tls }),
    notReady: () => (journal.available ? undefined : probe(journal, requestId())),
    metrics: scrape,
    consoleFolder: existsSync(`${consoleFolder}/index.html`) ? consoleFolder : undefined,
    unknown({ requestId: id, source }, done) {
      const call = { requestId: id, source, dialect: 'none', operation: 'unknown', outcome: 'operation-unknown' }
      anonymous.record(call, (receipt) => done(receipt === 'recorded'))
    },
    onDefect,
  })
  return {
    engine,
    journal,
    reader,
    projects,
    listener,
    metrics,
    async stop(graceMs) {
      await listener.close(graceMs)
      await journal.idle()
      journal.close()
      wrappingKeys.close()
      asymmetric.close()
      privateKeys.close()
      reports.close()
      keys.clear()
      reader.close()
    },
  }
}

/** Calls could not be recorded lately: whether one can now. @returns why not. */
function probe(journal: Journal, requestId: string): Promise<string | undefined> {
  const entry = serviceEntry({ requestId, operation: 'readiness' })
  return new Promise((resolve) => {
    journal.submit({ entry, guards: [], notAfter: null, writes: [], erases: false }, (receipt) =>
      resolve(receipt === 'recorded' ? undefined : 'the audit log cannot be written: is the disk full?'),
    )
  })
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
