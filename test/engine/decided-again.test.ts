/** How often a call is decided while its facts change: a cheap call is retried for longer. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDecidedAgain } from '../../src/engine/engine.ts'

const cases: readonly (readonly [tries: number, elapsedMs: number, again: boolean])[] = [
  [1, 0, true],
  [2, 60_000, true],
  [3, 999, true],
  [3, 1000, false],
  [31, 999, true],
  [32, 0, false],
]
for (const [tries, elapsedMs, again] of cases)
  test(`after ${tries} tries and ${elapsedMs} ms: ${again ? 'again' : 'given up'}`, () => {
    assert.equal(isDecidedAgain(tries, elapsedMs), again)
  })
