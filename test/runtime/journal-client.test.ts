/**
 * A request thread's client of the writer: groups are bounded, projects take turns in them, nothing
 * is lost on the way.
 */
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { MessageChannel } from 'node:worker_threads'
import type { RowWrite } from '../../src/domain/rows.ts'
import type { Receipt } from '../../src/ports/journal.ts'
import { groupLimit, JournalClient } from '../../src/runtime/journal-client.ts'
import { type FromWriter, type ToWriter, unpack } from '../../src/runtime/messages.ts'
import { anyEntry } from '../fakes/audit-entry.ts'
import { FakeClock } from '../fakes/clock.ts'

describe('groups on their way to the writer', () => {
  let channel: MessageChannel
  let client: JournalClient
  let groups: string[][]
  let answered: string[]
  let clock: FakeClock

  beforeEach(() => {
    channel = new MessageChannel()
    groups = []
    answered = []
    clock = new FakeClock(0)
    client = new JournalClient({
      port: channel.port1,
      clock,
      timeFloor: 0,
      onChanged: () => {},
    })
    channel.port2.on('message', (message: ToWriter) =>
      groups.push(unpack(message).map(({ entry }) => entry?.requestId ?? 'service')),
    )
  })
  afterEach(() => client.close())

  const submit = (party: string, count: number, writes: readonly RowWrite[] = []): void => {
    for (let i = 0; i < count; i++) {
      const requestId = `${party} ${i}`
      const entry = { ...anyEntry, requestId, project: 'of the key' }
      client.submit(
        { entry, guards: [], notAfter: null, writes, erases: false, party },
        (receipt: Receipt) => answered.push(`${requestId} ${receipt}`),
      )
    }
  }
  const arrived = async (count: number): Promise<void> => {
    while (groups.length < count) await turn()
  }
  const answer = (changed: Partial<Extract<FromWriter, { kind: 'receipts' }>> = {}): void =>
    channel.port2.postMessage({
      kind: 'receipts',
      exceptions: [],
      isWritten: true,
      changed: [],
      timeFloor: 0,
      ...changed,
    } satisfies FromWriter)
  const ofParty = (group: readonly string[] | undefined, party: string): number =>
    group?.filter((name) => name.startsWith(`${party} `)).length ?? 0

  test('what fits is sent together, in the order of arrival', async () => {
    submit('a', 3)
    submit('b', 2)
    await arrived(1)
    assert.deepEqual(groups, [['a 0', 'a 1', 'a 2', 'b 0', 'b 1']])
  })

  test('a project with thousands of records leaves half of the next group to another, whose records are all sent with it', async () => {
    submit('many', 3000)
    await arrived(1)
    assert.equal(groups[0]?.length, groupLimit)
    submit('one', 40)
    answer()
    await arrived(2)
    assert.equal(ofParty(groups[1], 'one'), 40)
    assert.equal(groups[1]?.length, groupLimit)
    submit('one', 200)
    answer()
    await arrived(3)
    assert.ok(ofParty(groups[2], 'one') >= groupLimit / 2 - 1, String(ofParty(groups[2], 'one')))
  })

  test('each record is sent once and gets its own receipt, in order within a project; then the journal is idle', async () => {
    submit('a', 700)
    submit('b', 300)
    const idle = client.idle()
    for (let i = 1; answered.length < 1000; i++) {
      await arrived(i)
      answer()
      const known = answered.length
      while (answered.length === known) await turn()
    }
    await idle
    for (const [party, count] of [
      ['a', 700],
      ['b', 300],
    ] as const)
      assert.deepEqual(
        answered.filter((name) => name.startsWith(party)),
        Array.from({ length: count }, (_, i) => `${party} ${i} recorded`),
      )
  })

  test('nobody waits longer than ten seconds: what was not sent did not happen, of the rest nobody knows', async () => {
    submit('sent', 300)
    await arrived(1)
    submit('waiting', 2)
    clock.advance(9_000)
    submit('new', 1)
    clock.advance(1_500)
    const idle = client.idle()
    while (answered.length < 302) await turn()
    const ended = (party: string, receipt: string): number =>
      answered.filter((one) => one.startsWith(`${party} `) && one.endsWith(` ${receipt}`)).length
    assert.equal(ended('sent', 'unknown'), groupLimit)
    assert.equal(ended('sent', 'unavailable'), 300 - groupLimit)
    assert.equal(ended('waiting', 'unavailable'), 2)
    assert.equal(client.available, false)
    answer()
    await arrived(2)
    assert.deepEqual(groups[1], ['new 0'], 'what was given up is not sent')
    answer()
    await idle
    assert.equal(answered.length, 303, 'and each call is answered once')
    assert.equal(answered.at(-1), 'new 0 recorded')
    assert.equal(client.available, true)
  })

  test('a call that could not read the store is not kept waiting for the log as well', async () => {
    submit('sent', 1)
    await arrived(1)
    const entry = { ...anyEntry, outcome: 'audit-unavailable' }
    const refused = { entry, guards: [], notAfter: null, writes: [], erases: false }
    client.submit(refused, (receipt) => answered.push(`refused ${receipt}`))
    clock.advance(2_500)
    while (answered.length < 1) await turn()
    assert.deepEqual(answered, ['refused unavailable'])
    answer()
    await client.idle()
  })

  test('the log is available again once something is written, not after a group with nothing to write', async () => {
    const groupsOf = [
      [{ exceptions: [[0, 'unavailable']], isWritten: false }, false],
      [{ isWritten: false }, false],
      [{ isWritten: true }, true],
      [{ isWritten: false }, true],
    ] as const
    for (const [i, [changed, isAvailable]] of groupsOf.entries()) {
      submit(`${i}`, 1)
      await arrived(i + 1)
      answer(changed)
      await client.idle()
      assert.equal(client.available, isAvailable, `after group ${i}`)
    }
  })

  test('rows count like records: a group of many changes is bounded, too', async () => {
    const from = '1 00'
    const write: RowWrite = { table: 'keys', id: 'k', expected: 1, from, row: null, digest: null }
    submit(
      'a',
      100,
      Array.from({ length: 99 }, () => write),
    )
    await arrived(1)
    assert.equal(groups[0]?.length, 3)
  })
})
