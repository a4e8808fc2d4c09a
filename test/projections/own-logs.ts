/**
 * A node that follows its own logs, on a real store: its writers hand over what they recorded, as
 * the thread of the writers does.
 */
import assert from 'node:assert/strict'
import { createSecretKey, randomBytes, randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { firstHead, NodeLog } from '../../src/audit/log.ts'
import { RecentLeaves } from '../../src/audit/recent-leaves.ts'
import { insertRow } from '../../src/crypto/formats/row-writes.ts'
import type { RowWrite } from '../../src/domain/rows.ts'
import { ownSubmission, type Receipt, type Submission } from '../../src/ports/journal.ts'
import { callWidths } from '../../src/ports/reports.ts'
import type { ReportReader, StoreWriter } from '../../src/ports/store.ts'
import { DerivedRows } from '../../src/projections/derived-rows.ts'
import { LogFollower } from '../../src/projections/follower.ts'
import { logsOf } from '../../src/projections/logs.ts'
import { TimeKeeper } from '../../src/runtime/time-keeper.ts'
import { Writer } from '../../src/runtime/writer.ts'
import { anyEntry } from '../fakes/audit-entry.ts'
import { FakeClock } from '../fakes/clock.ts'
import { emptyKey } from '../fakes/key-row.ts'
import { Draws } from '../simulation/scheduler.ts'

/** An empty store. */
export type Opened = {
  /** Another connection that writes, or the only one. */
  store(): StoreWriter
  readonly reader: ReportReader
  /** Whether groups of several lanes may be under way at once. */
  readonly isShared: boolean
  close(): Promise<void>
}

const mac = createSecretKey(randomBytes(32))
const project = 'a'.repeat(32)
const key = randomUUID()
const startsAt = 400 * 86_400_000
const names = (lanes: number): string[] =>
  Array.from({ length: lanes }, (_, i) => (i === 0 ? 'node' : `node-${i}`))

const call: Submission = ownSubmission({
  entry: {
    ...anyEntry,
    ...{ dialect: 'huawei', operation: 'encrypt', project, keyId: key, keyRevision: 1 },
  },
})

/** One run of a node, from its start to its end. */
class Running {
  readonly clock: FakeClock
  readonly #writers: readonly Writer[]
  readonly recent: RecentLeaves
  readonly follower: LogFollower
  /** Reads of records from the store. */
  reads = 0
  /** What becomes of a submission of the follower, instead of being written and answered. */
  disturb: (write: () => Promise<Receipt>) => Promise<Receipt> = (write) => write()

  private constructor(store: Opened, clock: FakeClock, logs: NodeLog[], recent: RecentLeaves) {
    this.clock = clock
    this.recent = recent
    const time = new TimeKeeper(clock, clock.wallNow())
    const only = store.isShared ? undefined : store.store()
    this.#writers = logs.map((log) => new Writer({ store: only ?? store.store(), log, time }))
    const reader = this.#counting(store.reader)
    const onDamaged = () => assert.fail('a row is damaged')
    this.follower = new LogFollower({
      reader,
      rows: new DerivedRows({ reader, rowMac: mac, onDamaged }),
      rowMac: mac,
      submit: (writes) => this.disturb(() => this.#writeOwn(writes)),
      own: { logs: new Set(logs.map(({ id }) => id)), recent: async () => this.recent.take() },
      now: () => clock.monotonic(),
    })
  }

  /** @param atMost bytes that the writers keep for the follower. */
  static async start(
    store: Opened,
    clock: FakeClock,
    { lanes = 1, atMost }: { lanes?: number; atMost?: number },
  ): Promise<Running> {
    const recent = new RecentLeaves(atMost)
    const heads = new Map((await logsOf(store.reader)).map((head) => [head.id, head]))
    const logs = names(lanes).map(
      (id) => new NodeLog('d', mac, heads.get(id) ?? firstHead(mac, id, startsAt), { recent }),
    )
    return new Running(store, clock, logs, recent)
  }

  /** Records calls in one group of a lane. */
  async write(lane: number, count: number, more: readonly Submission[] = []): Promise<void> {
    const group = [...more, ...Array.from({ length: count }, () => call)]
    const { receipts } = await (this.#writers[lane] as Writer).write(group)
    assert.ok(receipts.every((receipt) => receipt === 'recorded'))
  }

  async followAll(): Promise<void> {
    for (let rounds = 0; await this.follower.round(); rounds++) assert.ok(rounds < 100)
  }

  async #writeOwn(writes: readonly RowWrite[]): Promise<Receipt> {
    const { receipts } = await (this.#writers[0] as Writer).write([ownSubmission({ writes })])
    return receipts[0] as Receipt
  }

  #counting(reader: ReportReader): ReportReader {
    return new Proxy(reader, {
      get: (target, name) => {
        if (name === 'leafGroups') this.reads++
        const value = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  }
}

/** What is known of calls, by each way in which they are counted. */
async function counted({ reader }: Opened): Promise<number[]> {
  const sums = await Promise.all(
    callWidths.map(async ({ widthMs }) =>
      (await reader.callCounts(project, widthMs, 0))
        .flatMap(({ counts }) => Object.values(JSON.parse(counts) as Record<string, object>))
        .flatMap((outcomes) => Object.values(outcomes) as number[])
        .reduce((sum, one) => sum + one, 0),
    ),
  )
  return [...sums, (await reader.row('keyUses', key))?.recentCalls ?? 0]
}

const inEach = (count: number): number[] => [...callWidths.map(() => count), count]

/** @param open makes an empty store. */
export function followsOwnLogs(over: string, open: () => Promise<Opened>, seeds: number): void {
  describe(`a node that follows its own logs over ${over}`, () => {
    let store: Opened
    let clock: FakeClock
    beforeEach(async () => {
      store = await open()
      clock = new FakeClock(startsAt)
      const made = await Running.start(store, clock, {})
      const row = insertRow(mac, 'keys', { ...emptyKey, id: key, projectId: project })
      await made.write(0, 0, [ownSubmission({ writes: [row] })])
    })
    afterEach(() => store.close())

    test('takes them from memory, each record once', async () => {
      const node = await Running.start(store, clock, {})
      for (let i = 1; i <= 5; i++) {
        await node.write(0, i)
        await node.write(0, 1)
        await node.followAll()
        assert.deepEqual(await counted(store), inEach(i + (i * (i + 1)) / 2))
      }
      await node.followAll()
      assert.equal(node.reads, 0)
    })

    test('reads from the store what was recorded before it started, and the rest not', async () => {
      const before = await Running.start(store, clock, { lanes: 3 })
      for (const lane of [0, 1, 2]) await before.write(lane, 10)
      const node = await Running.start(store, clock, { lanes: 3 })
      await node.write(1, 7)
      await node.followAll()
      assert.deepEqual(await counted(store), inEach(37))
      const { reads } = node
      assert.ok(reads >= 3)
      for (const lane of [0, 1, 2]) await node.write(lane, 5)
      await node.followAll()
      assert.deepEqual(await counted(store), inEach(52))
      assert.equal(node.reads, reads)
    })

    test('reads from the store what did not fit into the budget', async () => {
      const node = await Running.start(store, clock, { lanes: 2, atMost: 3000 })
      for (let i = 0; i < 20; i++) await node.write(i % 2, 2)
      await node.followAll()
      assert.deepEqual(await counted(store), inEach(40))
      assert.ok(node.reads > 0)
      const { reads } = node
      await node.write(0, 2)
      await node.followAll()
      assert.deepEqual(await counted(store), inEach(42))
      assert.equal(node.reads, reads, 'but not what comes after it')
    })

    test('goes on in steps through more than one step holds', async () => {
      const node = await Running.start(store, clock, {})
      for (const count of [500, 500, 500, 500, 1]) await node.write(0, count)
      assert.equal(await node.follower.round(), true)
      assert.deepEqual(await counted(store), inEach(2000))
      await node.write(0, 3)
      await node.followAll()
      assert.deepEqual(await counted(store), inEach(2004))
      assert.equal(node.reads, 0)
    })

    for (let seed = 1; seed <= seeds; seed++)
      test(`counts each record once, with kills and refusals: seed ${seed}`, async () => {
        const draw = new Draws(seed)
        const parts = { lanes: 6, ...(draw.chance(0.5) && { atMost: 4000 }) }
        let node = await Running.start(store, clock, parts)
        let written = 0
        for (let step = 0; step < 60; step++) {
          const groups = Array.from({ length: draw.below(4) }, (_, i) => ({
            lane: (draw.below(6) + i) % 6,
            count: 1 + draw.below(5),
          }))
          const ofLanes = new Map(groups.map((group) => [group.lane, group.count]))
          for (const count of ofLanes.values()) written += count
          const writes = [...ofLanes].map(
            ([lane, count]) =>
              () =>
                node.write(lane, count),
          )
          if (store.isShared) await Promise.all(writes.map((write) => write()))
          else for (const write of writes) await write()
          node.disturb = disturbing(draw.below(6))
          if (draw.chance(0.7)) await node.follower.round()
          // A kill: what is in memory is gone, and so is the answer to a submission.
          if (draw.chance(0.1)) node = await Running.start(store, clock, parts)
        }
        node.disturb = (write) => write()
        await node.followAll()
        await node.followAll()
        assert.deepEqual(await counted(store), inEach(written))
      })
  })
}

/** Most submissions of the follower are written and answered. */
function disturbing(kind: number): Running['disturb'] {
  if (kind === 0) return async () => 'unavailable'
  if (kind === 1) return async () => 'stale'
  if (kind !== 2) return (write) => write()
  return async (write) => {
    await write()
    return 'unknown'
  }
}
