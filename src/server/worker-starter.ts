/**
 * Starts threads. All of them are required, so the process ends with the first that ends
 * unexpectedly.
 */
import { type MessagePort, Worker } from 'node:worker_threads'
import type { Log } from '../telemetry/log.ts'
import { pulseMemory } from '../telemetry/pulse.ts'
import type { Watched } from '../telemetry/watchdog.ts'
import { fatalExitCode } from './exit-process.ts'

export class WorkerStarter {
  readonly #log: Log
  readonly #watched: Watched[] = []
  #isEndMeant = false

  constructor(log: Log) {
    this.#log = log
  }

  /** Threads that report that they are alive. */
  get watched(): readonly Watched[] {
    return this.#watched
  }

  /** Memory in which the thread of that name reports that it is alive. */
  pulseOf(name: string, isVital: boolean): SharedArrayBuffer {
    const memory = pulseMemory()
    this.#watched.push({ name, memory, isVital })
    return memory
  }

  /** @param ports of `workerData`, which are transferred to the thread. */
  start(
    name: string,
    file: URL,
    workerData: { readonly [name: string]: unknown } = {},
    ports: readonly MessagePort[] = [],
  ): Worker {
    const worker = this.startPassing(name, file, workerData, ports)
    worker.on('exit', (exitCode) => {
      if (this.#isEndMeant) return
      // No thread is restarted: the state of the server would be in doubt.
      this.#log.event('thread-ended', { subject: name, exitCode })
      process.exit(fatalExitCode)
    })
    return worker
  }

  /** The same for a thread that may end by itself. */
  startPassing(
    name: string,
    file: URL,
    workerData: { readonly [name: string]: unknown } = {},
    ports: readonly MessagePort[] = [],
  ): Worker {
    const worker = new Worker(file, { name, workerData, transferList: [...ports] })
    worker.on('error', (error) => this.#log.event('thread-failed', { subject: name, error }))
    return worker
  }

  /** From now on a thread may end. */
  expectEnd(): void {
    this.#isEndMeant = true
  }
}

export function firstMessage<T>(worker: Worker): Promise<T> {
  return new Promise((resolve) => worker.once('message', (message: T) => resolve(message)))
}
