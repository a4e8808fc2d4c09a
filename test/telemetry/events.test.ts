/** The catalogue of events: documented as it is, used as it is, and the only way to log. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { events, eventThemes } from '../../src/telemetry/events.ts'
import { page, serviceLogPage } from './service-log-page.ts'

const sources = new Map(
  globSync('src/**/*.ts').map((file) => [file.replaceAll('\\', '/'), readFileSync(file, 'utf8')]),
)
const catalogue = 'src/telemetry/events.ts'

/** Files other than the catalogue whose code matches. */
const filesWith = (pattern: RegExp): string[] =>
  [...sources]
    .filter(([file, code]) => file !== catalogue && pattern.test(code))
    .map(([file]) => file)
    .toSorted()

test(`${page} is what the catalogue says`, () => {
  assert.equal(readFileSync(page, 'utf8'), serviceLogPage())
})

describe('every event', () => {
  for (const [name, { level, message, fields }] of Object.entries(events))
    test(name, () => {
      assert.notDeepEqual(filesWith(new RegExp(`'${name}'`)), [], 'it is used')
      assert.match(name, /^[a-z]+(-[a-z]+)+$/)
      assert.ok(['info', 'warn', 'error'].includes(level))
      assert.match(message, /^[a-z].*[^.]$/, 'a sentence without its full stop')
      for (const field of Object.keys(fields)) {
        assert.match(field, /^[a-z][A-Za-z]*$/)
        assert.ok(!common.includes(field), `every line has ${field}`)
      }
    })

  test('is in one theme', () => {
    const names = eventThemes.flatMap((theme) => Object.keys(theme.events))
    assert.deepEqual(names.toSorted(), Object.keys(events).toSorted())
  })
})

/** Fields that the log itself writes. */
const common = ['level', 'time', 'thread', 'event', 'msg', 'more']

test('the server writes nothing for people but events, and the line with which a start fails', () => {
  assert.deepEqual(filesWith(/\bfrom 'pino/), ['src/telemetry/log.ts'])
  assert.deepEqual(filesWith(/\bconsole\.\w+\(|\bprocess\._rawDebug|\bemitWarning\b/), [])
  assert.deepEqual(
    filesWith(/\bstderr\b|\bfd: 2\b/).filter((file) => !/^src\/cli\//.test(file)),
    // A move says how far it is, to the operator who runs it.
    ['src/server/commands/command.ts', 'src/server/commands/move-command.ts'],
  )
})
