/**
 * The golden files are still those that the second implementation makes, and it refuses what it
 * must.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { missing, tool } from '../tools.ts'

const noPython = missing('python3-cryptography')

function python(...args: string[]) {
  return spawnSync(tool('python3-cryptography'), args, {
    encoding: 'utf8',
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  })
}

test('the second implementation still makes every golden file as it stands', {
  skip: noPython,
}, () => {
  const made = python('test/golden/generate.py', '--check')
  assert.equal(made.status, 0, made.stderr)
})

test('the second implementation passes its own tests', { skip: noPython }, () => {
  const tested = python('-m', 'unittest', 'discover', '-s', 'test/golden')
  assert.equal(tested.status, 0, tested.stderr)
})
