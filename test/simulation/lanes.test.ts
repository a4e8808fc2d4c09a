/**
 * The lanes of a node enter an epoch one after the other: what an operator accepted on one of them
 * stays accepted, and time is not set back by the others.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { firstHead, NodeLog } from '../../src/audit/log.ts'
import { ownSubmission, serviceEntry } from '../../src/ports/journal.ts'
import { TimeKeeper } from '../../src/runtime/time-keeper.ts'
import { Writer } from '../../src/runtime/writer.ts'
import { FakeClock } from '../fakes/clock.ts'
import { beginning } from './clocks.ts'
import { deploymentOf } from './deployment.ts'
import { epochIn } from './oracle.ts'
import { Draws, Process, Scheduler } from './scheduler.ts'
import { Database } from './store/database.ts'
import { SimulatedWriter } from './store/links.ts'

const weather = { latencyMs: 1, slow: 0, refused: 0, lostBefore: 0, lostAfter: 0 }

/** One record. */
function recordOf(requestId: string) {
  return { ...ownSubmission({ entry: serviceEntry({ requestId, operation: 'test' }) }) }
}

test('what is accepted on one lane is not lost again for it while the others wait', async () => {
  const { id, keyring, rows } = await deploymentOf()
  const scheduler = new Scheduler(new Draws(1), false)
  const observer = { committed: () => {}, wentBack: () => {} }
  const clock = new FakeClock(beginning)
  const wall = (): number => clock.wallNow()
  const database = new Database({ scheduler, clock: wall, observer, rows, grantsAll: false })
  const time = new TimeKeeper(clock, beginning)
  const logs = ['aa', 'aa-1'].map(
    (name) => new NodeLog(id, keyring.rowMac, firstHead(keyring.rowMac, name, beginning)),
  )
  const [first, second] = logs.map((log) => {
    const store = new SimulatedWriter({ scheduler, database, weather, process: new Process('one') })
    return new Writer({ store, log, siblings: logs.filter((one) => one !== log), time })
  })
  assert.ok(first !== undefined && second !== undefined)
  const receiptsOf = async (): Promise<unknown[]> => {
    const all: unknown[] = []
    const write = async (lane: Writer, one = recordOf('one')): Promise<void> => {
      all.push(...(await lane.write([one])).receipts)
    }
    await write(first)
    await write(second)
    database.goBack(2)
    // The connections are lost; then the loss is noticed.
    await write(first)
    assert.match(String(epochIn(database.state)?.lost), /log of node aa/)
    await write(first, { ...recordOf('accepts'), acceptsLoss: true })
    await write(first)
    await write(second)
    await write(first)
    return all
  }
  let receipts: unknown[] | undefined
  const run = (): void => void receiptsOf().then((all) => (receipts = all))
  scheduler.after(0, 'test', run, new Process('test'))
  await scheduler.run(() => receipts !== undefined, 60_000)
  const recorded = 'recorded'
  assert.deepEqual(receipts, [recorded, recorded, 'unavailable', ...Array(4).fill(recorded)])
  assert.equal(epochIn(database.state)?.lost, null)
})

test('a lane that enters an epoch later does not set time back', () => {
  const clock = new FakeClock(beginning)
  const time = new TimeKeeper(clock, beginning)
  time.enter(1, beginning)
  clock.advance(3_600_000)
  time.enter(1, beginning)
  assert.equal(time.follow(), beginning + 3_600_000)
  assert.deepEqual(time.watch(), { kind: 'right' })
})

test('nor does one after an acceptance of its own node', () => {
  const clock = new FakeClock(beginning)
  const time = new TimeKeeper(clock, beginning)
  clock.jump(-7_200_000)
  assert.ok(time.accept('behind'))
  time.accepted(1)
  clock.advance(3_600_000)
  time.enter(1, beginning - 7_200_000)
  assert.equal(time.follow(), beginning - 3_600_000)
})
