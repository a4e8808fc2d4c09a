/**
 * Calls without a principal: records of their own at first, counts beyond that, and never more than
 * a day's budget of bytes.
 */
import assert from 'node:assert/strict'
import { afterEach, beforeEach, mock, test } from 'node:test'
import { leafBytes } from '../../src/audit/record.ts'
import {
  type AnonymousCall,
  AnonymousCalls,
  recordBytes,
} from '../../src/engine/access/anonymous-calls.ts'
import type { AuditEntry, Receipt, Submission } from '../../src/ports/journal.ts'
import { FakeClock } from '../fakes/clock.ts'

const mebibyte = 1_048_576
const minuteMs = 60_000

beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }))
afterEach(() => mock.timers.reset())

function setUp({ mebibytes = 64, receipt = (): Receipt => 'recorded' } = {}) {
  const entries: AuditEntry[] = []
  const clock = new FakeClock(0)
  const journal = {
    decidingNow: () => clock.wallNow(),
    agreedNow: () => clock.wallNow(),
    submit({ entry }: Submission, done: (receipt: Receipt) => void) {
      const said = receipt()
      if (entry !== null && said === 'recorded') entries.push(entry)
      done(said)
    },
  }
  const settings = { bytesPerDay: mebibytes * mebibyte }
  const calls = new AnonymousCalls({ journal, clock, requestId: () => 'summary', settings })
  const call = (
    source: string,
    more: Partial<AnonymousCall> = {},
    done: (receipt: Receipt) => void = () => undefined,
  ): void => {
    const block = source.replace(/\.\d+$/, '.0/24')
    calls.record(
      {
        requestId: 'r',
        dialect: 'huawei',
        operation: 'unknown',
        outcome: 'credentials-missing',
        source,
        block,
        ...more,
      },
      done,
    )
  }
  const minute = (): void => {
    clock.advance(minuteMs)
    mock.timers.tick(minuteMs)
  }
  return { entries, clock, calls, call, minute }
}

test('a block of addresses gets sixty records of its own; the rest share one with a count, within a minute', () => {
  const { entries, call, minute } = setUp()
  let answered = 0
  for (let i = 0; i < 1000; i++) call('10.0.0.1', {}, () => answered++)
  assert.deepEqual([entries.length, answered], [60, 1000], 'counted calls are answered at once')
  minute()
  assert.equal(entries.length, 61)
  const { count, source, outcome, requestId } = entries[60] as AuditEntry
  assert.deepEqual(
    { count, source, outcome, requestId },
    { count: 940, source: '10.0.0.1', outcome: 'credentials-missing', requestId: 'summary' },
  )
})

test('a single record waits for the log, and fails if it cannot be written', () => {
  const { call } = setUp({ receipt: () => 'unavailable' })
  const receipts: Receipt[] = []
  call('10.0.0.1', {}, (receipt) => receipts.push(receipt))
  assert.deepEqual(receipts, ['unavailable'])
})

test('a count names the address, or the block of several; and the operation, or that there were several', () => {
  const { entries, call, minute } = setUp()
  for (let i = 0; i < 60; i++) call('10.0.0.1')
  for (let i = 0; i < 5; i++) call(`10.0.0.${i}`)
  call('10.0.0.9', { operation: 'create-token', outcome: 'credentials-invalid' })
  minute()
  assert.deepEqual(
    entries
      .slice(60)
      .map(({ source, operation, outcome, count }) => [source, operation, outcome, count]),
    [
      ['10.0.0.0/24', 'unknown', 'credentials-missing', 5],
      ['10.0.0.9', 'create-token', 'credentials-invalid', 1],
    ],
  )
})

test('a loud block does not use up the records of a quiet one, and gets one more a minute', () => {
  const { entries, call, minute } = setUp()
  for (let i = 0; i < 100; i++) call('10.0.0.1')
  call('10.0.1.1')
  assert.equal(entries.at(-1)?.source, '10.0.1.1')
  minute()
  const before = entries.length
  for (let i = 0; i < 100; i++) call('10.0.0.1')
  assert.equal(entries.length, before + 1)
})

test('the blocks with the most calls are named; all others share one record', () => {
  const { entries, call, minute } = setUp()
  for (let block = 0; block < 1200; block++) call(`10.${block >> 8}.${block & 255}.1`)
  assert.equal(entries.length, 1000, 'all blocks together have a bound')
  for (let block = 0; block < 200; block++)
    for (let i = 0; i < 100 + block; i++) call(`10.9.${block}.1`)
  minute()
  minute()
  const counts = entries.slice(1000)
  assert.ok(
    counts.length > 2 &&
      counts.length <= 1 + Math.ceil((64 * mebibyte) / recordBytes / 2 / 1440) * 2,
    `${counts.length}`,
  )
  assert.equal(counts.filter(({ source }) => source === 'several').length, 1)
  const all = 200 + 200 * 100 + (199 * 200) / 2
  assert.equal(
    counts.reduce((sum, { count }) => sum + count, 0),
    all,
    'every call is in some count',
  )
  assert.ok(
    counts.some(({ source, count }) => source === '10.9.199.1' && count === 299) ||
      counts[0]?.source === 'several',
  )
})

for (const mebibytes of [1, 64]) {
  test(`a day of calls from everywhere adds ${mebibytes} MiB at most`, () => {
    const { entries, call, minute } = setUp({ mebibytes })
    for (let at = 0; at < 1440; at++) {
      for (let block = 0; block < 100; block++)
        call(`10.${at & 255}.${block}.1`, { operation: `operation-${block}` })
      minute()
    }
    const atOnce = 2 * Math.min(1000, (mebibytes * mebibyte) / recordBytes / 2)
    assert.ok(
      entries.length * recordBytes <= mebibytes * mebibyte + atOnce * recordBytes,
      `${entries.length} records`,
    )
    assert.ok(entries.length > 100)
  })
}

test('counts that could not be written are added to the next minute, and a stop leaves nothing behind', () => {
  let receipt: Receipt = 'recorded'
  const { entries, call, minute, calls } = setUp({ receipt: () => receipt })
  for (let i = 0; i < 70; i++) call('10.0.0.1')
  receipt = 'unavailable'
  minute()
  receipt = 'recorded'
  for (let i = 0; i < 5; i++) call('10.0.0.1')
  calls.flush()
  assert.equal(
    entries.reduce((sum, { count }) => sum + count, 0),
    75,
  )
})

test('a record of a stranger is as small as the budget assumes', () => {
  const hex = 'f'.repeat(32)
  const leaf = leafBytes(
    hex,
    {
      node: hex,
      nodeSequence: 2 ** 40,
      timeMs: 2 ** 43,
      requestId: hex,
      signatureDigest: null,
      dialect: 'huawei',
      operation: 'create-ec-datakey-pair-without-plaintext',
      project: null,
      principal: null,
      source: '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff',
      keyId: null,
      keyRevision: null,
      materialVersion: null,
      outcome: 'signing-algorithm-unsupported',
      contextDigest: null,
      tries: 1,
      count: 1_000_000,
      detail: null,
    },
    [],
  )
  assert.ok(leaf.length < recordBytes * 0.75, `${leaf.length} bytes before what a table adds`)
})
