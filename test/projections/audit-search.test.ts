/**
 * Which records a search of the log finds: from records alone, and with the segments' summaries of
 * them.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leafBytes } from '../../src/audit/record.ts'
import { bySession, serviceDialect } from '../../src/domain/operations.ts'
import type { LogSegmentRow } from '../../src/domain/rows.ts'
import { firstStartOperation } from '../../src/ports/journal.ts'
import type { AuditQuery } from '../../src/ports/reports.ts'
import type { ReportReader } from '../../src/ports/store.ts'
import { searchAudit } from '../../src/projections/audit-search.ts'
import type { DerivedRows } from '../../src/projections/derived-rows.ts'
import { newSegment, segmentOf, withRecord } from '../../src/projections/log-segments.ts'
import { anyEntry } from '../fakes/audit-entry.ts'
import { groupsOf, leafGroupsIn } from '../fakes/leaf-groups.ts'
import { everyRecord } from './every-record.ts'

const user = 'aaaa1111-0000-4000-8000-00000000aaaa'
const other = 'bbbb2222-0000-4000-8000-00000000bbbb'
const key = 'cccc3333-0000-4000-8000-00000000cccc'
const source = 'cccc4444-0000-4000-8000-00000000dddd'

/** Records by name, in log order. Those of project `b` are another tenant's. */
const entries = {
  start: {
    operation: firstStartOperation,
    project: 'a',
    principal: 'holdfast',
    dialect: serviceDialect,
  },
  encrypt: { operation: 'encrypt', project: 'a', principal: user, keyId: key },
  reEncrypt: {
    operation: 're-encrypt',
    project: 'a',
    principal: other,
    detail: `source key ${source} at revision 2`,
  },
  madeUp: {
    operation: 'describe-key',
    project: 'a',
    principal: user,
    keyId: 'no-such-key',
    outcome: 'key-not-found',
  },
  listed: { operation: 'list-keys', project: 'a', principal: user },
  read: { operation: 'search-keys', project: 'a', principal: user, detail: bySession },
  refusedRead: {
    operation: 'search-audit',
    project: 'a',
    principal: other,
    detail: bySession,
    outcome: 'not-permitted',
  },
  readOfKey: {
    operation: 'describe-key-card',
    project: 'a',
    principal: user,
    keyId: key,
    detail: bySession,
  },
  failed: { operation: 'start-session', project: 'a', outcome: 'credentials-invalid', count: 3 },
  stranger: { operation: 'unknown', outcome: 'credentials-invalid' },
  service: { operation: 'accept-clock', dialect: serviceDialect },
  foreign: { operation: 'encrypt', project: 'b', principal: other },
  foreignFailed: { operation: 'start-session', project: 'b', outcome: 'credentials-invalid' },
} as const
type Name = keyof typeof entries
const names = Object.keys(entries) as Name[]

const leaves = names.map((name, treeIndex) => {
  const entry = { ...anyEntry, dialect: 'huawei', ...entries[name] }
  const record = {
    ...entry,
    node: 'n',
    nodeSequence: treeIndex,
    timeMs: 1000 + treeIndex,
    signatureDigest: null,
    contextDigest: null,
  }
  return { treeIndex, leaf: leafBytes('d', record, []), record }
})

const groups = groupsOf('n', leaves, 4)

/** Segments of one record each, so that each can be skipped by itself. */
function segments(from: (row: LogSegmentRow) => LogSegmentRow = (row) => row): LogSegmentRow[] {
  return leaves.map(({ treeIndex, record }) => {
    const terms = newSegment('n', treeIndex, record.timeMs)
    withRecord(terms, record)
    return from({
      id: String(treeIndex),
      ...segmentOf(terms),
      revision: 1,
      schemaVersion: 1,
      mac: new Uint8Array(),
    })
  })
}

function readerOf(rows: readonly LogSegmentRow[]): ReportReader {
  const reads = {
    scan: async () => [{ id: 'n', treeSize: leaves.length }],
    leafGroups: leafGroupsIn(() => groups),
    segmentsBefore: async (log: string, before: number, limit: number) =>
      rows
        .filter((row) => row.log === log && row.firstIndex < before)
        .toReversed()
        .slice(0, limit),
  }
  return reads as unknown as ReportReader
}
const intact = { isIntact: () => true } as unknown as DerivedRows

