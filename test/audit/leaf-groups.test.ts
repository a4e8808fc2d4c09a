/** Records as a store keeps them: what was packed comes back, and nothing else does. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { packed, readLeaves, unpacked } from '../../src/audit/leaf-groups.ts'
import type { LeafGroup } from '../../src/ports/store.ts'
import { groupsOf, leafGroupsIn } from '../fakes/leaf-groups.ts'
import { readGolden, unhex } from '../golden/golden.ts'

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text))
const similar = Array.from({ length: 40 }, (_, i) => bytesOf(`record ${i} of a log, as all are`))
const group = packed('n', 7, similar)

/** A group of which only the stored bytes are given. */
function ofBytes(leaves: Uint8Array, count = 1): LeafGroup {
  return { log: 'n', firstIndex: 0, count, leaves }
}

function lengthed(...leaves: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    leaves.flatMap((leaf) => {
      const length = Buffer.alloc(4)
      length.writeUInt32BE(leaf.length)
      return [length, leaf]
    }),
  )
}
const compressed = (body: Uint8Array): Buffer =>
  Buffer.concat([Uint8Array.of(1), zstdCompressSync(body)])
const plain = (body: Uint8Array): Buffer => Buffer.concat([Uint8Array.of(0), body])

describe('a group of records', () => {
  test('returns what was packed, each leaf at its place', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 30 }),
        fc.nat(),
        (leaves, firstIndex) => {
          const made = packed('n', firstIndex, leaves)
          assert.deepEqual(
            [made.log, made.firstIndex, made.count],
            ['n', firstIndex, leaves.length],
          )
          assert.deepEqual(
            unpacked(made).map(({ treeIndex, leaf }) => [treeIndex, Uint8Array.from(leaf)]),
            leaves.map((leaf, i) => [firstIndex + i, leaf]),
          )
        },
      ),
    )
  })

  test('is compressed where that makes it smaller, and plain where not', () => {
    const size = lengthed(...similar).length
    assert.equal(group.leaves[0], 1)
    assert.ok(group.leaves.length < size / 3)
    const one = packed('n', 0, [Uint8Array.of(1, 2, 3)])
    assert.deepEqual([...one.leaves], [0, 0, 0, 0, 3, 1, 2, 3])
  })

  test('is read wherever its bytes are in memory', () => {
    const shifted = new Uint8Array(group.leaves.length + 6)
    shifted.set(group.leaves, 3)
    const within = shifted.subarray(3, 3 + group.leaves.length)
    assert.equal(unpacked({ ...group, leaves: within }).length, similar.length)
  })

  test('that is cut anywhere has no records', () => {
    for (const made of [group, packed('n', 0, [bytesOf('a'), bytesOf('b')])])
      for (let length = 0; length < made.leaves.length; length++)
        assert.deepEqual(
          unpacked({ ...made, leaves: made.leaves.slice(0, length) }),
          [],
          `${length}`,
        )
  })

  test('that is not as any group is packed has no records', () => {
    const body = lengthed(bytesOf('a'))
    assert.equal(unpacked(ofBytes(plain(body))).length, 1)
    assert.equal(unpacked(ofBytes(compressed(body))).length, 1)
    for (const [what, leaves] of Object.entries({
      nothing: new Uint8Array(),
      'another kind': Buffer.concat([Uint8Array.of(2), body]),
      'a length that is too large': plain(Uint8Array.of(255, 255, 255, 255, 1)),
      'bytes after the last leaf': plain(Buffer.concat([body, Uint8Array.of(0)])),
      'the same, compressed': compressed(Buffer.concat([body, Uint8Array.of(0, 0, 0)])),
      'no frame': Buffer.concat([Uint8Array.of(1), body]),
      'an empty frame': compressed(new Uint8Array()),
    }))
      assert.deepEqual(unpacked(ofBytes(leaves)), [], what)
    for (const count of [0, -1, 2, 1.5, 2 ** 40])
      assert.deepEqual(unpacked(ofBytes(plain(body), count)), [], `${count} records`)
  })

  test('that would fill the memory has no records', () => {
    const bomb = compressed(lengthed(new Uint8Array(65 * 1024 * 1024)))
    assert.ok(bomb.length < 10_000)
    const before = process.memoryUsage().arrayBuffers
    assert.deepEqual(unpacked(ofBytes(bomb)), [])
    assert.ok(process.memoryUsage().arrayBuffers - before < 200 * 1024 * 1024)
  })

  test('with a byte changed has its records or none, and never ends the process', () => {
    for (let at = 0; at < group.leaves.length; at++) {
      const leaves = Uint8Array.from(group.leaves)
      leaves[at] = (leaves[at] ?? 0) ^ 0x55
      const found = unpacked({ ...group, leaves })
      assert.ok(found.length === 0 || found.length === group.count, `${at}`)
    }
  })

  test('as it was first stored is still read: golden bytes', () => {
    const { groups } = readGolden<{
      groups: { log: string; firstIndex: number; leaves: string[]; stored: string }[]
    }>('leaf-group')
    assert.deepEqual(
      groups.map(({ stored }) => stored.slice(0, 2)),
      ['00', '01'],
    )
    for (const { log, firstIndex, leaves, stored } of groups) {
      const found = unpacked({ log, firstIndex, count: leaves.length, leaves: unhex(stored) })
      assert.deepEqual(
        found.map(({ treeIndex, leaf }) => [treeIndex, Uint8Array.from(leaf).toHex()]),
        leaves.map((leaf, i) => [firstIndex + i, leaf]),
      )
      const again = packed(log, firstIndex, leaves.map(unhex))
      assert.equal(again.leaves[0], Number(stored.slice(1, 2)), 'the same kind is written')
    }
  })
})

