/** Entry of the thread that follows the log and looks things up in it. */
import type { KeyObject } from 'node:crypto'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { failuresKeptMs } from '../access/sign-in-failures.ts'
import { serveJobs } from '../cluster/jobs.ts'
import { JournalClient } from '../cluster/journal-client.ts'
import type { ReportJob } from '../cluster/reports-client.ts'
import { Keyring } from '../crypto/keyring.ts'
import { deleteRow } from '../crypto/row-writes.ts'
import { KmsError } from '../domain/errors.ts'
import type { DeploymentRow, KeyUseRow, RowWrite } from '../domain/rows.ts'
import { Log } from '../observe/log.ts'
import type { Receipt } from '../ports/journal.ts'
import { searchAudit } from '../reports/audit-search.ts'
import { DerivedRows } from '../reports/derived-rows.ts'
import { LogFollower } from '../reports/follower.ts'
import { overviewOf } from '../reports/overview.ts'
import { type HookSource, loadHooks } from './hooks.ts'
import { yieldTo } from './priority.ts'
import { openReader, type StoreSpec } from './store.ts'

export type ReportsWorkerData = {
  readonly store: StoreSpec
  readonly rootKey: KeyObject
  readonly deployment: DeploymentRow
  readonly timeFloor: number
  readonly journalPort: MessagePort
  readonly ports: readonly MessagePort[]
  readonly hooks: HookSource
}

const followEveryMs = 1000
const tidyEveryMs = 60_000
const tidiedAtOnce = 500

yieldTo('requests')
const data = workerData as ReportsWorkerData
const { clock } = await loadHooks(data.hooks)
const log = new Log('reports')
const reader = await openReader(data.store)
const keyring = new Keyring(data.rootKey, data.deployment)
const { rowMac } = keyring
const journal = new JournalClient({ port: data.journalPort, clock, timeFloor: data.timeFloor, onChanged: () => {} })
const rows = new DerivedRows({ reader, rowMac, notice: (message) => log.error(message) })
const submit = (writes: readonly RowWrite[]): Promise<Receipt> =>
  new Promise((resolve) => journal.submit({ entry: null, guards: [], notAfter: null, writes, erases: false }, resolve))
const follower = new LogFollower({ reader, rows, rowMac, submit })

async function answer(job: ReportJob): Promise<unknown> {
  switch (job.kind) {
    case 'audit':
      return searchAudit(reader, rows, job.query)
    case 'keys': {
      const { keys, tags, total } = await reader.searchKeys(job.search)
      const uses = await Promise.all(keys.map(({ id }) => rows.read('keyUses', id)))
      return { keys, tags, total, uses: uses.filter((use): use is KeyUseRow => use !== undefined) }
    }
    case 'use':
      return rows.read('keyUses', job.keyId)
    case 'calls': {
      const found = await reader.callCounts(job.projectId, job.widthMs, job.from)
      const sound = found.filter((row) => rows.isSound('callCounts', row))
      return sound.map(({ startsAt, counts }) => ({ startsAt, counts: JSON.parse(counts) }))
    }
    case 'overview': {
      const project = await reader.row('projects', job.projectId)
      if (project === undefined) throw new KmsError('stored-record-corrupt', 'a project is missing')
      const projectRowMac = keyring.openProject(project).rowMac
      return overviewOf({ reader, rows, projectRowMac }, job.projectId, job.drillDays, job.now)
    }
  }
}
for (const port of data.ports) serveJobs(port, answer)

/** Counts whose time is over, and failures that are forgotten. */
async function tidy(): Promise<void> {
  const now = journal.now()
  const counts = await reader.rowsBelow('callCounts', 'keptUntil', now, tidiedAtOnce)
  const failures = await reader.rowsBelow('signInFailures', 'lastAt', now - failuresKeptMs, tidiedAtOnce)
  const writes = [
    ...counts.map((row) => deleteRow('callCounts', row)),
    ...failures.map((row) => deleteRow('signInFailures', row)),
  ]
  if (writes.length > 0) await submit(writes)
}

let stopping = false
let tidiedAt = performance.now()
let running: Promise<void> | undefined
async function rounds(): Promise<void> {
  try {
    while (!stopping && (await follower.round()));
    if (performance.now() - tidiedAt > tidyEveryMs) {
      tidiedAt = performance.now()
      await tidy()
    }
  } catch (error) {
    log.error('the figures cannot be kept up; it is tried again', error instanceof Error ? { error } : {})
  }
  running = undefined
}
const timer = setInterval(() => {
  running ??= rounds()
}, followEveryMs)

parentPort?.on('message', async () => {
  stopping = true
  clearInterval(timer)
  await running
  await journal.idle()
  journal.close()
  for (const port of data.ports) port.close()
  reader.close()
  parentPort?.postMessage('stopped')
  parentPort?.close()
})
