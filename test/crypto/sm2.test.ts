/**
 * SM2 signatures: the example of the standard, OpenSSL in both directions, and everything that is
 * not a valid signature.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  verify,
} from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { privateScalar, publicPoint } from '../../src/crypto/asymmetric/ec-encodings.ts'
import { generatePrivateKey } from '../../src/crypto/asymmetric/private-keys.ts'
import { isSignatureOf, signatureOf } from '../../src/crypto/asymmetric/signatures.ts'
import { signSm2, sm2Digest, verifySm2 } from '../../src/crypto/asymmetric/sm2.ts'
import { asymmetricSpec } from '../../src/domain/keys/key-specs.ts'
import { sm2Curve } from '../../src/domain/material/sm2.ts'
import { missing, tool } from '../tools.ts'
import { integer, sequence } from './der.ts'

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex')
const number = (text: string): bigint => BigInt(`0x${text.replaceAll(/\s/g, '')}`)

/** GB/T 32918.5-2017, annex A.2: signer 1234567812345678, message "message digest". */
const example = {
  scalar: hex('3945208F 7B2144B1 3F36E38A C6D39F95 88939369 2860B51A 42FB81EF 4DF7C5B8'),
  point: hex(
    '04 09F9DF31 1E5421A1 50DD7D16 1E4BC5C6 72179FAD 1833FC07 6BB08FF3 56F35020 CCEA490C E26775A5 2DC6EA71 8CC1AA60 0AED05FB F35E084A 6632F607 2DA9AD13',
  ),
  message: Buffer.from('message digest'),
  e: 'F0B43E94 BA45ACCA ACE692ED 534382EB 17E6AB5A 19CE7B31 F4486FDF C0D28640',
  r: number('F5A03B06 48D2C463 0EEAC513 E1BB81A1 5944DA38 27D5B741 43AC7EAC EEE720B3'),
  s: number('B1B6AA29 DF212FD8 763182BC 0D421CA1 BB9038FD 1F7F42D4 840B69C4 85BBC1AA'),
}
const ours = (r: bigint, s: bigint): Buffer => sequence(integer(r), integer(s))

test('the example of the standard: its digest, its signature, and our signature with its key', () => {
  const { point, message, scalar, r, s } = example
  const e = sm2Digest(point, message)
  assert.deepEqual(Buffer.from(e), hex(example.e))
  assert.ok(verifySm2(point, e, ours(r, s)))
  assert.ok(verifySm2(point, e, signSm2(scalar, e)))
})

describe('invalid signatures', () => {
  const { point, message, r, s } = example
  const { n } = sm2Curve
  const e = sm2Digest(point, message)
  const good = ours(r, s)
  const bad: readonly (readonly [what: string, signature: Uint8Array])[] = [
    ['r 0', ours(0n, s)],
    ['s 0', ours(r, 0n)],
    ['both 0', ours(0n, 0n)],
    ['r equal to the order', ours(n, s)],
    ['s equal to the order', ours(r, n)],
    ['r plus the order', ours(r + n, s)],
    ['s plus the order', ours(r, s + n)],
    ['r negative', ours(-r, s)],
    ['s negated', ours(r, n - s)],
    ['r + s equal to the order', ours(r, n - r)],
    ['exchanged', ours(s, r)],
    ['empty', Buffer.alloc(0)],
    ['64 raw bytes', hex(r.toString(16) + s.toString(16))],
    ['a byte after it', Buffer.concat([good, Buffer.of(0)])],
    ['a byte missing', good.subarray(0, -1)],
    [
      'an extra leading zero',
      Buffer.concat([Buffer.of(0x30, 0x48), Buffer.of(2, 0x22, 0), good.subarray(4)]),
    ],
    ['a length in long form', Buffer.concat([Buffer.of(0x30, 0x81), good.subarray(1)])],
  ]
  for (const [what, signature] of bad)
    test(what, () => assert.equal(verifySm2(point, e, signature), false))

  test('any bit flipped, in signature or digest', () => {
    for (let bit = 0; bit < good.length * 8; bit += 7) {
      const flipped = Buffer.from(good)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      assert.equal(verifySm2(point, e, flipped), false, `bit ${bit}`)
    }
    for (let bit = 0; bit < 256; bit += 11) {
      const flipped = Buffer.from(e)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      assert.equal(verifySm2(point, flipped, good), false, `bit ${bit}`)
    }
  })

  test('another key, another signer, an invalid point', () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'SM2' }).publicKey
    assert.equal(verifySm2(publicPoint('SM2', other), e, good), false)
    assert.equal(verifySm2(point, sm2Digest(point, message, 'another signer'), good), false)
    const off = Buffer.from(point)
    off[64] = (off[64] ?? 0) ^ 1
    assert.equal(verifySm2(off, e, good), false)
  })
})

