/**
 * The forms in which HSMs and programs write private keys: all forms of a key give the same key,
 * and each refusal names its cause.
 */
import assert from 'node:assert/strict'
import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto'
import { describe, test } from 'node:test'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import fc from 'fast-check'
import { vetPrivateKey } from '../../src/crypto/asymmetric/private-keys.ts'
import { publicKeyAssociation } from '../../src/crypto/formats/association.ts'
import { KmsError } from '../../src/domain/errors.ts'
import { type AsymmetricSpecName, asymmetricSpec } from '../../src/domain/keys/key-specs.ts'
import { type CurveName, type CurveNumbers, namedCurves } from '../../src/domain/material/curves.ts'
import { privateKeyLimit, readPrivateKeyForm } from '../../src/domain/material/private-key-form.ts'
import { der, explicit, integer, none, octets, oid, pkcs8, sequence } from './der.ts'
import {
  attributes,
  behindVersion,
  explicitKey,
  implicitKey,
  publicBytes,
  spelledOut,
  version1,
  version2,
} from './key-forms.ts'
import { newPrivateKey } from './new-private-key.ts'

/** The input, the spec it is meant for, and the verdict; undefined for an accepted key. */
type Row = readonly [given: string, bytes: Uint8Array, verdict?: string]

const exported = (key: KeyObject, type: 'pkcs8' | 'pkcs1' | 'sec1' = 'pkcs8'): Buffer =>
  key.export({ format: 'der', type })
const zeros = (count: number): Buffer => Buffer.alloc(count)
const and = (...all: readonly Uint8Array[]): Buffer => Buffer.concat(all)

function verdictOf(spec: AsymmetricSpecName, bytes: Uint8Array): string | undefined {
  try {
    vetPrivateKey(asymmetricSpec(spec), bytes)
    return undefined
  } catch (error) {
    if (!(error instanceof KmsError)) throw error
    assert.equal(error.code, 'private-key-invalid')
    const start = `this private key cannot be a key of ${spec}: `
    assert.ok(error.message.startsWith(start))
    return error.message.slice(start.length)
  }
}

function rows(spec: AsymmetricSpecName, canonical: Buffer, table: readonly Row[]): void {
  const spki = createPublicKey(
    createPrivateKey({ key: canonical, format: 'der', type: 'pkcs8' }),
  ).export({
    format: 'der',
    type: 'spki',
  })
  for (const [given, bytes, verdict] of table) {
    test(`${spec}, ${given}: ${verdict ?? 'accepted'}`, () => {
      const before = Buffer.from(bytes)
      assert.equal(verdictOf(spec, bytes), verdict)
      assert.deepEqual(Buffer.from(bytes), before, 'the input is unchanged')
      if (verdict !== undefined) return
      const pair = vetPrivateKey(asymmetricSpec(spec), bytes)
      assert.deepEqual(Buffer.from(pair.pkcs8), canonical)
      assert.deepEqual(publicKeyAssociation(pair.spki), publicKeyAssociation(spki))
    })
  }
}

