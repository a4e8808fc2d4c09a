/** Which texts match an ID in a search, one text or one of many. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { idsMeant, standsFor } from '../../src/domain/short-ids.ts'

const id = 'cccc3333-0000-4000-8000-00000000dddd'

const rows: readonly (readonly [text: string, matches: boolean])[] = [
  [id, true],
  ['cccc', true],
  ['cccc3333…dddd', true],
  ['cccc3333...dddd', true],
  ['cccc…', true],
  ['ccc', false],
  ['', false],
  ['…dddd', false],
  ['ccc…dddd', false],
  ['cccc3333…dddc', false],
  ['dddd', false],
  ['%', false],
  ['cccc%', false],
  ['cccc____', false],
  [`${id}0`, false],
]

for (const [text, matches] of rows)
  test(`"${text}" ${matches ? 'matches' : 'does not match'} the ID, alone and among others`, () => {
    assert.equal(standsFor(text, id), matches)
    assert.equal(idsMeant([text])(id), matches)
    assert.equal(idsMeant(['eeee', text, 'unknown'])(id), matches)
  })

test('an empty list of texts matches no ID', () => assert.equal(idsMeant([])(id), false))
