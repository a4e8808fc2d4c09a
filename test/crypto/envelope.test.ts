/**
 * The sealed envelope: golden files, a second implementation, and everything that must not open.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createDecipheriv, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import {
  envelopeOverheadBytes,
  type Header,
  open,
  readHeader,
  type SuiteNumber,
  seal,
} from '../../src/crypto/envelope.ts'
import { contextBytes } from '../../src/crypto/formats/context.ts'
import { isPurpose, type Purpose, purposes } from '../../src/crypto/formats/labels.ts'
import { idBytes } from '../../src/domain/ids.ts'
import { readGolden, unhex } from '../golden/golden.ts'
import { missing, tool } from '../tools.ts'

type Golden = {
  readonly suite: SuiteNumber
  readonly purpose: Purpose
  readonly keyId: string
  readonly version: number
  readonly material: string
  readonly salt: string
  readonly context: [string, string][]
  readonly plaintext: string
  readonly sealed: string
}

const golden = [...readGolden<Golden[]>('envelope'), ...readGolden<Golden[]>('envelope-suite-3')]
const headerOf = ({ suite, purpose, keyId, version }: Golden): Header => ({
  suite,
  purpose,
  keyId: idBytes(keyId),
  version,
})
const hex = (bytes: Uint8Array | undefined): string | undefined =>
  bytes && Buffer.from(bytes).toString('hex')

const none = contextBytes([])
const material = { 1: randomBytes(32), 3: randomBytes(16) } as const
const header: Header = { suite: 1, purpose: purposes.data, keyId: randomBytes(16), version: 1 }

test('we seal byte for byte what the second implementation sealed', () => {
  assert.ok(golden.length > 30)
  for (const one of golden) {
    const sealed = seal(
      unhex(one.material),
      headerOf(one),
      unhex(one.salt),
      contextBytes(one.context),
      unhex(one.plaintext),
    )
    assert.equal(hex(sealed), one.sealed)
  }
})

test('what the second implementation sealed opens', () => {
  for (const one of golden) {
    const opened = open(
      unhex(one.material),
      headerOf(one),
      contextBytes(one.context),
      unhex(one.sealed),
    )
    assert.equal(hex(opened), one.plaintext)
  }
})

test('the right key and a tag that fits do not open an envelope whose commitment is wrong', () => {
  const refused = readGolden<(Golden & { readonly turnedBit: number })[]>('envelope-refused')
  assert.ok(refused.length > 100)
  for (const one of refused) {
    const [key, context, sealed] = [
      unhex(one.material),
      contextBytes(one.context),
      unhex(one.sealed),
    ]
    assert.equal(open(key, headerOf(one), context, sealed), undefined, `bit ${one.turnedBit}`)
    // The tag is over the turned bit: with the bit as it was, the commitment fits and the tag does
    // not.
    const at = 55 + (one.turnedBit >> 3)
    sealed[at] = (sealed[at] ?? 0) ^ (1 << (one.turnedBit & 7))
    assert.equal(open(key, headerOf(one), context, sealed), undefined)
  }
})

test('the second implementation opens what we seal and refuses what we refuse', {
  skip: missing('python3-cryptography'),
}, () => {
  const cases = fc.sample(
    fc.record({
      suite: fc.constantFrom<SuiteNumber>(1, 3),
      plaintext: fc.uint8Array({ maxLength: 200 }),
      context: contexts(),
    }),
    200,
  )
  const lines = cases.flatMap(({ suite, plaintext, context }) => {
    const keyId = randomBytes(16)
    const sealed = Buffer.from(
      seal(
        material[suite],
        { ...header, suite, keyId },
        randomBytes(32),
        contextBytes(context),
        plaintext,
      ),
    )
    const damaged = Buffer.from(sealed)
    const at = Math.floor(Math.random() * sealed.length)
    damaged[at] = (damaged[at] ?? 0) ^ 1
    const fields = {
      material: hex(material[suite]),
      purpose: 1,
      keyId: keyId.toString('hex'),
      version: 1,
      context,
    }
    return [
      { ...fields, sealed: sealed.toString('hex') },
      { ...fields, sealed: damaged.toString('hex') },
    ]
  })
  const reader = spawnSync(tool('python3-cryptography'), ['test/golden/open_envelope.py'], {
    input: lines.map((line) => JSON.stringify(line)).join('\n'),
    encoding: 'utf8',
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  })
  const answers = reader.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.equal(answers.length, lines.length, reader.stderr)
  for (const [i, { plaintext }] of cases.entries()) {
    assert.equal(answers[2 * i].plaintext, hex(plaintext))
    assert.equal(answers[2 * i + 1].error, 'invalid')
  }
})

for (const suite of [1, 3] as const) {
  test(`suite ${suite}: flipping any bit of header, body or tag prevents opening`, () => {
    const mine = { ...header, suite }
    const sealed = seal(material[suite], mine, randomBytes(32), none, Buffer.from('some plaintext'))
    assert.ok(open(material[suite], mine, none, sealed))
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const damaged = Buffer.from(sealed)
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      assert.equal(open(material[suite], mine, none, damaged), undefined, `bit ${bit}`)
      // Nor does it open if the damaged header is trusted.
      const claimed = readHeader(damaged)
      if (claimed?.suite === suite)
        assert.equal(open(material[suite], claimed, none, damaged), undefined, `bit ${bit}`)
    }
  })
}

test('any other key, context, purpose, version or key ID prevents opening', () => {
  const context = contextBytes([['a', 'b']])
  const sealed = seal(material[1], header, randomBytes(32), context, Buffer.from('x'))
  assert.ok(open(material[1], header, context, sealed))
  assert.equal(open(randomBytes(32), header, context, sealed), undefined)
  assert.equal(open(material[1], { ...header, version: 2 }, context, sealed), undefined)
  assert.equal(open(material[1], { ...header, keyId: randomBytes(16) }, context, sealed), undefined)
  assert.equal(open(material[3], { ...header, suite: 3 }, context, sealed), undefined)
  for (const purpose of Object.values(purposes)) {
    if (purpose !== header.purpose)
      assert.equal(open(material[1], { ...header, purpose }, context, sealed), undefined)
  }
})

test('any other context prevents opening (10,000 pairs of contexts)', () => {
  fc.assert(
    fc.property(contexts(), contexts(), (one, other) => {
      const same = JSON.stringify(sorted(one)) === JSON.stringify(sorted(other))
      assert.equal(Buffer.compare(contextBytes(one), contextBytes(other)) === 0, same)
    }),
    { numRuns: 10_000 },
  )
  const sealed = seal(
    material[1],
    header,
    randomBytes(32),
    contextBytes([['k', 'v']]),
    Buffer.from('x'),
  )
  const others: [string, string][][] = [
    [],
    [['k', '']],
    [['k', 'v ']],
    [['K', 'v']],
    [['kv', '']],
    [
      ['k', 'v'],
      ['', ''],
    ],
  ]
  for (const other of others)
    assert.equal(open(material[1], header, contextBytes(other), sealed), undefined)
})

test('suite 2, which was never used, is rejected', () => {
  for (const suite of [1, 3] as const) {
    const sealed = Buffer.from(
      seal(material[suite], { ...header, suite }, randomBytes(32), none, Buffer.from('x')),
    )
    sealed[1] = 2
    assert.equal(readHeader(sealed), undefined)
    for (const claimed of [1, 3] as const)
      assert.equal(open(material[claimed], { ...header, suite: claimed }, none, sealed), undefined)
  }
})

test('cut short, lengthened or empty, it does not open', () => {
  const sealed = seal(material[1], header, randomBytes(32), none, Buffer.from('x'))
  for (let length = 0; length < sealed.length; length++)
    assert.equal(open(material[1], header, none, sealed.subarray(0, length)), undefined)
  assert.equal(open(material[1], header, none, Buffer.concat([sealed, Buffer.alloc(1)])), undefined)
})

test('it adds 103 bytes, and the shortest base64 form is within the bounds that clients know', () => {
  const sealed = seal(material[1], header, randomBytes(32), none, Buffer.from('x'))
  assert.equal(sealed.length, 1 + envelopeOverheadBytes)
  assert.equal(envelopeOverheadBytes, 103)
  const longest = Math.ceil((4096 + envelopeOverheadBytes) / 3) * 4
  assert.ok(Buffer.from(sealed).toString('base64').length >= 128 && longest <= 5648)
})

test('the same plaintext sealed twice shares nothing but its header', () => {
  const [one, two] = [0, 1].map(() =>
    seal(material[1], header, randomBytes(32), none, Buffer.alloc(64)),
  )
  assert.notEqual(hex(one?.subarray(23)), hex(two?.subarray(23)))
})

test('no other key opens it (10,000 keys)', () => {
  const sealed = seal(material[1], header, randomBytes(32), none, Buffer.from('x'))
  for (let i = 0; i < 10_000; i++)
    assert.equal(open(randomBytes(32), header, none, sealed), undefined)
})

test('a ciphertext made for two keys at once opens under raw AES-GCM with both, and in an envelope with neither', async (t) => {
  const folder = process.env.HOLDFAST_TEST_VECTORS
  const script = folder && join(folder, 'gcm-two-key-collision.mjs')
  if (!script || !existsSync(script))
    return t.skip('the folder HOLDFAST_TEST_VECTORS has no gcm-two-key-collision.mjs')
  type Collide = (
    k1: Uint8Array,
    k2: Uint8Array,
    nonce: Uint8Array,
  ) => { ct: Uint8Array; tag: Uint8Array }
  const { collide } = (await import(pathToFileURL(script).href)) as { collide: Collide }
  const keys = [randomBytes(32), randomBytes(32)] as const
  const iv = Buffer.alloc(12)
  const { ct, tag } = collide(keys[0], keys[1], iv)
  for (const key of keys) {
    const raw = createDecipheriv('aes-256-gcm', key, iv)
    raw.setAuthTag(tag)
    raw.update(ct)
    assert.doesNotThrow(() => raw.final(), 'the positive control works')
  }
  for (const commitTo of keys) {
    const sealed = Buffer.from(seal(commitTo, header, randomBytes(32), none, Buffer.alloc(16)))
    Buffer.concat([ct, tag]).copy(sealed, 87)
    for (const key of keys) assert.equal(open(key, header, none, sealed), undefined)
  }
})

test('only the listed numbers are purposes', () => {
  const known = Array.from({ length: 256 }, (_, i) => i).filter(isPurpose)
  assert.deepEqual(known, Object.values(purposes))
})

function contexts(): fc.Arbitrary<[string, string][]> {
  const text = fc.string({ unit: 'grapheme', maxLength: 6 }).filter((value) => value.isWellFormed())
  return fc.uniqueArray(fc.tuple(text, text), { maxLength: 4, selector: ([key]) => key })
}

function sorted(context: [string, string][]): [string, string][] {
  return context.toSorted(([a], [b]) => (a < b ? -1 : 1))
}
