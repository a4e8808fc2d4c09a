/**
 * The turn queue: stage by stage over all requests of a turn, with errors kept to their own
 * request.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { type Run, type Stage, TurnQueue } from '../../src/http/turn-queue.ts'

/** A run of three stages that logs what happens to it. */
function runOf(
  name: string,
  log: string[],
  act: (stage: number) => void | Promise<void> = () => undefined,
): Run {
  const stageOf = (index: number): Stage => ({
    run() {
      log.push(`${name}${index}`)
      const done = act(index)
      const next = index < 2 ? stageOf(index + 1) : undefined
      return done instanceof Promise ? done.then(() => next) : next
    },
  })
  return { ...stageOf(0), fail: (error) => log.push(`${name} failed: ${(error as Error).message}`) }
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await turn()
}

test('all requests of a turn go through a stage before any goes to the next', async () => {
  const log: string[] = []
  const queue = new TurnQueue()
  for (const name of ['a', 'b', 'c']) queue.enter(runOf(name, log))
  assert.deepEqual(log, [], 'nothing runs before the turn')
  await turns(2)
  assert.deepEqual(log, ['a0', 'b0', 'c0', 'a1', 'b1', 'c1', 'a2', 'b2', 'c2'])
})

test('a stage that throws ends its own request and no other', async () => {
  const log: string[] = []
  const queue = new TurnQueue()
  const failing = (stage: number): void => {
    if (stage === 1) throw new Error('no')
  }
  queue.enter(runOf('a', log, failing))
  queue.enter(runOf('b', log))
  await turns(2)
  assert.deepEqual(log, ['a0', 'b0', 'a1', 'a failed: no', 'b1', 'b2'])
})

test('a stage that waits leaves its batch and continues where it was', async () => {
  const log: string[] = []
  const queue = new TurnQueue()
  let release: () => void = () => undefined
  const waiting = (stage: number): void | Promise<void> => {
    if (stage === 1) return new Promise((resolve) => (release = resolve))
  }
  queue.enter(runOf('a', log, waiting))
  queue.enter(runOf('b', log))
  await turns(2)
  assert.deepEqual(log, ['a0', 'b0', 'a1', 'b1', 'b2'])
  queue.enter(runOf('c', log))
  release()
  await turns(3)
  assert.deepEqual(log.slice(5).toSorted(), ['a2', 'c0', 'c1', 'c2'])
  assert.equal(log.filter((entry) => entry.startsWith('a')).length, 3, 'no stage runs twice')
})

test('a wait that fails fails its own request', async () => {
  const log: string[] = []
  const queue = new TurnQueue()
  queue.enter(
    runOf('a', log, (stage) => (stage === 0 ? Promise.reject(new Error('gone')) : undefined)),
  )
  queue.enter(runOf('b', log))
  await turns(3)
  assert.deepEqual(log, ['a0', 'b0', 'b1', 'b2', 'a failed: gone'])
})

test('a turn takes 64 requests, so that others get the loop', async () => {
  const log: string[] = []
  const queue = new TurnQueue()
  for (let i = 0; i < 100; i++) queue.enter(runOf('x', log))
  await turn()
  assert.equal(log.length, 64 * 3)
  await turns(2)
  assert.equal(log.length, 100 * 3)
})
