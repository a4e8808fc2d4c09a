/**
 * Each defect of the list is found by the tests that are to guard against it.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { mutants } from './mutants.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A copy of the project: what else runs at the same time meets no defect. */
const copy = mkdtempSync(join(tmpdir(), 'holdfast-mutants-'))
for (const name of ['src', 'console', 'test', 'bin', 'bench', 'examples', 'docs', 'package.json'])
  cpSync(join(root, name), join(copy, name), { recursive: true })
symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
after(() => rmSync(copy, { recursive: true, force: true }))

/** Whether all of these tests pass in the copy. */
function passes(tests: readonly string[]): boolean {
  for (const one of tests) assert.ok(existsSync(join(copy, one)), `there is no ${one}`)
  // A test of a test must not report to the runner of this one.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const flags = ['--disable-warning=ExperimentalWarning', '--test', '--test-force-exit']
  const done = spawnSync(process.execPath, [...flags, ...tests], {
    cwd: copy,
    env: { ...env, HOLDFAST_TEST_DEEP: '' },
    encoding: 'utf8',
  })
  assert.match(done.stdout, /^ℹ tests [1-9]/m, 'no test ran')
  return done.status === 0
}

test('without a defect they pass', () => {
  assert.ok(passes([...new Set(mutants.flatMap(({ tests }) => tests))]))
})

for (const { name, file, from, to, tests } of mutants)
  test(`found: ${name}`, () => {
    const path = join(copy, file)
    const text = readFileSync(path, 'utf8')
    assert.equal(text.split(from).length, 2, `${file} does not hold this once: ${from}`)
    writeFileSync(
      path,
      text.replace(from, () => to),
    )
    try {
      assert.ok(!passes(tests), `not found by ${tests.join(', ')}`)
    } finally {
      writeFileSync(path, text)
    }
  })
