/**
 * Entry of a request thread other than the main one: listens on the port that the main thread took.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { JobServer, type ToJobs } from '../../runtime/jobs.ts'
import type { Scrape } from '../figures.ts'
import { createRequestThread, type RequestThreadData } from '../request-thread.ts'

export type RequestWorkerData = RequestThreadData & {
  readonly host: string
  readonly port: number
  /** Port over which the main thread asks for the metrics of this one. */
  readonly metricsPort: MessagePort
}
export type ToRequestWorker = { readonly stopWithinMs: number }

const data = workerData as RequestWorkerData
const thread = await createRequestThread(data)
const figures = new JobServer({ handle: () => ({ answer: thread.metrics.families() }) })
data.metricsPort.on('message', (jobs: ToJobs<Scrape>) => figures.enter(data.metricsPort, jobs))
await thread.listener.listen(data.host, data.port, true)
parentPort?.on('message', async ({ stopWithinMs }: ToRequestWorker) => {
  const cutOff = await thread.stop(stopWithinMs)
  data.metricsPort.close()
  parentPort?.postMessage(cutOff)
  parentPort?.close()
})
parentPort?.postMessage('listening')
