/**
 * What keeps transactions apart: uses of a row exclude its changes, and nothing else. By number
 * first, then with two writers on a server.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { packed } from '../../src/audit/leaf-groups.ts'
import { firstHead, NodeLog } from '../../src/audit/log.ts'
import { legacyLeaf } from '../../src/audit/record.ts'
import { insertRow, updateRow } from '../../src/crypto/formats/row-writes.ts'
import { absent, type KeyRow, type RowReference, versionOf } from '../../src/domain/rows.ts'
import type { TransactionPlan } from '../../src/ports/store.ts'
import { lockOfLog, locksOf } from '../../src/store/postgres/locks.ts'
import { migratePostgres } from '../../src/store/postgres/migrate.ts'
import { PostgresWriter } from '../../src/store/postgres/writer.ts'
import { until } from '../e2e/until.ts'
import { emptyKey } from '../fakes/key-row.ts'
import { planOf } from '../fakes/plan.ts'
import { PostgresServer, waitingIn, withoutPostgres } from '../fakes/postgres.ts'
import { commitRecord } from './commit-record.ts'

const key = (id: string): RowReference => ['keys', id, absent]
const mac = createSecretKey(randomBytes(32))

describe('the numbers of locks', () => {
  /** Those that a plan asks for, in their order. */
  function asked(plan: TransactionPlan): { number: number; isAlone: boolean }[] {
    const [list = ''] = locksOf(plan).parameters ?? []
    return String(list)
      .split(',')
      .map(Number)
      .map((one) => ({ number: Math.floor(one / 2), isAlone: one % 2 === 1 }))
  }
  const numbers = (plan: TransactionPlan) => asked(plan).map(({ number }) => number)
  const [head] = asked(planOf())

  test('a log is locked alone', () => {
    assert.deepEqual(asked(planOf()), [{ number: head?.number, isAlone: true }])
    assert.deepEqual(lockOfLog('node'), locksOf(planOf()))
    assert.notDeepEqual(lockOfLog('node'), lockOfLog('node-1'))
  })

  test('the heads that a group reads are not locked: only their own log is', () => {
    const rows: RowReference[] = ['node', 'other'].map((id) => ['ledgers', id, absent])
    assert.deepEqual(locksOf(planOf(rows)), locksOf(planOf()))
  })

  test('a row that is read is shared; one that is changed, or gets a part, is not', () => {
    const [first] = asked(planOf([key('k')]))
    assert.equal(first?.isAlone, false)
    const changed = asked(planOf([key('k')], { changes: [['keys', 'k']] }))
    assert.deepEqual(changed, [{ number: first?.number, isAlone: true }, head])
  })

  test('all are asked for in the order of their numbers, each once', () => {
    const ids = Array.from({ length: 2000 }, (_, i) => `k${i}`)
    const changes = ids.filter((_, i) => i % 3 === 0).map((id) => ['keys', id] as const)
    const found = numbers(planOf(ids.map(key), { changes }))
    assert.deepEqual(
      found,
      found.toSorted((a, b) => a - b),
    )
    assert.equal(new Set(found).size, found.length)
    assert.ok(found.length <= 257, 'a few hundred locks are enough for any number of rows')
  })

  test('rows of derived tables, recorded ones, the epoch and logs never share a number', () => {
    const ids = Array.from({ length: 2000 }, (_, i) => `id${i}`)
    const of = (table: 'keys' | 'keyUses'): Set<number> =>
      new Set(numbers(planOf(ids.map((id) => [table, id, absent]))).slice(0, -1))
    const logs = new Set(ids.flatMap((log) => numbers(planOf([], { log }))))
    // Every group shares this one.
    const epochs = new Set(numbers(planOf([['epochs', 'd', absent]])).slice(0, -1))
    const all = [of('keys'), of('keyUses'), epochs, logs]
    assert.equal(
      new Set(all.flatMap((one) => [...one])).size,
      all.reduce((sum, { size }) => sum + size, 0),
    )
    assert.ok(logs.size > 1900, 'logs hardly ever share one')
  })
})

