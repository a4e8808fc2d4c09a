/** Entry of the thread that follows the log and searches it. */
import type { KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import type { RecentGroup } from '../../audit/recent-leaves.ts'
import { deleteRow } from '../../crypto/formats/row-writes.ts'
import { Keyring } from '../../crypto/keyring.ts'
import { countsKept, failuresKeptMs, provenKeptMs } from '../../domain/access/sign-in-limits.ts'
import { KmsError } from '../../domain/errors.ts'
import type { CallCountRow, DeploymentRow, RowWrite } from '../../domain/rows.ts'
import { clientPatienceMs } from '../../domain/turns.ts'
import { type Receipt, submitOwn } from '../../ports/journal.ts'
import type { CallCount } from '../../ports/reports.ts'
import { isUnavailable } from '../../ports/store.ts'
import { searchAudit } from '../../projections/audit-search.ts'
import { DerivedRows } from '../../projections/derived-rows.ts'
import { LogFollower } from '../../projections/follower.ts'
import { overviewOf } from '../../projections/overview.ts'
import { inSteps } from '../../projections/steps.ts'
import { type JobOf, laterHandlerOf, serveJobs } from '../../runtime/jobs.ts'
import { JournalClient } from '../../runtime/journal-client.ts'
import type { ReportKinds } from '../../runtime/reports-client.ts'
import { Alarms } from '../../telemetry/alarms.ts'
import { Log } from '../../telemetry/log.ts'
import { Pulse } from '../../telemetry/pulse.ts'
import { type HookSource, loadHooks } from '../hooks.ts'
import { openReader, type StoreSpec } from '../store.ts'
import { watchLog } from '../watches/log-checks.ts'
import { yieldTo } from './priority.ts'

export type ReportsWorkerData = {
  readonly store: StoreSpec
  readonly rootKey: KeyObject
  readonly deployment: DeploymentRow
  readonly timeFloor: number
  readonly journalPort: MessagePort
  /** On which the writer is asked for what it recorded last. */
  readonly recentPort: MessagePort
  /** IDs of the logs of this node. */
  readonly logs: readonly string[]
  readonly ports: readonly MessagePort[]
  readonly hooks: HookSource
  readonly alarmMemory: SharedArrayBuffer
  /** Memory in which this thread reports that it is alive. */
  readonly pulse: SharedArrayBuffer
}

const followEveryMs = 1000
const tidyEveryMs = 60_000
const tidiedAtOnce = 500
/** SQLite answers one query at a time; with PostgreSQL several may wait. */
const questions = { waiting: 256, ofPrincipal: 64, patienceMs: clientPatienceMs }

yieldTo('requests')
const data = workerData as ReportsWorkerData
const { clock } = await loadHooks(data.hooks)
const log = new Log('reports')
const reader = await openReader(data.store, ({ detail }) =>
  log.event('store-unreadable', { reason: detail }),
)
const pulse = new Pulse(data.pulse)
pulse.start()
const keyring = new Keyring(data.rootKey, data.deployment)
const { rowMac } = keyring
const journal = new JournalClient({
  port: data.journalPort,
  clock,
  timeFloor: data.timeFloor,
  onChanged: () => {},
})
const rows = new DerivedRows({
  reader,
  rowMac,
  onDamaged: (damaged) => log.event('row-damaged', damaged),
})
const submit = (writes: readonly RowWrite[]): Promise<Receipt> => submitOwn(journal, { writes })
const { recentPort } = data
async function recent(): Promise<readonly RecentGroup[]> {
  recentPort.postMessage('ask')
  const [groups] = await once(recentPort, 'message')
  return groups
}
const own = { logs: new Set(data.logs), recent }
const now = (): number => clock.monotonic()
const follower = new LogFollower({ reader, rows, rowMac, submit, own, now })

const answer = laterHandlerOf<ReportKinds>({
  audit: ({ query }) => searchAudit(reader, rows, query),
  async search({ search }) {
    const { ids, total } = await reader.searchKeys(search)
    return { ids, total, uses: await rows.readAll('keyUses', ids) }
  },
  list: ({ listing }) => reader.listKeys(listing),
  count: ({ projectId }) => reader.countKeys(projectId),
  tagged: ({ query }) => reader.keysByTags(query),
  async tags({ projectId, limit }) {
    const byName = Map.groupBy(await reader.projectTags(projectId, limit), ({ name }) => name)
    return [...byName].map(([name, tags]) => ({ name, values: tags.map(({ value }) => value) }))
  },
  retirable: ({ query }) => reader.retirableGrants(query),
  imports: ({ query }) => reader.unfinishedImports(query),
  use: ({ keyId }) => rows.read('keyUses', keyId),
  calls: async ({ projectId, widthMs, from }) =>
    callsOf(await reader.callCounts(projectId, widthMs, from)),
  async overview({ projectId, drillDays, now }) {
    const project = await reader.row('projects', projectId)
    if (project === undefined) throw new KmsError('stored-record-corrupt', 'a project is missing')
    const projectRowMac = keyring.openProject(project).rowMac
    return overviewOf({ reader, rows, projectRowMac }, projectId, drillDays, now)
  },
  statistics: ({ now }) => reader.statistics(now),
})

async function callsOf(found: readonly CallCountRow[]): Promise<CallCount[]> {
  return inSteps(found, (row) =>
    rows.isIntact('callCounts', row)
      ? [{ startsAt: row.startsAt, counts: JSON.parse(row.counts) }]
      : [],
  )
}
serveJobs(
  data.ports,
  { ...questions, atOnce: data.store.kind === 'sqlite' ? 1 : 4 },
  (job: JobOf<ReportKinds>) => {
    pulse.begin(`report of ${job.kind}`)
    return answer(job)
  },
)

/**
 * Deletes counts that have expired, and what sign-ins left: expired failures, the lowest counts if
 * there are too many, and places that are no longer used.
 */
async function tidy(): Promise<boolean> {
  const now = journal.agreedNow()
  const counts = await reader.rowsBelow('callCounts', 'keptUntil', now, tidiedAtOnce)
  const forgotten = await reader.rowsBelow(
    'signInFailures',
    'lastAt',
    now - failuresKeptMs,
    tidiedAtOnce,
  )
  const failures =
    forgotten.length > 0 ? forgotten : await reader.leastFailures(countsKept, tidiedAtOnce)
  const proven = await reader.rowsBelow('provenPlaces', 'lastAt', now - provenKeptMs, tidiedAtOnce)
  const writes = [
    ...counts.map((row) => deleteRow('callCounts', row)),
    ...failures.map((row) => deleteRow('signInFailures', row)),
    ...proven.map((row) => deleteRow('provenPlaces', row)),
  ]
  if (writes.length > 0) await submit(writes)
  return [counts, failures, proven].some(({ length }) => length === tidiedAtOnce)
}

let stopping = false
let tidiedAt = performance.now()
let running: Promise<void> | undefined
async function rounds(): Promise<void> {
  try {
    while (!stopping && (await follower.round()));
    if (performance.now() - tidiedAt > tidyEveryMs) {
      // Repeated while there is more: these tables must be emptied as fast as they can be filled.
      while (!stopping && (await tidy()));
      tidiedAt = performance.now()
    }
  } catch (error) {
    // The log says by itself that the store is not available.
    if (!isUnavailable(error)) log.event('background-work-failed', { work: 'figures', error })
  }
  running = undefined
}
const timer = setInterval(() => {
  running ??= rounds()
}, followEveryMs)
const stopLogWatch = watchLog(reader, rowMac, { log, alarms: new Alarms(clock, data.alarmMemory) })

parentPort?.on('message', async () => {
  stopping = true
  clearInterval(timer)
  await Promise.all([running, stopLogWatch()])
  await journal.idle()
  journal.close()
  for (const port of [...data.ports, recentPort]) port.close()
  reader.close()
  pulse.end()
  parentPort?.postMessage('stopped')
  parentPort?.close()
})
