/** What a tag may be. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  checkTag,
  checkTagCount,
  checkTagList,
  checkTagName,
  tagsPerKey,
} from '../../src/domain/keys/tags.ts'

const code = (check: () => void): string => {
  try {
    check()
    return 'fine'
  } catch (error) {
    return (error as { code: string }).code
  }
}

test('names', () => {
  const rows: readonly (readonly [name: string, expected: string])[] = [
    ['team', 'fine'],
    ['cost centre', 'fine'],
    ['成本中心', 'fine'],
    ['a_b.c:d/e=f+g@h-i', 'fine'],
    ['k'.repeat(128), 'fine'],
    ['𝕜'.repeat(128), 'fine'],
    ['k'.repeat(129), 'tag-name-too-long'],
    ['', 'tag-name-invalid'],
    [' team', 'tag-name-invalid'],
    ['team ', 'tag-name-invalid'],
    ['a*b', 'tag-name-invalid'],
    ['a<b', 'tag-name-invalid'],
    ['a\nb', 'tag-name-invalid'],
    ['a\0b', 'tag-name-invalid'],
    ['\ud800', 'tag-name-invalid'],
    ['aws:owner', 'tag-name-invalid'],
    ['AWS:owner', 'tag-name-invalid'],
    ['_sys_owner', 'tag-name-invalid'],
  ]
  for (const [name, expected] of rows)
    assert.equal(
      code(() => checkTagName(name)),
      expected,
      JSON.stringify(name),
    )
})

test('values', () => {
  const rows: readonly (readonly [value: string, expected: string])[] = [
    ['', 'fine'],
    ['payments', 'fine'],
    ['v'.repeat(256), 'fine'],
    ['v'.repeat(257), 'tag-value-too-long'],
    ['a|b', 'tag-value-invalid'],
    ['a\tb', 'tag-value-invalid'],
    ['a\0', 'tag-value-invalid'],
  ]
  for (const [value, expected] of rows)
    assert.equal(
      code(() => checkTag({ name: 'n', value })),
      expected,
      JSON.stringify(value),
    )
})

test('lists and counts', () => {
  const many = Array.from({ length: tagsPerKey + 1 }, (_, i) => `n${i}`)
  assert.equal(
    code(() => checkTagList([])),
    'tags-empty',
  )
  assert.equal(
    code(() => checkTagList(many.slice(1))),
    'fine',
  )
  assert.equal(
    code(() => checkTagList(many)),
    'too-many-tags',
  )
  assert.equal(
    code(() => checkTagList(['a', 'b', 'a'])),
    'tags-repeat',
  )
  assert.equal(
    code(() => checkTagCount(tagsPerKey)),
    'fine',
  )
  assert.equal(
    code(() => checkTagCount(tagsPerKey + 1)),
    'too-many-tags',
  )
})
