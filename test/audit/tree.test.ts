/** The frontier of the tree refuses what cannot be one. Roots are pinned by the golden files. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { emptyRoot, Frontier } from '../../src/audit/tree.ts'

const leaf = new Uint8Array(32)

test('a frontier has one subtree for each bit of its size', () => {
  for (const [size, subtrees] of [
    [0, 1],
    [1, 0],
    [2, 2],
    [3, 1],
    [4, 3],
  ] as const)
    assert.throws(
      () =>
        new Frontier(
          size,
          Array.from({ length: subtrees }, () => leaf),
        ),
      /one subtree for each bit/,
    )
  assert.equal(new Frontier(5, [leaf, leaf]).size, 5)
})

test('a tree that is continued from its frontier has the root of one that was not interrupted', () => {
  const whole = new Frontier()
  assert.deepEqual(whole.root(), emptyRoot)
  for (let size = 0; size < 40; size++) {
    const continued = Frontier.decode(whole.size, whole.encode())
    const own = Uint8Array.from({ length: 32 }, () => size)
    continued.append(own)
    whole.append(own)
    assert.deepEqual(continued.root(), whole.root())
    assert.equal(continued.size, size + 1)
  }
})
