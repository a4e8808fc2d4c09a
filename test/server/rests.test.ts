import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rests } from '../../src/server/workers/rests.ts'

/** A thread whose sleeps last longer than asked by what `late` says; what it slept is kept. */
function sleeping(late: () => number) {
  let now = 0
  const asked: number[] = []
  const parts = {
    now: () => now,
    sleep(ms: number) {
      asked.push(ms)
      now += ms + late()
    },
  }
  return { asked, rests: new Rests(parts) }
}

test('alone on its processor a thread rests for a moment only', () => {
  const { asked, rests } = sleeping(() => 0.06)
  for (let i = 0; i < 100; i++) rests.after(2)
  assert.ok(asked.every((ms) => ms === 0.05))
})

test('woken late it rests longer, at most half the time it worked and at most 8 ms', () => {
  const { asked, rests } = sleeping(() => 3)
  for (let i = 0; i < 10; i++) rests.after(2)
  assert.deepEqual(asked.slice(0, 5), [0.05, 0.1, 0.2, 0.4, 0.8])
  assert.ok(asked.slice(5).every((ms) => ms === 1))
  for (let i = 0; i < 10; i++) rests.after(1000)
  assert.equal(asked.at(-1), 8)
})

test('with the processor to itself again it soon works as before', () => {
  let late = 3
  const { asked, rests } = sleeping(() => late)
  for (let i = 0; i < 10; i++) rests.after(2)
  late = 0
  for (let i = 0; i < 10; i++) rests.after(2)
  assert.equal(asked.at(-1), 0.05)
})
