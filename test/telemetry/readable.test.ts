/**
 * The log on a terminal: readable, and no value can move the cursor, change a color or pass for a
 * line of its own.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { Log } from '../../src/telemetry/log.ts'
import { readable } from '../../src/telemetry/readable.ts'
import { missing, tool } from '../tools.ts'

const time = new Date(2026, 1, 3, 4, 5, 6, 7).getTime()
const common = { level: 30, time, thread: 'main', event: 'some-event', msg: 'it is said' }

/** The readable form of a line with these values. */
function shown(values: Readonly<Record<string, unknown>>, colored = false): string {
  return readable(`${JSON.stringify({ ...common, ...values })}\n`, colored)
}

const tag = '\u{e0041}'

const table: readonly (readonly [what: string, values: object, text: string])[] = [
  ['no further field', {}, 'INFO: it is said {"thread":"main","event":"some-event"}'],
  [
    'a warning with fields',
    { level: 40, ms: 12, file: '/a b', list: ['x', 'y'], more: 1 },
    'WARN: it is said {"thread":"main","event":"some-event","ms":12,"file":"/a b","list":["x","y"],"more":1}',
  ],
  ['an error', { level: 50 }, 'ERROR: it is said {"thread":"main","event":"some-event"}'],
  ['another level', { level: 35 }, 'LEVEL 35: it is said {"thread":"main","event":"some-event"}'],
  [
    'a message of several lines',
    { msg: 'one\r\n[00:00:00.000] INFO: two\u2028three' },
    String.raw`INFO: one\r\n[00:00:00.000] INFO: two\u2028three {"thread":"main","event":"some-event"}`,
  ],
  [
    'escape sequences of seven bits and of eight, a bell, a delete',
    { thread: '\u001b[2J', event: '\u009b2J', bell: '\u0007\u007f' },
    String.raw`INFO: it is said {"thread":"\u001b[2J","event":"\u009b2J","bell":"\u0007\u007f"}`,
  ],
  [
    'one in the name of a field, and one in the message',
    { msg: '\u001b]0;title\u0007', 'a\u009b': { '\u001bc': 1 } },
    String.raw`INFO: \u001b]0;title\u0007 {"thread":"main","event":"some-event","a\u009b":{"\u001bc":1}}`,
  ],
  [
    'text that runs backwards, invisible text, half a character; letters stay',
    { a: '\u202eabc\u200b', b: tag, c: '\ud800', d: 'Zürich 密钥 🔑' },
    String.raw`INFO: it is said {"thread":"main","event":"some-event","a":"\u202eabc\u200b","b":"\udb40\udc41","c":"\ud800","d":"Zürich 密钥 🔑"}`,
  ],
]

for (const [what, values, text] of table)
  test(`a line: ${what}`, () => {
    assert.equal(shown({ ...values }), `[04:05:06.007] ${text}\n`)
  })

test('colors for the level, the message and the fields, and none inside of them', () => {
  for (const [level, start] of [
    [30, '\u001b[32mINFO\u001b[39m: '],
    [40, '\u001b[33mWARN\u001b[39m: '],
    [50, '\u001b[31mERROR\u001b[39m: '],
  ] as const)
    assert.equal(
      shown({ level, evil: '\u001b[39m' }, true),
      `[04:05:06.007] ${start}\u001b[36mit is said\u001b[39m \u001b[90m{"thread":"main","event":"some-event","evil":"\\u001b[39m"}\u001b[39m\n`,
    )
})

/** The lines of an error below the line that has it. */
function below(error: unknown): readonly string[] {
  let text = ''
  const log = new Log('test', { write: (line) => (text = readable(line, false)) })
  log.event('call-failed', { error })
  const [head, ...lines] = text.split('\n')
  assert.match(head ?? '', /ERROR: a call met a defect of Holdfast \{"thread":"test","event":.*\}$/)
  assert.equal(lines.pop(), '', 'it ends with the end of a line')
  return lines
}

test('an error is its stack, then those of its causes; each line is indented, nothing is raw', () => {
  const cause = new RangeError('below\u001b[2J\n[00:00:00.000] INFO: forged\u009bm')
  cause.stack = `RangeError: ${cause.message}\n    at below (file:///b.ts:1:1)`
  const error = new Error('above', { cause })
  error.stack = 'Error: above\n    at above (C:\\a.ts:1:1)'
  assert.deepEqual(below(error), [
    '    Error: above',
    String.raw`        at above (C:\a.ts:1:1)`,
    String.raw`    caused by RangeError: below\u001b[2J`,
    String.raw`    [00:00:00.000] INFO: forged\u009bm`,
    '        at below (file:///b.ts:1:1)',
  ])
})

test('the name and the message of an error are shown, also if its stack says something else', () => {
  const stack = 'Error: before\n    at file:///a.ts:1:1'
  const named = (values: object): Error => Object.assign(new Error('before'), { stack }, values)
  const frame = '        at file:///a.ts:1:1'
  assert.deepEqual(below(named({})), ['    Error: before', frame])
  assert.deepEqual(below(named({ name: 'Own', message: 'after' })), [
    '    Own: after',
    '    Error: before',
    frame,
  ])
  assert.deepEqual(below(named({ message: '' })), ['    Error: before', frame])
  assert.deepEqual(below(named({ stack: undefined })), ['    Error: before'])
  assert.deepEqual(below(named({ stack: [1], message: { toString: 1 } })), [
    '    Error: {"toString":1}',
    '    [1]',
  ])
})

const url = new URL('../../src/telemetry/log.ts', import.meta.url).href
/** Logs in a worker, in the main thread, and in the background. */
const script = `
  const load = "import('${url}')"
  const inWorker = load + ".then(({ Log }) => new Log('worker').event('clock-right'))"
  new (require('node:worker_threads').Worker)(inWorker, { eval: true }).once('exit', async () => {
    const { Log } = await import('${url}')
    new Log('main').event('clock-right')
    Log.inBackground('background').log.event('clock-right')
  })
`

test('every thread writes readable lines to a terminal, in color unless NO_COLOR is set', {
  skip: missing('python3'),
}, () => {
  for (const more of [{}, { NO_COLOR: '1' }]) {
    const { stdout } = spawnSync(
      tool('python3'),
      ['test/e2e/terminal.py', '--', process.execPath, '-e', script],
      { encoding: 'utf8', env: { PATH: process.env.PATH, TERM: 'xterm', ...more } },
    )
    const plain = stripVTControlCharacters(stdout)
    const lines = plain.trimEnd().split(/\r?\n/)
    assert.deepEqual(
      lines.map((line) => line.replace(/^\[\d\d:\d\d:\d\d\.\d{3}\] /, '')),
      ['worker', 'main', 'background'].map(
        (thread) => `WARN: the clock is right again {"thread":"${thread}","event":"clock-right"}`,
      ),
    )
    assert.equal(stdout.split('\u001b[33mWARN\u001b[39m').length - 1, 'NO_COLOR' in more ? 0 : 3)
    assert.equal(stdout !== plain, !('NO_COLOR' in more))
  }
})
