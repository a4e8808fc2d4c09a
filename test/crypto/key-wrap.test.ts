/**
 * Key wrap over AES by OpenSSL and over SM4 by us: the same construction, which must agree with
 * OpenSSL wherever both can compute.
 */
import assert from 'node:assert/strict'
import { createCipheriv, randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { unwrapKey, unwrapOver, unwrapPadded, wrapPadded } from '../../src/crypto/key-wrap.ts'
import { wrapOver } from './wrap-over.ts'

const messages = fc.uint8Array({ minLength: 1, maxLength: 300 })
const keys = (size: number) => fc.uint8Array({ minLength: size, maxLength: size })

for (const size of [16, 32])
  test(`over AES with ${size} bytes: OpenSSL and our code unwrap each other's output`, () => {
    const name = `aes-${size * 8}-ecb`
    fc.assert(
      fc.property(keys(size), messages, (key, message) => {
        const wrapped = wrapPadded(key, message)
        assert.deepEqual(wrapOver(name, key, message), wrapped)
        assert.deepEqual(unwrapOver(name, key, wrapped), message)
        assert.deepEqual(unwrapPadded('aes', key, wrapped), message)
      }),
    )
  })

describe('what an HSM wraps, with padding or without', () => {
  /** RFC 3394. */
  const plain = (key: Uint8Array, blocks: Uint8Array): Buffer => {
    const cipher = createCipheriv(`id-aes${key.length * 8}-wrap`, key, Buffer.alloc(8, 0xa6))
    return Buffer.concat([cipher.update(blocks), cipher.final()])
  }

  for (const size of [16, 32])
    test(`over AES with ${size} bytes both open, into fresh memory`, () => {
      fc.assert(
        fc.property(keys(size), fc.uint8Array({ minLength: 2, maxLength: 40 }), (key, some) => {
          const blocks = Buffer.concat(Array.from({ length: 8 }, () => some))
          for (const wrapped of [plain(key, blocks), wrapPadded(key, blocks)]) {
            const opened = unwrapKey('aes', key, wrapped)
            assert.deepEqual(opened && Buffer.from(opened), blocks)
            assert.equal(opened?.byteLength, opened?.buffer.byteLength)
          }
        }),
      )
    })

  test('the vector of RFC 3394, section 4.6', () => {
    const key = Buffer.from(
      '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
      'hex',
    )
    const wrapped = Buffer.from(
      '28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21',
      'hex',
    )
    const opened = unwrapKey('aes', key, wrapped)
    assert.equal(
      opened?.toHex(),
      '00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f',
    )
  })

  test('with any bit changed, another key or another length it does not open', () => {
    const key = randomBytes(32)
    const wrapped = plain(key, randomBytes(72))
    for (let bit = 0; bit < wrapped.length * 8; bit++) {
      const changed = Buffer.from(wrapped)
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      assert.equal(unwrapKey('aes', key, changed), undefined)
    }
    assert.equal(unwrapKey('aes', randomBytes(32), wrapped), undefined)
    assert.equal(unwrapKey('sm4', key.subarray(16), wrapped), undefined)
    for (const size of [0, 8, 16, 23, 79])
      assert.equal(unwrapKey('aes', key, wrapped.subarray(0, size)), undefined)
  })
})

describe('over SM4', () => {
  test('what is wrapped unwraps to the same bytes, in fresh memory', () => {
    fc.assert(
      fc.property(keys(16), messages, (key, message) => {
        const wrapped = wrapOver('sm4-ecb', key, message)
        const before = Buffer.from(wrapped)
        const opened = unwrapPadded('sm4', key, wrapped)
        assert.deepEqual(opened, message)
        assert.equal(opened?.byteLength, opened?.buffer.byteLength)
        assert.deepEqual(wrapped, before)
      }),
    )
  })

  test('with any bit changed it does not open', () => {
    const key = randomBytes(16)
    const wrapped = wrapOver('sm4-ecb', key, randomBytes(100))
    for (let bit = 0; bit < wrapped.length * 8; bit++) {
      const changed = Buffer.from(wrapped)
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      assert.equal(unwrapPadded('sm4', key, changed), undefined)
    }
  })

  test('random bytes of any length, and keys of the wrong length, do not open', () => {
    const key = randomBytes(16)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) =>
        assert.equal(unwrapPadded('sm4', key, bytes), undefined),
      ),
    )
    const wrapped = wrapOver('sm4-ecb', key, randomBytes(40))
    for (const size of [0, 15, 24, 32])
      assert.equal(unwrapPadded('sm4', randomBytes(size), wrapped), undefined)
    assert.equal(unwrapPadded('aes', key, wrapped), undefined)
    assert.equal(unwrapPadded('sm4', key, wrapPadded(key, randomBytes(40))), undefined)
  })

  /** One block is wrapped by a single encryption, with any head, valid or not. */
  const raw = (key: Uint8Array, head: string, rest: Buffer): Buffer =>
    createCipheriv('sm4-ecb', key, null)
      .setAutoPadding(false)
      .update(Buffer.concat([Buffer.from(head, 'hex'), rest]))

  test('constant, length and padding are each checked', () => {
    const key = randomBytes(16)
    const five = Buffer.from('0102030405000000', 'hex')
    assert.deepEqual(
      unwrapPadded('sm4', key, raw(key, 'a65959a600000005', five)),
      Uint8Array.of(1, 2, 3, 4, 5),
    )
    for (const [head, rest] of [
      ['a65959a700000005', five],
      ['a65959a600000000', Buffer.alloc(8)],
      ['a65959a600000009', five],
      ['a65959a6ffffffff', five],
      ['a65959a680000005', five],
      ['a65959a600000005', Buffer.from('0102030405000001', 'hex')],
      ['a65959a600000004', five],
    ] as const)
      assert.equal(unwrapPadded('sm4', key, raw(key, head, rest)), undefined, head)
  })
})