/** Rows as written before they tracked what records lack. */
function withoutLacks(row: LogSegmentRow): LogSegmentRow {
  return { ...row, terms: JSON.stringify((JSON.parse(row.terms) as unknown[]).slice(0, 4)) }
}
const readers = {
  'from records alone': readerOf([]),
  'with segments': readerOf(segments()),
  'with segments of an earlier release': readerOf(segments(withoutLacks)),
}

const all = everyRecord('a')
const ofProject = names.filter(
  (name) => 'project' in entries[name] && entries[name].project === 'a',
)

const cases: readonly [what: string, query: Partial<AuditQuery>, found: readonly Name[]][] = [
  ['everything of a project', {}, ofProject],
  [
    'what belongs to no project, with the first project',
    { withStrangers: true },
    [...ofProject, 'stranger', 'service'],
  ],
  [
    'what belongs to no project, with another one',
    { withStrangers: true, projectId: 'b' },
    ['foreign', 'foreignFailed'],
  ],
  ['unknown callers', { withStrangers: true, principals: ['unknown'] }, ['failed', 'stranger']],
  ['those of the own project only', { principals: ['unknown'] }, ['failed']],
  ['the service itself', { withStrangers: true, principals: ['service'] }, ['service']],
  [
    'failed sign-ins of another tenant',
    { projectId: 'b', outcomes: ['credentials-invalid'] },
    ['foreignFailed'],
  ],
  ['a caller by ID', { principals: [other] }, ['reEncrypt', 'refusedRead']],
  ['a caller by the beginning of the ID', { principals: ['bbbb'] }, ['reEncrypt', 'refusedRead']],
  [
    'a caller as lists show the ID',
    { principals: ['bbbb2222…bbbb'] },
    ['reEncrypt', 'refusedRead'],
  ],
  ['the same beginning with another end', { principals: ['bbbb2222…aaaa'] }, []],
  ['too little of an ID', { principals: ['bbb'] }, []],
  [
    'two callers',
    { principals: [user, 'holdfast'] },
    ['start', 'encrypt', 'madeUp', 'listed', 'read', 'readOfKey'],
  ],
  ['a key by ID', { keys: [key] }, ['encrypt', 'readOfKey']],
  [
    'a key by the beginning of the ID',
    { keys: ['cccc3333-0000-4000-8000'] },
    ['encrypt', 'readOfKey'],
  ],
  ['a key as lists show the ID', { keys: ['cccc3333…cccc'] }, ['encrypt', 'readOfKey']],
  ['a key as the source of a call, with three dots', { keys: ['cccc4444...dddd'] }, ['reEncrypt']],
  ['two keys by what both begin with', { keys: ['cccc'] }, ['encrypt', 'reEncrypt', 'readOfKey']],
  ['an ID that a caller made up', { keys: ['no-such-key'] }, ['madeUp']],
  [
    'one of several operations',
    { operations: ['encrypt', 're-encrypt'] },
    ['encrypt', 'reEncrypt'],
  ],
  ['everything that was refused', { outcomes: ['refused'] }, ['madeUp', 'refusedRead', 'failed']],
  [
    'one of several outcomes',
    { outcomes: ['key-not-found', 'not-permitted'] },
    ['madeUp', 'refusedRead'],
  ],
  [
    'what is not a console read: reads with a key, and refused ones, stay',
    { hidesReads: true },
    ofProject.filter((name) => name !== 'read' && name !== 'readOfKey'),
  ],
]

for (const [how, reader] of Object.entries(readers))
  for (const [what, query, expected] of cases)
    test(`${how}: ${what}`, async () => {
      const { records, next, searchedTo } = await searchAudit(reader, intact, { ...all, ...query })
      assert.deepEqual(records.map(({ index }) => names[index]).toReversed(), expected)
      assert.deepEqual([next, searchedTo], [null, null])
    })

test('hidden records are counted if they would match', async () => {
  for (const reader of Object.values(readers)) {
    const hidden = async (query: Partial<AuditQuery>): Promise<number> =>
      (await searchAudit(reader, intact, { ...all, hidesReads: true, ...query })).hidden
    assert.equal(await hidden({}), 2)
    assert.equal(await hidden({ keys: [key] }), 1)
    assert.equal(await hidden({ principals: [other] }), 0)
    assert.equal(await hidden({ hidesReads: false }), 0)
  }
})

test('a search that reached its limit reports how far it got', async () => {
  const { records, next, searchedTo } = await searchAudit(readers['with segments'], intact, {
    ...all,
    outcomes: ['ok'],
    looksAt: 4,
  })
  assert.ok(records.length > 0 && records.length < 6)
  assert.ok(next !== null && searchedTo !== null && searchedTo > 1000)
})
