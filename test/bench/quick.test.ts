/**
 * The benchmark runs and prints its tables; the figures themselves are not tested.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

test('npm run bench prints a table for 1 and for 32 connections', { timeout: 180_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  const file = join(folder, 'figures.json')
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['bench/run.ts', '--quick', '--json', file],
    {
      encoding: 'utf8',
    },
  )
  assert.equal(status, 0, stderr)
  for (const said of [
    '1 connection(s)',
    '32 connection(s)',
    'echo',
    'encrypt-data',
    'sign RSA_2048 RAW',
    'fsyncs a request',
    'RSA_4096',
  ])
    assert.ok(stdout.includes(said), said)
  const { tables } = JSON.parse(readFileSync(file, 'utf8')) as { tables: { perSecond: number }[][] }
  for (const row of tables.flat()) assert.ok(row.perSecond > 0)
  rmSync(folder, { recursive: true })
})
