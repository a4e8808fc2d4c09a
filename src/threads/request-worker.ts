/** Entry of a request thread beside the main one: listens on the port that the main thread took. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { JobClient, JobServer, type ToJobs } from '../cluster/jobs.ts'
import { createRequestThread, type RequestThreadData } from './request-thread.ts'

export type RequestWorkerData = RequestThreadData & {
  readonly host: string
  readonly port: number
  /** Over which the main thread asks for what this one counted. */
  readonly metricsPort: MessagePort
  /** Over which this one asks the main thread for the text of a scrape. */
  readonly scrapePort: MessagePort
}
export type ToRequestWorker = { readonly stopWithinMs: number }

const data = workerData as RequestWorkerData
const scrapes = new JobClient<null>([data.scrapePort], 100)
const thread = await createRequestThread(data, () => scrapes.run(null))
const figures = new JobServer(() => ({ answer: thread.metrics.families() }))
data.metricsPort.on('message', (jobs: ToJobs<null>) => figures.enter(data.metricsPort, jobs))
await thread.listener.listen(data.host, data.port, true)
parentPort?.on('message', async ({ stopWithinMs }: ToRequestWorker) => {
  await thread.stop(stopWithinMs)
  scrapes.close()
  data.metricsPort.close()
  parentPort?.postMessage('stopped')
  parentPort?.close()
})
parentPort?.postMessage('listening')
