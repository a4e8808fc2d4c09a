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
  let answeredGroups: number
  let clock: FakeClock

  beforeEach(() => {
    channel = new MessageChannel()
    groups = []
    answered = []
    answeredGroups = 0
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
      number: ++answeredGroups,
      lanes: 1,
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

  test('the number of groups under way is the one that the writer takes', async () => {
    submit('a', 1)
    await arrived(1)
    submit('b', 1)
    await turn()
    assert.equal(groups.length, 1, 'one at first')
    answer({ number: 1, lanes: 3 })
    await arrived(2)
    for (const party of ['c', 'd', 'e', 'f']) {
      submit(party, 1)
      for (let i = 0; i < 5; i++) await turn()
    }
    assert.deepEqual(groups.slice(1), [['b 0'], ['c 0'], ['d 0']])
    answer({ number: 2, lanes: 3 })
    await arrived(5)
    assert.deepEqual(groups[4], ['e 0', 'f 0'], 'what waited is one group')
  })

  test('receipts go to the callers of their own group, in any order', async () => {
    submit('a', 1)
    await arrived(1)
    answer({ number: 1, lanes: 3 })
    while (answered.length < 1) await turn()
    for (const party of ['b', 'c', 'd']) {
      submit(party, 2)
      await arrived(groups.length + 1)
    }
    const idle = client.idle()
    answer({ number: 4, lanes: 3, exceptions: [[1, 'stale']] })
    answer({ number: 2, lanes: 3, exceptions: [[0, 'unavailable']], isWritten: false })
    answer({ number: 3, lanes: 3 })
    await idle
    assert.deepEqual(answered.slice(1), [
      'd 0 recorded',
      'd 1 stale',
      'b 0 unavailable',
      'b 1 recorded',
      'c 0 recorded',
      'c 1 recorded',
    ])
  })

  test('when the writer takes fewer again, the next group waits until there is room', async () => {
    submit('a', 1)
    await arrived(1)
    answer({ number: 1, lanes: 2 })
    while (answered.length < 1) await turn()
    for (const party of ['b', 'c']) {
      submit(party, 1)
      await arrived(groups.length + 1)
    }
    submit('d', 1)
    answer({ number: 2, lanes: 1 })
    while (answered.length < 2) await turn()
    for (let i = 0; i < 5; i++) await turn()
    assert.equal(groups.length, 3)
    answer({ number: 3, lanes: 1 })
    await arrived(4)
    assert.deepEqual(groups[3], ['d 0'])
  })

  test('that nothing holds any longer is passed on', async () => {
    let forgotten = 0
    const other = new MessageChannel()
    const forgetting = new JournalClient({
      port: other.port1,
      clock,
      timeFloor: 0,
      onChanged: () => {},
      onForget: () => forgotten++,
    })
    other.port2.postMessage({ kind: 'forget' } satisfies FromWriter)
    while (forgotten === 0) await turn()
    forgetting.close()
  })

  test('both clocks are those of the database, as far as it is ahead', async () => {
    const told = { kind: 'time', clock: { kind: 'right' } } as const
    for (const [timeFloor, aheadMs] of [
      [7000, 500],
      [7000, -500],
      [200, 500],
    ] as const) {
      channel.port2.postMessage({ ...told, timeFloor, aheadMs } satisfies FromWriter)
      while (client.timeFloor !== timeFloor) await turn()
      await turn()
      clock.advance(1000)
      const wall = clock.wallNow() + aheadMs
      assert.equal(client.decidingNow(), Math.max(wall, timeFloor))
      assert.equal(client.agreedNow(), Math.min(wall, timeFloor))
    }
  })
})
