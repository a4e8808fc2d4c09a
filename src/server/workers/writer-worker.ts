/** Entry of the writer's thread: the only one that writes to the store. */
import type { KeyObject } from 'node:crypto'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { NodeLog } from '../../audit/log.ts'
import { type RecentGroup, RecentLeaves } from '../../audit/recent-leaves.ts'
import type { EpochRow, LedgerRow } from '../../domain/rows.ts'
import { noFailpoints } from '../../ports/failpoints.ts'
import { DatabaseClock } from '../../runtime/database-clock.ts'
import { JobServer, type ToJobs } from '../../runtime/jobs.ts'
import type { FromWriter } from '../../runtime/messages.ts'
import { TimeKeeper } from '../../runtime/time-keeper.ts'
import { Writer } from '../../runtime/writer.ts'
import { WriterLoop } from '../../runtime/writer-loop.ts'
import { Alarms } from '../../telemetry/alarms.ts'
import { Log } from '../../telemetry/log.ts'
import { WriterMetrics } from '../../telemetry/metrics.ts'
import { Pulse } from '../../telemetry/pulse.ts'
import type { Scrape } from '../figures.ts'
import { type HookSource, loadHooks } from '../hooks.ts'
import { Integration } from '../node/integration.ts'
import { marksOf, writeMarks } from '../node/marks.ts'
import { openWriter, type StoreSpec } from '../store.ts'
import { ErasureWatch } from '../watches/erasure-watch.ts'
import { StoreWatch } from '../watches/store-watch.ts'

export type WriterWorkerData = {
  readonly store: StoreSpec
  readonly deployment: string
  readonly rowMacKey: KeyObject
  /** Of the logs of this node, one for each lane. */
  readonly heads: readonly LedgerRow[]
  readonly epoch: EpochRow | undefined
  /** Where time goes on, milliseconds since 1970. */
  readonly timeFloor: number
  /** What the store has lost, until an operator accepts it. */
  readonly loss: string | undefined
  /** Where what was committed is remembered outside the store. */
  readonly markPath: string
  readonly ports: readonly MessagePort[]
  readonly metricsPort: MessagePort
  /** The thread of reports asks on it for what was recorded last. */
  readonly recentPort: MessagePort
  readonly hooks: HookSource
  readonly alarmMemory: SharedArrayBuffer
  /** Memory in which this thread reports that it is alive. */
  readonly pulse: SharedArrayBuffer
}

const watchEveryMs = 1000

const {
  store: spec,
  deployment,
  rowMacKey,
  heads,
  epoch,
  timeFloor,
  loss,
  markPath,
  ports,
  metricsPort,
  recentPort,
  hooks,
  ...shared
} = workerData as WriterWorkerData
const { clock, failpoint, databaseInstant } = await loadHooks(hooks)
const log = new Log('writer')
const notices = {
  lost: () => log.event('database-lost'),
  back: (ms: number) => log.event('database-back', { ms }),
  commitUnknown: (error: unknown) => log.event('commit-unknown', { error }),
  vacuumFailed: (error: unknown) => log.event('vacuum-failed', { error }),
}
const store = await openWriter(spec, failpoint, notices)
const alarms = new Alarms(clock, shared.alarmMemory)
const integration = new Integration({
  deployment,
  rowMac: rowMacKey,
  // A file has one writer. Over a database, the tree has a connection of its own.
  store: spec.kind === 'sqlite' ? store : await openWriter(spec, noFailpoints),
  log,
  alarms,
})
const databaseClock = new DatabaseClock(clock, databaseInstant)
const isShared = spec.kind !== 'sqlite'
await integrate()
const time = new TimeKeeper(databaseClock, timeFloor, epoch?.clockAccepted)
const recent = new RecentLeaves()
const logs = heads.map(
  (head) => new NodeLog(deployment, rowMacKey, head, { epoch, lost: loss, recent }),
)
const lanes = await Promise.all(
  logs.map(async (laneLog, i) => {
    // One connection lost is the database lost: the first lane says so.
    const laneStore = i === 0 ? store : await openWriter(spec, failpoint)
    const siblings = logs.filter((one) => one !== laneLog)
    const parts = {
      store: laneStore,
      log: laneLog,
      siblings,
      time,
      clock: databaseClock,
      failpoint,
    }
    return { log: laneLog, store: laneStore, writer: new Writer(parts) }
  }),
)
const metrics = new WriterMetrics()
const erasureWatch = new ErasureWatch(alarms, log, clock)
const storeWatch = new StoreWatch(log, clock, alarms)
const pulse = new Pulse(shared.pulse)
pulse.start()
const loop = new WriterLoop({
  writers: lanes.map(({ writer }) => writer),
  ports,
  onGroup(group) {
    metrics.group(group.records, group.ms / 1000)
    storeWatch.group(group)
  },
  erasure: { erase: () => store.eraseDeleted(), onWaiting: (waits) => erasureWatch.waits(waits) },
  onFatal(error) {
    // It is not known whether the group is on the disk. Nobody gets an answer; the next start reads
    // what is there.
    log.event('store-failed', { error })
    process.exit(1)
  },
})
// A stop between a commit and its erasure left deleted rows in the log file: they are erased before
// any group is written.
loop.eraseLeftover()
// Every thread is sent the time, even if nothing is written: the time they decide on must not stop
// while nobody calls.
function tellTime(): void {
  const clockState = time.watch()
  const told = {
    clock: clockState,
    timeFloor: time.follow(),
    aheadMs: Math.round(databaseClock.aheadMs),
  }
  for (const port of ports) port.postMessage({ kind: 'time', ...told } satisfies FromWriter)
}

/** Takes the tree over all logs further. Over a file, it waits for the group in progress. */
async function integrate(): Promise<void> {
  const clockAt = await integration.round()
  if (clockAt !== undefined) databaseClock.hear(clockAt)
}
let marked = ''
let marking: Promise<void> | undefined
/** Writes down what was committed. */
async function remember(): Promise<void> {
  const marks = marksOf(lanes.map((lane) => lane.log))
  if (marks === undefined) return
  const name = marks.map(({ epoch: number, treeSize }) => `${number} ${treeSize}`).join()
  if (name === marked) return
  try {
    await writeMarks(markPath, marks)
    marked = name
  } catch (error) {
    log.event('mark-not-written', { error })
  }
}
function rememberSoon(): void {
  marking ??= remember().finally(() => {
    marking = undefined
  })
}
tellTime()
let integrating: Promise<void> | undefined
const watching = setInterval(() => {
  tellTime()
  rememberSoon()
  if (!isShared) loop.between(integrate)
  else integrating ??= integrate().finally(() => (integrating = undefined))
}, watchEveryMs)
parentPort?.on('message', async () => {
  clearInterval(watching)
  await integrating
  await loop.idle()
  // So that what was recorded last is in the tree, too.
  await integrate()
  await marking
  await remember()
  if (isShared) integration.close()
  loop.close()
  erasureWatch.close()
  for (const lane of lanes) lane.store.close()
  for (const port of [...ports, metricsPort, recentPort]) port.close()
  pulse.end()
  parentPort?.close()
})
const figures = new JobServer({
  handle: () => ({ answer: [...metrics.families(loop.waiting), erasureWatch.family()] }),
})
metricsPort.on('message', (jobs: ToJobs<Scrape>) => figures.enter(metricsPort, jobs))
recentPort.on('message', () => {
  const groups = recent.take()
  const buffers = groups.map(({ leaves }) => leaves.buffer)
  recentPort.postMessage(groups satisfies readonly RecentGroup[], buffers)
})
parentPort?.postMessage('ready')
