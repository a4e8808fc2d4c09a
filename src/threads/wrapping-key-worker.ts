/** Entry of the thread that makes wrapping keys. */
import { type MessagePort, workerData } from 'node:worker_threads'
import { serveWrappingKeys } from '../cluster/wrapping-key-maker.ts'

export type WrappingKeyWorkerData = { readonly ports: readonly MessagePort[]; readonly modulusBits: number }

const { ports, modulusBits } = workerData as WrappingKeyWorkerData
serveWrappingKeys(ports, modulusBits)