describe('every spec: padding, attributes, public keys', () => {
  // Larger RSA keys make no difference here and are slow.
  const specs = (Object.keys(newPrivateKey) as AsymmetricSpecName[]).filter(
    (one) => one !== 'RSA_3072' && one !== 'RSA_4096',
  )
  for (const spec of specs) {
    const key = newPrivateKey[spec]()
    const whole = exported(key)
    const own = publicBytes(key, spec)
    const others = publicBytes(newPrivateKey[spec](), spec)
    rows(spec, whole, [
      ['as OpenSSL writes it', whole],
      ['with 1 zero byte behind it', and(whole, zeros(1))],
      ['with 7 zero bytes behind it', and(whole, zeros(7))],
      ['with 15 zero bytes behind it', and(whole, zeros(15))],
      [
        'with 16 zero bytes behind it',
        and(whole, zeros(16)),
        '16 zero bytes follow it; padding has at most 15',
      ],
      [
        'with padding of PKCS#7',
        and(whole, Buffer.alloc(4, 4)),
        '4 bytes that are not zero padding follow it',
      ],
      ['with attributes', version1(whole, attributes)],
      ['with no attributes in their element', version1(whole, der(0xa0))],
      ['version 2 with its public key', version2(whole, implicitKey(own))],
      ['version 2 with its public key, explicit tag', version2(whole, explicitKey(own))],
      [
        'version 2 with attributes and its public key, padded',
        and(version2(whole, attributes, implicitKey(own)), zeros(5)),
      ],
      [
        'version 2 with the public key of another',
        version2(whole, implicitKey(others)),
        'its public key does not belong to its private key',
      ],
      [
        'version 2 with the public key of another, explicit tag',
        version2(whole, explicitKey(others)),
        'its public key does not belong to its private key',
      ],
      [
        'version 2 with a public key cut short',
        version2(whole, implicitKey(own.subarray(1))),
        'its public key does not belong to its private key',
      ],
      [
        'with something else behind it',
        version1(whole, octets(own)),
        'something other than attributes and a public key follows its private key (RFC 5958)',
      ],
      [
        'with attributes behind its public key',
        version2(whole, implicitKey(own), attributes),
        'something other than attributes and a public key follows its private key (RFC 5958)',
      ],
      [
        'version 3',
        sequence(integer(2n), behindVersion(whole)),
        'its version is 2; PKCS#8 has 0 and 1',
      ],
      [
        'cut short by a byte',
        whole.subarray(0, -1),
        'it is not the DER of a private key, in PKCS#8, PKCS#1 or SEC 1',
      ],
    ])
  }
})

