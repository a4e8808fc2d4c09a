/** Test files say themselves which tier they belong to and what else they run over. */
import assert from 'node:assert/strict'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
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
  const plain = { isDeep: false, isFuller: false, isAlone: false, also: [] }
  assert.deepEqual(tierOfText("import 'node:fs'\n/** @deep */\n"), plain)
  assert.deepEqual(tierOfText('/** What it is about, as in a@deep.test. */\n'), plain)
  assert.deepEqual(
    tierOfText('/**\n * It.\n *\n * @deep\n * @also two-threads, postgresql\n */\n'),
    {
      isDeep: true,
      isFuller: false,
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

test('what does more in a deep run is run there', () => {
  const shared = globSync('test/**/*.ts').filter(
    (file) => file !== 'test/tiers.ts' && /\bisDeepRun\b/.test(readFileSync(file, 'utf8')),
  )
  assert.ok(shared.length >= 3, String(shared))
  for (const file of globSync('test/**/*.test.ts')) {
    const imports = [...readFileSync(file, 'utf8').matchAll(/from '(\.[^']+)'/g)].map(([, path]) =>
      relative('.', resolve(dirname(file), path ?? '')),
    )
    if (![file, ...imports].some((one) => shared.includes(one)) || file.startsWith('test/house/'))
      continue
    const { isDeep, isFuller } = tierOf(file)
    assert.ok(isDeep || isFuller, `${file} does more in a deep run, which leaves it out`)
  }
})
