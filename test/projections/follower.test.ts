/** Figures made from the logs of several nodes: nothing is missed, and nothing counted twice. */
import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { beforeEach, describe, test } from 'node:test'
import fc from 'fast-check'
import { bodyOf, packedAsIs } from '../../src/audit/leaf-groups.ts'
import type { RecentGroup } from '../../src/audit/recent-leaves.ts'
import { insertRow } from '../../src/crypto/formats/row-writes.ts'
import { dayMs } from '../../src/domain/keys/key-use.ts'
import { bySession } from '../../src/domain/operations.ts'
import type { Row, RowWrite } from '../../src/domain/rows.ts'
import type { TableName } from '../../src/domain/tables.ts'
import { firstStartOperation, type Receipt } from '../../src/ports/journal.ts'
import { callWidths } from '../../src/ports/reports.ts'
import type { StoreReader } from '../../src/ports/store.ts'
import { DerivedRows } from '../../src/projections/derived-rows.ts'
import { Fold } from '../../src/projections/fold.ts'
import { type FollowerParts, LogFollower } from '../../src/projections/follower.ts'
import { anyEntry } from '../fakes/audit-entry.ts'
import { emptyKey } from '../fakes/key-row.ts'
import { leafGroupsIn } from '../fakes/leaf-groups.ts'
import { append, groupsOfLogs, type Log, type Logged, logOf } from './logs.ts'

const mac = createSecretKey(randomBytes(32))
const start = { operation: firstStartOperation, dialect: 'service', timeMs: 1000 }
const calls = (count: number, from = 1001): Logged[] =>
  Array.from({ length: count }, (_, i) => ({ timeMs: from + i }))
const useOf = (keyId: string, timeMs: number, fields: Partial<Logged> = {}): Logged => ({
  keyId,
  keyRevision: 1,
  timeMs,
  ...fields,
})
const endOf = (keyId: string, timeMs: number): Logged =>
  useOf(keyId, timeMs, { operation: 'end-key' })

/** A store of rows and logs in memory. */
class Stored {
  readonly rows = new Map<string, Row<TableName>>()
  readonly damaged: string[] = []
  logs: readonly Log[] = []
  /** Of the heads of the logs. */
  epoch: number | null = null
  /** Logs of the node that follows: those of these tests, unless one says otherwise. */
  own: ReadonlySet<string> = new Set('abcmz')
  /** What the writers of that node hand over. */
  recent: RecentGroup[] = []
  now = 0
  /** What the writer says to the next submissions instead of writing them. */
  answers: Receipt[] = []

  put(write: RowWrite): void {
    const name = `${write.table} ${write.id}`
    assert.equal(this.rows.get(name)?.revision ?? 0, write.expected, name)
    if (write.row === null) this.rows.delete(name)
    else this.rows.set(name, write.row)
  }

  row<T extends TableName>(table: T, id: string): Row<T> | undefined {
    return this.rows.get(`${table} ${id}`) as Row<T> | undefined
  }

  all<T extends TableName>(table: T): Row<T>[] {
    const found = [...this.rows].filter(([name]) => name.startsWith(`${table} `))
    return found.map(([, row]) => row as Row<T>)
  }

  key(id: string, deletedAt: number | null = null): void {
    this.put(insertRow(mac, 'keys', { ...emptyKey, id, deletedAt }))
  }

  follower(): LogFollower {
    return new LogFollower(this.parts())
  }

