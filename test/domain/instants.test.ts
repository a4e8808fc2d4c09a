/** Instants end with the year 9999, in every API, and any stored value can be shown. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import type { TObject, TSchema } from 'typebox'
import { localInstant } from '../../console/src/parts/data/local-time.ts'
import { time } from '../../src/cli/output.ts'
import { adminRoutes } from '../../src/dialects/admin/routes.ts'
import { huaweiRoutes } from '../../src/dialects/huawei/routes.ts'
import {
  calendarFault,
  checkInstant,
  instantFrom,
  instantOfText,
  instantText,
  isDate,
  latestInstant,
} from '../../src/domain/instants.ts'
import { keySpecs } from '../../src/domain/keys/key-specs.ts'
import { checkExpiry } from '../../src/domain/rules.ts'

test('an instant is a whole number of milliseconds from 1970 to the end of the year 9999', () => {
  assert.equal(instantText(latestInstant), '9999-12-31T23:59:59.999Z')
  for (const ms of [0, 1, latestInstant]) checkInstant('to', ms)
  const message = 'to must be an instant from 1970-01-01T00:00:00Z to 9999-12-31T23:59:59.999Z'
  for (const ms of [
    -1,
    latestInstant + 1,
    8.64e15 + 1,
    Number.MAX_SAFE_INTEGER,
    2 ** 70,
    0.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ])
    assert.throws(() => checkInstant('to', ms), { code: 'parameter-invalid', message }, String(ms))
})

const verdict = (read: () => number): string => {
  try {
    return new Date(read()).toISOString()
  } catch (error) {
    return (error as Error).message
  }
}

describe('an instant counted in another unit is refused with the right count', () => {
  const range = 'x must be an instant from 1970-01-01T00:00:00Z to 9999-12-31T23:59:59.999Z'
  const table: readonly (readonly [
    count: number,
    unit: 'seconds' | 'milliseconds',
    says: string,
  ])[] = [
    [1_767_225_600, 'seconds', '2026-01-01T00:00:00.000Z'],
    [1_767_225_600_000, 'milliseconds', '2026-01-01T00:00:00.000Z'],
    [
      1_767_225_600_000,
      'seconds',
      'x: 1767225600000 is the year 57971; was it milliseconds? x takes seconds: 1767225600',
    ],
    [
      1_767_225_600_999,
      'seconds',
      'x: 1767225600999 is the year 57971; was it milliseconds? x takes seconds: 1767225600',
    ],
    [
      1_767_225_600,
      'milliseconds',
      'x: 1767225600 is the year 1970; was it seconds? x takes milliseconds: 1767225600000',
    ],
    [
      1_767_225_600_000_000,
      'seconds',
      'x: 1767225600000000 is the year 56003119; was it microseconds? x takes seconds: 1767225600',
    ],
    [
      1_767_225_600_000_000,
      'milliseconds',
      'x: 1767225600000000 is the year 57971; was it microseconds? x takes milliseconds: 1767225600000',
    ],
    [
      1_767_225_600_000_000_000,
      'seconds',
      'x: 1767225600000000000 is the year 56001151890; was it nanoseconds? x takes seconds: 1767225600',
    ],
    [
      1_767_225_600_000_000_000,
      'milliseconds',
      'x: 1767225600000000000 is the year 56003119; was it nanoseconds? x takes milliseconds: 1767225600000',
    ],
    [2 ** 63, 'seconds', `${range}, in seconds since 1970`],
    // Nothing is guessed if no unit makes it a plausible year.
    [0, 'seconds', '1970-01-01T00:00:00.000Z'],
    [0, 'milliseconds', '1970-01-01T00:00:00.000Z'],
    [3600, 'seconds', '1970-01-01T01:00:00.000Z'],
    [86_400_000, 'milliseconds', '1970-01-02T00:00:00.000Z'],
    [253_402_300_799, 'seconds', '9999-12-31T23:59:59.000Z'],
    [253_402_300_800, 'seconds', `${range}, in seconds since 1970`],
    [latestInstant, 'milliseconds', '9999-12-31T23:59:59.999Z'],
    [latestInstant + 1, 'milliseconds', range],
    [-1, 'seconds', `${range}, in seconds since 1970`],
    [1.5, 'milliseconds', range],
    [Number.NaN, 'seconds', `${range}, in seconds since 1970`],
  ]
  for (const [count, unit, says] of table)
    test(`${count} ${unit}: ${says}`, () =>
      assert.equal(
        verdict(() => instantFrom('x', count, unit)),
        says,
      ))

  test('the proposed count is accepted', () => {
    for (const [count, unit, says] of table) {
      const proposed = / takes \w+: (\d+)$/.exec(says)?.[1]
      if (proposed !== undefined)
        assert.equal(
          verdict(() => instantFrom('x', Number(proposed), unit)),
          '2026-01-01T00:00:00.000Z',
          String(count),
        )
    }
  })
})

describe('an instant as text exists in the calendar and has a time zone', () => {
  const form = 'it is not in the form of a time such as 2027-01-31T12:00:00Z'
  const table: readonly (readonly [text: string, says: string])[] = [
    ['2027-01-31T12:00:00Z', '2027-01-31T12:00:00.000Z'],
    ['2027-01-31T12:00Z', '2027-01-31T12:00:00.000Z'],
    ['2027-01-31t12:00:00z', '2027-01-31T12:00:00.000Z'],
    ['2027-01-31T12:00:00+08:00', '2027-01-31T04:00:00.000Z'],
    ['2027-01-31T12:00:00-0330', '2027-01-31T15:30:00.000Z'],
    ['2027-01-31T12:00:00+14:00', '2027-01-30T22:00:00.000Z'],
    ['2028-02-29T00:00:00Z', '2028-02-29T00:00:00.000Z'],
    ['2027-02-30T12:00:00Z', 'February 2027 has 28 days'],
    ['2027-02-29T12:00:00Z', 'February 2027 has 28 days'],
    ['2028-02-30T12:00:00Z', 'February 2028 has 29 days'],
    ['2100-02-29T12:00:00Z', 'February 2100 has 28 days'],
    ['2027-04-31T12:00:00Z', 'April 2027 has 30 days'],
    ['2027-01-00T12:00:00Z', 'January 2027 has 31 days'],
    ['2027-13-01T12:00:00Z', 'there is no month 13'],
    ['2027-00-01T12:00:00Z', 'there is no month 00'],
    ['2027-01-31T24:00:00Z', 'there is no hour 24; the day ends at 23:59:59'],
    ['2027-01-31T24:60:00Z', 'there is no hour 24; the day ends at 23:59:59'],
    ['2027-01-31T23:60:00Z', 'there is no minute 60'],
    ['2027-01-31T23:59:60Z', 'there is no second 60'],
    ['2027-01-31T12:00:00.5Z', 'it has a fraction of a second; only whole seconds are accepted'],
    ['2027-01-31T12:00:00', 'it has no time zone: add Z for UTC, or an offset such as +08:00'],
    ['2027-01-31', 'it has no time of day: 2027-01-31T00:00:00Z is its start in UTC'],
    [
      '2027-01-31T12:00:00+25:00',
      '+25:00 is not a time zone offset, which range from -12:00 to +14:00',
    ],
    [
      '2027-01-31T12:00:00+08:60',
      '+08:60 is not a time zone offset, which range from -12:00 to +14:00',
    ],
    [
      '2027-01-31T12:00:00-13:00',
      '-13:00 is not a time zone offset, which range from -12:00 to +14:00',
    ],
    ['10000-01-01T00:00:00Z', 'its year is after 9999'],
    ['275760-09-13T00:00:00Z', 'its year is after 9999'],
    ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59.000Z'],
    ['9999-12-31T23:59:59+00:01', '9999-12-31T23:58:59.000Z'],
    ['9999-12-31T23:59:59-00:01', 'its year in UTC is after 9999'],
    ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00.000Z'],
    ['1970-01-01T00:00:00+00:01', 'its year in UTC is before 1970'],
    ['1969-12-31T23:59:59Z', 'its year is before 1970'],
    ['0027-01-31T12:00:00Z', 'its year is before 1970'],
    ['1767225600', 'a number is not a date: 2026-01-01T00:00:00Z, if these are seconds'],
    ['1767225600000', 'a number is not a date: 2026-01-01T00:00:00Z, if these are milliseconds'],
    ['20270131', 'a number is not a date'],
    ['31.01.2027', form],
    ['01/31/2027', form],
    ['2027-1-31T12:00:00Z', form],
    ['2027-01-31 12:00:00Z', form],
    ['2027-01-31T12:00:00 CET', form],
    ['tomorrow', form],
    ['30d', form],
    ['', form],
  ]
  for (const [text, says] of table)
    test(`${text || 'nothing'}: ${says}`, () => {
      const refusal = says.endsWith('.000Z') ? says : `--expires ${text}: ${says}`
      assert.equal(
        verdict(() => instantOfText('--expires', text)),
        refusal,
      )
    })

  test('a browser field holds an existing day, and needs no time zone', () => {
    assert.equal(calendarFault('2027-01-31T12:00'), undefined)
    assert.equal(calendarFault('2027-02-30T12:00'), 'February 2027 has 28 days')
  })
})

test('a console field: what it shows is what is sent, and a time that no clock shows is nothing', () => {
  const zone = process.env.TZ
  process.env.TZ = 'Europe/Berlin'
  try {
    for (const [text, at] of [
      ['2027-01-31T12:00', Date.UTC(2027, 0, 31, 11)],
      ['2027-07-31T12:00:30', Date.UTC(2027, 6, 31, 10, 0, 30)],
      ['2027-02-30T12:00', undefined],
      // The clocks go from 2 to 3 on this day.
      ['2027-03-28T02:30', undefined],
      ['2027-01-31', undefined],
      ['', undefined],
    ] as const)
      assert.equal(localInstant(text), at, text)
    const last = new Date(latestInstant + 86_400_000).toISOString().slice(0, 22)
    assert.ok(
      (localInstant(last) ?? 0) > latestInstant,
      'a time that is too late is reported where it is chosen',
    )
  } finally {
    process.env.TZ = zone
  }
})

test('an expiry after the year 9999 is refused, the last one before is not', () => {
  const now = Date.UTC(2026, 10, 28)
  const spec = keySpecs.AES_256
  checkExpiry(spec, latestInstant, now)
  assert.throws(() => checkExpiry(spec, latestInstant + 1, now), {
    code: 'parameter-invalid',
    message: /^the expiry must be an instant/,
  })
})

test('the command line and the console can show any stored time', () => {
  const rows: readonly (readonly [number, string])[] = [
    [0, '1970-01-01T00:00:00.000Z'],
    [latestInstant + 1, '+010000-01-01T00:00:00.000Z'],
    [8.64e15, '+275760-09-13T00:00:00.000Z'],
    [8.64e15 + 1, '8640000000000001 ms'],
    [9_007_199_254_740_000, '9007199254740000 ms'],
    [Number.NaN, 'NaN ms'],
    [Number.NEGATIVE_INFINITY, '-Infinity ms'],
  ]
  for (const [ms, text] of rows) {
    assert.equal(instantText(ms), text)
    assert.equal(time(String(ms)), text.replace('.000Z', 'Z'))
    assert.equal(isDate(ms), text.endsWith('Z'))
  }
})

/**
 * Fields of calls that hold an instant, each with the test that refuses one after the year 9999.
 */
