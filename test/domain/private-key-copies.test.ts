/** Of a private key that is encoded or parsed, no copy is left but the one that is returned. */
import assert from 'node:assert/strict'
import { createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import {
  ecPkcs8,
  expandedPkcs8,
  rsaPkcs8,
  seedPkcs8,
} from '../../src/domain/material/private-key-encoding.ts'
import { readPrivateKeyForm } from '../../src/domain/material/private-key-form.ts'
import { copiesLeft, holds } from '../secret-copies.ts'

const seed = randomBytes(32)
const scalar = Buffer.concat([Buffer.of(1), randomBytes(31)])
const point = Buffer.concat([Buffer.of(4), randomBytes(64)])
const number = randomBytes(128).fill(0x81, 0, 1)
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const sec1 = ec.export({ format: 'der', type: 'sec1' })

function rsa(): Uint8Array {
  const p = BigInt(`0x${number.toString('hex')}`)
  return rsaPkcs8({ n: 3n, e: 3n, d: 3n, p, q: 3n, dp: 3n, dq: 3n, qi: 3n })
}

/** A key -> a secret in it, and how it is encoded. */
const encodings: readonly (readonly [key: string, secret: Uint8Array, encode: () => Uint8Array])[] =
  [
    ['RSA', number, rsa],
    ['EC', scalar, () => ecPkcs8('prime256v1', scalar, point)],
    ['Ed25519', seed, () => seedPkcs8('ed25519', seed)],
    ['ML-DSA', seed, () => seedPkcs8('ml-dsa-44', seed)],
    ['ML-DSA with the expanded key', seed, () => expandedPkcs8('ml-dsa-44', seed, point)],
    ['what is expanded of it', point, () => expandedPkcs8('ml-dsa-44', seed, point)],
  ]

describe('encoded', () => {
  for (const [key, secret, encode] of encodings)
    test(key, async () => {
      const { result, left } = await copiesLeft(secret, encode)
      assert.deepEqual(left, [result])
    })
})

/** The scalar in a key that is as long as `sec1`, whose private number is replaced. */
function withScalar(bytes: Uint8Array): Uint8Array {
  const at = sec1.indexOf(scalarOf(sec1))
  const changed = Uint8Array.from(sec1)
  changed.set(bytes, at)
  return changed
}

function scalarOf(key: Buffer): Uint8Array {
  const { d = '' } = createPrivateKey({ key, format: 'der', type: 'sec1' }).export({
    format: 'jwk',
  })
  return Buffer.from(d, 'base64url')
}

describe('parsed', () => {
  test('the private number of an EC key is one copy, which the caller wipes', async () => {
    const secret = scalarOf(sec1)
    const { result, left } = await copiesLeft(secret, () => readPrivateKeyForm(sec1))
    assert.ok(result?.kind === 'ec' && holds(result.scalar, secret))
    assert.deepEqual(left, [result.scalar])
  })

  const rejected: readonly (readonly [why: string, secret: Uint8Array, bytes: Uint8Array])[] = [
    ['bytes after it', scalarOf(sec1), Buffer.concat([sec1, Buffer.of(1)])],
    [
      'more zeros after it than padding has',
      scalarOf(sec1),
      Buffer.concat([sec1, Buffer.alloc(32)]),
    ],
    [
      'a private number beyond the order',
      Buffer.alloc(32, 0xff),
      withScalar(Buffer.alloc(32, 0xff)),
    ],
  ]
  for (const [why, secret, bytes] of rejected)
    test(`no copy is left of one that is rejected: ${why}`, async () => {
      const { result, left } = await copiesLeft(secret, () => readPrivateKeyForm(bytes))
      assert.equal(result?.kind, 'fault')
      assert.deepEqual(left, [])
    })
})
