/**
 * What a writer does on a store that is not as it left it, and what an operator accepts: for all
 * nodes, from one group on.
 */
import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { packed } from '../../src/audit/leaf-groups.ts'
import { firstHead, NodeLog } from '../../src/audit/log.ts'
import { legacyLeaf } from '../../src/audit/record.ts'
import { insertRow, updateRow } from '../../src/crypto/formats/row-writes.ts'
import { newestLevel } from '../../src/domain/levels.ts'
import {
  absent,
  type EpochRow,
  type LedgerRow,
  type Row,
  type RowWrite,
} from '../../src/domain/rows.ts'
import { toleratedSkewMs } from '../../src/domain/skew.ts'
import type { Submission } from '../../src/ports/journal.ts'
import {
  type RowName,
  StoreUnavailable,
  type StoreWriter,
  type TransactionPlan,
} from '../../src/ports/store.ts'
import { DatabaseClock } from '../../src/runtime/database-clock.ts'
import { TimeKeeper } from '../../src/runtime/time-keeper.ts'
import { type GroupResult, Writer } from '../../src/runtime/writer.ts'
import { migrateSqlite } from '../../src/store/sqlite/migrate.ts'
import { SqliteReader } from '../../src/store/sqlite/reader.ts'
import { SqliteWriter } from '../../src/store/sqlite/writer.ts'
import { newFolder } from '../e2e/server.ts'
import { anyEntry } from '../fakes/audit-entry.ts'
import { FakeClock } from '../fakes/clock.ts'

const mac = createSecretKey(randomBytes(32))
const deployment = 'd'.repeat(32)
const start = 1_800_000_000_000
const hour = 3_600_000

function submission(parts: Partial<Submission> = {}): Submission {
  const entry = { ...anyEntry, requestId: randomBytes(16).toString('hex') }
  return { entry, guards: [], notAfter: null, writes: [], erases: false, ...parts }
}

/** One log of a node, and what writes it. */
type Node = { readonly log: NodeLog; readonly time: TimeKeeper; writer: Writer }

let folder: string
let file: string
let store: SqliteWriter
let clock: FakeClock
/** How far the clock of the database is ahead of that of the nodes. */
let skewMs: number
let nodes: Node[]
/** Called before a step of the store. */
let onStep: (step: 'row' | 'commit') => void
let plans: TransactionPlan[]

beforeEach(() => {
  folder = newFolder()
  file = join(folder, 'holdfast.db')
  migrateSqlite(file, { auditLeaf: legacyLeaf, leafGroup: packed })
  store = new SqliteWriter(file)
  clock = new FakeClock(start)
  skewMs = 0
  nodes = []
  onStep = () => {}
  plans = []
})
afterEach(() => {
  store.close()
  rmSync(folder, { recursive: true })
})

/** The store of the moment, with the clock of a database. */
const current: StoreWriter = {
  async begin(plan) {
    plans.push(plan)
    return { ...(await store.begin(plan)), clockAt: clock.wallNow() + skewMs }
  },
  async row(table, id) {
    onStep('row')
    return store.row(table, id)
  },
  scan: (table, after, limit) => store.scan(table, after, limit),
  apply: (writes) => store.apply(writes),
  async commit(group, head) {
    onStep('commit')
    await store.commit(group, head)
  },
  commitAlone: () => store.commitAlone(),
  rollback: () => store.rollback(),
  eraseDeleted: () => store.eraseDeleted(),
  close: () => {},
}

/** @param parts.siblings other logs of the same node. */
function node(
  id: string,
  { log, time, siblings = [] }: Partial<Node> & { readonly siblings?: readonly NodeLog[] } = {},
): Node {
  const own = log ?? new NodeLog(deployment, mac, firstHead(mac, id, start))
  const databaseClock = new DatabaseClock(clock)
  const keeper = time ?? new TimeKeeper(databaseClock, start)
  const parts = { store: current, log: own, siblings, time: keeper, clock: databaseClock }
  const writer = new Writer(parts)
  const made = { log: own, time: keeper, writer }
  nodes.push(made)
  return made
}

