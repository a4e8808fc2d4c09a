/** What a node keeps of its last records: a part that is complete in itself, or nothing. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { bodyOf, unpacked } from '../../src/audit/leaf-groups.ts'
import { RecentLeaves } from '../../src/audit/recent-leaves.ts'

type Group = readonly [log: string, epoch: number | null, firstIndex: number, leaves: string[]]
type Row = {
  readonly name: string
  readonly groups: readonly Group[]
  /** Logs with the records that are handed over, by their places. */
  readonly kept: Readonly<Record<string, string>>
}

const rows: readonly Row[] = [
  {
    name: 'groups of one log, in order',
    groups: [
      ['a', null, 7, ['x', 'y']],
      ['a', null, 9, ['z']],
    ],
    kept: { a: '7x 8y 9z' },
  },
  {
    name: 'several logs, each by itself',
    groups: [
      ['a', 1, 0, ['x']],
      ['b', 1, 5, ['y']],
      ['a', 1, 1, ['z']],
    ],
    kept: { a: '0x 1z', b: '5y' },
  },
  {
    name: 'only what follows a gap',
    groups: [
      ['a', null, 0, ['x']],
      ['a', null, 2, ['y']],
    ],
    kept: { a: '2y' },
  },
  {
    name: 'only what follows a step back',
    groups: [
      ['a', null, 4, ['x', 'y']],
      ['a', null, 5, ['z']],
    ],
    kept: { a: '5z' },
  },
  {
    name: 'only the records of the last epoch',
    groups: [
      ['a', null, 0, ['x']],
      ['a', 1, 1, ['y']],
    ],
    kept: { a: '1y' },
  },
  {
    name: 'nothing from before the budget was used up',
    groups: [
      ['a', null, 0, ['x'.repeat(400)]],
      ['b', null, 0, ['y'.repeat(400)]],
      ['a', null, 1, ['z']],
    ],
    kept: { a: '1z', b: `0${'y'.repeat(400)}` },
  },
  {
    name: 'nothing that is larger than the budget',
    groups: [
      ['a', null, 0, ['x']],
      ['a', null, 1, ['y'.repeat(2000)]],
    ],
    kept: {},
  },
]

function add(recent: RecentLeaves, [log, epoch, firstIndex, leaves]: Group): void {
  const body = bodyOf(leaves.map((text) => Buffer.from(text)))
  recent.add(log, epoch, { firstIndex, count: leaves.length, body })
}

function taken(recent: RecentLeaves): Record<string, string> {
  return Object.fromEntries(
    recent.take().map((group) => {
      const texts = unpacked(group).map(({ treeIndex, leaf }) => `${treeIndex}${Buffer.from(leaf)}`)
      assert.equal(texts.length, group.count)
      assert.equal(group.leaves.byteLength, group.leaves.buffer.byteLength, 'a buffer of its own')
      return [group.log, texts.join(' ')]
    }),
  )
}

describe('what is kept of the last records', () => {
  for (const { name, groups, kept } of rows)
    test(name, () => {
      const recent = new RecentLeaves(1000)
      for (const group of groups) add(recent, group)
      assert.deepEqual(taken(recent), kept)
    })

  test('is handed over once', () => {
    const recent = new RecentLeaves(1000)
    for (let i = 0; i < 50; i++) {
      add(recent, ['a', null, i, ['x'.repeat(400)]])
      assert.deepEqual(taken(recent), { a: `${i}${'x'.repeat(400)}` })
    }
    assert.deepEqual(taken(recent), {})
  })
})
