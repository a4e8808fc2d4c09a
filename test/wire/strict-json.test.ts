/** JSON: everything in RFC 8259, and nothing that two readers could understand differently. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseJson, parseJsonObject } from '../../src/wire/strict-json.ts'
import { WireError } from '../../src/wire/wire-error.ts'

const read = (text: string): unknown => parseJson(Buffer.from(text))
const isBadJson = (error: unknown): boolean =>
  error instanceof WireError && error.code === 'bad-json'

const good: readonly [text: string, value: unknown][] = [
  ['{}', {}],
  [' [ ] ', []],
  ['{"a":1,"b":[true,false,null]}', { a: 1, b: [true, false, null] }],
  ['"\\u00e4\\n\\"\\\\\\/\\b\\f\\r\\t"', 'ä\n"\\/\b\f\r\t'],
  ['"\\ud83d\\ude00"', '😀'],
  ['"😀"', '😀'],
  ['"\u007f\u0085"', '\u007f\u0085'],
  ['-0.5e-2', -0.005],
  ['9007199254740991', 9007199254740991],
  ['1e300', 1e300],
  ['{"":{"":""}}', { '': { '': '' } }],
]

for (const [text, value] of good) {
  test(`reads ${JSON.stringify(text)}`, () => assert.deepEqual(plain(read(text)), value))
}

const bad: readonly [what: string, text: string][] = [
  ['nothing', ''],
  ['white space only', ' \n'],
  ['two values', '1 2'],
  ['a trailing comma', '[1,]'],
  ['a trailing comma in an object', '{"a":1,}'],
  ['a key twice', '{"a":1,"a":2}'],
  ['a key twice, once escaped', '{"a":1,"\\u0061":2}'],
  ['__proto__', '{"__proto__":{"x":1}}'],
  ['__proto__, escaped', '{"\\u005f_proto__":{}}'],
  ['constructor', '{"constructor":{}}'],
  ['prototype', '{"a":{"prototype":1}}'],
  ['an integer that would be rounded', '9007199254740993'],
  ['an integer far too long', '1'.repeat(400)],
  ['a number beyond all bounds', '1e400'],
  ['a leading zero', '01'],
  ['a leading plus', '+1'],
  ['a bare dot', '1.'],
  ['hexadecimal', '0x10'],
  ['NaN', 'NaN'],
  ['a bare word', 'yes'],
  ['a single-quoted string', "'a'"],
  ['a comment', '{}//'],
  ['a bare line break in a string', '"a\nb"'],
  ['a NUL in a string', '"\u0000"'],
  ['half of a surrogate pair', '"\\ud800"'],
  ['the wrong half first', '"\\udc00\\ud800"'],
  ['an unknown escape', '"\\x41"'],
  ['a short escape', '"\\u12"'],
  ['an open string', '"a'],
  ['an open object', '{"a":1'],
  ['a key that is not a string', '{1:2}'],
  ['a missing colon', '{"a" 1}'],
  ['33 levels', '['.repeat(33) + ']'.repeat(33)],
  ['a depth of 200,000', '['.repeat(200_000)],
  ['10,001 elements', `[${'0,'.repeat(10_000)}0]`],
  ['a byte order mark', '\ufeff{}'],
  ['a form feed as white space', '\f{}'],
]

for (const [what, text] of bad) {
  test(`refuses ${what}`, () => assert.throws(() => read(text), isBadJson))
}

test('refuses bytes that are not UTF-8', () => {
  for (const bytes of [
    [0x22, 0xff, 0x22],
    [0x22, 0xc0, 0xaf, 0x22],
    [0x22, 0xed, 0xa0, 0x80, 0x22],
  ]) {
    assert.throws(() => parseJson(Uint8Array.from(bytes)), isBadJson)
  }
})

test('32 levels are read', () => assert.doesNotThrow(() => read('['.repeat(32) + ']'.repeat(32))))

test('objects have no prototype, and nothing reaches that of others', () => {
  assert.equal(Object.getPrototypeOf(read('{}')), null)
  for (const [, text] of bad) {
    try {
      Object.assign({}, read(text))
    } catch {}
  }
  assert.equal(({} as Record<string, unknown>).x, undefined)
})

test('a document that must be an object is refused otherwise', () => {
  for (const text of ['[]', '1', 'null', '"a"'])
    assert.throws(() => parseJsonObject(Buffer.from(text)), isBadJson)
})

test('agrees with JSON.parse on any output of JSON.stringify (10,000 values)', () => {
  const noReserved = (value: unknown): boolean =>
    !/"(__proto__|constructor|prototype)"/.test(JSON.stringify(value) ?? '')
  const values = fc.jsonValue({ maxDepth: 6, noUnicodeString: false } as never).filter(noReserved)
  fc.assert(
    fc.property(values, fc.constantFrom(undefined, 2), (value, indent) => {
      const text = JSON.stringify(value, null, indent)
      if (!text.isWellFormed() || /\\ud[89a-f]/i.test(text) || hasBigInteger(value)) return
      assert.deepEqual(plain(read(text)), JSON.parse(text))
    }),
    { numRuns: 10_000 },
  )
})

test('any input is parsed or refused as bad JSON (10,000 inputs)', () => {
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.json().map((text) => Buffer.from(text).subarray(0, -1)),
  )
  fc.assert(
    fc.property(noise, (bytes) => {
      try {
        parseJson(bytes)
      } catch (error) {
        assert.ok(isBadJson(error), String(error))
      }
    }),
    { numRuns: 10_000 },
  )
})

/** JSON.stringify writes 1e20 as an integer of 21 digits, which is refused rather than rounded. */
function hasBigInteger(value: unknown): boolean {
  if (typeof value === 'number') return Number.isInteger(value) && !Number.isSafeInteger(value)
  return value !== null && typeof value === 'object' && Object.values(value).some(hasBigInteger)
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]))
}
