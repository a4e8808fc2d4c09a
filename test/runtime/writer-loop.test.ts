/**
 * Groups on their way through the writers: how many are under way at once, that the receipts of
 * each go to its own callers, and what waits for the first lane.
 */
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { MessageChannel } from 'node:worker_threads'
import type { RowChange } from '../../src/domain/rows.ts'
import type { Receipt, Submission } from '../../src/ports/journal.ts'
import { StoreUnavailable } from '../../src/ports/store.ts'
import { type FromWriter, pack } from '../../src/runtime/messages.ts'
import type { GroupResult, Writer } from '../../src/runtime/writer.ts'
import { WriterLoop, type WrittenGroup } from '../../src/runtime/writer-loop.ts'
import { until } from '../e2e/until.ts'
import { anyEntry } from '../fakes/audit-entry.ts'

type Receipts = Extract<FromWriter, { kind: 'receipts' }>

/** A request thread's end of its channel. */
class Thread {
  readonly channel = new MessageChannel()
  readonly received: FromWriter[] = []
  #sent = 0
  #answered = 0
  /** Offered with the last receipts. */
  lanes = Number.NaN

  constructor() {
    this.channel.port2.on('message', (message: FromWriter) => {
      this.received.push(message)
      if (message.kind !== 'receipts') return
      this.#answered++
      this.lanes = message.lanes
    })
  }

  /** Whether every group that was sent has its receipts. */
  get isAnswered(): boolean {
    return this.#answered === this.#sent
  }

