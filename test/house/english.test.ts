/**
 * English as technical documentation writes it: subject, verb, object, and the word that the field
 * uses. The table holds what slipped in before. It is read over everything that people read:
 * comments, names, errors, texts of the console, documents.
 */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'

const root = new URL('../..', import.meta.url)

/** What is not said, and what is said instead. */
const table: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/\bfor ever\b/, 'permanently, forever'],
  [/\bbeside\b/, 'next to, besides, as well as'],
  [/\b(?:is|are|was|were|be|been) none\b/, 'is not one, is invalid'],
  [/\b(?:has|have|had) not (?:the|a|an|any|its|that|this)\b/, 'does not have, lacks'],
  [/\bno more\b(?! than| of)/, 'no longer'],
  [/\blately\b/, 'recently'],
  [/\bof late\b/, 'recently'],
  [/\banew\b/, 'again'],
  [/(?<!changed-)\bmeanwhile\b/i, 'in the meantime, since'],
  [/\b(?:is|are|was|were|be|been|being) told\b/, 'is reported, is distinguished'],
  [/\bmend(?:s|ed|ing)?\b/i, 'fix, repair'],
  [/\bso many\b/i, 'this many, the number of'],
  [/(?<!\|)\bwhoever\b/i, 'anyone who, the caller'],
  [/\bwhatever\b/i, 'any, everything that'],
  [/\bwhom\b/i, 'who'],
  [/\bstands?\b(?! for| in for)/, 'is, are'],
  [/\b(?:is|are|be) out of\b/, 'is one of'],
  [/\b(?:be|is|are) had\b/, 'be available'],
  [/\b(?:bring|brings|brought) along\b/, 'bring, supply'],
  [/\bbut for\b/, 'except'],
  [/\b(?:give|gives|gave|given|giving) back\b/, 'return'],
  [/\bheard\b/, 'received, honoured'],
  [/\bas there may be\b/, 'the maximum'],
  [/\b(?:lest|albeit|hitherto|henceforth|thereof|whereof|wherein|hence|thence|whence|upon)\b/i, ''],
]

/** Public texts of others, bytes, and this list. */
const exempt =
  /^(?:LICENSE|package-lock\.json|test\/golden\/|test\/house\/english\.test\.ts|test\/custody\/share-text\.test\.ts)|zh-CN/

function readableFiles(): readonly string[] {
  const files = globSync(
    [
      '*.{md,json}',
      '.ci/*',
      'console/*.{ts,html,json}',
      '{src,console/src,bin,bench,examples,screenshots,docs,test}/**/*.{ts,tsx,js,css,md,py,go,java,sh,json}',
    ],
    { cwd: root, exclude: (name) => name.includes('node_modules') },
  ).filter((file) => !exempt.test(file))
  assert.ok(files.length > 800, `${files.length} files were found`)
  return files
}

describe('plain English', () => {
  const files = readableFiles().map((file) => ({
    file,
    lines: readFileSync(new URL(file, root), 'utf8').split('\n'),
  }))
  for (const [pattern, instead] of table)
    test(`${pattern.source} -> ${instead}`, () => {
      const found = files.flatMap(({ file, lines }) =>
        lines.flatMap((line, i) =>
          pattern.test(line) ? [`${file}:${i + 1}: ${line.trim()}`] : [],
        ),
      )
      assert.deepEqual(found, [])
    })

  test('a comment is at most 100 columns wide', () => {
    const found = files
      .filter(({ file }) => /\.(?:ts|tsx|js|css)$/.test(file))
      .flatMap(({ file, lines }) =>
        lines.flatMap((line, i) =>
          /^\s*(?:\/\*\*?|\*|\/\/(?! biome)) /.test(line) && line.length > 100
            ? [`${file}:${i + 1}`]
            : [],
        ),
      )
    assert.deepEqual(found, [])
  })
})
