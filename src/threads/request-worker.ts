/** Entry of a request thread beside the main one: listens on the port that the main thread took. */
import { parentPort, workerData } from 'node:worker_threads'
import { createRequestThread, type RequestThreadData } from './request-thread.ts'

export type RequestWorkerData = RequestThreadData & { readonly host: string; readonly port: number }
export type ToRequestWorker = { readonly stopWithinMs: number }

const data = workerData as RequestWorkerData
const thread = await createRequestThread(data)
await thread.listener.listen(data.host, data.port, true)
parentPort?.on('message', async ({ stopWithinMs }: ToRequestWorker) => {
  await thread.stop(stopWithinMs)
  parentPort?.postMessage('stopped')
  parentPort?.close()
})
parentPort?.postMessage('listening')