describe('the records of a log', () => {
  const leaves = Array.from({ length: 100 }, (_, treeIndex) => ({
    treeIndex,
    leaf: bytesOf(`record ${treeIndex}`),
  }))
  const reading = (stored: readonly LeafGroup[]) => {
    const reader = { leafGroups: leafGroupsIn(() => stored) }
    return async (from: number, limit: number): Promise<number[]> =>
      (await readLeaves(reader, 'n', from, limit)).map(({ treeIndex, leaf }) => {
        assert.equal(Buffer.from(leaf).toString(), `record ${treeIndex}`)
        return treeIndex
      })
  }
  const places = (from: number, to: number): number[] =>
    Array.from({ length: to - from }, (_, i) => from + i)

  test('are read from any place on, in groups of any size', async () => {
    for (const most of [1, 7, 1000]) {
      const read = reading([...groupsOf('m', leaves, 3), ...groupsOf('n', leaves, most)])
      for (let from = 0; from <= 100; from += 3)
        for (const limit of [1, 6, 7, 8, 200])
          assert.deepEqual(await read(from, limit), places(from, Math.min(from + limit, 100)))
    }
  })

  test('are read in pages, each where the one before it ended', async () => {
    const read = reading(groupsOf('n', leaves, 9))
    const found: number[] = []
    for (let page = await read(0, 10); page.length > 0; page = await read(found.length, 10))
      found.push(...page)
    assert.deepEqual(found, places(0, 100))
  })

  test('are read over gaps: what comes next, in one page or after it', async () => {
    const kept = leaves.filter(({ treeIndex }) => treeIndex % 30 < 10)
    const read = reading(groupsOf('n', kept, 4))
    assert.deepEqual(await read(5, 10), places(5, 10))
    assert.deepEqual(await read(10, 10), places(30, 34), 'the first group after the gap')
    assert.deepEqual(await read(35, 30), [...places(35, 40), ...places(60, 68)])
    assert.deepEqual(await read(95, 9), places(95, 100))
    assert.deepEqual(await read(100, 9), [])
    assert.deepEqual(await reading([])(0, 9), [])
  })

  test('are read past damaged groups, however large they claim to be', async () => {
    for (const count of [10, 0, -5, 2 ** 50]) {
      const groups = groupsOf('n', leaves, 10).map((one) =>
        one.firstIndex === 20 ? { ...one, count, leaves: Uint8Array.of(1) } : one,
      )
      const read = reading(groups)
      assert.deepEqual(await read(10, 30), [...places(10, 20), ...places(30, 40)], `${count}`)
      assert.deepEqual(await read(20, 11), places(30, 40), `${count}`)
    }
    const read = reading(
      groupsOf('n', leaves, 10).map((one) =>
        one.firstIndex < 80 ? { ...one, leaves: Uint8Array.of(1) } : one,
      ),
    )
    assert.deepEqual(await read(0, 5), places(80, 85))
  })

  test('are in order, each once, even if two groups hold the same place', async () => {
    const again = packed('n', 12, [bytesOf('record 12'), bytesOf('record 13')])
    const read = reading([...groupsOf('n', leaves, 10), again])
    assert.deepEqual(await read(5, 20), places(5, 25))
  })
})
