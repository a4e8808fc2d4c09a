/** The cache: one load at a time, no missing rows cached, no outdated rows cached. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RowCache } from '../../src/runtime/row-cache.ts'

type Value = { readonly revision: number }

function cacheOver(rows: Map<string, Value>, entries = 10) {
  const gate: { open: (() => void)[] } = { open: [] }
  const disposed: Value[] = []
  let loads = 0
  const cache = new RowCache<Value>({
    entries,
    async load(id) {
      loads++
      const found = rows.get(id)
      await new Promise<void>((resolve) => gate.open.push(resolve))
      return found
    },
    revision: (value) => value.revision,
    dispose: (value) => disposed.push(value),
  })
  const release = (): void => {
    for (const open of gate.open.splice(0)) open()
  }
  /** The load that began as the n-th of those that still wait. */
  const releaseOne = (n: number): void => gate.open.splice(n, 1)[0]?.()
  return { cache, disposed, loads: () => loads, release, releaseOne }
}

test('callers at once share one load', async () => {
  const { cache, loads, release } = cacheOver(new Map([['a', { revision: 1 }]]))
  const both = [cache.load('a'), cache.load('a')]
  release()
  assert.equal((await Promise.all(both))[0]?.revision, 1)
  assert.equal(loads(), 1)
  assert.equal(cache.peek('a')?.revision, 1)
})

test('a missing row is looked up again', async () => {
  const rows = new Map<string, Value>()
  const { cache, release } = cacheOver(rows)
  const missing = cache.load('a')
  release()
  assert.equal(await missing, undefined)
  rows.set('a', { revision: 1 })
  const found = cache.load('a')
  release()
  assert.equal((await found)?.revision, 1)
})

test('an invalidation drops outdated rows, and only those', async () => {
  const { cache, disposed, release } = cacheOver(new Map([['a', { revision: 3 }]]))
  const loaded = cache.load('a')
  release()
  await loaded
  cache.invalidate('a', 3)
  assert.ok(cache.peek('a'))
  cache.invalidate('a', 4)
  assert.equal(cache.peek('a'), undefined)
  assert.equal(disposed.length, 1)
})

test('a row that is gone is dropped at any revision', async () => {
  const { cache, release } = cacheOver(new Map([['a', { revision: 3 }]]))
  const loaded = cache.load('a')
  release()
  await loaded
  cache.invalidate('a', 0)
  assert.equal(cache.peek('a'), undefined)
})

for (const ends of ['before', 'after'] as const) {
  test(`a load that began before an invalidation and ends ${ends} the next one is not kept: it may have read the old row`, async () => {
    const rows = new Map([['a', { revision: 1 }]])
    const { cache, disposed, releaseOne } = cacheOver(rows)
    const old = cache.load('a')
    rows.set('a', { revision: 2 })
    cache.invalidate('a', 2)
    const fresh = cache.load('a')
    const [first, last] = ends === 'before' ? [0, 0] : [1, 0]
    releaseOne(first)
    await (ends === 'before' ? old : fresh)
    releaseOne(last)
    assert.deepEqual([(await old)?.revision, (await fresh)?.revision], [1, 2])
    assert.equal(cache.peek('a')?.revision, 2)
    // Nothing would wipe it later.
    assert.deepEqual(disposed, [{ revision: 1 }])
  })
}

test('it holds no more than its maximum, and wipes what is evicted', async () => {
  const rows = new Map(Array.from({ length: 5 }, (_, i) => [`k${i}`, { revision: i }] as const))
  const { cache, disposed, release } = cacheOver(rows, 2)
  for (const id of rows.keys()) {
    const loaded = cache.load(id)
    release()
    await loaded
  }
  assert.equal(disposed.length, 3)
  cache.clear()
  assert.equal(disposed.length, 5)
})

test('a load that fails is not remembered', async () => {
  let fails = true
  const cache = new RowCache<Value>({
    entries: 2,
    load: async () => {
      if (fails) throw new Error('damaged')
      return { revision: 1 }
    },
    revision: (value) => value.revision,
  })
  await assert.rejects(cache.load('a'))
  fails = false
  assert.equal((await cache.load('a'))?.revision, 1)
})
