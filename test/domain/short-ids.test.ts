/** What stands for an ID in a search, one text or one of many. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { idsMeant, standsFor } from '../../src/domain/short-ids.ts'

const id = 'cccc3333-0000-4000-8000-00000000dddd'

const rows: readonly (readonly [text: string, stands: boolean])[] = [
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

for (const [text, stands] of rows)
  test(`"${text}" ${stands ? 'stands' : 'does not stand'} for the ID, alone and among others`, () => {
    assert.equal(standsFor(text, id), stands)
    assert.equal(idsMeant([text])(id), stands)
    assert.equal(idsMeant(['eeee', text, 'unknown'])(id), stands)
  })

test('no text stands for no ID', () => assert.equal(idsMeant([])(id), false))