const write = ({ writer }: Node, parts: Partial<Submission> = {}): Promise<GroupResult> =>
  writer.write([submission(parts)])
/** The receipt, or why nothing was written. */
async function said(of: Node, parts: Partial<Submission> = {}): Promise<string> {
  const { receipts, outcome } = await write(of, parts)
  return outcome instanceof StoreUnavailable
    ? `${outcome.reason}: ${outcome.detail}`
    : String(receipts[0])
}

async function stored<T extends 'epochs' | 'ledgers'>(
  table: T,
  id: string,
): Promise<Row<T> | undefined> {
  const reader = new SqliteReader(file)
  try {
    return await reader.row(table, id)
  } finally {
    reader.close()
  }
}
const epoch = async (): Promise<Partial<EpochRow> | undefined> => {
  const row = await stored('epochs', deployment)
  return row && { revision: row.revision, timeFloor: row.timeFloor, lost: row.lost }
}
const size = async (id: string): Promise<number> =>
  ((await stored('ledgers', id)) as LedgerRow | undefined)?.treeSize ?? 0

const parts = ['', '-wal', '-shm']
const keepCopy = (): void => {
  store.close()
  cpSync(file, `${file}.copy`)
  store = new SqliteWriter(file)
}
const bringBack = (): void => {
  store.close()
  for (const part of parts) rmSync(`${file}${part}`, { force: true })
  cpSync(`${file}.copy`, file)
  store = new SqliteWriter(file)
}

describe('a store that lost what was committed', () => {
  let one: Node
  let other: Node
  const loss = 'the log of node one held 3 records and holds 1'

  beforeEach(async () => {
    one = node('one')
    other = node('other')
    for (const each of nodes) await write(each)
    keepCopy()
    for (let i = 0; i < 2; i++) await write(one)
    bringBack()
  })

  test('is refused by the node that finds it, and then by all', async () => {
    assert.match(await said(one), /^went-back: the log of node one is not as this node left it$/)
    assert.deepEqual(await epoch(), { revision: 1, timeFloor: 0, lost: loss })
    for (const each of [one, other, one]) assert.equal(await said(each), `went-back: ${loss}`)
    assert.deepEqual([await size('one'), await size('other')], [1, 1])
  })

  test('is written by all from the group on in which an operator accepts it', async () => {
    await said(one)
    const accepted = await write(one, { acceptsLoss: true })
    assert.deepEqual([accepted.receipts, accepted.forgets], [['recorded'], true])
    assert.ok(accepted.changed.some(([table, id]) => table === 'epochs' && id === deployment))
    assert.deepEqual(await epoch(), { revision: 2, timeFloor: 0, lost: null })
    const entered = await write(other)
    assert.deepEqual([entered.receipts, entered.forgets], [['recorded'], true])
    assert.equal((await write(other)).forgets, false, 'once')
    assert.deepEqual([await size('one'), await size('other')], [2, 3])
    for (const id of ['one', 'other']) assert.equal((await stored('ledgers', id))?.epoch, 2)
  })

  test('is accepted on any node, and the one that lost something goes on from what is there', async () => {
    await said(one)
    assert.equal(await said(other, { acceptsLoss: true }), 'recorded')
    assert.equal(await said(one), 'recorded')
    assert.equal(await size('one'), 2)
    assert.equal(await said(one), 'recorded')
  })

  test('is not halted again if the store fails while the next epoch is entered', async () => {
    await said(one)
    await said(other, { acceptsLoss: true })
    let fails = 0
    onStep = (step) => {
      if (step === 'row' && ++fails === 2) throw new StoreUnavailable('the link was cut')
    }
    assert.match(await said(one), /the link was cut/)
    const entered = await write(one)
    assert.deepEqual([entered.receipts, entered.outcome], [['recorded'], 'committed'])
    assert.deepEqual(await epoch(), { revision: 2, timeFloor: 0, lost: null })
  })

  test('is not accepted by a group that was not committed', async () => {
    await said(one)
    onStep = (step) => {
      if (step === 'commit') throw new StoreUnavailable('the disk is full')
    }
    assert.match(await said(one, { acceptsLoss: true }), /the disk is full/)
    onStep = () => {}
    for (const each of [one, other]) assert.equal(await said(each), `went-back: ${loss}`)
    assert.equal(await said(one, { acceptsLoss: true }), 'recorded')
  })

  test('is accepted twice in one group as well', async () => {
    await said(one)
    const twice = [submission({ acceptsLoss: true }), submission({ acceptsLoss: true })]
    const { receipts } = await one.writer.write(twice)
    assert.deepEqual(receipts, ['recorded', 'recorded'])
    assert.equal((await epoch())?.lost, null)
    assert.equal(await said(other), 'recorded')
  })
})

