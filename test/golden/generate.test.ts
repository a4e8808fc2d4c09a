/** The golden files are still those that the second implementation makes. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

test('the second implementation still makes every golden file as it stands', (t) => {
  if (spawnSync('python3', ['-c', 'import cryptography']).status !== 0)
    return t.skip('python3 with the package cryptography is not installed')
  const made = spawnSync('python3', ['test/golden/generate.py', '--check'], {
    encoding: 'utf8',
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  })
  assert.equal(made.status, 0, made.stderr)
})
