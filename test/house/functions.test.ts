/**
 * A function fits on a screen: fewer than 60 lines. Tables are the exception: they are read
 * one row at a time.
 */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type ESTree, parseSync, Visitor } from 'vite'

const mostLines = 59

/** Functions that are a table: a list of like entries and nothing else. */
const tables: readonly string[] = [
  'src/store/migrations/0001-first-tables.ts:6',
  'src/store/migrations/0006-console.ts:6',
]

type Long = { readonly name: string; readonly lines: number }

/** The functions of a file with more lines than allowed. One inside another counts for both. */
function longFunctions(file: string): readonly Long[] {
  const text = readFileSync(file, 'utf8')
  const { program } = parseSync(file, text)
  const lineOf = (offset: number): number => text.slice(0, offset).split('\n').length
  const found: Long[] = []
  const visit = (node: ESTree.Function | ESTree.ArrowFunctionExpression): void => {
    const lines = lineOf(node.end) - lineOf(node.start) + 1
    if (lines <= mostLines) return
    const named = 'id' in node ? node.id?.name : undefined
    found.push({ name: `${file}:${named ?? lineOf(node.start)}`, lines })
  }
  new Visitor({
    FunctionDeclaration: visit,
    FunctionExpression: visit,
    ArrowFunctionExpression: visit,
  }).visit(program)
  return found
}

test('no function has 60 lines', () => {
  const long = globSync('{src,console/src,bin}/**/*.{ts,tsx,js}')
    .flatMap(longFunctions)
    .filter(({ name }) => !tables.includes(name))
    .map(({ name, lines }) => `${name}: ${lines}`)
  assert.deepEqual(long, [])
})
