/**
 * Contexts, canonical values, rows, leaves, trees and labels match the golden files and are
 * injective.
 */
import assert from 'node:assert/strict'
import { createSecretKey, hash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { headLeaf } from '../../src/audit/integrator.ts'
import { leafBytes } from '../../src/audit/record.ts'
import { Frontier, leafHash, nodeHash } from '../../src/audit/tree.ts'
import { association, checkValue } from '../../src/crypto/formats/association.ts'
import {
  type CanonicalValue,
  decodeCanonical,
  encodeCanonical,
} from '../../src/crypto/formats/canonical.ts'
import { contextBytes } from '../../src/crypto/formats/context.ts'
import { labels, purposes } from '../../src/crypto/formats/labels.ts'
import { rowBytes, rowDigest, signRow, verifyRow } from '../../src/crypto/formats/row-mac.ts'
import { grantOf } from '../../src/domain/access/grants.ts'
import { isDamage } from '../../src/domain/damaged-row.ts'
import { KmsError } from '../../src/domain/errors.ts'
import type { KeyGrantRow, Row, RowValues } from '../../src/domain/rows.ts'
import {
  columnName,
  columnsOf,
  rowSchemaVersion,
  type TableName,
  tableNames,
} from '../../src/domain/tables.ts'
import { readGolden, unhex, untag } from '../golden/golden.ts'
import { decodeCanonical as secondReading } from './decode-canonical.ts'

type Pairs = [string, string][]
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

test('contexts have the bytes of the golden file, in every order of their pairs', () => {
  const golden = readGolden<{
    encodings: { name: string; pairs: Pairs; bytes: string }[]
    longest: { pairs: Pairs; sizeBytes: number }
  }>('context')
  for (const { name, pairs, bytes } of golden.encodings) {
    assert.equal(hex(contextBytes(pairs)), bytes, name)
    assert.equal(hex(contextBytes(pairs.toReversed())), bytes, name)
  }
  assert.equal(contextBytes(golden.longest.pairs).length, golden.longest.sizeBytes)
})

test('contexts that are too long, name a key twice or hold half a surrogate pair are refused', () => {
  const { refused } = readGolden<{ refused: { name: string; pairs: Pairs }[] }>('context')
  const surrogates: Pairs[] = [[['\ud800', 'x']], [['x', '\udc00']]]
  for (const pairs of [...refused.map((one) => one.pairs), ...surrogates]) {
    assert.throws(
      () => contextBytes(pairs),
      (error) => error instanceof KmsError && error.code === 'context-invalid',
    )
  }
})

test('canonical values have the bytes of the golden file, and decode to the same values', () => {
  const { values } = readGolden<{ values: { value: unknown; bytes: string }[] }>('canonical')
  for (const { value, bytes } of values) {
    assert.equal(hex(encodeCanonical(untag(value))), bytes)
    for (const read of [decodeCanonical, secondReading])
      assert.deepEqual(plain(read(unhex(bytes))), plain(untag(value)))
  }
})

test('the canonical encoding loses nothing (10,000 values)', () => {
  const { value } = fc.letrec<{ value: CanonicalValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constant(null),
      fc.maxSafeInteger(),
      fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()),
      fc.uint8Array(),
      fc.array(tie('value'), { maxLength: 4 }) as fc.Arbitrary<CanonicalValue>,
    ),
  }))
  fc.assert(
    fc.property(value, (one) => {
      const bytes = encodeCanonical(one)
      for (const read of [decodeCanonical, secondReading])
        assert.deepEqual(plain(read(bytes)), plain(one))
    }),
    { numRuns: 10_000 },
  )
})

test('bytes that are not an encoding are rejected: truncated, extended, altered (10,000 inputs)', () => {
  const whole = encodeCanonical(['päper', 7, null, new Uint8Array(3), [[], 'x']])
  for (let size = 0; size < whole.length; size++)
    assert.throws(() => decodeCanonical(whole.subarray(0, size)), TypeError)
  assert.throws(() => decodeCanonical(Buffer.concat([whole, whole])), TypeError)
  assert.throws(
    () => decodeCanonical(unhex('010020000000000000')),
    TypeError,
    'an integer that is not safe',
  )
  assert.throws(() => decodeCanonical(unhex('0200000001ff')), TypeError, 'text that is not UTF-8')
  const place = fc.nat({ max: whole.length - 1 })
  fc.assert(
    fc.property(place, fc.integer({ min: 0, max: 255 }), (at, byte) => {
      const bytes = whole.slice()
      bytes[at] = byte
      let value: CanonicalValue
      try {
        value = decodeCanonical(bytes)
      } catch (error) {
        return error instanceof TypeError
      }
      return Buffer.compare(encodeCanonical(value), bytes) === 0
    }),
    { numRuns: 10_000 },
  )
})

