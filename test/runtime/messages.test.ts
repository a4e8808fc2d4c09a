/** Messages between threads arrive as they were sent. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { RowReference } from '../../src/domain/rows.ts'
import type { Submission } from '../../src/ports/journal.ts'
import { pack, unpack } from '../../src/runtime/messages.ts'
import { anyEntry } from '../fakes/audit-entry.ts'

test('a record without row writes crosses as text and arrives field for field', () => {
  const text = fc.option(fc.string({ unit: 'grapheme' }), { nil: null })
  const count = fc.option(fc.maxSafeNat(), { nil: null })
  fc.assert(
    fc.property(
      text,
      text,
      text,
      count,
      count,
      fc.array(fc.tuple(fc.constant('keys' as const), fc.string(), fc.string())),
      (project, keyId, detail, keyRevision, notAfter, guards) => {
        const entry = { ...anyEntry, project, keyId, detail, keyRevision, tries: 2 }
        const submission: Submission = {
          entry,
          guards: guards as RowReference[],
          notAfter,
          writes: [],
          erases: false,
        }
        const packed = pack(7, [submission, submission])
        for (const one of packed.group) assert.equal(typeof one, 'string')
        assert.equal(packed.guards.length, 1)
        const [first, second] = unpack(structuredClone(packed))
        assert.deepEqual(first, submission)
        assert.deepEqual(second, submission)
        assert.equal(first?.guards, second?.guards)
      },
    ),
  )
})

test('a submission with row writes crosses unchanged, including its bytes', () => {
  const from = '1 00'
  const write = { table: 'keys', id: 'k', expected: 1, from, row: null, digest: null } as const
  const submission: Submission = {
    entry: anyEntry,
    guards: [],
    notAfter: null,
    writes: [write],
    erases: true,
  }
  assert.equal(unpack(pack(7, [submission]))[0], submission)
  assert.deepEqual(unpack(structuredClone(pack(7, [submission])))[0], submission)
})

test('what an operator accepts crosses as well', () => {
  const submission: Submission = {
    entry: anyEntry,
    guards: [],
    notAfter: null,
    writes: [],
    erases: false,
    acceptsClock: 'ahead',
  }
  assert.deepEqual(unpack(structuredClone(pack(7, [submission])))[0], submission)
})
