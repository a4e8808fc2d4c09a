/** Test files say themselves which tier they belong to and what else they run over. */
import assert from 'node:assert/strict'
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { tierOf } from '../tiers.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-tiers-'))
after(() => rmSync(folder, { recursive: true, force: true }))

function tierOfText(text: string) {
  const file = join(folder, 'one.test.ts')
  writeFileSync(file, text)
  return tierOf(file)
}

test('tags are read from the first comment only', () => {
  const plain = { isDeep: false, isAlone: false, also: [] }
  assert.deepEqual(tierOfText("import 'node:fs'\n/** @deep */\n"), plain)
  assert.deepEqual(tierOfText('/** What it is about, as in a@deep.test. */\n'), plain)
  assert.deepEqual(
    tierOfText('/**\n * It.\n *\n * @deep\n * @also two-threads, postgresql\n */\n'),
    {
      isDeep: true,
      isAlone: false,
      also: ['two-threads', 'postgresql'],
    },
  )
})

test('an unknown tag or world is an error', () => {
  assert.throws(() => tierOfText('/**\n * @slow\n */\n'), /@slow/)
  assert.throws(() => tierOfText('/**\n * @also mysql\n */\n'), /mysql/)
})

test('every test file of the project has tags that are known; what loads the machine is alone', () => {
  const files = globSync('test/**/*.test.ts')
  assert.ok(files.length > 100, `${files.length} files were found`)
  for (const file of files) {
    const { isDeep, isAlone } = tierOf(file)
    if (isAlone) assert.ok(isDeep, file)
    if (file.startsWith('test/abuse/')) assert.ok(isAlone, file)
  }
})
