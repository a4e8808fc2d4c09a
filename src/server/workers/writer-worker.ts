/** Entry of the writer's thread: the only one that writes to the store. */
import type { KeyObject } from 'node:crypto'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { NodeLog } from '../../audit/log.ts'
import type { LedgerRow } from '../../domain/rows.ts'
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
import { openWriter, type StoreSpec } from '../store.ts'
import { ErasureWatch } from '../watches/erasure-watch.ts'
import { StoreWatch } from '../watches/store-watch.ts'

export type WriterWorkerData = {
  readonly store: StoreSpec
  readonly deployment: string
  readonly rowMacKey: KeyObject
  readonly head: LedgerRow
  readonly ports: readonly MessagePort[]
  readonly metricsPort: MessagePort
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
  head,
  ports,
  metricsPort,
  hooks,
  ...shared
} = workerData as WriterWorkerData
const { clock, failpoint } = await loadHooks(hooks)
const log = new Log('writer')
const store = await openWriter(spec, failpoint, {
  lost: () => log.event('database-lost'),
  back: (ms) => log.event('database-back', { ms }),
  commitUnknown: (error) => log.event('commit-unknown', { error }),
  vacuumFailed: (error) => log.event('vacuum-failed', { error }),
})
const auditLog = new NodeLog(deployment, rowMacKey, head)
const time = new TimeKeeper(clock, head.timeFloor, { isShared: spec.kind === 'postgres' })
const writer = new Writer({ store, log: auditLog, time, failpoint })
const metrics = new WriterMetrics()
const alarms = new Alarms(clock, shared.alarmMemory)
const erasureWatch = new ErasureWatch(alarms, log, clock)
const storeWatch = new StoreWatch(log, clock)
const pulse = new Pulse(shared.pulse)
pulse.start()
const loop = new WriterLoop({
  writer,
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
  const state = time.watch()
  for (const port of ports)
    port.postMessage({ kind: 'time', timeFloor: time.follow(), clock: state } satisfies FromWriter)
}
tellTime()
const watching = setInterval(tellTime, watchEveryMs)
parentPort?.on('message', async () => {
  clearInterval(watching)
  await loop.idle()
  loop.close()
  erasureWatch.close()
  store.close()
  for (const port of [...ports, metricsPort]) port.close()
  pulse.end()
  parentPort?.close()
})
const figures = new JobServer({
  handle: () => ({ answer: [...metrics.families(loop.waiting), erasureWatch.family()] }),
})
metricsPort.on('message', (jobs: ToJobs<Scrape>) => figures.enter(metricsPort, jobs))
parentPort?.postMessage('ready')
