/** What the watch of a database says, from what the database said. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type StorePulse, type StoreReason, StoreUnavailable } from '../../src/ports/store.ts'
import { DatabaseWatch } from '../../src/server/watches/database-watch.ts'
import { Alarms } from '../../src/telemetry/alarms.ts'
import { Log } from '../../src/telemetry/log.ts'
import { FakeClock } from '../fakes/clock.ts'

const now = 1_800_000_000_000

function watched() {
  const clock = new FakeClock(now)
  const alarms = new Alarms(clock)
  const said: string[] = []
  let answer: StorePulse | StoreUnavailable = { clockAt: now, roundTripMs: 2 }
  const look = async (): Promise<StorePulse> => {
    if (answer instanceof StoreUnavailable) throw answer
    return answer
  }
  const watch = new DatabaseWatch({
    probe: { look, close: () => {} },
    alarms,
    log: new Log('test', { write: (line) => said.push(JSON.parse(line).event) }),
    clock,
  })
  return {
    said,
    clock,
    isUp: () => watch.isUp,
    async after(next: StorePulse | StoreUnavailable): Promise<string[]> {
      answer = next
      await watch.look()
      return alarms.raised().map(({ name }) => name)
    },
    value(name: string): number | undefined {
      const [first] = watch.families().find((family) => family.name === name)?.values ?? []
      return first?.value
    },
  }
}

const pulse = (clockAt: number, roundTripMs = 2): StorePulse => ({ clockAt, roundTripMs })

test('each reason why it does not serve is an alarm, until it does', async () => {
  const { after, isUp, value } = watched()
  const alarmOf: Readonly<Partial<Record<StoreReason, string>>> = {
    unreachable: 'database-unreachable',
    'read-only': 'database-read-only',
  }
  for (const [reason, alarm] of Object.entries(alarmOf) as [StoreReason, string][]) {
    assert.deepEqual(await after(new StoreUnavailable('as it says', { reason })), [alarm])
    assert.equal(isUp(), false)
    assert.equal(value('holdfast_database_up'), 0)
    assert.equal(value('holdfast_database_round_trip_seconds'), undefined)
    assert.deepEqual(await after(pulse(now)), [])
    assert.equal(isUp(), true)
    assert.equal(value('holdfast_database_up'), 1)
    assert.equal(value('holdfast_database_round_trip_seconds'), 0.002)
  }
  const unnamed = await after(new StoreUnavailable('no reason given'))
  assert.deepEqual(unnamed, ['database-unreachable'])
})

const skews: readonly (readonly [skewMs: number, roundTripMs: number, differs: boolean])[] = [
  [0, 2, false],
  [4_990, 2, false],
  [5_010, 2, true],
  [-5_010, 2, true],
  [86_400_000, 2, true],
  // Within a slow answer, the database may have read its clock at any time.
  [5_400, 1_000, false],
  [5_600, 1_000, true],
]
for (const [skewMs, roundTripMs, differs] of skews)
  test(`clocks ${skewMs} ms apart, asked within ${roundTripMs} ms: ${differs ? 'they differ' : 'they agree'}`, async () => {
    const { after, said, value } = watched()
    const clockAt = now - roundTripMs / 2 - skewMs
    assert.deepEqual(await after(pulse(clockAt, roundTripMs)), differs ? ['database-clock'] : [])
    assert.equal(value('holdfast_clock_skew_seconds'), skewMs / 1000)
    await after(pulse(clockAt, roundTripMs))
    assert.deepEqual(said, differs ? ['clocks-differ'] : [], 'it is said once')
    assert.deepEqual(await after(pulse(now)), [])
    assert.deepEqual(said, differs ? ['clocks-differ', 'clocks-agree'] : [])
  })

test('a defect is not taken for an outage', async () => {
  const clock = new FakeClock(now)
  const defect = new TypeError('a defect')
  const watch = new DatabaseWatch({
    probe: { look: () => Promise.reject(defect), close: () => {} },
    alarms: new Alarms(clock),
    log: new Log('test', { write: () => {} }),
    clock,
  })
  await assert.rejects(watch.look(), defect)
})
