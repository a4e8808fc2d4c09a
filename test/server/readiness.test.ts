/** A caller that asks whether the service is ready is answered soon, also by a silent store. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Receipt } from '../../src/ports/journal.ts'
import { Readiness } from '../../src/server/readiness.ts'
import { Alarms } from '../../src/telemetry/alarms.ts'
import { FakeClock } from '../fakes/clock.ts'

/** Of a journal whose last call could not be recorded, and whose next one gets this receipt. */
function readinessAfter(receipt: Receipt | undefined): Readiness {
  const journal = {
    available: false,
    clockState: { kind: 'right' },
    submit: (_: unknown, done: (receipt: Receipt) => void) => {
      if (receipt !== undefined) setImmediate(() => done(receipt))
    },
  }
  return new Readiness({
    alarms: new Alarms(new FakeClock(1_800_000_000_000)),
    journal: journal as never,
    requestId: () => 'id',
  })
}

test('after a call that could not be recorded it is tried whether one can be', async () => {
  assert.equal(await readinessAfter('recorded').notReady(), undefined)
  assert.match((await readinessAfter('unavailable').notReady()) ?? '', /^audit-log: /)
})

test('a try without an answer is not waited for', { timeout: 10_000 }, async () => {
  assert.match((await readinessAfter(undefined).notReady()) ?? '', /^audit-log: /)
})
