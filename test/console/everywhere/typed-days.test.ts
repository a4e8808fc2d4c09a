/** Which texts are days within a range, and how many. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { typedDays } from '../../../console/src/parts/data/typed-days.ts'

const range = { min: 30, max: 365 }

const rows: readonly (readonly [typed: string, days: number | undefined])[] = [
  ['30', 30],
  ['365', 365],
  ['090', 90],
  ['29', undefined],
  ['366', undefined],
  ['30.5', undefined],
  ['31.0', undefined],
  ['1e2', undefined],
  ['0x40', undefined],
  ['+90', undefined],
  ['-90', undefined],
  ['9 0', undefined],
  ['９０', undefined],
  ['Infinity', undefined],
  ['', undefined],
]

describe('days as they are typed', () => {
  for (const [typed, days] of rows)
    test(`“${typed}” ${days === undefined ? 'is refused' : `is ${days}`}`, () => {
      assert.equal(typedDays(typed, range), days)
    })
})
