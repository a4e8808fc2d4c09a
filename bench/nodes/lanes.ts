/** The writer's thread of one node, with several lanes, and a client that keeps them busy. */
import { MessageChannel } from 'node:worker_threads'
import type { Submission } from '../../src/ports/journal.ts'
import { type FromWriter, pack } from '../../src/runtime/messages.ts'
import { WriterLoop } from '../../src/runtime/writer-loop.ts'
import { PostgresWriter } from '../../src/store/postgres/writer.ts'
import { type Scene, writerOf } from './scene.ts'
import type { Writing } from './writing.ts'

/** As many groups are under way as the writer says that it takes. */
export function openLanes(scene: Scene, lanes: number, next: () => readonly Submission[]): Writing {
  const stores = Array.from({ length: lanes }, () => new PostgresWriter(scene.url))
  const { port1: near, port2: far } = new MessageChannel()
  const loop = new WriterLoop({
    writers: stores.map((store) => writerOf(scene, store)),
    ports: [far],
    onFatal: (error) => {
      throw error
    },
    onGroup: () => {},
    erasure: { erase: async () => true },
  })
  let [number, underWay, open, written] = [0, 0, 1, 0]
  let until = 0
  let done = (): void => {}
  const send = (): void => {
    for (; underWay < open && performance.now() < until; underWay++)
      near.postMessage(pack(++number, next()))
    if (underWay === 0) done()
  }
  near.on('message', (message: FromWriter) => {
    if (message.kind !== 'receipts') return
    if (message.exceptions.length > 0) throw new Error('a record was refused')
    written++
    underWay--
    open = message.lanes
    send()
  })
  return {
    async run(ms) {
      const before = written
      until = performance.now() + ms
      await new Promise<void>((resolve) => {
        done = resolve
        send()
      })
      return written - before
    },
    close() {
      loop.close()
      near.close()
      for (const store of stores) store.close()
    },
  }
}
