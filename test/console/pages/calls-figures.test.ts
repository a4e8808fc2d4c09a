/** The steps of the calls chart: what each has counted, and whether it is complete. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  callsCsv,
  callsFigures,
  countedStep,
} from '../../../console/src/features/overview/calls-figures.ts'

const minute = 60_000
const hour = 60 * minute
/** 00:00 UTC on a day. */
const start = Date.UTC(2026, 10, 1)

type Row = readonly [
  given: string,
  from: number,
  to: number,
  span: 'day' | 'month',
  steps: readonly (readonly [number, number, boolean])[],
]

const rows: readonly Row[] = [
  [
    'a step that has begun is partial, those before it are whole',
    start,
    start + 12 * minute,
    'day',
    [
      [0, 5 * minute, false],
      [5 * minute, 10 * minute, false],
      [10 * minute, 12 * minute, true],
    ],
  ],
  [
    'a step that begins at this very moment has counted nothing yet',
    start,
    start + 5 * minute,
    'day',
    [
      [0, 5 * minute, false],
      [5 * minute, 5 * minute, true],
    ],
  ],
  [
    'six hours of a month that were joined from an hour on are partial at either end',
    start + 4 * hour,
    start + 13 * hour,
    'month',
    [
      [4 * hour, 6 * hour, true],
      [6 * hour, 12 * hour, false],
      [12 * hour, 13 * hour, true],
    ],
  ],
  [
    'six hours that begin with the month are whole',
    start,
    start + 7 * hour,
    'month',
    [
      [0, 6 * hour, false],
      [6 * hour, 7 * hour, true],
    ],
  ],
]

describe('steps of the chart of calls', () => {
  for (const [given, from, to, span, steps] of rows)
    test(given, () => {
      const figures = callsFigures(
        { width: span === 'day' ? 5 * minute : hour, from, to, counts: [] },
        span,
      )
      const found = figures.times.map((_, i) => countedStep(figures, i))
      assert.deepEqual(
        found.map((step) => [step.from - start, step.to - start, step.isPartial]),
        steps,
      )
    })

  test('the file has the counted time of each step, and its figures', () => {
    const counts = [
      { at: start + 4 * hour, calls: { encrypt: { ok: 2, 'key-disabled': 1 } } },
      { at: start + 12 * hour, calls: { decrypt: { ok: 1 } } },
    ]
    const figures = callsFigures(
      { width: hour, from: start + 4 * hour, to: start + 13 * hour, counts },
      'month',
    )
    assert.deepEqual(callsCsv(figures).split('\r\n'), [
      'from,to,encrypt,decrypt,errors',
      '2026-11-01T04:00:00.000Z,2026-11-01T06:00:00.000Z,2,0,1',
      '2026-11-01T06:00:00.000Z,2026-11-01T12:00:00.000Z,0,0,0',
      '2026-11-01T12:00:00.000Z,2026-11-01T13:00:00.000Z,0,1,0',
      '',
    ])
  })
})
