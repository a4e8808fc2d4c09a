/** Counts of a project's keys: how often they are taken, and how far they may be off. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { KeyCounts } from '../../src/runtime/key-counts.ts'
import { FakeClock } from '../fakes/clock.ts'

describe('counts of keys', () => {
  const quota = 5000

  /** Projects whose keys are counted, with a note of each count. */
  function counted(projects: Record<string, number>) {
    const counts: string[] = []
    const count = async (id: string): Promise<number> => {
      counts.push(id)
      return projects[id] ?? 0
    }
    const clock = new FakeClock(70_000)
    return { projects, counts, clock, keyCounts: new KeyCounts({ clock, quota, count }) }
  }

  const rows: readonly (readonly [what: string, keys: number, laterMs: number, counts: number])[] =
    [
      ['far from the quota, at once', 0, 0, 1],
      ['far from the quota, within a second', 3999, 999, 1],
      ['far from the quota, after a second', 3999, 1000, 2],
      ['a thousand keys before the quota', 4000, 0, 2],
      ['at the quota', 5000, 0, 2],
      ['past the quota', 5001, 999, 2],
    ]
  for (const [what, keys, laterMs, expected] of rows)
    test(`${what}: ${expected === 1 ? 'the count is reused' : 'counted again'}`, async () => {
      const { keyCounts, counts, clock } = counted({ a: keys })
      assert.equal(await keyCounts.of('a'), keys)
      clock.advance(laterMs)
      assert.equal(await keyCounts.of('a'), keys)
      assert.equal(counts.length, expected)
    })

  test('each project has its own, and many calls in a second count once', async () => {
    const { keyCounts, counts, clock } = counted({ a: 1, b: 2 })
    for (let i = 0; i < 100; i++, clock.advance(1))
      for (const [id, keys] of [
        ['a', 1],
        ['b', 2],
      ] as const)
        assert.equal(await keyCounts.of(id), keys)
    assert.deepEqual(counts, ['a', 'b'])
  })

  test('reusing a count does not extend its life: the next one is of its own instant', async () => {
    const { keyCounts, projects, clock } = counted({ a: 10 })
    const seen = []
    for (const at of [0, 600, 1200, 1800, 2400]) {
      projects.a = 10 + at
      seen.push(await keyCounts.of('a'))
      clock.advance(600)
    }
    assert.deepEqual(seen, [10, 10, 1210, 1210, 2410])
  })

  test('a wall clock that jumps ahead and back does not extend the life of a count', async () => {
    const { keyCounts, projects, clock } = counted({ a: 10 })
    clock.jump(86_400_000)
    assert.equal(await keyCounts.of('a'), 10)
    clock.jump(-86_400_000)
    clock.advance(1000)
    projects.a = 20
    assert.equal(await keyCounts.of('a'), 20)
  })

  test('near the quota, every new key is seen', async () => {
    const { keyCounts, projects } = counted({ a: 4990 })
    for (let keys = 4990; keys <= quota; keys++) {
      projects.a = keys
      assert.equal(await keyCounts.of('a'), keys)
    }
  })

  test('a count that fails is not kept', async () => {
    let tries = 0
    const keyCounts = new KeyCounts({
      clock: new FakeClock(0),
      quota,
      count: () => (++tries === 1 ? Promise.reject(new Error('away')) : Promise.resolve(7)),
    })
    await assert.rejects(keyCounts.of('a'), /away/)
    assert.equal(await keyCounts.of('a'), 7)
  })
})
