/**
 * A node as far as the log is concerned, in a thread of its own: it writes one group after the
 * other for as long as it is asked to, and says how many.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { PostgresWriter } from '../../src/store/postgres/writer.ts'
import { WriterBefore } from './before.ts'
import { openLanes } from './lanes.ts'
import { groups, type Scene, writerOf } from './scene.ts'

/** `before` shares one log with the others; with `lanes` there are several logs and connections. */
export type Way = 'before' | 'today' | { readonly lanes: number }
export type WritingData = { readonly way: Way; readonly scene: Scene; readonly size: number }
export type ToWriting = { readonly ms: number } | 'end'
/** How many groups it has written. */
export type FromWriting = number

/** Writes for some time. @returns the number of groups. */
export type Writing = { run(ms: number): Promise<number>; close(): void }

const { way, scene, size } = workerData as WritingData

async function open(): Promise<Writing> {
  if (typeof way === 'object') return openLanes(scene, way.lanes, groups(scene, size))
  const next = groups(scene, size)
  if (way === 'before') {
    const writer = await WriterBefore.open(scene)
    return { run: (ms) => repeat(ms, () => writer.write(next())), close: () => writer.close() }
  }
  const store = new PostgresWriter(scene.url)
  const writer = writerOf(scene, store)
  const write = async (): Promise<void> => {
    const { receipts } = await writer.write(next())
    const refused = receipts.find((receipt) => receipt !== 'recorded')
    if (refused !== undefined) throw new Error(`a record was refused: ${refused}`)
  }
  return { run: (ms) => repeat(ms, write), close: () => store.close() }
}

async function repeat(ms: number, write: () => Promise<void>): Promise<number> {
  const until = performance.now() + ms
  let count = 0
  for (; performance.now() < until; count++) await write()
  return count
}

const writing = await open()
parentPort?.on('message', async (message: ToWriting) => {
  if (message === 'end') {
    writing.close()
    parentPort?.close()
    return
  }
  parentPort?.postMessage((await writing.run(message.ms)) satisfies FromWriting)
})
parentPort?.postMessage(0 satisfies FromWriting)
