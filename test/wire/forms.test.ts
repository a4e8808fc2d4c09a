/** Base64, timestamps, targets and headers: one form for each value, everything else refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeBase64, encodeBase64 } from '../../src/wire/base64.ts'
import { HeaderBag } from '../../src/wire/headers.ts'
import { formQuery, parseTarget } from '../../src/wire/target.ts'
import { formatBasicTimestamp, parseBasicTimestamp } from '../../src/wire/timestamp.ts'
import { WireError } from '../../src/wire/wire-error.ts'

test('base64 round-trips (10,000 values)', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const decoded = decodeBase64(encodeBase64(bytes), 100)
      assert.deepEqual(decoded && [...decoded], [...bytes])
      assert.equal(decoded?.buffer.byteLength, bytes.length, 'it shares its memory with nothing')
    }),
    { numRuns: 10_000 },
  )
})

test('two texts never mean the same bytes (10,000 changes)', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      fc.nat(),
      fc.constantFrom(...'AB+/=-_ \n.%'),
      (bytes, at, character) => {
        const text = encodeBase64(bytes)
        const changed =
          text.slice(0, at % text.length) + character + text.slice((at % text.length) + 1)
        const decoded = decodeBase64(changed, 40)
        if (changed !== text && decoded !== undefined) assert.notDeepEqual([...decoded], [...bytes])
      },
    ),
    { numRuns: 10_000 },
  )
})

for (const text of [
  'QQ',
  'QQ=',
  'QR==',
  'QUJ=',
  'QQ==\n',
  ' QQ==',
  'Q Q=',
  'QQ==QQ==',
  '====',
  'QUI-',
  'QUI_',
  'QU%3D',
  'QQ\u0000=',
]) {
  test(`base64 ${JSON.stringify(text)} is refused`, () =>
    assert.equal(decodeBase64(text, 100), undefined))
}

test('base64 longer than the limit is refused', () => {
  assert.equal(decodeBase64(encodeBase64(new Uint8Array(10)), 9), undefined)
  assert.equal(decodeBase64(encodeBase64(new Uint8Array(10)), 10)?.length, 10)
  assert.equal(decodeBase64('', 10)?.length, 0)
})

test('timestamps round-trip', () => {
  for (const text of [
    '20261124T001100Z',
    '20240229T235959Z',
    '19700101T000000Z',
    '99991231T235959Z',
  ]) {
    assert.equal(formatBasicTimestamp(parseBasicTimestamp(text)), text)
  }
})

for (const text of [
  '20260230T000000Z',
  '20250229T000000Z',
  '20261301T000000Z',
  '20261124T240000Z',
  '20261124T006000Z',
  '20261124T000060Z',
  '20261124T001100',
  '2026-11-24T00:11:00Z',
  '20261124t001100z',
  '20261124T001100Z ',
  '',
]) {
  test(`timestamp ${JSON.stringify(text)} is refused`, () =>
    assert.throws(() => parseBasicTimestamp(text), WireError))
}

test('a target is parsed once, for the signature and for the route', () => {
  const target = parseTarget('/v1.0/p/kms/x/tags/a%2Fb%20c~%2A?limit=10&marker=&flag')
  assert.deepEqual(target.segments, ['v1.0', 'p', 'kms', 'x', 'tags', 'a/b c~*'])
  assert.equal(target.decodedPath, '/v1.0/p/kms/x/tags/a/b c~*')
  assert.equal(target.encodedSlash, true)
  assert.deepEqual(target.query, [
    ['limit', '10'],
    ['marker', ''],
    ['flag', ''],
  ])
  assert.equal(parseTarget('/a+b?c=d+e').query[0]?.[1], 'd+e')
})

const plusSigns: readonly [raw: string, signed: string, form: string][] = [
  ['a+b', 'a+b', 'a b'],
  ['a%20b', 'a b', 'a b'],
  ['a%2Bb', 'a+b', 'a+b'],
  ['a%2520b', 'a%20b', 'a%20b'],
  ['a%252Bb+c', 'a%2Bb+c', 'a%2Bb c'],
  ['%E4%B8%AD+%C3%B6', '中+ö', '中 ö'],
]

for (const [raw, signed, form] of plusSigns) {
  test(`in a query ${raw} is "${signed}" if signed, and "${form}" as a form`, () => {
    const target = parseTarget(`/a+b?text=${raw}`)
    assert.deepEqual(target.query, [['text', signed]])
    assert.deepEqual(formQuery(target), [['text', form]])
    assert.deepEqual(target.segments, ['a+b'])
  })
}

test('duplicate parameters are refused in forms as well', () => {
  assert.throws(() => formQuery(parseTarget('/a?a+b=1&a%20b=2')), WireError)
})

const badTargets: readonly [what: string, target: string][] = [
  ['an absolute form', 'http://host/v1.0'],
  ['an asterisk', '*'],
  ['an authority', 'host:80'],
  ['nothing', ''],
  ['an empty part', '/v1.0//kms'],
  ['a dot part', '/v1.0/./kms'],
  ['a double dot part', '/v1.0/../kms'],
  ['an encoded dot part', '/v1.0/%2e%2E/kms'],
  ['a backslash', '/v1.0\\kms'],
  [
    'an encoded slash at its end, which a signature cannot distinguish from none',
    '/v1.0/tags/a%2F',
  ],
  ['an encoded slash before the slash at its end', '/v1.0/tags/a%2Fb/'],
  ['an encoded slash that leaves a part empty', '/v1.0/tags/a%2F%2Fb'],
  ['an encoded slash next to a bare one', '/v1.0/tags/%2Fa'],
  ['a dot part between encoded slashes', '/v1.0/tags/a%2F..%2Fb'],
  ['an encoded dot part next to an encoded slash', '/v1.0/tags/a%2F%2e'],
  ['an encoded backslash', '/v1.0%5Ckms'],
  ['an encoded NUL', '/v1.0/%00'],
  ['an encoded line break', '/v1.0/a%0Ab'],
  ['half an encoding', '/v1.0/%4'],
  ['an encoding of no digits', '/v1.0/%zz'],
  ['an encoding that is not UTF-8', '/v1.0/%ff'],
  ['an overlong encoding of a slash', '/v1.0/%c0%af'],
  ['a fragment', '/v1.0#x'],
  ['a bare letter beyond ASCII', '/v1.0/ä'],
  ['a space', '/v1.0/a b'],
  ['a parameter twice', '/v1.0?a=1&a=2'],
  ['a parameter twice, once encoded', '/v1.0?a=1&%61=2'],
  ['8193 characters', `/${'a'.repeat(8192)}`],
]

for (const [what, target] of badTargets) {
  test(`a target with ${what} is refused`, () => {
    assert.throws(
      () => parseTarget(target),
      (error) => error instanceof WireError && error.code === 'bad-target',
    )
  })
}

test('the segments of any target are those of its path, or an encoded slash is flagged (10,000 targets)', () => {
  const part = fc.array(
    fc.constantFrom(
      'a',
      'Z',
      '0',
      '-',
      '~',
      '%2F',
      '%20',
      '%41',
      '.',
      '/',
      '%2e',
      '+',
      '?',
      '=',
      '&',
    ),
    {
      maxLength: 12,
    },
  )
  fc.assert(
    fc.property(part, (parts) => {
      let target: ReturnType<typeof parseTarget>
      try {
        target = parseTarget(`/${parts.join('')}`)
      } catch (error) {
        return assert.ok(error instanceof WireError)
      }
      const split = target.decodedPath.slice(1).split('/')
      assert.equal(target.encodedSlash, split.length !== target.segments.length)
      if (!target.encodedSlash) assert.deepEqual(split, target.segments)
      // What is signed is the decoded path with a slash at its end: two targets that split into the
      // same parts must be the same request.
      else assert.ok(!split.some((name) => ['', '.', '..'].includes(name)))
    }),
    { numRuns: 10_000 },
  )
})

test('a header that decides something may come once', () => {
  for (const name of [
    'Host',
    'Authorization',
    'Content-Type',
    'X-Sdk-Date',
    'X-Amz-Date',
    'X-Project-Id',
  ]) {
    const raw = ['Host', 'a', name, 'one', name.toUpperCase(), 'two']
    assert.throws(
      () => new HeaderBag(raw),
      (error) => error instanceof WireError && error.code === 'bad-header',
      name,
    )
  }
  assert.throws(() => new HeaderBag(['Accept', '*/*']), WireError, 'host is missing')
})

test('other headers keep every value', () => {
  const headers = new HeaderBag(['Host', 'a', 'Accept', 'one', 'accept', 'two', 'ACCEPT', 'three'])
  assert.deepEqual(headers.all('accept'), ['one', 'two', 'three'])
  assert.equal(headers.get('accept'), undefined)
  assert.equal(headers.get('host'), 'a')
})
