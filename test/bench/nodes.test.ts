/**
 * The benchmark of several nodes runs and prints its tables; the figures themselves are not tested.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { withoutPostgres } from '../fakes/postgres.ts'

const options = { timeout: 300_000, skip: withoutPostgres }

test(
  'npm run bench:nodes prints a table for each point, and each ratio with its target',
  options,
  () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['bench/nodes/run.ts', '--smoke'],
      { encoding: 'utf8' },
    )
    assert.equal(status, 0, stderr)
    const [tables = '', summary = ''] = stdout.split('\nIn one run\n')
    for (const title of ['1. Groups', '2. Groups', '3. Groups', '4. What a record', '5. One whole'])
      assert.ok(tables.includes(`\n${title}`), title)
    const ratios = summary.trimEnd().split('\n')
    assert.equal(ratios.length, 9)
    for (const line of ratios)
      assert.match(line, /, at (?:least|most) [\d.]+: \d+\.\d\d \((?:holds|does not hold)\)$/)
  },
)
