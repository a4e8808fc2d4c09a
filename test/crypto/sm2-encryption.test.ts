/**
 * SM2 public-key encryption: the standard's example, OpenSSL's command line, and everything that
 * must not open.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { decryptSm2 } from '../../src/crypto/asymmetric/sm2-encryption.ts'
import { missing, tool } from '../tools.ts'
import { integer, octets, sequence } from './der.ts'
import { derOf, encryptSm2, pointOf } from './sm2-encryption.ts'

const made = () => generateKeyPairSync('ec', { namedCurve: 'SM2' })
const { privateKey, publicKey } = made()
const spki = publicKey.export({ format: 'der', type: 'spki' })
const point = pointOf(spki)
const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' })
const message = randomBytes(32)
const plain = encryptSm2(point, message)
const der = derOf(plain)
const open = (ciphertext: Uint8Array, key: KeyObject = privateKey): Uint8Array | undefined =>
  decryptSm2(key, ciphertext)
const flipped = (bytes: Uint8Array, at: number): Buffer => {
  const changed = Buffer.from(bytes)
  changed[at] = (changed[at] ?? 0) ^ 1
  return changed
}

describe('the example of GB/T 32918.5, annex C', () => {
  const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
  const d = hex('3945208f 7b2144b1 3f36e38a c6d39f95 88939369 2860b51a 42fb81ef 4df7c5b8')
  const ours = hex(
    `04 09f9df31 1e5421a1 50dd7d16 1e4bc5c6 72179fad 1833fc07 6bb08ff3 56f35020
    ccea490c e26775a5 2dc6ea71 8cc1aa60 0aed05fb f35e084a 6632f607 2da9ad13`.replaceAll('\n', ''),
  )
  const k = 0x59276e27d506861a16680f3ad9c02dccef3cc1fa3cdbe4ce6d54b80deac1bc21n
  const c1 = hex(
    `04 04ebfc71 8e8d1798 62043226 8e77feb6 415e2ede 0e073c0f 4f640ecd 2e149a73
    e858f9d8 1e5430a5 7b36daab 8f950a3c 64e6ee6a 63094d99 283aff76 7e124df0`.replaceAll('\n', ''),
  )
  const c2 = hex('21886ca9 89ca9c7d 58087307 ca93092d 651efa')
  const c3 = hex('59983c18 f809e262 923c53ae c295d303 83b54e39 d609d160 afcb1908 d0bd8766')
  const whole = Buffer.concat([c1, c3, c2])
  const head = Buffer.from(
    '308187020100301306072a8648ce3d020106082a811ccf5501822d046d306b0201010420',
    'hex',
  )
  const key = createPrivateKey({
    key: Buffer.concat([head, d, hex('a144034200'), ours]),
    format: 'der',
    type: 'pkcs8',
  })

  test('opens in both encodings', () => {
    for (const ciphertext of [whole, derOf(whole)])
      assert.equal(Buffer.from(open(ciphertext, key) ?? []).toString(), 'encryption standard')
  })

  test('is what our test helper produces with its random number', () =>
    assert.deepEqual(encryptSm2(ours, Buffer.from('encryption standard'), k), whole))
})

describe('what OpenSSL encrypts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  const path = (name: string): string => join(folder, name)

  test('opens, at any length', { skip: missing('openssl') }, (t) => {
    t.after(() => rmSync(folder, { recursive: true }))
    writeFileSync(path('key.der'), spki)
    for (const size of [1, 16, 31, 32, 33, 64, 200]) {
      const wanted = randomBytes(size)
      writeFileSync(path('in'), wanted)
      const args = [
        'pkeyutl',
        '-encrypt',
        '-pubin',
        '-keyform',
        'DER',
        '-inkey',
        path('key.der'),
        '-in',
        path('in'),
      ]
      const done = spawnSync(tool('openssl'), [...args, '-out', path('out')], { encoding: 'utf8' })
      assert.equal(done.status, 0, done.stderr)
      assert.deepEqual(Buffer.from(open(readFileSync(path('out'))) ?? []), wanted)
    }
  })
})

describe('SM2 decryption', () => {
  test('returns fresh bytes in their own memory and leaves the ciphertext unchanged', () => {
    const before = Buffer.from(der)
    const opened = open(der)
    assert.ok(opened)
    assert.equal(opened.byteLength, opened.buffer.byteLength)
    assert.deepEqual(Buffer.from(opened), message)
    assert.deepEqual(der, before)
  })

  test('every message decrypts, in both encodings, with any random number', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 2, maxLength: 300 }),
        fc.bigInt({ min: 1n, max: 2n ** 255n }),
        (bytes, k) => {
          const sealed = encryptSm2(point, bytes, k)
          for (const form of [sealed, derOf(sealed)])
            assert.deepEqual(Uint8Array.from(open(form) ?? []), bytes)
        },
      ),
      { numRuns: 25 },
    )
  })

  test('with any bit changed, in either encoding, it does not open', () => {
    for (const form of [plain, der])
      fc.assert(
        fc.property(fc.nat(form.length * 8 - 1), (bit) => {
          const changed = Buffer.from(form)
          changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
          assert.equal(open(changed), undefined)
        }),
        { numRuns: 60 },
      )
  })

  test('random bytes cause no other kind of failure', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) =>
        assert.equal(open(bytes), undefined),
      ),
    )
    const start = fc.constantFrom(
      Buffer.of(0x30),
      Buffer.of(4),
      der.subarray(0, 40),
      der.subarray(0, 110),
      plain.subarray(0, 65),
    )
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 150 }), (head, bytes) =>
        assert.equal(open(Buffer.concat([head, bytes])), undefined),
      ),
      { numRuns: 60 },
    )
  })

  const number = (from: number): bigint => BigInt(`0x${plain.toString('hex', from, from + 32)}`)
  const [x, y] = [number(1), number(33)]
  const [c3, c2] = [plain.subarray(65, 97), plain.subarray(97)]
  const p = 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn
  const integers = (a: bigint, b: bigint): Buffer =>
    sequence(integer(a), integer(b), octets(c3), octets(c2))
  const padded = Buffer.concat([Buffer.of(2, 33, 0), plain.subarray(1, 33)])
  const wrong: Readonly<Record<string, Uint8Array>> = {
    nothing: Buffer.alloc(0),
    'a point alone': plain.subarray(0, 65),
    'no message': plain.subarray(0, 97),
    'no message, in DER': sequence(integer(x), integer(y), octets(c3), octets(Buffer.alloc(0))),
    'C1, C2, C3 in the old order': Buffer.concat([plain.subarray(0, 65), c2, c3]),
    'C2 before C3 in DER': sequence(
      integer(x),
      integer(y),
      octets(Buffer.concat([c2, Buffer.of(1)])),
      octets(c3),
    ),
    'a byte after it': Buffer.concat([der, Buffer.of(0)]),
    'a byte after it, inside': sequence(
      integer(x),
      integer(y),
      octets(c3),
      octets(c2),
      Buffer.of(5, 0),
    ),
    'one byte missing': der.subarray(0, -1),
    'a length in a longer form': Buffer.concat([
      Buffer.of(0x30, 0x82, 0, der.length - 3),
      der.subarray(3),
    ]),
    'a length without an end': Buffer.concat([
      Buffer.of(0x30, 0x80),
      der.subarray(3),
      Buffer.of(0, 0),
    ]),
    'an integer with an extra zero': sequence(
      Buffer.concat([Buffer.of(2, padded.length - 2 + 1, 0), padded.subarray(2)]),
      integer(y),
      octets(c3),
      octets(c2),
    ),
    'a negative coordinate': integers(-x, y),
    'a point that is not on the curve': integers(x, y ^ 1n),
    'the point at infinity': integers(0n, 0n),
    'a coordinate beyond the field': integers(x + p, y),
    'coordinates that do not fit': integers(x << 8n, y),
    'a compressed point': Buffer.concat([
      Buffer.of(2 + Number(y & 1n)),
      plain.subarray(1, 33),
      c3,
      c2,
    ]),
    'a digest of 31 bytes': sequence(integer(x), integer(y), octets(c3.subarray(1)), octets(c2)),
    'another digest': Buffer.concat([plain.subarray(0, 65), flipped(c3, 0), c2]),
    'a ciphertext of another key': encryptSm2(
      pointOf(made().publicKey.export({ format: 'der', type: 'spki' })),
      message,
    ),
  }
  for (const [what, ciphertext] of Object.entries(wrong))
    test(`does not open: ${what}`, () => assert.equal(open(ciphertext), undefined))

  test('works with a decoded key and with a newly generated one, and with no other kind', () => {
    const loaded = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
    assert.deepEqual(Buffer.from(open(plain, loaded) ?? []), message)
    for (const other of [
      generateKeyPairSync('ec', { namedCurve: 'P-256' }),
      generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ])
      assert.throws(() => open(plain, other.privateKey), TypeError)
  })
})