test('a log that is gone is lost, and begins again once that is accepted', async () => {
  keepCopy()
  const one = node('one')
  await write(one)
  bringBack()
  await said(one)
  assert.equal((await epoch())?.lost, 'the log of node one held 1 records and holds 0')
  assert.equal(await said(one, { acceptsLoss: true }), 'recorded')
  assert.equal(await size('one'), 1)
})

test('a fork of equal length is a loss', async () => {
  const one = node('one')
  await write(one)
  keepCopy()
  const fork = new NodeLog(deployment, mac, (await stored('ledgers', 'one')) as LedgerRow)
  await write(one)
  bringBack()
  await write(node('one', { log: fork }))
  await said(one)
  assert.match(String((await epoch())?.lost), /^the log of node one held other records/)
})

test('another process on the same log is refused by name, and halts nothing', async () => {
  const [one, other] = [node('one'), node('other')]
  await write(one)
  const copied = new NodeLog(deployment, mac, (await stored('ledgers', 'one')) as LedgerRow)
  await write(node('one', { log: copied }))
  for (let i = 0; i < 2; i++)
    assert.match(await said(one), /^went-back: another process has written to the log of node one/)
  assert.equal(await epoch(), undefined)
  assert.equal(await said(other), 'recorded')
})

test('a database at an earlier epoch than the node knows is refused', async () => {
  const one = node('one')
  await write(one)
  keepCopy()
  await write(one, { acceptsLoss: true })
  bringBack()
  assert.equal(await said(one), 'went-back: the database is in epoch 0, and was in 1')
})

describe('two logs of one node', () => {
  const lossOf = 'the log of node one-1 held 2 records and holds 1'
  let one: Node
  let lane: Node
  beforeEach(async () => {
    const laneLog = new NodeLog(deployment, mac, firstHead(mac, 'one-1', start))
    one = node('one', { siblings: [laneLog] })
    lane = node('one-1', { log: laneLog, siblings: [one.log] })
    for (const each of [one, lane]) assert.equal(await said(each), 'recorded')
    keepCopy()
    assert.equal(await said(lane), 'recorded')
    bringBack()
  })

  test('one finds out what the other has lost', async () => {
    assert.equal(await said(one), 'went-back: the log of node one-1 is not as this node left it')
    assert.equal((await epoch())?.lost, lossOf)
    for (const each of [one, lane]) assert.equal(await said(each), `went-back: ${lossOf}`)
  })

  test('once it is accepted, each goes on, in any order and as often as it is asked', async () => {
    await said(one)
    assert.equal(await said(one, { acceptsLoss: true }), 'recorded')
    for (const each of [one, one, lane, one, lane]) assert.equal(await said(each), 'recorded')
    assert.deepEqual([await size('one'), await size('one-1')], [5, 3])
  })

  test('what the other one loses after that is found as well', async () => {
    await said(one)
    await said(one, { acceptsLoss: true })
    assert.equal(await said(lane), 'recorded')
    keepCopy()
    assert.equal(await said(lane), 'recorded')
    bringBack()
    assert.match(await said(one), /^went-back: the log of node one-1 is not as/)
  })
})

