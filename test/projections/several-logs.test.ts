/** A search of the logs of several nodes: one list, by time, in pages. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bySession } from '../../src/domain/operations.ts'
import type { LogSegmentRow } from '../../src/domain/rows.ts'
import type { AuditLine, AuditPage, AuditQuery } from '../../src/ports/reports.ts'
import type { LeafGroup, ReportReader } from '../../src/ports/store.ts'
import { searchAudit } from '../../src/projections/audit-search.ts'
import type { DerivedRows } from '../../src/projections/derived-rows.ts'
import { leafGroupsIn } from '../fakes/leaf-groups.ts'
import { everyRecord } from './every-record.ts'
import { append, groupsOfLogs, type Log, logOf, segmentsOf } from './logs.ts'

const intact = { isIntact: () => true } as unknown as DerivedRows
const everything = { ...everyRecord('a'), limit: 1000 }

type Stored = {
  readonly logs: readonly Log[]
  readonly groups?: readonly LeafGroup[]
  readonly segments?: readonly LogSegmentRow[]
}

/** Also notes from which logs, and from where on, records were read. */
function readerOf({ logs, groups = groupsOfLogs(logs), segments = [] }: Stored) {
  const looked: string[] = []
  const leafGroups = leafGroupsIn(() => groups)
  const reads = {
    scan: async () => logs.map(({ id, leaves }) => ({ id, treeSize: leaves.length })),
    leafGroups(log: string, from: number, to: number) {
      looked.push(`${log} ${from}`)
      return leafGroups(log, from, to)
    },
    segmentsBefore: async (log: string, before: number, limit: number) =>
      segments
        .filter((row) => row.log === log && row.firstIndex < before)
        .toSorted((a, b) => b.firstIndex - a.firstIndex)
        .slice(0, limit),
  }
  return { reader: reads as unknown as ReportReader, looked }
}

const nameOf = ({ node, index, timeMs }: AuditLine): string => `${node}${index}@${timeMs}`

async function search(stored: Stored, query: Partial<AuditQuery> = {}): Promise<AuditPage> {
  return searchAudit(readerOf(stored).reader, intact, { ...everything, ...query })
}

/** All pages, one after the other. */
async function paged(stored: Stored, query: Partial<AuditQuery>) {
  const pages: AuditPage[] = []
  for (let before: string | null = null; ; ) {
    const page: AuditPage = await search(stored, { ...query, before })
    pages.push(page)
    assert.ok(pages.length < 1000, 'it comes to an end')
    if (page.next === null) return { pages, names: pages.flatMap((one) => one.records.map(nameOf)) }
    before = page.next
  }
}

const at = (...times: number[]) => times.map((timeMs) => ({ timeMs }))

test('records of all logs come by time, the newest first; of equal times in one order', async () => {
  const logs = [
    logOf('a', at(1, 4, 4, 7)),
    logOf('b', at(2, 4, 8)),
    logOf('c', at(4)),
    logOf('d', []),
  ]
  const expected = ['b2@8', 'a3@7', 'a2@4', 'a1@4', 'b1@4', 'c0@4', 'b0@2', 'a0@1']
  const page = await search({ logs })
  assert.deepEqual(page.records.map(nameOf), expected)
  assert.deepEqual([page.next, page.searchedTo], [null, null])
  for (let limit = 1; limit <= 9; limit++)
    assert.deepEqual((await paged({ logs }, { limit })).names, expected, `pages of ${limit}`)
})

