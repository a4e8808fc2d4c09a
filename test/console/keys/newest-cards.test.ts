/** The cards of selected keys, after the list was loaded again. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { withNewest } from '../../../console/src/features/keys/newest-cards.ts'

const card = (id: string, revision: number, state: string) => ({ id, revision, state })
type Card = ReturnType<typeof card>

const rows: readonly (readonly [
  name: string,
  selected: readonly Card[],
  listed: readonly Card[],
  expected: readonly Card[],
])[] = [
  [
    'a key that changed is as the list has it',
    [card('a', 1, 'enabled')],
    [card('a', 2, 'disabled')],
    [card('a', 2, 'disabled')],
  ],
  [
    'what changes with time alone is as the list has it',
    [card('a', 1, 'enabled')],
    [card('a', 1, 'pending-import')],
    [card('a', 1, 'pending-import')],
  ],
  [
    'a key on another page stays selected as it is, and nothing else is selected',
    [card('a', 1, 'enabled'), card('b', 1, 'enabled')],
    [card('b', 2, 'disabled'), card('c', 1, 'enabled')],
    [card('a', 1, 'enabled'), card('b', 2, 'disabled')],
  ],
  [
    'a page that was kept from before changes nothing',
    [card('a', 2, 'disabled')],
    [card('a', 1, 'enabled')],
    [card('a', 2, 'disabled')],
  ],
]

describe('selected keys when the list is loaded again', () => {
  for (const [name, selected, listed, expected] of rows)
    test(name, () => {
      const found = withNewest(new Map(selected.map((one) => [one.id, one])), listed)
      assert.deepEqual([...found.values()], expected)
    })
})