describe('RSA', () => {
  const key = newPrivateKey.RSA_2048()
  const whole = exported(key)
  const inner = exported(key, 'pkcs1')
  const rsaId = oid('2a864886f70d010101')
  const pss = exported(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey)
  rows('RSA_2048', whole, [
    ['PKCS#1', inner],
    ['PKCS#1, padded', and(inner, zeros(6))],
    ['without NULL behind its algorithm', pkcs8([rsaId], inner)],
    [
      'with parameters',
      pkcs8([rsaId, sequence()], inner),
      'its algorithm has parameters, which RSA keys do not have',
    ],
    [
      'padding inside',
      pkcs8([rsaId, none], and(inner, zeros(3))),
      'its private key is not the DER of an RSA key (RFC 8017)',
    ],
    [
      'more than two primes',
      pkcs8(
        [rsaId, none],
        sequence(integer(1n), ...Array.from({ length: 8 }, () => integer(3n)), sequence()),
      ),
      'it is an RSA key with more than two primes',
    ],
    [
      'a number that is negative',
      pkcs8(
        [rsaId, none],
        sequence(integer(0n), integer(-3n), ...Array.from({ length: 7 }, () => integer(3n))),
      ),
      'one of its numbers is negative or not in canonical DER',
    ],
    [
      'RSA-PSS',
      pss,
      'it is an RSA-PSS key, which its file restricts to PSS; only plain RSA keys (rsaEncryption) are accepted',
    ],
    [
      'encrypted PKCS#8',
      key.export({ format: 'der', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' }),
      'it is encrypted with a password (PKCS#8); decrypt it before it is wrapped',
    ],
    [
      'its public key',
      createPublicKey(key).export({ format: 'der', type: 'spki' }),
      'it is a public key',
    ],
    [
      'PEM',
      Buffer.from(key.export({ format: 'pem', type: 'pkcs8' })),
      'it is PEM, which is text; wrap the DER inside it',
    ],
    [
      'a DSA key',
      pkcs8([oid('2a8648ce380401'), sequence(integer(7n))], integer(5n)),
      'it is a key of DSA, not an RSA key',
    ],
    [
      'an algorithm without a name',
      pkcs8([oid('2a8648ce3d0209')], integer(5n)),
      'it is a key of the algorithm 1.2.840.10045.2.9, not an RSA key',
    ],
    [
      'an EC key',
      exported(newPrivateKey.EC_P256()),
      'it is an EC key on prime256v1, not an RSA key',
    ],
  ])
})

describe('EC', () => {
  const ecId = oid('2a8648ce3d0201')
  const specs = {
    prime256v1: 'EC_P256',
    secp384r1: 'EC_P384',
    secp521r1: 'EC_P521',
    secp256k1: 'SECP256K1',
    SM2: 'SM2',
  } as const
  for (const { name, spec, id, sizeBytes } of Object.values(namedCurves)) {
    assert.equal(specs[name], spec)
    const named = oid(id)
    const ecdh = createECDH(name)
    const scalar = and(zeros(2), Buffer.alloc(sizeBytes - 2, 0x5a))
    ecdh.setPrivateKey(scalar)
    const [point, compressed] = [ecdh.getPublicKey(), ecdh.getPublicKey(null, 'compressed')]
    const inner = (of: Uint8Array, ...more: Uint8Array[]): Buffer =>
      sequence(integer(1n), octets(of), ...more)
    const at = (curve: Uint8Array, ...more: Uint8Array[]): Buffer =>
      pkcs8([ecId, curve], inner(scalar, ...more))
    const whole = at(named, explicitKey(point))
    const differs = (what: string): string =>
      `its curve is spelt out and differs from ${name} in: ${what}`
    const changed = (numbers: Partial<CurveNumbers>): Buffer =>
      at(spelledOut(name, numbers), explicitKey(point))
    const { p, a, b, Gx, Gy, n } = namedCurves[name].numbers
    const notItsCurve = name === 'prime256v1' ? oid('2b81040022') : oid('2a8648ce3d030107')
    rows(spec, whole, [
      ['without its point', at(named)],
      ['with its curve inside too', at(named, explicit(0, named), explicitKey(point))],
      ['with its point compressed', at(named, explicitKey(compressed))],
      [
        'with the other point compressed',
        at(named, explicitKey(compressed.with(0, 5 - (compressed[0] ?? 0)))),
        'its public key does not belong to its private key',
      ],
      [
        'with the leading zeros of its number left out',
        pkcs8([ecId, named], inner(scalar.subarray(2), explicitKey(point))),
      ],
      [
        'with a zero before its number',
        pkcs8([ecId, named], inner(and(zeros(1), scalar), explicitKey(point))),
      ],
      [
        'with another curve inside',
        at(named, explicit(0, notItsCurve)),
        'the curve inside its private key differs from the outer one',
      ],
      ['SEC 1', inner(scalar, explicit(0, named), explicitKey(point))],
      ['SEC 1, padded', and(inner(scalar, explicit(0, named), explicitKey(point)), zeros(4))],
      ['SEC 1 without a curve', inner(scalar, explicitKey(point)), 'it does not say its curve'],
      ['the curve inside alone', pkcs8([ecId], inner(scalar, explicit(0, named)))],
      ['the curve spelt out', at(spelledOut(name), explicitKey(point))],
      [
        'the curve spelt out, with a seed',
        at(spelledOut(name, {}, { seed: Buffer.alloc(20, 7) }), explicitKey(point)),
      ],
      ['the curve spelt out, without cofactor', at(spelledOut(name, {}, { h: false }))],
      [
        'the curve spelt out, its generator compressed',
        at(spelledOut(name, {}, { compress: true })),
      ],
      [
        'the curve spelt out, in SEC 1',
        inner(scalar, explicit(0, spelledOut(name)), explicitKey(point)),
      ],
      ['the curve spelt out outside and named inside', at(spelledOut(name), explicit(0, named))],
      ['another prime', changed({ p: p - 2n }), differs('p')],
      ['another a', changed({ a: a ^ 2n }), differs('a')],
      ['another b', changed({ b: b ^ 2n }), differs('b')],
      ['another generator (CVE-2020-0601)', changed({ Gx: Gx ^ 2n, Gy: Gy ^ 4n }), differs('G')],
      ['a generator of the other sign', changed({ Gy: p - Gy }), differs('G')],
      ['another order', changed({ n: n - 2n }), differs('n')],
      ['another cofactor', changed({ h: 4n }), differs('h')],
      ['other coefficients', changed({ a: a ^ 2n, b: b ^ 2n }), differs('a, b')],
      [
        'a curve of no name',
        changed({ p: p - 2n, a: a ^ 2n, b: b ^ 2n, n: n - 2n }),
        'its curve is spelt out and has no spec',
      ],
      [
        'no curve',
        pkcs8([ecId, none], inner(scalar)),
        'its curve is neither a named curve nor spelt out over a prime field',
      ],
    ])
  }

  rows('EC_P256', exported(newPrivateKey.EC_P256()), [
    [
      'secp224r1',
      exported(generateKeyPairSync('ec', { namedCurve: 'secp224r1' }).privateKey),
      'it is an EC key on secp224r1, not an EC key on the named curve prime256v1',
    ],
    [
      'brainpoolP256r1',
      exported(generateKeyPairSync('ec', { namedCurve: 'brainpoolP256r1' }).privateKey),
      'it is an EC key on brainpoolP256r1, not an EC key on the named curve prime256v1',
    ],
    ['SM2', exported(newPrivateKey.SM2()), 'it is on SM2, not on the named curve prime256v1'],
    [
      'a curve over a binary field, spelt out',
      pkcs8(
        [ecId, sequence(integer(1n), sequence(oid('2a8648ce3d0102'), sequence()))],
        sequence(integer(1n), octets(zeros(32))),
      ),
      'its curve is neither a named curve nor spelt out over a prime field',
    ],
    [
      'X25519',
      exported(generateKeyPairSync('x25519').privateKey),
      'it is a key of X25519, not an EC key on the named curve prime256v1',
    ],
  ])

  test('the parameters of the named curves match a second source', () => {
    const curves = { prime256v1: p256, secp384r1: p384, secp521r1: p521, secp256k1 }
    for (const [name, curve] of Object.entries(curves)) {
      const { p, a, b, Gx, Gy, n, h } = curve.Point.CURVE()
      assert.deepEqual(namedCurves[name as CurveName].numbers, { p, a, b, Gx, Gy, n, h })
    }
  })
})

describe('hostile bytes', () => {
  const good = Object.values(newPrivateKey).map((make) => exported(make()))

  test('any bytes are read or refused, and nothing is thrown', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...good),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 6 }),
        (key, changes) => {
          const changed = Uint8Array.from(key)
          for (const [at, byte] of changes) changed[at % changed.length] = byte
          readPrivateKeyForm(changed)
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('the longest inputs take only milliseconds: nesting, very many elements, numbers of 16 KB', () => {
    const room = privateKeyLimit
    const nested = ((): Buffer => {
      let inner: Buffer = Buffer.alloc(0)
      while (inner.length < room - 8) inner = sequence(inner)
      return inner
    })()
    const many = sequence(...Array.from({ length: room / 2 - 4 }, () => none))
    const great = der(0x02, Buffer.alloc(2000, 0x7f))
    const numbers = pkcs8(
      [oid('2a864886f70d010101'), none],
      sequence(integer(0n), ...Array.from({ length: 8 }, () => great)),
    )
    const longId = pkcs8([der(0x06, Buffer.alloc(16_000, 0x81))], Buffer.alloc(1))
    for (const bytes of [nested, many, numbers, longId]) {
      assert.ok(bytes.length <= room)
      const start = process.hrtime.bigint()
      for (let i = 0; i < 20; i++) readPrivateKeyForm(bytes)
      const each = Number(process.hrtime.bigint() - start) / 20e6
      assert.ok(each < 50, `${each} ms`)
      assert.notEqual(verdictOf('RSA_2048', bytes), undefined)
    }
    assert.equal(verdictOf('EC_P256', Buffer.alloc(room + 1)), 'it is longer than 16384 bytes')
  })
})
