/**
 * The queue of private keys: projects take turns, nobody waits longer than a client does, and
 * threads end after a few jobs.
 */
import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { beforeEach, describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import type { MakerJob } from '../../src/runtime/asymmetric-client.ts'
import type { FromJobs, ReplyPort, ToJobs } from '../../src/runtime/jobs.ts'
import { MakerQueue } from '../../src/runtime/maker-queue.ts'
import { FakeClock } from '../fakes/clock.ts'

/** A thread that does what the test tells it. */
class FakeWorker extends EventEmitter {
  readonly jobs: MakerJob[] = []
  ended = false
  #id = 0

  postMessage([message]: ToJobs<MakerJob>): void {
    assert.ok(message)
    this.#id = message.id
    this.jobs.push(message.job)
  }

  finish(): void {
    this.emit('message', [
      { id: this.#id, answer: { pkcs8: new Uint8Array(3), spki: new Uint8Array(4) } },
    ])
  }

  async terminate(): Promise<number> {
    this.ended = true
    this.emit('exit', 1)
    return 1
  }
}

describe('the queue of private keys', () => {
  let clock: FakeClock
  let workers: FakeWorker[]
  let queue: MakerQueue
  let replies: { id: number; outcome: string }[]
  const port: ReplyPort = {
    postMessage(message: unknown) {
      for (const reply of message as FromJobs<unknown>)
        replies.push({ id: reply.id, outcome: 'refusal' in reply ? reply.refusal.code : 'done' })
    },
  }
  const working = (): FakeWorker => workers.at(-1) as FakeWorker
  const enter = (id: number, project = 'p'): void =>
    queue.enter(port, [
      { id, turn: { party: project, principal: 'ann' }, job: { kind: 'make', spec: 'RSA_2048' } },
    ])
  const done = (): number[] =>
    replies.filter(({ outcome }) => outcome === 'done').map(({ id }) => id)
  const refused = (): number[] =>
    replies.filter(({ outcome }) => outcome === 'busy').map(({ id }) => id)

  beforeEach(() => {
    clock = new FakeClock(0)
    workers = []
    replies = []
    queue = new MakerQueue({
      clock,
      start: () => {
        workers.push(new FakeWorker())
        return working() as unknown as Worker
      },
    })
  })

  test('one job at a time per project, in the order of arrival', () => {
    for (const id of [1, 2, 3]) enter(id)
    assert.equal(working().jobs.length, 1)
    for (let i = 0; i < 3; i++) working().finish()
    assert.deepEqual(done(), [1, 2, 3])
    assert.equal(queue.length, 0)
  })

  test('a project with one job does not wait for another with many: a second thread runs it', () => {
    for (let id = 1; id <= 50; id++) enter(id, 'many')
    enter(99, 'one')
    assert.equal(workers.length, 2)
    working().finish()
    assert.deepEqual(done(), [99])
  })

  test('if many projects wait, two jobs run at once and projects take turns', () => {
    for (let id = 1; id <= 50; id++) enter(id, 'many')
    for (const name of ['a', 'b', 'c']) for (let id = 0; id < 5; id++) enter(1000 + id, name)
    assert.equal(workers.length, 2)
    for (let i = 0; i < 4; i++) for (const worker of [...workers]) worker.finish()
    assert.equal(workers.length, 2)
    assert.ok(done().filter((id) => id < 1000).length <= 3, String(done()))
  })

  test('a project has at most 256 in the queue; others are still accepted', () => {
    for (let id = 0; id < 300; id++) enter(id, 'many')
    assert.equal(refused().length, 300 - 256, 'one is being made, 255 wait')
    enter(1000, 'other')
    assert.ok(!refused().includes(1000))
  })

  test('a job that waited 50 s is refused, since nobody waits for it any longer', () => {
    for (const id of [1, 2]) enter(id)
    clock.advance(49_000)
    enter(3)
    clock.advance(2_000)
    working().finish()
    assert.deepEqual(done(), [1])
    assert.deepEqual(refused(), [2])
    working().finish()
    assert.deepEqual(done(), [1, 3])
  })

  test('a thread ends after 16 jobs, and another continues', () => {
    for (let id = 0; id < 20; id++) enter(id)
    for (let i = 0; i < 16; i++) workers[0]?.finish()
    assert.equal(workers.length, 2)
    assert.equal(workers[0]?.ended, true)
    for (let i = 0; i < 4; i++) workers[1]?.finish()
    assert.equal(done().length, 20)
  })

  test('a thread that dies costs one caller, and the queue continues', async () => {
    for (const id of [1, 2]) enter(id)
    working().emit('exit', 1)
    await turn()
    assert.deepEqual(refused(), [1])
    assert.equal(workers.length, 2)
    working().finish()
    assert.deepEqual(done(), [2])
  })
})
