/** Where a search of several logs continues, as a text. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { placesIn, placesPattern, placesText } from '../../src/domain/log-places.ts'

const pattern = new RegExp(placesPattern)

test('a text of places has the form that is accepted, and is read as it was written', () => {
  for (const places of [
    [['9f86d081', 1]],
    [
      ['9f86d081', 40],
      ['00000000', 999_999_999_999_999],
    ],
  ] as const) {
    const text = placesText(new Map(places)) ?? ''
    assert.match(text, pattern)
    assert.deepEqual([...placesIn(text)], places)
  }
})

test('logs in which nothing is left are not named; without any other there is no text', () => {
  assert.equal(
    placesText(
      new Map([
        ['a', 0],
        ['b', 2],
      ]),
    ),
    'b:2',
  )
  assert.equal(placesText(new Map([['a', 0]])), null)
  assert.equal(placesText(new Map()), null)
})

test('other texts are refused', () => {
  for (const text of ['', '17', 'a', 'a:', ':1', 'a:1,', ',a:1', 'a:-1', 'a:1.5', 'A:1', 'a:1 '])
    assert.doesNotMatch(text, pattern, text)
  assert.doesNotMatch(`a:${'1'.repeat(16)}`, pattern, 'a number that is not exact')
})
