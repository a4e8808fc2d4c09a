/** MACs: published examples, and invalid ones. Wycheproof: test/vectors. */
import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { isMacOf, macOf } from '../../src/crypto/macs.ts'
import { type MacAlgorithmName, macAlgorithms } from '../../src/domain/algorithms.ts'

const names = Object.keys(macAlgorithms) as MacAlgorithmName[]

/** RFC 4231, test case 2: a key shorter than the digest, "what do ya want for nothing?". */
const rfc4231: Readonly<Partial<Record<MacAlgorithmName, string>>> = {
  HMAC_SHA_256: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  HMAC_SHA_384:
    'af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649',
  HMAC_SHA_512:
    '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
}
for (const [name, expected] of Object.entries(rfc4231))
  test(`${name}: the example of RFC 4231`, () => {
    const [key, message] = [Buffer.from('Jefe'), Buffer.from('what do ya want for nothing?')]
    assert.equal(
      Buffer.from(macOf(key, name as MacAlgorithmName, message)).toString('hex'),
      expected,
    )
    assert.ok(isMacOf(key, name as MacAlgorithmName, message, Buffer.from(expected, 'hex')))
  })

for (const name of names) {
  test(`${name}: only the full MAC of this key and message is valid`, () => {
    const { digest, macBytes } = macAlgorithms[name]
    const [key, message] = [randomBytes(macBytes), randomBytes(100)]
    const kept = Buffer.from(key)
    const mac = macOf(key, name, message)
    assert.deepEqual(Buffer.from(mac), createHmac(digest, key).update(message).digest())
    assert.ok(isMacOf(key, name, message, mac))
    for (let i = 0; i < macBytes * 8; i++) {
      const flipped = Uint8Array.from(mac)
      flipped[i >> 3] = (flipped[i >> 3] ?? 0) ^ (1 << (i & 7))
      assert.equal(isMacOf(key, name, message, flipped), false)
    }
    for (let length = 0; length < macBytes; length++)
      assert.equal(isMacOf(key, name, message, mac.subarray(0, length)), false)
    assert.equal(isMacOf(key, name, message, Buffer.concat([mac, Buffer.alloc(1)])), false)
    assert.equal(isMacOf(randomBytes(macBytes), name, message, mac), false)
    assert.equal(isMacOf(key, name, message.subarray(1), mac), false)
    for (const other of names) assert.equal(isMacOf(key, other, message, mac), other === name)
    assert.deepEqual(key, kept)
  })
}