  parts(): FollowerParts {
    const reader = {
      scan: async () =>
        this.logs.map(({ id, records }) => ({ id, treeSize: records.length, epoch: this.epoch })),
      leafGroups: leafGroupsIn(() => groupsOfLogs(this.logs)),
      row: async (table: TableName, id: string) => this.row(table, id),
      rows: async (table: TableName, ids: readonly string[]) =>
        ids.flatMap((id) => this.row(table, id) ?? []),
    } as unknown as StoreReader
    const onDamaged = ({ table }: { readonly table: string }) => this.damaged.push(table)
    const rows = new DerivedRows({ reader, rowMac: mac, onDamaged })
    const submit = async (writes: readonly RowWrite[]): Promise<Receipt> => {
      const answer = this.answers.shift()
      if (answer !== undefined) return answer
      for (const write of writes) this.put(write)
      return 'recorded'
    }
    const own = {
      logs: this.own,
      recent: async () => this.recent.splice(0),
    }
    return { reader, rows, rowMac: mac, submit, own, now: () => this.now }
  }

  /** Calls that were counted, by each width that is kept. */
  counted(): number[] {
    return callWidths.map(({ widthMs }) =>
      this.all('callCounts')
        .filter((row) => row.widthMs === widthMs)
        .flatMap(({ counts }) => Object.values(JSON.parse(counts) as Record<string, object>))
        .flatMap((outcomes) => Object.values(outcomes) as number[])
        .reduce((sum, one) => sum + one, 0),
    )
  }

  positions(): Record<string, number> {
    return Object.fromEntries(this.all('readings').map(({ id, position }) => [id, position]))
  }

  segments(): string[] {
    return this.all('logSegments')
      .map(({ log, firstIndex }) => `${log} ${firstIndex}`)
      .toSorted()
  }
}

const inEach = (count: number): number[] => callWidths.map(() => count)

describe('the figures of several logs', () => {
  let stored: Stored
  beforeEach(() => {
    stored = new Stored()
  })
  const followAll = async (follower = stored.follower()): Promise<void> => {
    for (let rounds = 1; await follower.round(); rounds++) assert.ok(rounds < 50)
  }

  test('are the sums over all of them, each read from where it was left', async () => {
    const [one, two] = [logOf('a', [start, ...calls(30)]), logOf('b', calls(20))]
    stored.logs = [one, two]
    const follower = stored.follower()
    await followAll(follower)
    assert.deepEqual(stored.counted(), inEach(50))
    assert.deepEqual(stored.positions(), { a: 31, b: 20 })
    append(one, calls(3, 5000))
    append(two, [...calls(4, 5000), { timeMs: 5010, operation: 'list-keys', detail: bySession }])
    stored.logs = [one, two, logOf('c', calls(5, 5000))]
    await followAll(follower)
    await followAll()
    assert.deepEqual(stored.counted(), inEach(62))
    assert.deepEqual(stored.positions(), { a: 34, b: 25, c: 5 })
    assert.deepEqual(stored.segments(), ['a 0', 'b 0', 'c 0'])
  })

  test('come in rounds, as long as any log has more; a gap in a log is passed', async () => {
    const [long, short] = [logOf('a', calls(4500)), logOf('b', calls(10))]
    long.leaves.splice(2100, 900)
    stored.logs = [long, short]
    const follower = stored.follower()
    assert.equal(await follower.round(), true)
    assert.deepEqual(stored.positions(), { a: 2000, b: 10 })
    await followAll(follower)
    assert.deepEqual(stored.positions(), { a: 4500, b: 10 })
    assert.deepEqual(stored.counted(), inEach(3610))
  })

  test('that another node was faster to write are read again', async () => {
    stored.logs = [logOf('a', calls(5)), logOf('b', calls(7))]
    stored.answers = ['stale']
    const follower = stored.follower()
    await follower.round()
    assert.deepEqual(stored.positions(), { b: 7 })
    await follower.round()
    assert.deepEqual(stored.positions(), { a: 5, b: 7 })
    assert.deepEqual(stored.counted(), inEach(12))
  })

  test('a damaged position stops its log, not the others', async () => {
    const logs = [logOf('a', calls(5)), logOf('b', calls(7))]
    stored.logs = logs
    await followAll()
    const row = stored.row('readings', 'a')
    stored.rows.set('readings a', { ...row, position: 0 } as Row<'readings'>)
    for (const log of logs) append(log, calls(1, 2000))
    await followAll()
    assert.deepEqual(stored.positions(), { a: 0, b: 8 })
    assert.deepEqual(stored.counted(), inEach(13))
    assert.deepEqual(stored.damaged, ['readings'])
  })
})

