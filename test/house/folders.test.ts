/**
 * A folder is read at a glance: at most 20 files. One that grows beyond that holds more than one
 * theme, and each gets a folder of its own. Folders inside a folder do not count.
 */
import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'

const mostFiles = 20

/** Folders of data that may hold more, and why. */
const exceptions: Readonly<Record<string, string>> = {
  'test/golden': 'values of each stored format, which are found by name and never change',
  'src/store/migrations': 'steps in the order of their numbers, which never change',
}

/** The folders with more files than allowed, each with their number. */
function fullFolders(files: readonly string[]): readonly string[] {
  const numbers = new Map<string, number>()
  for (const file of files) numbers.set(dirname(file), (numbers.get(dirname(file)) ?? 0) + 1)
  return [...numbers]
    .filter(([folder, number]) => number > mostFiles && exceptions[folder] === undefined)
    .map(([folder, number]) => `${folder}: ${number}`)
}

test('no folder of the sources has more than 20 files', () => {
  const files = globSync('{src,console/src,test,bench,bin,docs,examples,screenshots}/**/*', {
    exclude: ({ name }) => name === '__pycache__' || name === 'node_modules',
    withFileTypes: true,
  })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative('.', join(parentPath, name)).replaceAll('\\', '/'))
  assert.ok(files.length > 1000, `${files.length} files were found`)
  assert.deepEqual(fullFolders(files), [])
})

test('the next file of a full folder is one too many', () => {
  const full = Array.from({ length: mostFiles }, (_, i) => `src/full/${i}.ts`)
  assert.deepEqual(fullFolders([...full, 'src/full/inner/one.ts']), [])
  assert.deepEqual(fullFolders([...full, 'src/full/one.ts']), ['src/full: 21'])
})
