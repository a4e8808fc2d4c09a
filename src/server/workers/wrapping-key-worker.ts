/** Entry of the thread that makes wrapping keys. */
import { type MessagePort, workerData } from 'node:worker_threads'
import type { ToJobs } from '../../runtime/jobs.ts'
import {
  newRsaWrappingKey,
  type WrappingKeyJob,
  WrappingKeyMaker,
} from '../../runtime/wrapping-key-maker.ts'

export type WrappingKeyWorkerData = {
  readonly ports: readonly MessagePort[]
  readonly modulusBits: number
}

const { ports, modulusBits } = workerData as WrappingKeyWorkerData
const maker = new WrappingKeyMaker({
  make: () => newRsaWrappingKey(modulusBits),
  soon: setImmediate,
  now: () => performance.now(),
})
for (const port of ports)
  port.on('message', (jobs: ToJobs<WrappingKeyJob>) => maker.enter(port, jobs))