describe('the use of keys in several logs', () => {
  let stored: Stored
  beforeEach(() => {
    stored = new Stored()
  })
  const used = () => {
    const [row, ...others] = stored.all('keyUses')
    assert.equal(others.length, 0)
    return row
  }

  test('the last use is the latest by time, whichever log is read last', async () => {
    for (const [first, second] of [
      ['a', 'b'],
      ['b', 'a'],
    ] as const) {
      stored = new Stored()
      stored.key('k')
      const early = [useOf('k', 1000, { principal: 'early' }), useOf('k', 1500, { principal: 'x' })]
      const late = [useOf('k', 2000, { operation: 'sign', principal: 'late' })]
      stored.logs = [
        logOf(first, early),
        logOf(second, [...late, useOf('k', 1400, { principal: 'x' })]),
      ]
      stored.logs = [...stored.logs].toSorted((one, two) => one.id.localeCompare(two.id))
      await stored.follower().round()
      const row = used()
      assert.deepEqual([row?.lastUsedAt, row?.lastOperation], [2000, 'sign'])
      assert.deepEqual([row?.lastPrincipal, row?.recentCalls], ['late', 4])
      assert.deepEqual(JSON.parse(row?.recent ?? '').callers, [
        ['late', 2000],
        ['x', 1500],
        ['early', 1000],
      ])
    }
  })

  test('a use in one log before the end of the key in another one leaves nothing', async () => {
    for (const [ofUse, ofEnd] of [
      ['a', 'b'],
      ['b', 'a'],
    ] as const)
      for (const deletedAt of [2000, undefined]) {
        stored = new Stored()
        if (deletedAt !== undefined) stored.key('k', deletedAt)
        const logs = [logOf(ofUse, [useOf('k', 1000)]), logOf(ofEnd, [endOf('k', 2000)])]
        stored.logs = logs.toSorted((one, two) => one.id.localeCompare(two.id))
        await stored.follower().round()
        assert.equal(used(), undefined, `the use is read in ${ofUse}`)
        assert.deepEqual(stored.counted(), inEach(2), 'but the calls are counted')
      }
  })

  test('the end of a key deletes what was known of its use', async () => {
    stored.key('k')
    const log = logOf('a', [useOf('k', 1000)])
    stored.logs = [log]
    const follower = stored.follower()
    await follower.round()
    assert.equal(used()?.recentCalls, 1)
    stored.logs = [log, logOf('b', [endOf('k', 2000)])]
    await follower.round()
    assert.equal(used(), undefined)
  })
})

/** The last records of a log, as its writer hands them over. */
function recentOf(log: Log, from: number, epoch: number | null = null): RecentGroup {
  const leaves = log.leaves.slice(from).map(({ leaf }) => leaf)
  return { ...packedAsIs(log.id, from, leaves.length, [bodyOf(leaves)]), epoch }
}

