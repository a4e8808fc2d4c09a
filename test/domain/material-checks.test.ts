/**
 * Material that no sound random source makes, each with the reason its owner gets; and that random
 * material is never rejected.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { materialFault } from '../../src/domain/material/material-checks.ts'

const repeated = (hex: string): Uint8Array => Uint8Array.fromHex(hex.repeat(64 / hex.length))
const sequence = (first: number, step: number): Uint8Array =>
  Uint8Array.from({ length: 32 }, (_, i) => first + i * step)
const half = randomBytes(16)

const weak: readonly [what: string, material: Uint8Array, says: RegExp][] = [
  ['zeros', repeated('00'), /repeats one byte/],
  ['ones', repeated('ff'), /repeats one byte/],
  ['one letter', Buffer.from('a'.repeat(32)), /repeats one byte/],
  ...[0x01, 0x20, 0x55, 0x7f, 0x80, 0xaa].map(
    (byte) =>
      [`${byte} only`, new Uint8Array(32).fill(byte), /repeats one byte/] as [
        string,
        Uint8Array,
        RegExp,
      ],
  ),
  ['a pattern of 2', repeated('00ff'), /pattern of 2 bytes/],
  ['deadbeef', repeated('deadbeef'), /pattern of 4 bytes/],
  [
    'a pattern of 3, cut',
    Uint8Array.from({ length: 32 }, (_, i) => [1, 2, 4][i % 3] ?? 0),
    /pattern of 3 bytes/,
  ],
  [
    'a pattern of 5, cut',
    Uint8Array.from({ length: 32 }, (_, i) => [1, 2, 4, 9, 7][i % 5] ?? 0),
    /pattern of 5 bytes/,
  ],
  [
    'a pattern of 6, cut',
    Uint8Array.from({ length: 32 }, (_, i) => [1, 2, 4, 9, 7, 200][i % 6] ?? 0),
    /pattern of 6 bytes/,
  ],
  [
    'a pattern of 7, cut',
    Uint8Array.from({ length: 32 }, (_, i) => [1, 2, 4, 9, 7, 200, 3][i % 7] ?? 0),
    /pattern of 7 bytes/,
  ],
  ['a pattern of 8', repeated('0123456789abcdef'), /pattern of 8 bytes/],
  ['a half twice', Buffer.concat([half, half]), /second half/],
  ['counting from 0', sequence(0, 1), /arithmetic sequence/],
  ['counting from 1', sequence(1, 1), /arithmetic sequence/],
  ['counting down', sequence(255, -1), /arithmetic sequence/],
  ...[2, 3, 5, 7, 11, 17, 31, 63, 101].map(
    (step) =>
      [`steps of ${step}`, sequence(9, step), /arithmetic sequence|pattern/] as [
        string,
        Uint8Array,
        RegExp,
      ],
  ),
  ['hexadecimal text', Buffer.from(randomBytes(16).toString('hex')), /printable text/],
  ['base64 text', Buffer.from(randomBytes(24).toString('base64')), /printable text/],
  ['a passphrase', Buffer.from('correct horse battery staple!!!!'), /printable text/],
  ['a UUID without dashes', Buffer.from(crypto.randomUUID().replaceAll('-', '')), /printable text/],
  ['digits', Buffer.from('31415926535897932384626433832795'), /printable text/],
  [
    'the key of SP 800-38A',
    Uint8Array.fromHex('603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4'),
    /published/,
  ],
  ['the key of FIPS 197', sequence(0, 1), /arithmetic|published/],
  ['the key of GB/T 32907', Uint8Array.fromHex('0123456789abcdeffedcba9876543210'), /published/],
  ['16 bytes of text', Buffer.from('0123456789abcdeg'), /printable text/],
  ['16 bytes of one', new Uint8Array(16).fill(9), /repeats one byte/],
  ['16 bytes, a pattern of 8', repeated('0123456789abcdef').subarray(0, 16), /pattern of 8 bytes/],
  ['16 bytes of counting', sequence(3, 1).subarray(0, 16), /arithmetic/],
  [
    'the key of the GCM specification',
    Uint8Array.fromHex('feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308'),
    /second half|published/,
  ],
]

for (const [what, material, says] of weak) {
  test(`${what} is weak, and the reason is given`, () =>
    assert.match(materialFault(material)?.reason ?? '', says))
}

test('there are at least thirty weak cases', () =>
  assert.ok(weak.length >= 30, String(weak.length)))

for (const size of [32, 16])
  test(`what a random source makes is never weak (100,000 materials of ${size} bytes)`, () => {
    const many = randomBytes(size * 100_000)
    // One in eight million (2^-23) of 16 random bytes is text by accident: a test must not fail
    // because of that.
    const byAccident = (material: Uint8Array): boolean =>
      size === 16 && material.every((byte) => byte >= 0x20 && byte <= 0x7e)
    for (let i = 0; i < many.length; i += size) {
      const material = many.subarray(i, i + size)
      assert.ok(byAccident(material) || materialFault(material) === undefined, material.toHex())
    }
  })
