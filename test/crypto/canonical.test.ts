/**
 * The canonical encoding in both directions: every value comes back, and every other sequence of
 * bytes is refused. The golden files pin the layout.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type CanonicalValue,
  decodeCanonical,
  encodeAndHash,
  encodeCanonical,
} from '../../src/crypto/formats/canonical.ts'

const scalars = fc.oneof(
  fc.constant(null),
  fc.maxSafeInteger(),
  fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()),
  fc.uint8Array(),
)
const { values } = fc.letrec<{ values: CanonicalValue }>((tie) => ({
  values: fc.oneof({ depthSize: 'small' }, scalars, fc.array(tie('values'), { maxLength: 5 })),
}))

test('every value comes back', () => {
  fc.assert(
    fc.property(values, (value) => {
      const encoded = encodeCanonical(value)
      assert.deepEqual(decodeCanonical(encoded), value)
      const { encoded: same, hashed } = encodeAndHash(7, value)
      assert.deepEqual(same, encoded)
      const again = createHash('sha256').update(Uint8Array.of(7)).update(encoded).digest()
      assert.deepEqual(Uint8Array.from(hashed), Uint8Array.from(again))
    }),
  )
})

test('values of any size come back, in any order', () => {
  for (const length of [4080, 4091, 4092, 5000, 4096, 20_000, 10, 70_000])
    for (const value of [
      '€'.repeat(length),
      'a'.repeat(length),
      new Uint8Array(length).fill(length),
      Array.from({ length }, (_, i) => i),
      [null, 'x'.repeat(length), null],
    ])
      assert.deepEqual(decodeCanonical(encodeCanonical(value)), value)
})

test('a text keeps a byte order mark at its beginning', () => {
  const marked = '\ufeffkey'
  assert.equal(decodeCanonical(encodeCanonical(marked)), marked)
})

const refused: Readonly<Record<string, readonly [bytes: number[], why: RegExp]>> = {
  'an unknown tag': [[5], /unknown tag/],
  'bytes after the value': [[0, 0], /unexpected bytes after/],
  'nothing at all': [[], /ends too early/],
  'an integer that is cut off': [[1, 0, 0, 0, 0, 0, 0, 0], /ends too early/],
  'a text shorter than its length': [[2, 0, 0, 0, 2, 97], /ends too early/],
  'a list shorter than its length': [[4, 0, 0, 0, 2, 0], /ends too early/],
  'an integer that is not safe': [[1, 0, 0x20, 0, 0, 0, 0, 0, 0], /only safe integers/],
  'one above it': [[1, 0, 0x20, 0, 0, 0, 0, 0, 1], /only safe integers/],
  'one that is not safe and negative': [[1, 0xff, 0xe0, 0, 0, 0, 0, 0, 0], /only safe integers/],
  'a text that is not UTF-8': [[2, 0, 0, 0, 1, 0xff], /./],
}
for (const [name, [bytes, why]] of Object.entries(refused))
  test(`${name} is refused`, () => {
    assert.throws(() => decodeCanonical(Uint8Array.from(bytes)), {
      name: 'TypeError',
      message: why,
    })
  })

const without: Readonly<Record<string, readonly [value: CanonicalValue, why: RegExp]>> = {
  'an integer above the safe ones': [Number.MAX_SAFE_INTEGER + 1, /only safe integers/],
  'a fraction': [0.5, /only safe integers/],
  'half a surrogate pair': ['\ud800', /lone surrogates/],
}
for (const [name, [value, why]] of Object.entries(without))
  test(`${name} has no encoding`, () => {
    assert.throws(() => encodeCanonical([value]), { name: 'TypeError', message: why })
  })
