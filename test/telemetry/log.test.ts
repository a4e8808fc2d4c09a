/**
 * The log under repetition: the first line of a kind is written at once, the others are counted; no
 * line is lost without a count.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Log } from '../../src/telemetry/log.ts'
import { Repeats, summaryEveryMs } from '../../src/telemetry/repeats.ts'

function counting() {
  const written: string[] = []
  const repeats = new Repeats<string>({
    more: (line, count) => written.push(`${line}: ${count} more`),
    leftOut: (count) => written.push(`left out: ${count}`),
  })
  return { repeats, written }
}

test('lines that are alike are one line and a count, a new one in the next minute', () => {
  const { repeats, written } = counting()
  const first = Array.from({ length: 18 }, () => repeats.isFirst('damaged', 'a row is damaged'))
  assert.deepEqual(
    first.map((one) => (one ? 1 : 0)),
    [1, ...new Array(17).fill(0)],
  )
  repeats.summarize()
  assert.deepEqual(written, ['a row is damaged: 17 more'])
  assert.ok(repeats.isFirst('damaged', 'a row is damaged'))
  repeats.summarize()
  assert.equal(written.length, 1, 'a line that came once has no summary')
})

test('the table is bounded, and lines beyond it are counted', () => {
  const { repeats, written } = counting()
  const first = Array.from({ length: 10_000 }, (_, i) => repeats.isFirst(`row ${i}`, '')).filter(
    Boolean,
  )
  assert.equal(first.length, 256)
  repeats.summarize()
  assert.deepEqual(written, ['left out: 9744'])
  assert.ok(repeats.isFirst('row 9999', ''))
})

test('every line is written or counted, for any sequence of lines', () => {
  const { repeats, written } = counting()
  let lines = 0
  for (let i = 0; i < 5000; i++) if (repeats.isFirst(`kind ${(i * 7919) % 400}`, '')) lines++
  repeats.summarize()
  const counted = written.map((line) => Number(/\d+/.exec(line)?.[0]))
  assert.equal(lines + counted.reduce((sum, count) => sum + count, 0), 5000)
})

type Line = { readonly event: string; readonly level: number; readonly msg: string }

/** A log, and its lines without their times. */
function logged() {
  const lines: (Line & Readonly<Record<string, unknown>>)[] = []
  const write = (line: string): void => {
    const { time, ...rest } = JSON.parse(line)
    assert.equal(typeof time, 'number')
    lines.push(rest)
  }
  return { log: new Log('test', { write }), lines }
}

test('a line has the event, its level, its sentence and its fields, numbers in whole', () => {
  const { log, lines } = logged()
  log.event('service-ready', { address: 'http://[::1]:1', metrics: undefined, ms: 12.6 })
  log.event('clock-right')
  const common = { thread: 'test' }
  assert.deepEqual(lines, [
    {
      ...common,
      level: 30,
      event: 'service-ready',
      address: 'http://[::1]:1',
      ms: 13,
      msg: 'the server is ready',
    },
    { ...common, level: 40, event: 'clock-right', msg: 'the clock is right again' },
  ])
})

test('the compiler refuses events, fields and values that the catalogue does not have', () => {
  const { log } = logged()
  const never = (): void => {
    // @ts-expect-error no such event
    log.event('service-resting', {})
    // @ts-expect-error a field is missing
    log.event('service-ready', { address: '' })
    // @ts-expect-error no such field
    log.event('service-stopping', { signal: 'SIGTERM', password: '' })
    // @ts-expect-error a text where there is a number
    log.event('database-back', { ms: 'long' })
    // @ts-expect-error it has fields
    log.event('database-back')
    // @ts-expect-error it has none
    log.event('database-lost', { error: new Error() })
  }
  assert.equal(typeof never, 'function')
})

test('alike are lines of one event that agree in what distinguishes them; the summary repeats that', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { log, lines } = logged()
  for (const row of ['a', 'b', 'a', 'a'])
    log.event('row-damaged', { table: 'keys', row, reason: `said for ${row}` })
  for (const ms of [1000, 2000, 3000]) log.event('commit-slow', { ms, records: 1 })
  assert.deepEqual(
    lines.map(({ event, row, ms }) => [event, row ?? ms]),
    [
      ['row-damaged', 'a'],
      ['row-damaged', 'b'],
      ['commit-slow', 1000],
    ],
  )
  t.mock.timers.tick(summaryEveryMs)
  const rows = 'a stored row is damaged and is not used; everything else keeps working'
  assert.deepEqual(lines.slice(3), [
    {
      level: 50,
      thread: 'test',
      event: 'row-damaged',
      table: 'keys',
      row: 'a',
      more: 2,
      msg: `${rows} (2 more times since the last line)`,
    },
    {
      level: 40,
      thread: 'test',
      event: 'commit-slow',
      more: 2,
      msg: 'a commit took 1 s or longer (2 more times since the last line)',
    },
  ])
})

test('more kinds than are kept are counted in a line of their own', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { log, lines } = logged()
  for (let i = 0; i < 300; i++) log.event('log-damaged', { fault: `record ${i} is missing` })
  assert.equal(lines.length, 256)
  t.mock.timers.tick(summaryEveryMs)
  assert.deepEqual(
    lines.slice(256).map(({ event, count }) => [event, count]),
    [['lines-left-out', 44]],
  )
})

test('a log distinguishes errors by where they come from, and sums up by itself', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { log, lines } = logged()
  const failAt = (): Error => new Error('an unknown one')
  for (let i = 0; i < 100; i++) log.event('call-failed', { requestId: String(i), error: failAt() })
  log.event('call-failed', { error: new Error('from here') })
  assert.deepEqual(
    lines.map(({ requestId }) => requestId),
    ['0', undefined],
  )
  t.mock.timers.tick(summaryEveryMs)
  assert.match(lines[2]?.msg ?? '', / \(99 more times since the last line\)$/)
  log.event('call-failed', { error: failAt() })
  assert.equal(lines.length, 4, 'a new minute begins with a line')
})

test('of an error its name, message, stack and causes are written, and nothing else; what is no error is left out', () => {
  const { log, lines } = logged()
  const cause = Object.assign(new RangeError('below'), { parameters: ['a secret'] })
  const error = Object.assign(new Error('above', { cause }), { query: 'a secret' })
  log.event('store-failed', { error })
  log.event('metrics-failed', { error: 'a text' })
  assert.deepEqual(lines[0]?.error, {
    name: 'Error',
    message: 'above',
    stack: error.stack,
    cause: { name: 'RangeError', message: 'below', stack: cause.stack },
  })
  assert.equal('error' in (lines[1] ?? {}), false)
})
