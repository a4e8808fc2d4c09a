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
  const repeats = new Repeats((level, message) => written.push(`${level}: ${message}`))
  return { repeats, written }
}

test('lines that are alike are one line and a count, a new one in the next minute', () => {
  const { repeats, written } = counting()
  const first = Array.from({ length: 18 }, () =>
    repeats.isFirst('error', 'a stored row is damaged', 'keys.ts'),
  )
  assert.deepEqual(
    first.map((one) => (one ? 1 : 0)),
    [1, ...new Array(17).fill(0)],
  )
  repeats.summarize()
  assert.deepEqual(written, ['error: a stored row is damaged (17 more times since the last line)'])
  assert.ok(repeats.isFirst('error', 'a stored row is damaged', 'keys.ts'))
  repeats.summarize()
  assert.equal(written.length, 1, 'a line that came once has no summary')
})

test('another message, level or place is another line', () => {
  const { repeats, written } = counting()
  assert.ok(repeats.isFirst('error', 'one', 'a'))
  assert.ok(repeats.isFirst('warn', 'one', 'a'))
  assert.ok(repeats.isFirst('error', 'two', 'a'))
  assert.ok(repeats.isFirst('error', 'one', 'b'))
  assert.ok(!repeats.isFirst('error', 'one', 'b'))
  repeats.summarize()
  assert.deepEqual(written, ['error: one (once more since the last line)'])
})

test('the table is bounded, and lines beyond it are counted', () => {
  const { repeats, written } = counting()
  const first = Array.from({ length: 10_000 }, (_, i) =>
    repeats.isFirst('warn', `row ${i} is damaged`, ''),
  ).filter(Boolean)
  assert.equal(first.length, 256)
  repeats.summarize()
  assert.deepEqual(written, [
    'error: more than 256 kinds of lines within a minute; not written: 9744',
  ])
  assert.ok(repeats.isFirst('warn', 'row 9999 is damaged', ''))
})

test('every line is written or counted, for any sequence of lines', () => {
  const { repeats, written } = counting()
  let lines = 0
  for (let i = 0; i < 5000; i++)
    if (repeats.isFirst('warn', `message ${(i * 7919) % 400}`, '')) lines++
  repeats.summarize()
  const counted = written.map((line) =>
    Number(/(\d+)(?: more times|$)/.exec(line)?.[1] ?? (/once more/.test(line) ? 1 : 0)),
  )
  assert.equal(lines + counted.reduce((sum, count) => sum + count, 0), 5000)
})

test('a log tells a place by the error’s stack, and sums up by itself', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const lines: { msg: string; requestId?: string }[] = []
  const log = new Log('test', { write: (line) => lines.push(JSON.parse(line)) })
  const failAt = (): Error => new Error('an unknown one')
  for (let i = 0; i < 100; i++)
    log.error('an internal error', { requestId: String(i), error: failAt() })
  log.error('an internal error', { error: new Error('from here') })
  assert.deepEqual(
    lines.map(({ requestId }) => requestId),
    ['0', undefined],
  )
  t.mock.timers.tick(summaryEveryMs)
  assert.equal(lines[2]?.msg, 'an internal error (99 more times since the last line)')
  log.error('an internal error', { error: failAt() })
  assert.equal(lines.length, 4, 'a new minute begins with a line')
})
