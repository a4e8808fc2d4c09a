/**
 * How the watchdog judges loops that turn, that stop, and that recover. Time is measured in its
 * ticks.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Log } from '../../src/telemetry/log.ts'
import { beatEveryMs, Pulse, pulseMemory } from '../../src/telemetry/pulse.ts'
import { silenceMs, tickMs, Watchdog } from '../../src/telemetry/watchdog.ts'

const ticksOfSilence = silenceMs / tickMs

/** A watchdog over one thread; the test takes the place of its timer. */
function watching(isVital: boolean) {
  const memory = pulseMemory()
  const said: object[] = []
  const write = (line: string): void => {
    const { time: _, thread: _1, level: _2, msg: _3, ...event } = JSON.parse(line)
    said.push(event)
  }
  const watchdog = new Watchdog(
    [{ name: 'requests-0', memory, isVital }],
    new Log('watchdog', { write }),
  )
  const beats = new Int32Array(memory, 0, 1)
  return {
    pulse: new Pulse(memory),
    beat: () => Atomics.add(beats, 0, 1),
    end: () => Atomics.store(beats, 0, 0),
    /** @returns in how many of these ticks it says that the process has to end. */
    ticks: (count: number): number =>
      Array.from({ length: count }, () => watchdog.tick()).filter(Boolean).length,
    /** The events that it logged, without their messages. */
    said,
  }
}

test('there are many beats within the silence that ends a process', () => {
  assert.ok(beatEveryMs * 5 <= silenceMs && tickMs * 4 <= beatEveryMs)
})

test('a loop that turns is never reported, however long it runs', () => {
  const { beat, ticks, said } = watching(true)
  for (let second = 0; second < 1000; second++) {
    beat()
    assert.equal(ticks(1000 / tickMs), 0)
  }
  assert.deepEqual(said, [])
})

test('a request thread that is silent ends the process, once, naming the last work it started', () => {
  const { pulse, beat, ticks, said } = watching(true)
  beat()
  pulse.begin('encrypt')
  pulse.begin('list-keys-by-tags')
  assert.deepEqual([ticks(ticksOfSilence), said], [0, []])
  assert.equal(ticks(100), 1)
  assert.deepEqual(said, [
    { event: 'loop-stuck', subject: 'requests-0', seconds: 10, work: 'list-keys-by-tags' },
  ])
})

test('a writer that waits for its disk is reported when it falls silent and when it recovers, and the process continues', () => {
  const { beat, ticks, said } = watching(false)
  beat()
  assert.equal(ticks(2 * ticksOfSilence + 1), 0)
  beat()
  assert.equal(ticks(1), 0)
  assert.deepEqual(said, [
    { event: 'loop-silent', subject: 'requests-0', seconds: 10, work: 'unnamed work' },
    { event: 'loop-turning', subject: 'requests-0', seconds: 20 },
  ])
})

test('a thread that has not started yet, or has ended, is not silent', () => {
  const { beat, end, ticks, said } = watching(true)
  ticks(10 * ticksOfSilence)
  beat()
  ticks(1)
  end()
  assert.equal(ticks(10 * ticksOfSilence), 0)
  assert.deepEqual(said, [])
})

test('a suspension of the whole machine is not silence: only ticks count', () => {
  const { beat, ticks, said } = watching(true)
  beat()
  ticks(ticksOfSilence - 4)
  // Here a machine sleeps for a night: neither the loop nor the watchdog did anything.
  ticks(1)
  beat()
  assert.equal(ticks(1), 0)
  assert.deepEqual(said, [])
})

test('a stop has its time limit', () => {
  const { pulse, beat, ticks, said } = watching(true)
  pulse.endWithin(15)
  for (let second = 1; second < 15; second++) {
    beat()
    assert.equal(ticks(1000 / tickMs), 0)
  }
  beat()
  assert.equal(ticks(1000 / tickMs), 1)
  assert.deepEqual(said, [{ event: 'stop-overdue' }])
})

test('names of work are kept up to a limit, further ones are unnamed; a long name is truncated', () => {
  const workOf = (...begun: readonly string[]): unknown => {
    const { pulse, beat, ticks, said } = watching(true)
    for (const name of begun) pulse.begin(name)
    beat()
    ticks(ticksOfSilence + 2)
    return said.map((event) => ('work' in event ? event.work : undefined))
  }
  assert.deepEqual(workOf(...Array.from({ length: 300 }, (_, i) => `operation-${i}`)), [
    'unnamed work',
  ])
  assert.deepEqual(workOf('x'.repeat(100)), ['x'.repeat(48)])
})
