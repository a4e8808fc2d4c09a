/** What a segment of the log remembers, so that a search may skip it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mayHold, newSegment, withRecord } from '../../src/projections/log-segments.ts'
import { everyRecord } from './every-record.ts'

const day = 86_400_000
const record = {
  dialect: 'huawei',
  project: 'p',
  principal: 'u',
  operation: 'encrypt',
  outcome: 'ok',
  keyId: null,
  detail: null,
}
const query = everyRecord('p')

test('a search by time finds each record of a segment, in any order that a wrong clock left them in', () => {
  for (const times of [
    [0, 1, 2],
    [day, day + 1, 2, 3],
    [5, -day, 6],
    [3 * day, 2 * day, day],
  ]) {
    const segment = newSegment('n', 0, times[0] as number)
    for (const timeMs of times) withRecord(segment, { ...record, timeMs })
    for (const timeMs of times) {
      assert.equal(
        mayHold(segment, { ...query, from: timeMs, to: timeMs }),
        true,
        `${timeMs} of ${times}`,
      )
      assert.equal(mayHold(segment, { ...query, to: timeMs }), true)
      assert.equal(mayHold(segment, { ...query, from: timeMs }), true)
    }
    assert.equal(mayHold(segment, { ...query, from: Math.max(...times) + 1 }), false)
    assert.equal(mayHold(segment, { ...query, to: Math.min(...times) - 1 }), false)
  }
})