describe('records that the writers of the node hand over', () => {
  let stored: Stored
  beforeEach(() => {
    stored = new Stored()
  })

  test('count like those of the store, from the position on and up to the head', async () => {
    const log = logOf('a', calls(10))
    stored.logs = [log]
    const follower = stored.follower()
    await follower.round()
    append(log, calls(20))
    stored.recent = [recentOf(log, 5)]
    log.leaves.splice(0)
    log.records.splice(25)
    await follower.round()
    assert.deepEqual([stored.counted(), stored.positions()], [inEach(25), { a: 25 }])
    log.records.push(...logOf('a', calls(5)).records)
    await follower.round()
    assert.deepEqual([stored.counted(), stored.positions()], [inEach(30), { a: 30 }])
  })

  test('are tried again if another node was faster, or the log is not available', async () => {
    const log = logOf('a', calls(10))
    stored.logs = [log]
    stored.recent = [recentOf(log, 0)]
    log.leaves.splice(0)
    stored.answers = ['stale', 'unavailable']
    const follower = stored.follower()
    for (let round = 0; round < 4; round++) assert.equal(await follower.round(), false)
    assert.deepEqual(stored.counted(), inEach(10))
  })

  test('are not used if a loss was accepted since: the log goes on with others', async () => {
    const [lost, kept] = [logOf('a', calls(10)), logOf('a', calls(6))]
    stored.logs = [kept]
    const follower = stored.follower()
    await follower.round()
    append(kept, calls(7, 5000))
    stored.recent = [recentOf(lost, 4)]
    stored.epoch = 2
    await follower.round()
    assert.deepEqual(stored.counted(), inEach(13))
    const last = stored.all('callCounts').map(({ startsAt }) => startsAt)
    assert.ok(last.every((one) => one <= 5000))
    assert.equal(stored.all('logSegments')[0]?.lastTime, 5006)
  })
})

describe('the logs of other nodes', () => {
  let stored: Stored
  beforeEach(() => {
    stored = new Stored()
    stored.own = new Set(['a'])
  })

  test('are left to them, unless one does not move for ten seconds', async () => {
    const [own, other] = [logOf('a', calls(3)), logOf('b', calls(4500))]
    stored.logs = [own, other]
    const follower = stored.follower()
    for (stored.now = 0; stored.now < 10_000; stored.now += 1000) await follower.round()
    assert.deepEqual(stored.positions(), { a: 3 })
    while (await follower.round());
    assert.deepEqual(stored.positions(), { a: 3, b: 4500 })
    assert.deepEqual(stored.counted(), inEach(4503))
    assert.equal(await follower.round(), false)
    append(other, calls(2, 6000))
    await follower.round()
    append(other, calls(2, 6000))
    await follower.round()
    assert.deepEqual(stored.positions(), { a: 3, b: 4500 }, 'it may be back')
  })

  test('are left to a node that is behind but goes on, or had nothing to do', async () => {
    const other = logOf('b', calls(100))
    stored.logs = [other]
    stored.own = new Set(['b'])
    const itself = stored.follower()
    stored.own = new Set(['a'])
    const follower = stored.follower()
    for (let round = 0; round < 40; round++) {
      stored.now += 900
      await follower.round()
      assert.equal(
        stored.positions().b,
        round < 9 ? undefined : 100 + Math.floor((round - 9) / 9) * 5,
      )
      if (round % 9 !== 8) continue
      await itself.round()
      append(other, calls(5, 5000))
    }
    await itself.round()
    stored.now += 3_600_000
    append(other, calls(5, 6000))
    await follower.round()
    assert.equal(stored.positions().b, other.records.length - 5)
  })
})

describe('records that are summed up before they change rows', () => {
  const minutes = fc.array(fc.nat(120), { minLength: 20, maxLength: 60 })
  const fields = fc.record({
    keyId: fc.constantFrom('k', 'k', 'k', 'l', null),
    keyRevision: fc.constantFrom(1, 1, 1, null),
    project: fc.constantFrom('a', 'a', 'a', 'b', null),
    principal: fc.constantFrom('p', 'q', null),
    operation: fc.constantFrom('encrypt', 'encrypt', 'encrypt', 'sign', 'list-keys', 'end-key'),
    outcome: fc.constantFrom('ok', 'ok', 'key-disabled'),
    count: fc.integer({ min: 1, max: 3 }),
    detail: fc.constantFrom(null, bySession),
  })

  test('change them as one by one, however they are divided', async () => {
    await fc.assert(
      fc.asyncProperty(minutes, fc.infiniteStream(fields), fc.nat(), async (offsets, some, at) => {
        const records = offsets
          .toSorted((a, b) => a - b)
          .map((one) => ({ ...anyEntry, ...some.next().value, timeMs: 400 * dayMs + one * 60_000 }))
        const [together, alone] = [new Stored(), new Stored()]
        const cut = at % records.length
        for (const stored of [together, alone]) for (const id of ['k', 'l']) stored.key(id)
        const fold = async (stored: Stored, from: number, to: number): Promise<void> => {
          const folding = new Fold(stored.parts(), 'log')
          for (const [i, record] of records.slice(from, to).entries())
            folding.add(1000 + from + i, record, true)
          for (const write of await folding.writes()) stored.put(write)
        }
        await fold(together, 0, cut)
        await fold(together, cut, records.length)
        for (let i = 0; i < records.length; i++) await fold(alone, i, i + 1)
        assert.deepEqual(contentOf(together), contentOf(alone))
      }),
    )
  })
})