test('any logs, in pages of any size, with and without segments: each match once, by time', async () => {
  const operation = fc.constantFrom('encrypt', 'decrypt', 'sign')
  const steps = fc.array(fc.tuple(fc.nat(3), operation), { maxLength: 40 })
  const made = fc.array(steps, { minLength: 1, maxLength: 4 })
  const settings = fc.record({
    limit: fc.integer({ min: 1, max: 12 }),
    looksAt: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
    size: fc.integer({ min: 1, max: 9 }),
    covered: fc.nat(40),
    from: fc.option(fc.nat(60), { nil: null }),
  })
  await fc.assert(
    fc.asyncProperty(made, settings, async (lists, { limit, looksAt, size, covered, from }) => {
      const logs = lists.map((list, i) => {
        let timeMs = 0
        return logOf(
          `${i}`,
          list.map(([passed, operation]) => {
            timeMs += passed
            return { timeMs, operation }
          }),
        )
      })
      const segments = logs
        .flatMap((log) => segmentsOf(log, size))
        .filter(({ firstIndex }) => firstIndex < covered)
      const query = { operations: ['sign'], from }
      const expected = logs
        .flatMap(({ id, records }) =>
          records.map((record, index) => ({ ...record, node: id, index })),
        )
        .filter(({ operation, timeMs }) => operation === 'sign' && timeMs >= (from ?? 0))
        .toSorted(
          (a, b) => b.timeMs - a.timeMs || a.node.localeCompare(b.node) || b.index - a.index,
        )
        .map((record) => nameOf(record as never))
      const whole = await search({ logs, segments }, query)
      assert.deepEqual(whole.records.map(nameOf), expected)
      const bits = { ...query, limit, ...(looksAt !== undefined && { looksAt }) }
      const { names } = await paged({ logs, segments }, bits)
      assert.deepEqual(names, expected)
    }),
    { numRuns: 200 },
  )
})

test('a log that appears, and records that are added, do not move the pages that follow', async () => {
  const one = logOf('b', at(1, 2, 3, 4))
  const first = await search({ logs: [one] }, { limit: 2 })
  append(one, at(6))
  const later = logOf('a', at(5, 7))
  const logs = [later, one]
  const rest = await search({ logs }, { limit: 9, before: first.next })
  assert.deepEqual(rest.records.map(nameOf), ['b1@2', 'b0@1'])
  assert.equal(rest.next, null)
  const again = await search({ logs })
  assert.deepEqual(again.records.slice(0, 3).map(nameOf), ['a1@7', 'b4@6', 'a0@5'])
})

test('a place beyond the end of a log, or in a log that is gone, is no error', async () => {
  const logs = [logOf('a', at(1, 2))]
  const far = await search({ logs }, { before: 'a:999999999999999,gone:7' })
  assert.deepEqual(far.records.map(nameOf), ['a1@2', 'a0@1'])
  assert.deepEqual((await search({ logs }, { before: 'gone:7' })).records, [])
})

test('a log without a match is searched to its end, and then left out', async () => {
  const other = (times: number[]) => at(...times).map((one) => ({ ...one, operation: 'decrypt' }))
  const times = Array.from({ length: 300 }, (_, i) => i)
  const logs = [logOf('a', other(times)), logOf('b', at(...times))]
  const { names, pages } = await paged({ logs }, { operations: ['encrypt'], limit: 120 })
  assert.equal(names.length, 300)
  assert.equal(new Set(names).size, 300)
  assert.ok(pages.length <= 4)
  const none = await search({ logs: [logOf('a', other(times))] }, { operations: ['encrypt'] })
  assert.deepEqual([none.records, none.next, none.searchedTo], [[], null, null])
})

test('a search that looked at as much as it may says down to when it got in every log, and goes on', async () => {
  const rare = (id: string, shift: number) =>
    logOf(
      id,
      Array.from({ length: 500 }, (_, i) => ({
        timeMs: 10 * i + shift,
        operation: i % 170 === 3 ? 'sign' : 'encrypt',
      })),
    )
  const logs = [rare('a', 0), rare('b', 5)]
  const query = { operations: ['sign'], looksAt: 350 }
  const page = await search({ logs }, query)
  assert.deepEqual(page.records.map(nameOf), ['b343@3435', 'a343@3430'])
  const { searchedTo } = page
  assert.ok(searchedTo !== null && searchedTo <= 3430 && searchedTo > 1735, `${searchedTo}`)
  const { names } = await paged({ logs }, query)
  assert.deepEqual(names, (await search({ logs }, { operations: ['sign'] })).records.map(nameOf))
  assert.equal(names.length, 6)
})

