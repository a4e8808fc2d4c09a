/** What the rounds of the tree over all logs say about a database that went back. */
import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { signRow } from '../../src/crypto/formats/row-mac.ts'
import type { EpochRow } from '../../src/domain/rows.ts'
import type { StoreWriter } from '../../src/ports/store.ts'
import { Integration } from '../../src/server/node/integration.ts'
import { Alarms } from '../../src/telemetry/alarms.ts'
import type { Log } from '../../src/telemetry/log.ts'
import { FakeClock } from '../fakes/clock.ts'

const mac = createSecretKey(randomBytes(32))

function epochOf(epoch: number, lossAccepted: number, lost: string | null): EpochRow {
  const none = { timeFloor: 0, clockAccepted: 0, level: null, levelHeld: null }
  return signRow(mac, 'epochs', { id: 'd', epoch, lossAccepted, lost, ...none }, epoch)
}

test('a loss that was found and accepted between two rounds is over', async () => {
  let epoch: EpochRow | undefined
  const nothing = async (): Promise<void> => {}
  const store = {
    begin: async () => ({ versions: [] }),
    row: async () => epoch as never,
    scan: async () => [],
    rollback: nothing,
  } satisfies Partial<StoreWriter> as unknown as StoreWriter
  const alarms = new Alarms(new FakeClock(1))
  const said: string[] = []
  const log = { event: (name: string) => said.push(name) } as unknown as Log
  const rounds = new Integration({ deployment: 'd', rowMac: mac, store, log, alarms })
  await rounds.round()
  alarms.raise('log-went-back')
  await rounds.round()
  assert.equal(alarms.isRaised('log-went-back'), true, 'the writer has a reason of its own')
  epoch = epochOf(2, 2, null)
  await rounds.round()
  assert.equal(alarms.isRaised('log-went-back'), false)
  epoch = epochOf(3, 2, 'something')
  await rounds.round()
  assert.equal(alarms.isRaised('log-went-back'), true)
  await rounds.round()
  epoch = epochOf(4, 4, null)
  await rounds.round()
  assert.equal(alarms.isRaised('log-went-back'), false)
  assert.deepEqual(said, ['log-went-back', 'loss-accepted'])
})