describe('two writers', { skip: withoutPostgres }, () => {
  let server: PostgresServer
  before(async () => {
    server = await PostgresServer.start()
  })
  after(() => server.stop())

  type Node = { readonly store: PostgresWriter; readonly log: NodeLog }
  /** Nodes on a new database with one key. */
  async function nodes(count: number) {
    const url = await server.database()
    await migratePostgres(url, { auditLeaf: legacyLeaf, leafGroup: packed })
    const all = Array.from({ length: count }, (_, i): Node => {
      const log = new NodeLog('d', mac, firstHead(mac, `node${i}`, 0))
      return { store: new PostgresWriter(url), log }
    })
    const [{ store, log }] = all as [Node]
    const made = insertRow(mac, 'keys', {
      ...emptyKey,
      id: 'k',
      projectId: 'p'.repeat(32),
      listNumber: 1,
      alias: 'a',
      materialVersion: 1,
      versionsDigest: randomBytes(32),
    })
    await store.begin(planOf([], { log: log.id }))
    await store.apply([made])
    await end({ store, log })
    return { url, all: all as [Node, ...Node[]], row: made.row as KeyRow, close: () => close(all) }
  }
  const close = (all: readonly Node[]): void => {
    for (const { store } of all) store.close()
  }
  async function end({ store, log }: Node): Promise<void> {
    await commitRecord(store, log)
    log.committed()
  }
  const use = ({ store, log }: Node) => store.begin(planOf([key('k')], { log: log.id }))
  const change = ({ store, log }: Node) =>
    store.begin(planOf([key('k')], { log: log.id, changes: [['keys', 'k']] }))

  test('uses of one key do not wait for each other', async () => {
    const { all, row, close: closeAll } = await nodes(3)
    for (const node of all) assert.deepEqual((await use(node)).versions, [versionOf(row)])
    for (const node of all) await end(node)
    closeAll()
  })

  test('a change waits for the uses under way; a use begun after it waits, and is stale', async () => {
    const { url, all, row, close: closeAll } = await nodes(3)
    const [early, changing, late] = all as [Node, Node, Node]
    await use(early)
    const changed = change(changing)
    await until(async () => (await waitingIn(url)) === 1, 5000)
    const used = use(late)
    await until(async () => (await waitingIn(url)) === 2, 5000)
    await end(early)
    assert.deepEqual((await changed).versions, [versionOf(row)])
    assert.equal(await waitingIn(url), 1)
    const write = updateRow(mac, 'keys', row, { disabled: 1 })
    await changing.store.apply([write])
    await end(changing)
    assert.deepEqual((await used).versions, [versionOf(write.row)], 'not the one it was decided on')
    await end(late)
    closeAll()
  })

  test('two changes of one key are one after the other', async () => {
    const { url, all, row, close: closeAll } = await nodes(2)
    const [one, two] = all as [Node, Node]
    await change(one)
    const waiting = change(two)
    await until(async () => (await waitingIn(url)) === 1, 5000)
    const write = updateRow(mac, 'keys', row, { disabled: 1 })
    await one.store.apply([write])
    await end(one)
    assert.deepEqual((await waiting).versions, [versionOf(write.row)])
    await two.store.rollback()
    closeAll()
  })

  test('a change of a busy key gets its turn while uses never stop', async () => {
    const { all, close: closeAll } = await nodes(5)
    const [changing, ...using] = all
    let stops = false
    let uses = 0
    const busy = using.map(async (node, i) => {
      await sleep(i * 5)
      while (!stops) {
        await use(node)
        await sleep(20)
        await end(node)
        uses++
      }
    })
    await until(async () => uses > 8, 10_000)
    const took: number[] = []
    for (let i = 0; i < 5; i++) {
      const began = performance.now()
      await change(changing)
      took.push(performance.now() - began)
      await end(changing)
    }
    const before = uses
    await until(async () => uses > before + 8, 10_000)
    stops = true
    await Promise.all(busy)
    assert.ok(Math.max(...took) < 1000, `${took.map(Math.round)} ms`)
    closeAll()
  })

  test('changes of many keys in any order never end each other', async () => {
    const { all, close: closeAll } = await nodes(4)
    const ids = Array.from({ length: 40 }, (_, i) => `k${i}`)
    const shuffled = (): string[] => ids.toSorted(() => Math.random() - 0.5)
    await Promise.all(
      all.map(async (node) => {
        for (let i = 0; i < 20; i++) {
          const rows = shuffled().map(key)
          const changes = shuffled()
            .slice(0, 10)
            .map((id) => ['keys', id] as const)
          await node.store.begin(planOf(rows, { log: node.log.id, changes }))
          await end(node)
        }
      }),
    )
    closeAll()
  })
})
