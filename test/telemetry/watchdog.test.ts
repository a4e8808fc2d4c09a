/**
 * How the watchdog judges loops that turn, that stop, and that recover. Time is measured in its
 * ticks.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { beatEveryMs, Pulse, pulseMemory } from '../../src/telemetry/pulse.ts'
import { silenceMs, tickMs, Watchdog } from '../../src/telemetry/watchdog.ts'

const ticksOfSilence = silenceMs / tickMs

/** A watchdog over one thread; the test takes the place of its timer. */
function watching(isVital: boolean) {
  const memory = pulseMemory()
  const watchdog = new Watchdog([{ name: 'requests-0', memory, isVital }])
  const beats = new Int32Array(memory, 0, 1)
  const told: string[] = []
  return {
    pulse: new Pulse(memory),
    beat: () => Atomics.add(beats, 0, 1),
    end: () => Atomics.store(beats, 0, 0),
    /** @returns what it reports during these ticks. */
    ticks(count: number) {
      const verdicts = Array.from({ length: count }, () => watchdog.tick()).flat()
      told.push(...verdicts.map(({ message }) => message))
      return verdicts
    },
    told,
  }
}

test('there are many beats within the silence that ends a process', () => {
  assert.ok(beatEveryMs * 5 <= silenceMs && tickMs * 4 <= beatEveryMs)
})

test('a loop that turns is never reported, however long it runs', () => {
  const { beat, ticks, told } = watching(true)
  for (let second = 0; second < 1000; second++) {
    beat()
    ticks(1000 / tickMs)
  }
  assert.deepEqual(told, [])
})

test('a request thread that is silent ends the process, once, naming the last work it started', () => {
  const { pulse, beat, ticks } = watching(true)
  beat()
  pulse.begin('encrypt')
  pulse.begin('list-keys-by-tags')
  assert.deepEqual(ticks(ticksOfSilence), [])
  assert.deepEqual(ticks(100), [
    {
      message:
        'the loop of requests-0 has been silent for 10 s; the last work it started is list-keys-by-tags; the server exits',
      ends: true,
    },
  ])
})

test('a writer that waits for its disk is reported when it falls silent and when it recovers, and the process continues', () => {
  const { beat, ticks, told } = watching(false)
  beat()
  ticks(ticksOfSilence + 1)
  ticks(ticksOfSilence)
  beat()
  assert.ok(ticks(1).every(({ ends }) => !ends))
  assert.deepEqual(told, [
    'the loop of requests-0 has been silent for 10 s; the last work it started is unnamed work',
    'the loop of requests-0 turns again after 20 s',
  ])
})

test('a thread that has not started yet, or has ended, is not silent', () => {
  const { beat, end, ticks, told } = watching(true)
  ticks(10 * ticksOfSilence)
  beat()
  ticks(1)
  end()
  ticks(10 * ticksOfSilence)
  assert.deepEqual(told, [])
})

test('a suspension of the whole machine is not silence: only ticks count', () => {
  const { beat, ticks, told } = watching(true)
  beat()
  ticks(ticksOfSilence - 4)
  // Here a machine sleeps for a night: neither the loop nor the watchdog did anything.
  ticks(1)
  beat()
  ticks(1)
  assert.deepEqual(told, [])
})

test('a stop has its time limit', () => {
  const { pulse, beat, ticks } = watching(true)
  pulse.endWithin(15)
  for (let second = 1; second < 15; second++) {
    beat()
    assert.deepEqual(ticks(1000 / tickMs), [])
  }
  beat()
  assert.deepEqual(ticks(1000 / tickMs), [
    { message: 'the stop did not finish in time; the server exits', ends: true },
  ])
})

test('names of work are kept up to a limit, further ones are unnamed; a long name is truncated', () => {
  const memory = pulseMemory()
  const pulse = new Pulse(memory)
  const watchdog = new Watchdog([{ name: 't', memory, isVital: true }])
  for (let i = 0; i < 300; i++) pulse.begin(`operation-${i}`)
  Atomics.store(new Int32Array(memory, 0, 1), 0, 1)
  const silent = () => Array.from({ length: ticksOfSilence + 2 }, () => watchdog.tick()).flat()
  assert.match(silent()[0]?.message ?? '', /last work it started is unnamed work;/)
  const other = pulseMemory()
  new Pulse(other).begin('x'.repeat(100))
  Atomics.store(new Int32Array(other, 0, 1), 0, 1)
  const second = new Watchdog([{ name: 't', memory: other, isVital: true }])
  const [verdict] = Array.from({ length: ticksOfSilence + 2 }, () => second.tick()).flat()
  assert.match(verdict?.message ?? '', /last work it started is x{48};/)
})