test('records that are missing or damaged end no search, and it ends', async () => {
  const whole = logOf('a', at(...Array.from({ length: 700 }, (_, i) => i)))
  const other = logOf('b', at(350))
  const groups = groupsOfLogs([whole, other], 10)
  const isIn = (first: number, last: number) => (one: LeafGroup) =>
    one.log === 'a' && one.firstIndex >= first && one.firstIndex < last
  for (const [first, last] of [
    [0, 10],
    [0, 300],
    [200, 210],
    [150, 480],
    [690, 700],
    [300, 700],
    [0, 700],
  ] as const) {
    const expected = [...whole.records.entries()]
      .filter(([index]) => index < first || index >= last)
      .map(([index]) => `a${index}@${index}`)
    const isGone = isIn(first, last)
    const without = groups.filter((one) => !isGone(one))
    const damaged = groups.map((one) => (isGone(one) ? { ...one, leaves: Uint8Array.of(9) } : one))
    const segments = segmentsOf(whole, 64)
    for (const stored of [without, damaged])
      for (const limit of [40, 1000])
        for (const covering of [[], segments]) {
          const logs = [whole, other]
          const found = await paged({ logs, groups: stored, segments: covering }, { limit })
          const ofWhole = found.names.filter((name) => name !== 'b0@350')
          assert.deepEqual(ofWhole.toReversed(), expected, `${first} to ${last}`)
          assert.equal(found.names.length, expected.length + 1)
        }
  }
})

test('segments that hold no match are not read, in any log; the newest one always is', async () => {
  const withSign = (id: string, index: number) =>
    logOf(
      id,
      Array.from({ length: 400 }, (_, i) => ({
        timeMs: i,
        operation: i === index ? 'sign' : 'encrypt',
      })),
    )
  const logs = [withSign('a', 130), withSign('b', -1)]
  const segments = logs.flatMap((log) => segmentsOf(log, 50))
  const { reader, looked } = readerOf({ logs, segments })
  const page = await searchAudit(reader, intact, { ...everything, operations: ['sign'] })
  assert.deepEqual(page.records.map(nameOf), ['a130@130'])
  assert.deepEqual([page.next, page.searchedTo], [null, null])
  const read = looked.filter((one) => !/ 0$/.test(one))
  assert.deepEqual(read.toSorted(), ['a 100', 'a 350', 'b 350'])
  const damaged = { isIntact: () => false } as unknown as DerivedRows
  const all = await searchAudit(reader, damaged, { ...everything, operations: ['sign'] })
  assert.deepEqual(all.records.map(nameOf), ['a130@130'], 'a damaged one is read')
})

test('the first segment before an instant ends the search of its log, not of the others', async () => {
  const old = logOf('a', at(...Array.from({ length: 200 }, (_, i) => i)))
  const busy = logOf('b', at(...Array.from({ length: 200 }, (_, i) => 1000 + i)))
  const segments = [...segmentsOf(old, 20), ...segmentsOf(busy, 20)]
  const stored = { logs: [old, busy], segments }
  const { reader, looked } = readerOf(stored)
  const page = await searchAudit(reader, intact, { ...everything, from: 1100 })
  assert.deepEqual([page.records.length, page.records.at(-1)?.timeMs], [100, 1100])
  assert.deepEqual([page.next, page.searchedTo], [null, null])
  assert.ok(!looked.includes('a 160'), 'only the newest segment of the old log is read')
  const { names } = await paged(stored, { from: 1100, limit: 7 })
  assert.equal(names.length, 100)
})

test('a clock that was wrong for a while hides no record', async () => {
  const logs = [logOf('a', at(10, 900, 12, 13)), logOf('b', at(11, 14))]
  const { names } = await paged({ logs }, { limit: 2 })
  assert.deepEqual(names.toSorted(), ['a0@10', 'a1@900', 'a2@12', 'a3@13', 'b0@11', 'b1@14'])
})

test('hidden reads of consoles are counted once over all pages', async () => {
  const read = { operation: 'search-keys', detail: bySession }
  const mixed = (id: string, shift: number) =>
    logOf(
      id,
      Array.from({ length: 60 }, (_, i) => ({
        timeMs: 2 * i + shift,
        ...(i % 3 === 0 && read),
      })),
    )
  const logs = [mixed('a', 0), mixed('b', 1)]
  for (const limit of [1, 7, 80]) {
    const { pages, names } = await paged({ logs }, { hidesReads: true, limit })
    assert.equal(names.length, 80)
    assert.equal(
      pages.reduce((sum, { hidden }) => sum + hidden, 0),
      40,
    )
  }
})