const fieldsTested: Readonly<Record<string, string>> = {
  expiration_time: 'test/e2e/api/instants.test.ts',
  expires_at: 'test/e2e/api/instants.test.ts',
  from: 'test/e2e/api/instants.test.ts',
  to: 'test/e2e/api/instants.test.ts',
}

test('every field of a call that holds an instant has such a test', () => {
  const operations = [...huaweiRoutes, ...adminRoutes].map(([, , operation]) => operation)
  assert.ok(operations.length > 50)
  const found = new Set<string>()
  for (const { fields } of operations) for (const name of instantsOf(fields)) found.add(name)
  assert.deepEqual([...found].toSorted(), Object.keys(fieldsTested).toSorted())
  for (const [name, file] of Object.entries(fieldsTested))
    assert.match(readFileSync(file, 'utf8'), new RegExp(`\\b${name}\\b`))
})

/** By its name, or by what its description says it counts. */
function instantsOf({ properties }: TObject): string[] {
  return Object.entries(properties)
    .filter(([name, field]) => {
      const { description = '' } = field as TSchema & { readonly description?: string }
      return (
        /(_at|_time|_date|_until|^from|^to|^since|^until)$|expir/.test(name) ||
        /since 1970|\bUTC\b|ISO 8601/.test(description)
      )
    })
    .map(([name]) => name)
}

