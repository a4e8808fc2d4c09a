/**
 * Each clock for its purpose: which file reads which one. The uses and their reasons are in the
 * table in docs/architecture.md, "Time".
 */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const files = globSync('**/*.ts', { cwd: 'src' }).map((file) => file.replaceAll('\\', '/'))

/** Files in which a pattern is found outside of comments. */
function users(pattern: RegExp): string[] {
  const code = (file: string): string =>
    readFileSync(join('src', file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '')
  return files.filter((file) => pattern.test(code(file))).toSorted()
}

test('the machine’s clocks are read in the port; a client signs with its own', () => {
  const port = 'ports/clock.ts'
  assert.deepEqual(users(/\bDate\.now\b|\bDate\(\)/), ['cli/kms-client.ts', port])
  assert.deepEqual(users(/import \{[^}]*\buptime\b[^}]*\} from 'node:os'/), [port])
  assert.deepEqual(
    users(/\bhrtime\b|\bTemporal\b|\btimeOrigin\b|\bprocess\.uptime\b|\bos\.uptime\b/),
    [],
    'other ways to ask',
  )
})

/**
 * A new reader of the wall clock is a decision: say here why neither the deciding clock nor the
 * monotonic one is suitable.
 */
const wallClock: Readonly<Record<string, string>> = {
  'access/schemes/sdk-hmac.ts': 'freshness of signatures: compared with the clocks of clients',
  'dialects/huawei/identity.ts': 'the instants of a token as clients are shown them',
  'engine/command.ts': 'passes it on',
  'ports/clock.ts': 'the port',
  'root/slots.ts': 'when the root was made: before there is a log',
  'runtime/database-clock.ts': 'what continues, and is compared with, the clock of the database',
  'runtime/journal-client.ts': 'half of the deciding clock',
  'runtime/time-keeper.ts': 'half of the deciding clock, and judge of it',
  'server/first-start.ts': 'the first floor: before there is a log',
  'server/watches/database-watch.ts': 'compared with the clock of the database',
  'telemetry/alarms.ts': 'since when, for people: decides nothing',
}

test('the wall clock alone decides where the table says so, and nowhere else', () => {
  assert.deepEqual(users(/\bwallNow\b/), Object.keys(wallClock))
})

/**
 * What goes by both clocks: a new reader does something that cannot be undone, or shows what is
 * waiting.
 */
const agreed: Readonly<Record<string, string>> = {
  'engine/engine.ts': 'passes it on',
  'engine/service/due-work.ts': 'erasure, deletion, rotation, the end of tokens and sessions',
  'ports/journal.ts': 'the port',
  'runtime/journal-client.ts': 'the earlier of the two',
  'server/commands/clock-words.ts': 'what the clock says while it is behind',
  'server/watches/clock-watch.ts': 'what is at stake between the two',
  'server/workers/reports-worker.ts': 'tidying of figures and failures',
}

test('work triggered by time goes by the time that both clocks agree on', () => {
  assert.deepEqual(users(/\bagreedNow\b/), Object.keys(agreed))
  assert.deepEqual(
    files
      .filter((file) => /reader\.(due|rowsBelow)\(/.test(readFileSync(join('src', file), 'utf8')))
      .toSorted(),
    [
      'engine/service/due-work.ts',
      'engine/service/endings.ts',
      'server/watches/clock-watch.ts',
      'server/workers/reports-worker.ts',
    ],
    'code that looks for due work',
  )
})
