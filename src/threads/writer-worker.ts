/** Entry of the writer's thread: the only one that writes to the store. */
import type { KeyObject } from 'node:crypto'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { NodeLog } from '../audit/log.ts'
import { JobServer, type ToJobs } from '../cluster/jobs.ts'
import { TimeKeeper } from '../cluster/time-keeper.ts'
import { Writer } from '../cluster/writer.ts'
import { WriterLoop } from '../cluster/writer-loop.ts'
import type { LedgerRow } from '../domain/rows.ts'
import { Log } from '../observe/log.ts'
import { WriterMetrics } from '../observe/metrics.ts'
import { type HookSource, loadHooks } from './hooks.ts'
import { openWriter, type StoreSpec } from './store.ts'

export type WriterWorkerData = {
  readonly store: StoreSpec
  readonly deployment: string
  readonly rowMacKey: KeyObject
  readonly head: LedgerRow
  readonly ports: readonly MessagePort[]
  readonly metricsPort: MessagePort
  readonly hooks: HookSource
}

const { store: spec, deployment, rowMacKey, head, ports, metricsPort, hooks } = workerData as WriterWorkerData
const { clock, failpoint } = await loadHooks(hooks)
const store = await openWriter(spec, failpoint)
// A stop between a commit and its erasure left deleted rows in the log file: they go before anything else happens.
await store.eraseDeleted()
const log = new NodeLog(deployment, rowMacKey, head)
const writer = new Writer({ store, log, time: new TimeKeeper(clock, head.timeFloor), failpoint })
const metrics = new WriterMetrics()
const loop = new WriterLoop({
  writer,
  ports,
  onGroup: (size, ms) => metrics.group(size, ms / 1000),
  onFatal(error) {
    // Whether the group is on the disk is not known. Nobody gets an answer; the next start reads what is there.
    new Log('writer').error('the store failed; the server ends', error instanceof Error ? { error } : {})
    process.exit(1)
  },
})
parentPort?.on('message', async () => {
  await loop.idle()
  store.close()
  for (const port of [...ports, metricsPort]) port.close()
  parentPort?.close()
})
const figures = new JobServer(() => ({ answer: metrics.families(loop.waiting) }))
metricsPort.on('message', (jobs: ToJobs<null>) => figures.enter(metricsPort, jobs))
parentPort?.postMessage('ready')