test('an instant that a caller may have chosen becomes a date in only one place, the total function', () => {
  // Times of clocks and of signed requests, whose years have four digits: none of these is ever a
  // stored instant of a caller.
  const ownTimes = [
    'src/cli/kms-client.ts',
    'src/dialects/huawei/operations/aliases.ts',
    'src/dialects/huawei/operations/tokens.ts',
    'src/domain/instants.ts',
    'src/domain/rules.ts',
    // Total on its own: a year that it cannot write is shown as a number.
    'src/domain/spans.ts',
    'src/telemetry/alarms.ts',
    'src/server/commands/projects.ts',
    'src/wire/timestamp.ts',
    'console/src/parts/data/format.ts',
    'console/src/parts/data/local-time.ts',
  ]
  const found = globSync(['src/**/*.ts', 'console/src/**/*.{ts,tsx}']).filter((file) =>
    /toISOString|DateTimeFormat\(|toLocale(Date|Time)?String/.test(readFileSync(file, 'utf8')),
  )
  assert.deepEqual(
    found.filter((file) => !ownTimes.includes(file)),
    [],
  )
})

test('every console list whose entries come from the server is rendered entry by entry', () => {
  const loose =
    /\.map\(\(?[^\n]*=> (?:\(|\{)\s*(?:const[^\n]*\n\s*return \(\s*)?<(?:tr|li) key=\{[^}]*\.(?:id|index|key|grant_id|material_id)/
  const files = globSync('console/src/**/*.tsx')
  assert.deepEqual(
    files.filter(
      (file) =>
        /<tr key=/.test(readFileSync(file, 'utf8')) || loose.test(readFileSync(file, 'utf8')),
    ),
    [],
  )
})