/** The derived rows, without what says how often they changed. */
function contentOf(stored: Stored): object {
  const uncounted = stored.all('logSegments').map(({ revision: _, mac: __, ...row }) => {
    const terms = (JSON.parse(row.terms) as string[][]).map((list) => list.toSorted())
    return { ...row, keys: row.keys.toHex().match(/.{16}/g)?.toSorted(), terms }
  })
  const others = [...stored.all('callCounts'), ...stored.all('keyUses')]
  return [...uncounted, ...others.map(({ revision: _, mac: __, ...row }) => row)].toSorted((a, b) =>
    a.id.localeCompare(b.id),
  )
}

describe('a store of an earlier release', () => {
  let stored: Stored
  let first: Log
  const old = (position: number) =>
    insertRow(mac, 'readings', { id: 'log', position, timeMs: 1000 + position })
  /** As the earlier release left it: counted up to its position, without segments by log. */
  beforeEach(async () => {
    stored = new Stored()
    stored.key('k')
    first = logOf('m', [start, ...calls(2500), useOf('k', 4000)])
    stored.logs = [first]
    const follower = stored.follower()
    while (await follower.round());
    for (const name of [...stored.rows.keys()])
      if (/^(readings|logSegments) /.test(name)) stored.rows.delete(name)
    stored.put(old(first.leaves.length))
  })

  test('its records get segments, and are not counted again', async () => {
    append(first, [...calls(10, 5000), useOf('k', 6000)])
    stored.logs = [logOf('a', calls(4, 5000)), first, logOf('z', calls(3, 5000))]
    const follower = stored.follower()
    while (await follower.round());
    assert.deepEqual(stored.counted(), inEach(2501 + 11 + 4 + 3))
    assert.deepEqual([stored.all('keyUses')[0]?.recentCalls, stored.positions().m], [2, 2513])
    assert.deepEqual(stored.segments(), ['a 0', 'm 0', 'm 1024', 'm 2048', 'z 0'])
  })

  test('also if that is interrupted, or done by two nodes at once', async () => {
    const nodes = [stored.follower(), stored.follower()] as const
    assert.equal(await nodes[0].round(), true)
    stored.answers = ['stale']
    await nodes[1].round()
    append(first, calls(5, 5000))
    const again = stored.follower()
    while (await again.round());
    await nodes[0].round()
    assert.deepEqual(stored.counted(), inEach(2501 + 5))
  })

  test('a damaged position of it needs a person: until then nothing is counted twice', async () => {
    stored.rows.set('readings log', { ...old(3).row, position: 4 } as Row<'readings'>)
    stored.logs = [first, logOf('z', calls(3, 5000))]
    const follower = stored.follower()
    for (let round = 0; round < 3; round++) assert.equal(await follower.round(), false)
    assert.deepEqual(stored.counted(), inEach(2501 + 3))
    assert.deepEqual(stored.damaged, ['readings'])
    assert.equal(stored.positions().m, undefined)
  })
})
