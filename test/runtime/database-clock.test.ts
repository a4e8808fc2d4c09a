/** The clock of a database, as a node knows it between two looks. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DatabaseClock } from '../../src/runtime/database-clock.ts'
import { FakeClock } from '../fakes/clock.ts'

const start = 1_800_000_000_000

test('without a database it is that of the node', () => {
  const own = new FakeClock(start)
  const clock = new DatabaseClock(own)
  own.advance(5000)
  own.jump(70_000)
  assert.deepEqual([clock.wallNow(), clock.aheadMs], [start + 75_000, 0])
})

const cases: readonly (readonly [
  what: string,
  then: (own: FakeClock) => void,
  now: number,
  aheadMs: number,
])[] = [
  ['at once', () => {}, start + 300, 300],
  ['after a minute', (own) => own.advance(60_000), start + 60_300, 300],
  ['after part of a millisecond', (own) => own.advance(0.75), start + 300, 300],
  ['after the clock of the node was set forward', (own) => own.jump(9000), start + 300, -8700],
  ['after it was set back', (own) => own.jump(-9000), start + 300, 9300],
]
for (const [what, then, now, aheadMs] of cases)
  test(`with one 300 ms ahead, ${what}`, () => {
    const own = new FakeClock(start)
    const clock = new DatabaseClock(own)
    clock.hear(start + 300)
    then(own)
    assert.deepEqual([clock.wallNow(), clock.aheadMs], [now, aheadMs])
  })

test('each look replaces the last one, back as well as forward', () => {
  const own = new FakeClock(start)
  const clock = new DatabaseClock(own)
  for (const instant of [start + 5000, start - 5000]) {
    clock.hear(instant)
    assert.equal(clock.wallNow(), instant)
  }
})

test('one that differs too much is not followed', () => {
  const own = new FakeClock(start)
  const clock = new DatabaseClock(own)
  const hour = 3_600_000
  clock.hear(start + hour)
  assert.deepEqual([clock.wallNow(), clock.aheadMs], [start, hour], 'the earlier of the two')
  clock.hear(start - hour)
  assert.deepEqual([clock.wallNow(), clock.aheadMs], [start - hour, -hour])
  clock.hear(start + 20)
  assert.equal(clock.wallNow(), start + 20)
  own.advance(1000)
  clock.hear(start + hour)
  assert.equal(clock.wallNow(), start + 1020, 'it goes on from when they agreed')
  own.jump(-hour)
  assert.equal(clock.wallNow(), start + 1020)
})

test('the other clocks are those of the node', () => {
  const own = new FakeClock(start, 77)
  const clock = new DatabaseClock(own)
  clock.hear(0)
  own.advance(10)
  assert.deepEqual([clock.monotonic(), clock.uptime()], [10, 87])
})
