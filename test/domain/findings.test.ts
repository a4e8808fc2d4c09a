/** Findings, as a table: a key in a state, and the findings about it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { passwordStrength } from '../../src/domain/access/passwords.ts'
import {
  type Finding,
  findingsOfKey,
  findingsOfRefused,
  inOrder,
} from '../../src/domain/keys/findings.ts'
import {
  callsSince,
  dayMs,
  hourMs,
  neverUsed,
  type RecentUse,
  useSince,
  withUse,
} from '../../src/domain/keys/key-use.ts'
import type { KeyRow } from '../../src/domain/rows.ts'

const now = 2_000 * dayMs
const healthy = {
  id: 'k',
  alias: 'a',
  spec: 'AES_256',
  origin: 'made-here',
  disabled: 0,
  deletionAt: null,
  deletedAt: null,
  materialVersion: 1,
  materialExpiresAt: null,
  association: null,
  importedAt: null,
  createdAt: now - 10 * dayMs,
  nextRotationAt: null,
  drilledAt: null,
} as unknown as KeyRow
const association = new Uint8Array(32)
const external: Partial<KeyRow> = {
  origin: 'external',
  association,
  drilledAt: now - dayMs,
  importedAt: now - 10 * dayMs,
}

function refusedDaysAgo(days: number): RecentUse {
  return withUse(neverUsed, { at: now - days * dayMs, allowed: false, principal: 'p', count: 4 })
}

const cases: readonly (readonly [
  what: string,
  key: Partial<KeyRow>,
  usedDaysAgo: number | null,
  expected: string[],
  recent?: RecentUse,
])[] = [
  ['a key without problems', {}, 1, []],
  ['a new key that has not been used yet', {}, null, []],
  ['made here, never used in 91 days', { createdAt: now - 91 * dayMs }, null, ['tidy unused']],
  ['made here, last used 91 days ago', { createdAt: now - 200 * dayMs }, 91, ['tidy unused']],
  ['made here, last used 89 days ago', { createdAt: now - 200 * dayMs }, 89, []],
  ['disabled and unused', { createdAt: now - 200 * dayMs, disabled: 1 }, 91, []],
  ['imported and never drilled', { ...external, drilledAt: null }, 1, ['loss-ahead never-drilled']],
  ['imported, drilled 90 days ago', { ...external, drilledAt: now - 90 * dayMs }, 1, []],
  [
    'imported, drilled 91 days ago',
    { ...external, drilledAt: now - 91 * dayMs },
    1,
    ['loss-ahead drill-old'],
  ],
  [
    'expires in 14 days',
    { ...external, materialExpiresAt: now + 14 * dayMs },
    1,
    ['loss-ahead expiry-near'],
  ],
  [
    'expires in 15 days',
    { ...external, materialExpiresAt: now + 15 * dayMs },
    1,
    ['soon expiry-coming'],
  ],
  [
    'expires in 60 days',
    { ...external, materialExpiresAt: now + 60 * dayMs },
    1,
    ['soon expiry-coming'],
  ],
  ['expires in 61 days', { ...external, materialExpiresAt: now + 61 * dayMs }, 1, []],
  [
    'is deleted in 7 days, used 90 days ago',
    { deletionAt: now + 7 * dayMs },
    90,
    ['loss-ahead deletion-of-used-key'],
  ],
  [
    'is deleted in 7 days, used 91 days ago',
    { deletionAt: now + 7 * dayMs },
    91,
    ['soon deletion-pending'],
  ],
  ['is deleted in 8 days', { deletionAt: now + 8 * dayMs }, 1, ['soon deletion-pending']],
  ['is overdue to rotate', { nextRotationAt: now - 1 }, 1, ['soon rotation-overdue']],
  ['rotates tomorrow', { nextRotationAt: now + dayMs }, 1, []],
  [
    'lost its material, called 6 days ago',
    { ...external, materialVersion: null },
    30,
    ['act-now material-missing'],
    refusedDaysAgo(6),
  ],
  [
    'lost its material, called 8 days ago',
    { ...external, materialVersion: null },
    30,
    [],
    refusedDaysAgo(8),
  ],
  [
    'never had material, called',
    { origin: 'external', materialVersion: null },
    null,
    [],
    refusedDaysAgo(1),
  ],
  [
    'pending import for 31 days',
    { origin: 'external', materialVersion: null, createdAt: now - 31 * dayMs },
    null,
    ['tidy import-pending-long'],
  ],
  [
    'expired a moment ago',
    { ...external, materialExpiresAt: now },
    1,
    ['act-now material-missing'],
    refusedDaysAgo(0),
  ],
]
for (const [what, key, usedDaysAgo, expected, recent = neverUsed] of cases) {
  test(`${what}: ${expected.join(', ') || 'nothing'}`, () => {
    const facts = {
      key: { ...healthy, ...key },
      lastUsedAt: usedDaysAgo === null ? null : now - usedDaysAgo * dayMs,
      recent,
    }
    const items = findingsOfKey(facts, 90, now)
    assert.deepEqual(
      items.map(({ severity, kind }) => `${severity} ${kind}`),
      expected,
    )
    if (expected[0] === 'act-now material-missing') assert.equal(items[0]?.count, 4)
  })
}

test('the most urgent comes first, then the nearest date, then the most used', () => {
  const item = (
    name: string,
    severity: Finding['severity'],
    at: number | null,
    calls = 0,
  ): Finding => ({
    severity,
    kind: 'unused',
    key: null,
    at,
    calls,
    count: null,
    name,
    others: null,
    isLeast: false,
  })
  const items = [
    item('e', 'tidy', null),
    item('d', 'soon', 1),
    item('b', 'loss-ahead', 5, 9),
    item('c', 'loss-ahead', 5, 8),
    item('a', 'act-now', null),
    item('bb', 'loss-ahead', null, 100),
  ]
  assert.deepEqual(
    inOrder(items).map(({ name }) => name),
    ['a', 'b', 'c', 'bb', 'd', 'e'],
  )
})

test('the use of a key is counted by hour and day and stays small', () => {
  let use = neverUsed
  for (let hour = 0; hour < 24 * 60; hour++)
    use = withUse(use, {
      at: now + hour * hourMs,
      allowed: hour % 3 !== 0,
      principal: `p${hour % 70}`,
      count: 2,
    })
  assert.deepEqual([use.hours.length, use.days.length, use.callers.length], [24, 31, 50])
  const last = now + (24 * 60 - 1) * hourMs
  assert.deepEqual(callsSince(use.hours, last - 24 * hourMs), { allowed: 32, refused: 16 })
  assert.deepEqual(useSince(use, 'days', last - 30 * dayMs), {
    allowed: 30 * 32,
    refused: 30 * 16,
    callers: 50,
  })
  assert.equal(useSince(use, 'hours', last - 9 * hourMs).callers, 10)
  assert.ok(JSON.stringify(use).length < 4000)
})

test('a password is judged by its length, unless it is repetitive', () => {
  const strength = (text: string): string => passwordStrength(text.length, new Set(text).size)
  assert.equal(strength('Tr0ub4dor&3'), 'too short')
  assert.equal(strength('aaaaaaaaaaaaaaaaaaaaaa'), 'weak')
  assert.equal(strength('abcabcabcabcabc'), 'weak')
  assert.equal(strength('horse staple'), 'fair')
  assert.equal(strength('correct horse battery staple'), 'strong')
})

const refusals: readonly [
  what: string,
  records: readonly [source: string, count: number][],
  said: unknown,
][] = [
  ['nothing', [], undefined],
  ['one from one place', [['203.0.113.7', 1]], [1, '203.0.113.7', 0]],
  [
    'each call in a count is counted',
    [
      ['203.0.113.7', 1],
      ['198.51.100.0/24', 40],
    ],
    [41, '198.51.100.0/24', 1],
  ],
  [
    'the place with the most calls is named',
    [
      ['a', 2],
      ['b', 1],
      ['c', 1],
      ['b', 2],
      ['d', 1],
    ],
    [7, 'b', 3],
  ],
]
for (const [what, records, said] of refusals) {
  test(`failed sign-ins: ${what}`, () => {
    const told = records.map(([source, count], i) => ({ source, count, timeMs: 1000 + i }))
    const [item] = findingsOfRefused('sign-ins-failed', told, false)
    assert.deepEqual(item && [item.count, item.name, item.others], said)
    if (item !== undefined)
      assert.deepEqual(
        [item.severity, item.at, item.isLeast],
        ['soon', 999 + records.length, false],
      )
  })
}