test('200 keys: OpenSSL, for a signer without an identifier, verifies our signatures, and we verify its', () => {
  for (let i = 0; i < 200; i++) {
    const made = generateKeyPairSync('ec', { namedCurve: 'SM2' }).privateKey.export({
      format: 'der',
      type: 'pkcs8',
    })
    // As generated, OpenSSL treats it as an ECDSA key; after loading, it is an SM2 key.
    const privateKey = createPrivateKey({ key: made, format: 'der', type: 'pkcs8' })
    const publicKey = createPublicKey(privateKey)
    const [scalar, point, message] = [
      privateScalar('SM2', privateKey),
      publicPoint('SM2', publicKey),
      randomBytes(i),
    ]
    const e = sm2Digest(point, message, '')
    assert.ok(verify('sm3', message, publicKey, signSm2(scalar, e)), `${i}`)
    assert.ok(verifySm2(point, e, sign('sm3', message, privateKey)), `${i}`)
  }
})

test('a message and its digest are interchangeable; two signatures of one message never share a nonce', () => {
  const { pkcs8, spki } = generatePrivateKey(asymmetricSpec('SM2'))
  const privateKey = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' })
  const publicKey = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
  const message = randomBytes(100)
  const forms = [
    { kind: 'message', bytes: message },
    { kind: 'digest', bytes: sm2Digest(publicPoint('SM2', publicKey), message) },
  ] as const
  for (const signed of forms) {
    const [one, two] = [0, 1].map(() =>
      signatureOf(privateKey, publicKey, 'SM2DSA_SM3', signed),
    ) as [Uint8Array, Uint8Array]
    assert.notDeepEqual(one.subarray(0, 36), two.subarray(0, 36))
    for (const asked of forms) assert.ok(isSignatureOf(publicKey, 'SM2DSA_SM3', asked, one))
  }
})

test('keys of another kind neither sign nor verify', () => {
  const what = { kind: 'message', bytes: Buffer.from('x') } as const
  for (const namedCurve of ['P-256', 'secp256k1']) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve })
    assert.throws(() => signatureOf(privateKey, publicKey, 'SM2DSA_SM3', what), TypeError)
    assert.throws(() => isSignatureOf(publicKey, 'SM2DSA_SM3', what, Buffer.alloc(70)), TypeError)
    const own = generateKeyPairSync('ec', { namedCurve: 'SM2' })
    assert.throws(() => signatureOf(privateKey, own.publicKey, 'SM2DSA_SM3', what), TypeError)
  }
})

test('the openssl command verifies our signatures for the default signer, and we verify its', {
  skip: missing('openssl'),
}, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-sm2-'))
  const file = (name: string): string => join(folder, name)
  const openssl = (...args: string[]) => spawnSync(tool('openssl'), args, { encoding: 'buffer' })
  try {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'SM2' })
    writeFileSync(file('key.pem'), privateKey.export({ format: 'pem', type: 'pkcs8' }))
    writeFileSync(file('public.pem'), publicKey.export({ format: 'pem', type: 'spki' }))
    writeFileSync(file('message'), 'order 4711')
    const options = [
      '-rawin',
      '-digest',
      'sm3',
      '-in',
      file('message'),
      '-pkeyopt',
      'distid:1234567812345678',
    ]
    const made = openssl('pkeyutl', '-sign', '-inkey', file('key.pem'), ...options)
    if (made.status !== 0) return t.skip('this openssl does not sign with SM2')
    const what = { kind: 'message', bytes: Buffer.from('order 4711') } as const
    assert.ok(isSignatureOf(publicKey, 'SM2DSA_SM3', what, made.stdout))
    writeFileSync(file('signature'), signatureOf(privateKey, publicKey, 'SM2DSA_SM3', what))
    const verified = openssl(
      'pkeyutl',
      '-verify',
      '-pubin',
      '-inkey',
      file('public.pem'),
      '-sigfile',
      file('signature'),
      ...options,
    )
    assert.equal(verified.status, 0, verified.stderr.toString())
  } finally {
    rmSync(folder, { recursive: true })
  }
})