test('a value without a canonical encoding is a programming error', () => {
  for (const value of [0.5, Number.NaN, 2 ** 53, '\ud800'])
    assert.throws(() => encodeCanonical(value), TypeError)
})

type GoldenRow = {
  table: string
  schemaVersion: number
  columns: Record<string, unknown>
  revision: number
  bytes: string
  mac: string
  digest: string
}

/** The golden file's columns as the fields of a row. */
function rowOf({ table, columns, revision, schemaVersion, mac }: GoldenRow): {
  table: TableName
  row: Row<TableName>
} {
  const name = tableNames.find((one) => columnName(one) === table) as TableName
  const fields = Object.keys(columnsOf(name)).map((field) => [
    field,
    untag(columns[columnName(field)] ?? null),
  ])
  return {
    table: name,
    row: {
      ...Object.fromEntries(fields),
      revision,
      schemaVersion,
      mac: unhex(mac),
    } as Row<TableName>,
  }
}

/** Rows of every layout that was ever written. */
function goldenRows(): { rows: GoldenRow[]; rowMacKey: string } {
  const names = [
    'canonical',
    'rows-layout-2',
    'rows-layout-3',
    'grants',
    'password-hash',
    'log-head',
    'levels',
  ]
  const files = names.map((name) => readGolden<{ rows: GoldenRow[]; rowMacKey: string }>(name))
  const rowMacKey = files[0]?.rowMacKey ?? ''
  assert.ok(files.every((file) => file.rowMacKey === rowMacKey))
  return { rows: files.flatMap(({ rows }) => rows), rowMacKey }
}

test('rows have the bytes, MAC and digest of the golden files', () => {
  const { rows, rowMacKey } = goldenRows()
  const key = createSecretKey(unhex(rowMacKey))
  for (const golden of rows) {
    const { table, row } = rowOf(golden)
    assert.equal(hex(rowBytes(labels.row, table, row)), golden.bytes)
    assert.equal(hex(rowDigest(table, row)), golden.digest)
    verifyRow(key, table, row)
    const { mac: _, revision, schemaVersion, ...values } = row
    // Rows of an older layout stay readable forever and are no longer written.
    if (schemaVersion !== rowSchemaVersion(table)) continue
    assert.equal(hex(signRow(key, table, values as RowValues<TableName>, revision).mac), golden.mac)
  }
})

test('a grant of the first layout, with the operation names of one API, allows what the same grant allows today', () => {
  const { rows } = readGolden<{ rows: GoldenRow[] }>('grants')
  const operations = rows.map((golden) => grantOf(rowOf(golden).row as KeyGrantRow).operations)
  const expected = ['create-data-key', 'encrypt', 'get-public-key', 'verify-mac']
  assert.deepEqual(operations, [expected, expected])
  assert.deepEqual(
    rows.map(({ schemaVersion }) => schemaVersion),
    [1, rowSchemaVersion('keyGrants')],
  )
})

test('a row with any field changed, or presented as a row of another table, is not used', () => {
  const { rows, rowMacKey } = goldenRows()
  const key = createSecretKey(unhex(rowMacKey))
  for (const { table, row } of rows.map(rowOf)) {
    for (const [field, value] of Object.entries(row)) {
      const other =
        value === null
          ? 0
          : typeof value === 'number'
            ? value + 1
            : typeof value === 'string'
              ? `${value} `
              : new Uint8Array(32)
      assert.throws(
        () => verifyRow(key, table, { ...row, [field]: other }),
        isDamage,
        `${table}.${field}`,
      )
    }
    const other = table === 'ledgers' ? 'epochs' : 'ledgers'
    assert.throws(() => verifyRow(key, other, row as never), isDamage)
  }
})