test('a database that lost its epoch is refused on all nodes, until an operator accepts it', async () => {
  const [one, other] = [node('one'), node('other')]
  for (const each of [one, other]) await write(each)
  keepCopy()
  await write(one, { acceptsLoss: true })
  assert.equal(await said(other), 'recorded')
  bringBack()
  assert.equal(await said(one), 'went-back: the database is in epoch 0, and was in 1')
  const lost = 'the database was in epoch 1 and is in 0'
  for (const each of [one, other]) assert.equal(await said(each), `went-back: ${lost}`)
  assert.equal(await said(other, { acceptsLoss: true }), 'recorded')
  for (const each of [one, other]) assert.equal(await said(each), 'recorded')
})

test('what was found at a start is refused until it is accepted, and nothing else is written', async () => {
  const log = new NodeLog(deployment, mac, firstHead(mac, 'one', start), { lost: 'much' })
  const one = node('one', { log })
  assert.equal(await said(one), 'went-back: much')
  assert.equal(await said(one, { acceptsLoss: true }), 'recorded')
  assert.equal(await said(one), 'recorded')
})

describe('a clock that an operator accepts', () => {
  for (const [direction, byMs] of [
    ['ahead', 5 * hour],
    ['behind', -5 * hour],
  ] as const)
    test(`${direction}: it is that of all nodes, in another epoch`, async () => {
      // The first groups are an hour after the start: no stop explains a jump any longer.
      const [one, other] = [node('one'), node('other')]
      for (const each of nodes) await write(each)
      for (const { time } of nodes) time.watch()
      clock.advance(hour)
      for (const { time } of nodes) time.watch()
      clock.jump(byMs)
      for (const each of nodes) await write(each, { entry: null })
      assert.deepEqual(
        nodes.map(({ time }) => time.watch().kind),
        [direction, direction],
      )
      const { receipts, forgets } = await write(one, { acceptsClock: direction })
      assert.deepEqual([receipts, forgets], [['recorded'], false])
      assert.deepEqual(await epoch(), { revision: 1, timeFloor: start + hour + byMs, lost: null })
      await write(other)
      assert.deepEqual(
        nodes.map(({ time }) => time.watch().kind),
        ['right', 'right'],
      )
      assert.equal(await said(other, { notAfter: start + hour + byMs + 1 }), 'recorded')
    })

  test('what was not committed was not accepted', async () => {
    const one = node('one')
    await write(one)
    clock.advance(hour)
    one.time.watch()
    clock.jump(-5 * hour)
    onStep = (step) => {
      if (step === 'commit') throw new StoreUnavailable('the disk is full')
    }
    await said(one, { acceptsClock: 'behind' })
    onStep = () => {}
    assert.equal(one.time.watch().kind, 'behind')
    assert.equal(await epoch(), undefined)
    assert.equal(await said(one), 'recorded')
    assert.equal((await stored('ledgers', 'one'))?.epoch, null)
  })

  test('a log of the same node that is written hours later does not set time back', async () => {
    const one = node('one')
    const lane = node('one-1', { time: one.time })
    for (const each of nodes) await write(each)
    clock.advance(hour)
    one.time.watch()
    clock.jump(5 * hour)
    await write(one, { acceptsClock: 'ahead' })
    clock.advance(2 * hour)
    await write(one)
    const { timeFloor } = await write(lane)
    assert.equal(timeFloor, start + 8 * hour)
    assert.equal((await epoch())?.revision, 1)
  })
})

describe('the clock of the database', () => {
  const cases: readonly (readonly [skew: number, said: RegExp])[] = [
    [0, /^recorded$/],
    [toleratedSkewMs, /^recorded$/],
    [-toleratedSkewMs, /^recorded$/],
    [6000, /^clock: the clock of the database is 6000 ms ahead of that of this node$/],
    [-6000, /^clock: the clock of the database is 6000 ms behind that of this node$/],
  ]
  for (const [skew, expected] of cases)
    test(`${skew} ms ahead of that of the node: ${expected.source}`, async () => {
      const one = node('one')
      skewMs = skew
      assert.match(await said(one), expected)
      skewMs = 0
      assert.equal(await said(one), 'recorded')
    })

  test('decides, not that of the node', async () => {
    const one = node('one')
    skewMs = 4000
    assert.equal(await said(one, { notAfter: start + 4000 }), 'stale')
    assert.equal(await said(one, { notAfter: start + 4001 }), 'recorded')
  })
})

