/** Entry of the thread that ends the process when a loop that answers requests no longer turns. */
import { parentPort, workerData } from 'node:worker_threads'
import { Log } from '../../telemetry/log.ts'
import { tickMs, Watchdog, type Watched } from '../../telemetry/watchdog.ts'
import { processEnd } from '../exit-process.ts'

export type WatchdogWorkerData = { readonly threads: readonly Watched[] }

/** If the reader of the log is stuck as well, the process ends without the line. */
const lineWithinMs = 1000

const { threads } = workerData as WatchdogWorkerData
const end = await processEnd()
const { log, written } = Log.inBackground('watchdog')
const watchdog = new Watchdog(threads, log)
setInterval(() => {
  if (!watchdog.tick()) return
  setTimeout(end, lineWithinMs)
  void written().then(end)
}, tickMs)
parentPort?.postMessage('ready')
