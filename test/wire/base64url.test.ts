/** Base64url of tokens and cookies: one text for each value. RFC 4648 section 5. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { decodeBase64Url } from '../../src/wire/base64.ts'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

test('exactly one last character represents a value, for any length', () => {
  for (let size = 1; size <= 48; size++) {
    const bytes = randomBytes(size)
    const text = bytes.toString('base64url')
    assert.deepEqual(decodeBase64Url(text, 48), bytes)
    for (const last of alphabet) {
      const other = text.slice(0, -1) + last
      const decoded = decodeBase64Url(other, 48)
      if (decoded !== undefined)
        assert.equal(
          Buffer.from(decoded).toString('base64url'),
          other,
          'no two texts for one value',
        )
    }
  }
  const taken = (size: number): number => {
    const text = randomBytes(size).toString('base64url')
    return [...alphabet].filter(
      (last) => decodeBase64Url(text.slice(0, -1) + last, 48) !== undefined,
    ).length
  }
  assert.deepEqual([taken(1), taken(2), taken(3)], [4, 16, 64])
})

const refused: readonly (readonly [what: string, text: string])[] = [
  ['padding', 'AA=='],
  ['one character beyond a group', 'AAAAA'],
  ['the other alphabet', 'ab+/'],
  ['a line break', 'AAAA\n'],
  ['a blank', 'AA AA'],
  ['a letter of another alphabet', 'AAAé'],
  ['more than the maximum', 'A'.repeat(68)],
]
for (const [what, text] of refused)
  test(`refused: ${what}`, () => {
    assert.equal(decodeBase64Url(text, 48), undefined)
  })

test('nothing, and the longest', () => {
  assert.equal(decodeBase64Url('', 48)?.length, 0)
  assert.equal(decodeBase64Url('A'.repeat(64), 48)?.length, 48)
})

/**
 * Modules that decode base64 themselves: its implementation, uses of node:crypto, and the owner's
 * files.
 */
const readers = [
  'src/crypto/password.ts',
  'src/custody/material/text.ts',
  'src/root/file-keeper.ts',
  'src/wire/base64.ts',
]

const decodes =
  /Buffer\.from\((?:[^()]|\([^()]*\))*,\s*'base64(?:url)?'\)|\.write\([^()]*'base64(?:url)?'\)|fromBase64\(|atob\(/

test('everything that clients of the server send in base64 is decoded by this one decoder', () => {
  const found = globSync('src/**/*.ts').filter((file) => decodes.test(readFileSync(file, 'utf8')))
  assert.deepEqual(found.toSorted(), readers)
})