describe('the level of the deployment', () => {
  const at = (level: number, isHeld = false): Partial<Submission> => ({
    setsLevel: { level, isHeld },
  })

  test('holds for all nodes from the group on that sets it, and nothing is forgotten', async () => {
    const [one, other] = [node('one'), node('other')]
    assert.equal(await said(other), 'recorded')
    const { receipts, forgets } = await write(one, at(newestLevel, true))
    assert.deepEqual([receipts, forgets], [['recorded'], false])
    assert.equal(await said(other), 'recorded')
    const row = await stored('epochs', deployment)
    assert.deepEqual([row?.level, row?.levelHeld], [newestLevel, 1])
    assert.equal(other.log.epoch.level, newestLevel)
  })

  test('is not raised by a node that has not seen that it is held', async () => {
    const one = node('one')
    const guards = [['epochs', deployment, absent]] as const
    const { receipts } = await one.writer.write([
      submission({ ...at(newestLevel, true), guards }),
      submission({ ...at(newestLevel), guards: [...guards] }),
    ])
    assert.deepEqual(receipts, ['recorded', 'stale'])
    assert.equal(await said(one, { ...at(newestLevel), guards }), 'stale')
    assert.equal((await stored('epochs', deployment))?.levelHeld, 1)
  })

  test('is never lower than before', async () => {
    const one = node('one')
    assert.equal(await said(one, at(newestLevel)), 'recorded')
    assert.equal(await said(one, at(newestLevel - 1)), 'stale')
  })

  test('of a later release keeps this one from writing, by name', async () => {
    const [one, other] = [node('one'), node('other')]
    assert.equal(await said(other), 'recorded')
    assert.equal(await said(one, at(newestLevel + 1)), 'recorded')
    for (const each of [other, one])
      assert.match(
        await said(each),
        /^newer-release: the deployment is at level \d+, and this release knows \d+: run the newer release/,
      )
    assert.equal(await said(other, at(newestLevel + 1)), await said(other))
  })
})

describe('what a group locks', () => {
  const tag = insertRow(mac, 'keyTags', {
    id: 'k/t',
    keyId: 'k',
    projectId: 'p',
    name: 't',
    value: 'v',
    createdAt: 1,
  })
  const reading = insertRow(mac, 'readings', { id: 'log', position: 3, timeMs: 1 })
  const changed = updateRow(mac, 'keyTags', tag.row as Row<'keyTags'>, { value: 'w' })
  const cases: readonly (readonly [
    what: string,
    parts: Partial<Submission>,
    changes: readonly RowName[],
  ])[] = [
    ['a use', { guards: [['keys', 'k', '']] }, []],
    ['a new row', { writes: [reading] }, []],
    ['a part that is added to a key', { writes: [tag] }, [['keys', 'k']]],
    ['a part that is changed', { writes: [changed as RowWrite] }, [['keyTags', 'k/t']]],
    ['an accepted loss', { acceptsLoss: true }, [['epochs', deployment]]],
    ['a level', { setsLevel: { level: 1, isHeld: true } }, [['epochs', deployment]]],
    ['an accepted clock', { acceptsClock: 'ahead' }, [['epochs', deployment]]],
  ]
  for (const [what, asked, changes] of cases)
    test(`${what}: ${changes.map((one) => one.join(' ')).join() || 'nothing alone'}`, async () => {
      await write(node('one'), asked)
      const [plan] = plans
      assert.deepEqual([plan?.log, plan?.changes], ['one', changes])
      const read = plan?.rows.map(([table, id]) => `${table} ${id}`) ?? []
      for (const always of ['ledgers one', `epochs ${deployment}`]) assert.ok(read.includes(always))
      for (const [table, id] of asked.guards ?? []) assert.ok(read.includes(`${table} ${id}`))
    })
})
