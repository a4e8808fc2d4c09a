/**
 * Key agreement: both sides get the same secret, and a peer's key has one form. The Wycheproof
 * vectors also run against it.
 */
import assert from 'node:assert/strict'
import { createECDH, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { sharedSecret } from '../../src/crypto/asymmetric/key-agreement.ts'
import { bits, explicit, integer, octets, oid, sequence } from './der.ts'

const curves = { prime256v1: 32, secp384r1: 48 } as const
const make = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve })
const spkiOf = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' })

for (const [curve, size] of Object.entries(curves))
  describe(curve, () => {
    const [one, other] = [make(curve), make(curve)]
    const own = spkiOf(one.publicKey)
    const peer = spkiOf(other.publicKey)
    const agree = (offered: Uint8Array): Uint8Array | undefined =>
      sharedSecret(one.privateKey, own, offered)
    const point = peer.subarray(-1 - 2 * size)
    const algorithm = peer.subarray(2, peer.length - point.length - 3)

    test('both sides get the same coordinate, in fresh memory', () => {
      const secret = agree(peer)
      assert.ok(secret)
      assert.equal(secret.length, size)
      assert.equal(secret.byteLength, secret.buffer.byteLength)
      assert.deepEqual(sharedSecret(other.privateKey, peer, own), secret)
      const ecdh = createECDH(curve)
      ecdh.setPrivateKey(
        Buffer.from(one.privateKey.export({ format: 'jwk' }).d as string, 'base64url'),
      )
      assert.deepEqual(Buffer.from(secret), ecdh.computeSecret(point))
    })

    const spki = (changed: Uint8Array, before: Uint8Array = algorithm): Buffer =>
      sequence(before, bits(changed))
    const compressed = Buffer.concat([
      Buffer.of(2 + ((point.at(-1) ?? 0) & 1)),
      point.subarray(1, 1 + size),
    ])
    const hybrid = Buffer.concat([Buffer.of(6 + ((point.at(-1) ?? 0) & 1)), point.subarray(1)])
    const offCurve = Buffer.from(point)
    offCurve[2 * size] = (offCurve[2 * size] ?? 0) ^ 1
    const wrong: Readonly<Record<string, Uint8Array>> = {
      nothing: Buffer.alloc(0),
      'a compressed point': spki(compressed),
      'a hybrid point': spki(hybrid),
      'the point at infinity': spki(Buffer.of(0)),
      'zeros for a point': spki(Buffer.concat([Buffer.of(4), Buffer.alloc(2 * size)])),
      'coordinates beyond the field': spki(
        Buffer.concat([Buffer.of(4), Buffer.alloc(2 * size, 255)]),
      ),
      'a point that is not on the curve': spki(offCurve),
      'bytes after the key': Buffer.concat([peer, Buffer.of(0)]),
      'a key that is cut short': peer.subarray(0, -1),
      'a key of another curve': spkiOf(
        make(curve === 'prime256v1' ? 'secp384r1' : 'prime256v1').publicKey,
      ),
      'a key of a curve of the same size': spkiOf(
        make(curve === 'prime256v1' ? 'secp256k1' : 'brainpoolP384r1').publicKey,
      ),
      'explicit parameters': generateKeyPairSync('ec', {
        namedCurve: curve,
        paramEncoding: 'explicit',
      }).publicKey.export({
        format: 'der',
        type: 'spki',
      }),
      'a private key': other.privateKey.export({ format: 'der', type: 'pkcs8' }),
      'an RSA key': spkiOf(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey),
      'the point without its algorithm': point,
      'a missing curve': spki(point, sequence(oid('2a8648ce3d0201'))),
      'a private key in the form of RFC 5915': sequence(
        integer(1n),
        octets(point),
        explicit(1, bits(point)),
      ),
    }
    for (const [what, offered] of Object.entries(wrong))
      test(`refused: ${what}`, () => assert.equal(agree(offered), undefined))

    test('a key with any bit changed is refused or is a different key', () => {
      const secret = agree(peer)
      fc.assert(
        fc.property(fc.nat(peer.length * 8 - 1), (bit) => {
          const changed = Uint8Array.from(peer)
          changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
          assert.notDeepEqual(agree(changed) ?? 'refused', secret)
          if (bit >> 3 < peer.length - 2 * size) assert.equal(agree(changed), undefined)
        }),
        { numRuns: 300 },
      )
    })

    test('random bytes cause no other kind of failure', () => {
      const head = peer.subarray(0, peer.length - 2 * size)
      const tail = fc.uint8Array({ minLength: 2 * size, maxLength: 2 * size })
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) =>
          assert.equal(agree(bytes), undefined),
        ),
      )
      // Random coordinates are almost never a point.
      fc.assert(
        fc.property(tail, (bytes) => assert.equal(agree(Buffer.concat([head, bytes])), undefined)),
      )
    })
  })

test('a key that is not an EC key is a programming error', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  assert.throws(() => sharedSecret(privateKey, spkiOf(publicKey), spkiOf(publicKey)), TypeError)
})
