/** The layout of documents, for short diffs: one sentence a line, and short cells in tables. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const root = new URL('../..', import.meta.url)
const documents = globSync(['*.md', 'docs/**/*.md'], { cwd: root })

/** Lines outside of blocks of code, with their numbers; code within a line is left out. */
function prose(file: string): readonly (readonly [place: string, line: string])[] {
  let inFence = false
  let inIndented = false
  const lines = readFileSync(new URL(file, root), 'utf8').split('\n')
  return lines.flatMap((line, i) => {
    const fence = /^\s*```/.test(line)
    if (fence) inFence = !inFence
    // Code by indentation follows a blank line. A list continues with two or three columns.
    inIndented = /^ {4}/.test(line) && (inIndented || /^\s*$/.test(lines[i - 1] ?? ''))
    return fence || inFence || inIndented ? [] : [[`${file}:${i + 1}`, line] as const]
  })
}

/** A line without what ends no sentence: code, abbreviations, the number of a list or heading. */
const withoutCode = (line: string): string =>
  line
    .replace(/^\s*(?:#+ )?\d+\. /, '')
    .replaceAll(/`[^`]*`/g, '`')
    .replaceAll(/\be\.g\.|\bi\.e\.|\betc\./g, '')

test('one sentence a line', () => {
  const found = documents.flatMap((file) =>
    prose(file)
      .filter(([, line]) => !/^\s*\|/.test(line))
      .filter(([, line]) => /[.!?]["”)*_]* +(?:["“(*_]*[A-Z][a-z]|[_*]*`)/.test(withoutCode(line)))
      .map(([place]) => place),
  )
  assert.deepEqual(found, [])
})

test('a sentence is not broken over lines', () => {
  const found = documents.flatMap((file) => {
    const lines = prose(file)
    return lines.flatMap(([place, line], i) => {
      const next = lines[i + 1]?.[1] ?? ''
      const isText = (text: string): boolean =>
        /^\s*(?:[-*] |\d+\. )?[\p{L}`*_"“([]/u.test(text) && !/^\s*(?:#|\||>|<)/.test(text)
      const isContinued = isText(line) && isText(next) && !/^\s*(?:[-*] |\d+\. )/.test(next)
      return isContinued && !/[.!?:;]["”)*_`]*\s*$/.test(line) ? [place] : []
    })
  })
  assert.deepEqual(found, [])
})

test('a table cell is at most 100 characters', () => {
  const found = documents.flatMap((file) =>
    prose(file)
      .filter(([, line]) => /^\s*\|/.test(line))
      .flatMap(([place, line]) =>
        line.split(/(?<!\\)\|/).some((cell) => cell.trim().length > 100) ? [place] : [],
      ),
  )
  assert.deepEqual(found, [])
})