  /** @returns number of the group. */
  send(...names: string[]): number {
    const group = names.map((requestId): Submission => {
      const entry = { ...anyEntry, requestId }
      return { entry, guards: [], notAfter: null, writes: [], erases: false }
    })
    this.channel.port2.postMessage(pack(++this.#sent, group))
    return this.#sent
  }

  get receipts(): Receipts[] {
    return this.received.filter((one) => one.kind === 'receipts')
  }
}

const isStale = (name: string): boolean => name.startsWith('stale')

describe('the lanes of a writer', () => {
  let threads: Thread[]
  let loop: WriterLoop
  let groups: WrittenGroup[]
  let failures: unknown[]
  /** Names of the calls of each group, with the lane that wrote it. */
  let written: { lane: number; names: string[] }[]
  let underWay: number
  let mostUnderWay: number
  /** How long the store takes for a group. */
  let takesMs: number
  let result: Partial<GroupResult>
  let fail: unknown

  async function write(lane: number, group: readonly Submission[]): Promise<GroupResult> {
    underWay++
    mostUnderWay = Math.max(mostUnderWay, underWay)
    const names = group.map(({ entry }) => entry?.requestId ?? '')
    written.push({ lane, names })
    if (takesMs > 0) await sleep(takesMs)
    underWay--
    if (fail !== undefined) throw fail
    const receipts = names.map((name): Receipt => (isStale(name) ? 'stale' : 'recorded'))
    const made = { receipts, changed: [], timeFloor: 1, forgets: false, outcome: 'committed' }
    return { ...made, ...result } as GroupResult
  }

  function start(lanes: number, erase = async (): Promise<boolean> => true): void {
    loop = new WriterLoop({
      writers: Array.from(
        { length: lanes },
        (_, lane) =>
          ({ write: (group: readonly Submission[]) => write(lane, group) }) as unknown as Writer,
      ),
      ports: threads.map(({ channel }) => channel.port1),
      onFatal: (error) => failures.push(error),
      onGroup: (group) => groups.push(group),
      erasure: { erase },
    })
  }

  beforeEach(() => {
    threads = [new Thread(), new Thread()]
    groups = []
    failures = []
    written = []
    underWay = 0
    mostUnderWay = 0
    takesMs = 0
    result = {}
    fail = undefined
  })
  afterEach(() => {
    loop.close()
    for (const { channel } of threads) channel.port1.close()
  })

  /** Sends groups one by one, until this many are written. */
  async function load(count: number, everyMs: number): Promise<void> {
    const goal = written.length + count
    for (let i = 0; written.length < goal; i++) {
      threads[i % 2]?.send(`call ${i}`)
      await sleep(everyMs)
    }
    await answered()
  }
  const answered = (): Promise<void> =>
    until(async () => threads.every(({ isAnswered }) => isAnswered), 5000)

  test('a store that answers within a millisecond has one group under way', async () => {
    takesMs = 1
    start(6)
    await load(80, 0)
    assert.equal(mostUnderWay, 1)
    assert.ok(threads.every(({ lanes }) => lanes === 1))
    assert.ok(written.every(({ lane }) => lane === 0))
  })

  const slow: readonly (readonly [ms: number, least: number, most: number])[] = [
    [12, 2, 2],
    [20, 3, 4],
    [100, 6, 6],
  ]
  for (const [ms, least, most] of slow)
    test(`one that takes ${ms} ms gets ${least} to ${most} of 6 after a while`, async () => {
      takesMs = ms
      start(6)
      await load(Math.ceil(Math.log(ms / 8) / Math.log(1.02)) + 30, ms / 8)
      assert.ok(mostUnderWay >= least && mostUnderWay <= most, String(mostUnderWay))
      assert.equal(Math.max(...threads.map(({ lanes }) => lanes)), mostUnderWay)
    })

  test('with one lane a slow one has one', async () => {
    takesMs = 20
    start(1)
    await load(20, 2)
    assert.equal(mostUnderWay, 1)
    assert.ok(threads.every(({ lanes }) => lanes === 1))
  })

  test('one that became fast has one again at once', async () => {
    takesMs = 60
    start(6)
    await load(130, 5)
    assert.ok(mostUnderWay > 1)
    takesMs = 0
    threads[0]?.send('fast')
    await until(async () => threads[0]?.lanes === 1, 5000)
    mostUnderWay = 0
    takesMs = 2
    await load(10, 0)
    assert.equal(mostUnderWay, 1)
  })

  test('receipts go to the callers of their own group, in any order of the lanes', async () => {
    takesMs = 40
    start(3)
    await load(120, 4)
    assert.equal(mostUnderWay, 3)
    const [one, other] = threads as [Thread, Thread]
    for (const { received } of threads) received.length = 0
    const own = new Map<Thread, Map<number, boolean>>([
      [one, new Map()],
      [other, new Map()],
    ])
    for (let i = 0; i < 60; i++) {
      takesMs = 5 + ((i * 37) % 60)
      for (const thread of threads) {
        const stale = i % 3 === 0
        own.get(thread)?.set(thread.send(stale ? `stale ${i}` : `call ${i}`), stale)
      }
      await sleep(5)
    }
    await answered()
    for (const thread of threads) {
      assert.equal(thread.receipts.length, 60)
      for (const { number, exceptions } of thread.receipts)
        assert.deepEqual(exceptions, own.get(thread)?.get(number) ? [[0, 'stale']] : [])
      assert.equal(new Set(thread.receipts.map(({ number }) => number)).size, 60)
    }
  })

  test('what arrives while all lanes are busy is one group, with the receipts of each thread', async () => {
    takesMs = 300
    start(1)
    const [one, other] = threads as [Thread, Thread]
    one.send('first')
    await until(async () => underWay === 1, 5000)
    one.send('a', 'stale b')
    other.send('stale c', 'd', 'stale e')
    await until(async () => loop.waiting === 5, 5000)
    await loop.idle()
    assert.deepEqual(
      written.map(({ names }) => names.length),
      [1, 5],
    )
    await until(async () => one.receipts.length === 2 && other.receipts.length === 1, 5000)
    assert.deepEqual(one.receipts[1]?.exceptions, [[1, 'stale']])
    assert.deepEqual(other.receipts[0]?.exceptions, [
      [0, 'stale'],
      [2, 'stale'],
    ])
  })

  test('a change reaches the other threads; that nothing holds any longer, all of them, before the receipts', async () => {
    const changed: RowChange[] = [['keys', 'k', 2]]
    result = { changed, forgets: true, timeFloor: 5 }
    start(1)
    const [one, other] = threads as [Thread, Thread]
    one.send('change')
    await until(async () => one.received.length === 2 && other.received.length === 2, 5000)
    assert.deepEqual(
      one.received.map(({ kind }) => kind),
      ['forget', 'receipts'],
    )
    assert.deepEqual(other.received, [
      { kind: 'forget' },
      { kind: 'changed', changed, timeFloor: 5 },
    ])
  })

  test('a task between groups waits for the first lane alone, and keeps its next group waiting', async () => {
    takesMs = 50
    start(2)
    await load(140, 5)
    assert.equal(mostUnderWay, 2)
    written = []
    takesMs = 500
    const task = Promise.withResolvers<void>()
    let runs = 0
    threads[0]?.send('first lane')
    await until(async () => written.length === 1, 5000)
    loop.between(() => {
      runs++
      return task.promise
    })
    assert.equal(runs, 0, 'the first lane is busy')
    await until(async () => runs === 1, 5000)
    threads[0]?.send('second lane')
    await until(async () => written.length === 2, 5000)
    assert.deepEqual(
      written.map(({ lane }) => lane),
      [0, 1],
    )
    task.resolve()
    await loop.idle()
    threads[0]?.send('again')
    await until(async () => written.length === 3, 5000)
    assert.equal(written[2]?.lane, 0)
    await answered()
  })

  test('an idle loop runs a task at once, and is idle again after it', async () => {
    start(1)
    let runs = 0
    loop.between(async () => {
      await sleep(5)
      runs++
    })
    await loop.idle()
    assert.equal(runs, 1)
  })

  test('a group that could not be written is reported, and proves nothing', async () => {
    const outcome = new StoreUnavailable('the disk is full')
    result = { receipts: ['unavailable'], outcome }
    start(1)
    threads[0]?.send('a')
    await until(async () => threads[0]?.receipts.length === 1, 5000)
    const answer = threads[0]?.receipts[0]
    assert.deepEqual([answer?.exceptions, answer?.isWritten], [[[0, 'unavailable']], false])
    assert.equal(groups[0]?.outcome, outcome)
  })

  test('after an error of unknown meaning nothing is written or answered, on any lane', async () => {
    takesMs = 50
    start(2)
    await load(140, 5)
    for (const { received } of threads) received.length = 0
    written = []
    fail = new Error('the disk answered nonsense')
    for (let i = 0; i < 10; i++) {
      threads[0]?.send(`call ${i}`)
      await sleep(20)
    }
    assert.ok(failures.includes(fail))
    assert.ok(written.length <= 3)
    assert.deepEqual(threads[0]?.receipts, [])
    written = []
    threads[0]?.send('late')
    await sleep(20)
    assert.deepEqual(written, [])
  })
})