test('audit leaves have the bytes and hashes of the golden file', () => {
  type Record_ = Parameters<typeof leafBytes>[1] & { deployment: string; changes: CanonicalValue[] }
  const { records } = readGolden<{
    records: { record: Record<string, unknown>; leaf: string; hash: string }[]
  }>('audit-leaf')
  for (const { record, leaf, hash: hashed } of records) {
    const one = Object.fromEntries(
      Object.entries(record).map(([field, value]) => [field, untag(value)]),
    ) as unknown as Record_
    assert.equal(hex(leafBytes(one.deployment, one, one.changes)), leaf)
    assert.equal(hex(leafHash(unhex(leaf))), hashed)
  }
})

test('heads are leaves with the bytes and hashes of the golden file', () => {
  const { heads } = readGolden<{
    heads: { head: Record<string, unknown>; leaf: string; hash: string }[]
  }>('log-head')
  for (const { head, leaf, hash: hashedLeaf } of heads) {
    const { deployment, log, treeSize, treeRoot, epoch } = head
    const row = { id: String(log), treeSize: Number(treeSize), epoch: Number(epoch) }
    const { encoded, hashed } = headLeaf(String(deployment), {
      ...row,
      treeRoot: untag(treeRoot) as Uint8Array,
    })
    assert.deepEqual([hex(encoded), hex(hashed)], [leaf, hashedLeaf])
    if (epoch !== 0) continue
    const before = headLeaf(String(deployment), {
      ...row,
      epoch: null,
      treeRoot: untag(treeRoot) as Uint8Array,
    })
    assert.equal(hex(before.encoded), leaf, 'before the first epoch')
  }
})

test('trees of every size have the roots and frontiers of the golden file', () => {
  const { trees } = readGolden<{ trees: { size: number; root: string; frontier: string[] }[] }>(
    'audit-leaf',
  )
  const frontier = new Frontier()
  for (const golden of trees) {
    while (frontier.size < golden.size)
      frontier.append(leafHash(Buffer.from(`leaf ${frontier.size}`)))
    assert.equal(hex(frontier.root()), golden.root, `size ${golden.size}`)
    assert.equal(hex(frontier.encode()), golden.frontier.join(''))
    const again = Frontier.decode(frontier.size, frontier.encode())
    assert.equal(hex(again.root()), golden.root)
  }
})

test('a leaf is never mistaken for a node', () => {
  const [left, right] = [hash('sha256', 'l', 'buffer'), hash('sha256', 'r', 'buffer')]
  assert.notEqual(hex(leafHash(Buffer.concat([left, right]))), hex(nodeHash(left, right)))
})

test('labels and purposes are those of the golden file', () => {
  const golden = readGolden<{
    labels: Record<string, string>
    rootSlotKeyFile: string
    purposes: Record<string, number>
  }>('labels')
  const ours = Object.entries(labels).map(([, label]) =>
    hex(typeof label === 'string' ? Buffer.from(label) : label),
  )
  const later = ['auth-token', 'session-token', 'sign-in-counts', 'password-hash', 'log-head'].map(
    (name) =>
      readGolden<{ labels?: Record<string, string>; purposes: Record<string, number> }>(name),
  )
  const laterLabels = later.flatMap((one) => Object.values(one.labels ?? {}))
  assert.deepEqual(
    ours.toSorted(),
    [...Object.values(golden.labels), ...laterLabels, golden.rootSlotKeyFile].toSorted(),
  )
  const laterPurposes = later.flatMap((one) => Object.values(one.purposes))
  assert.deepEqual(Object.values(purposes), [...Object.values(golden.purposes), ...laterPurposes])
})

test('association and check value are those of the golden file', () => {
  type Case = { key: string; keyId: string; spec: string; material: string; value: string }
  const golden = readGolden<{ association: Case; checkValue: Case }>('labels')
  const { key, keyId, spec, material, value } = golden.association
  assert.equal(hex(association(createSecretKey(unhex(key)), keyId, spec, unhex(material))), value)
  assert.equal(
    checkValue(golden.checkValue.keyId, golden.checkValue.spec, unhex(golden.checkValue.material)),
    golden.checkValue.value,
  )
})

/** Compares bytes by content, regardless of their class. */
function plain(value: CanonicalValue): unknown {
  if (value instanceof Uint8Array) return { hex: hex(value) }
  return Array.isArray(value) ? value.map(plain) : value
}
