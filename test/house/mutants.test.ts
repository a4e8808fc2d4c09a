/** The place of each defect is in its file exactly once: a line that moves is missed here. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { mutants } from '../mutants/mutants.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

for (const { name, file, from, tests } of mutants)
  test(`the place of a defect is there: ${name}`, () => {
    const text = readFileSync(join(root, file), 'utf8')
    assert.equal(text.split(from).length, 2, `${file} does not hold this once: ${from}`)
    for (const one of tests) assert.ok(existsSync(join(root, one)), `there is no ${one}`)
  })
