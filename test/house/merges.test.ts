/** No file contains the markers of an unfinished merge: in documents no compiler finds them. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const patterns = [
  '*.md',
  'docs/**/*.md',
  '{src,test,screenshots,bench,bin,examples}/**/*.{ts,js,py,go,java,json}',
  'console/{src,public}/**/*.*',
]

test('no file contains merge markers', () => {
  const names = globSync(patterns, { cwd: root })
  assert.ok(names.length > 500, `${names.length} files are read`)
  const marked = names.filter((name) =>
    /^(?:<{7} |>{7} |={7}$)/m.test(readFileSync(join(root, name), 'utf8')),
  )
  assert.deepEqual(marked, [])
})
