/** What the watches of a server log, and when: with a clock that moves only here. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StoreUnavailable } from '../../src/ports/store.ts'
import { ScanWatch } from '../../src/server/watches/scan-watch.ts'
import { SchemaWatch } from '../../src/server/watches/schema-watch.ts'
import { StoreWatch } from '../../src/server/watches/store-watch.ts'
import { Alarms } from '../../src/telemetry/alarms.ts'
import { slowCommitMs } from '../../src/telemetry/events.ts'
import { Log } from '../../src/telemetry/log.ts'
import { summaryEveryMs } from '../../src/telemetry/repeats.ts'
import { FakeClock } from '../fakes/clock.ts'

/** A clock, a log, and the events in it with their fields. */
function watched() {
  const clock = new FakeClock(1_800_000_000_000)
  const said: object[] = []
  const write = (line: string): void => {
    const { time: _, thread: _1, level: _2, msg: _3, ...event } = JSON.parse(line)
    said.push(event)
  }
  return { clock, log: new Log('test', { write }), said }
}

test('a commit is slow from the limit on', () => {
  const { clock, log, said } = watched()
  const watch = new StoreWatch(log, clock, new Alarms(clock))
  watch.group({ records: 3, ms: slowCommitMs - 1, outcome: 'committed' })
  assert.deepEqual(said, [])
  watch.group({ records: 3, ms: slowCommitMs, outcome: 'committed' })
  assert.deepEqual(said, [{ event: 'commit-slow', ms: slowCommitMs, records: 3 }])
})

test('a store that cannot be written is logged once, and that it can be once something is written', () => {
  const { clock, log, said } = watched()
  const watch = new StoreWatch(log, clock, new Alarms(clock))
  const refused = new StoreUnavailable('the disk is full')
  for (let group = 0; group < 3; group++) {
    watch.group({ records: 1, ms: 5, outcome: refused })
    clock.advance(1000)
  }
  watch.group({ records: 0, ms: 5, outcome: 'empty' })
  assert.deepEqual(said, [{ event: 'store-unwritable', reason: 'the disk is full' }])
  for (let group = 0; group < 2; group++) watch.group({ records: 1, ms: 5, outcome: 'committed' })
  assert.deepEqual(said.slice(1), [{ event: 'store-writable', ms: 3000 }])
})

test('what kept a node from writing is over once it has written', () => {
  const { clock, log } = watched()
  const alarms = new Alarms(clock)
  const watch = new StoreWatch(log, clock, alarms)
  for (const [reason, alarm] of [
    ['went-back', 'log-went-back'],
    ['newer-release', 'newer-release'],
  ] as const) {
    const outcome = new StoreUnavailable('it is so', { reason })
    watch.group({ records: 1, ms: 5, outcome })
    assert.deepEqual(
      alarms.raised().map(({ name }) => name),
      [alarm],
    )
    watch.group({ records: 1, ms: 5, outcome: 'committed' })
    assert.deepEqual(alarms.raised(), [])
  }
})

test('of the passes of the scan the first is logged, then one a day, and each with other faults', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { clock, log, said } = watched()
  let faults = 0
  let steps = 0
  const step = async () => (++steps % 2 === 0 ? { rows: 7, faults } : undefined)
  const watch = new ScanWatch({ step }, log, clock)
  /** A pass of two steps, in a minute of its own. @returns what was logged. */
  const pass = async (): Promise<readonly object[]> => {
    const before = said.length
    await watch.step()
    clock.advance(500)
    await watch.step()
    t.mock.timers.tick(summaryEveryMs)
    return said.slice(before)
  }
  const finished = { event: 'integrity-scan-finished', rows: 7, faults: 0, ms: 500 }
  assert.deepEqual(await pass(), [finished])
  assert.deepEqual(await pass(), [])
  clock.advance(24 * 3_600_000)
  assert.deepEqual(await pass(), [finished])
  assert.deepEqual(await pass(), [])
  faults = 1
  assert.deepEqual(await pass(), [{ ...finished, faults }])
  assert.deepEqual(await pass(), [])
  faults = 0
  assert.deepEqual(await pass(), [finished])
})

test('a fault of the schema is logged when it is found, and again when all are gone', async () => {
  const { clock, log, said } = watched()
  const faults = [{ text: 'the view "spy" was not made by Holdfast', acts: false }]
  let found: typeof faults = []
  const alarms = new Alarms(clock)
  const watch = new SchemaWatch({
    reader: { schemaFaults: async () => found },
    alarms,
    log,
    onActing: assert.fail,
  })
  await watch.look()
  found = faults
  for (let look = 0; look < 2; look++) await watch.look()
  assert.equal(alarms.raised().length, 1)
  found = []
  for (let look = 0; look < 2; look++) await watch.look()
  assert.equal(alarms.raised().length, 0)
  assert.deepEqual(said, [
    { event: 'schema-changed', fault: faults[0]?.text },
    { event: 'schema-restored' },
  ])
})
