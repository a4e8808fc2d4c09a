/** Calls without a principal: records of their own up to a rate for each source, one counted record a second beyond it. */
import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { AnonymousCalls } from '../../src/engine/anonymous-calls.ts'
import type { Receipt, Submission } from '../../src/ports/journal.ts'
import { anyEntry } from '../fakes/audit-entry.ts'
import { FakeClock } from '../fakes/clock.ts'

function setUp() {
  const submitted: Submission[] = []
  const clock = new FakeClock(0)
  const journal = {
    now: () => clock.now(),
    submit(submission: Submission, done: (receipt: Receipt) => void) {
      submitted.push(submission)
      done('recorded')
    },
  }
  const calls = new AnonymousCalls({ journal, clock, requestId: () => 'summary' })
  const call = (source: string, answered: () => void = () => undefined): void =>
    calls.record({ requestId: 'r', dialect: 'huawei', operation: 'unknown', source, outcome: 'credentials-missing' }, answered)
  return { submitted, clock, call }
}

test('a source has ten records of its own a second; the rest is one record that counts', () => {
  mock.timers.enable({ apis: ['setTimeout'] })
  const { submitted, call } = setUp()
  let answered = 0
  for (let i = 0; i < 1000; i++) call('10.0.0.1', () => answered++)
  assert.deepEqual([submitted.length, answered], [10, 10])
  mock.timers.tick(1000)
  assert.deepEqual([submitted.length, answered], [11, 1000], 'nobody is answered before the record that counts them')
  const { count, source, outcome, requestId } = (submitted[10] as Submission).entry ?? anyEntry
  assert.deepEqual(
    { count, source, outcome, requestId },
    { count: 990, source: '10.0.0.1', outcome: 'credentials-missing', requestId: 'summary' },
  )
  mock.timers.reset()
})

test('many sources together have a bound too, and a summary says when it is of several', () => {
  mock.timers.enable({ apis: ['setTimeout'] })
  const { submitted, call } = setUp()
  for (let i = 0; i < 1000; i++) call(`10.0.${i >> 8}.${i & 255}`)
  assert.equal(submitted.length, 200)
  mock.timers.tick(1000)
  assert.equal(submitted.length, 201)
  assert.equal(submitted[200]?.entry?.source, 'several')
  assert.equal(submitted[200]?.entry?.count, 800)
  mock.timers.reset()
})

test('a loud source does not take what a quiet one has', () => {
  mock.timers.enable({ apis: ['setTimeout'] })
  const { submitted, clock, call } = setUp()
  for (let i = 0; i < 100; i++) call('loud')
  call('quiet')
  assert.equal(submitted.at(-1)?.entry?.source, 'quiet')
  clock.advance(1000)
  const before = submitted.length
  for (let i = 0; i < 100; i++) call('loud')
  assert.equal(submitted.length, before + 10, 'a second later it has ten again')
  mock.timers.reset()
})
