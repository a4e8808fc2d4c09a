/** What a long move says: nothing at first, then a line every few seconds. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Progress } from '../../src/server/move/progress.ts'

test('a line is said three seconds after the last one, with what is done by then', () => {
  let now = 1000
  const said: string[] = []
  const progress = new Progress({ monotonic: () => now }, (line) => said.push(line))
  const pass = (ms: number, rows: number, records: number): void => {
    now += ms
    progress.at(rows, records)
  }
  progress.begin('checking')
  pass(2999, 10, 0)
  assert.deepEqual(said, [])
  pass(1, 20, 0)
  progress.begin('copying')
  pass(2999, 30, 0)
  pass(1, 40, 500)
  assert.deepEqual(said, ['checking: 20 rows, 0 records', 'copying: 40 rows, 500 records'])
})
