/**
 * Private keys as the console judges them: which are fit, which check the others fail, and that the
 * server takes what is fit.
 */
import assert from 'node:assert/strict'
import { createECDH, createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, test } from 'node:test'
import { ml_dsa65 } from '@noble/post-quantum/ml-dsa.js'
import { MaterialHolder } from '../../../console/src/material/holder.ts'
import { vetPrivateKey } from '../../../src/crypto/asymmetric/private-keys.ts'
import { asymmetricSpec } from '../../../src/domain/keys/key-specs.ts'
import {
  bits,
  der,
  explicit,
  integer,
  none,
  octets,
  oid,
  pkcs8,
  sequence,
} from '../../crypto/der.ts'
import { newPrivateKey } from '../../crypto/new-private-key.ts'
import {
  ask,
  factsOf,
  fingerprint,
  readFacts,
  refusalOf,
  shownDer,
  target,
  verdict,
} from './holding.ts'
import { inverse, nextPrime, numbersOf, pkcs1Of, pkcs8Of, rocaPrime, rsaPrime } from './rsa-keys.ts'

const rsaId = oid('2a864886f70d010101')
const ecId = oid('2a8648ce3d0201')
const p256 = oid('2a8648ce3d030107')
const p384 = oid('2b81040022')
const p521 = oid('2b81040023')
const secp256k1 = oid('2b8104000a')
const sm2 = oid('2a811ccf5501822d')
const [p, q] = [rsaPrime(1024), rsaPrime(1024)]
const good = numbersOf(p, q)
const goodDer = pkcs8Of(good)

/** The checks of each kind of key: a bare seed has no numbers that could be wrong. */
const rsaPassed = 'size exponent numbers close-primes roca signs'
const ecPassed = 'curve point signs'

describe('every encoding of a key is held as the one that the server takes', () => {
  for (const [spec, make] of Object.entries(newPrivateKey)) {
    test(spec, async () => {
      const key = make()
      const canonical = key.export({ format: 'der', type: 'pkcs8' })
      // Kinds that are a seed have no form older than PKCS#8.
      const old =
        key.asymmetricKeyType === 'rsa'
          ? 'pkcs1'
          : key.asymmetricKeyType === 'ec'
            ? 'sec1'
            : 'pkcs8'
      const forms = [
        canonical,
        key.export({ format: 'der', type: old }),
        key.export({ format: 'pem', type: 'pkcs8' }).toString(),
      ]
      for (const bytes of forms) {
        const { holder, answer } = await ask(bytes, spec)
        const facts = readFacts(answer)
        const passed = spec.startsWith('RSA')
          ? rsaPassed
          : spec.startsWith('ML_DSA')
            ? 'signs'
            : ecPassed
        assert.equal(verdict(facts.checks), `${passed} |  | `)
        assert.deepEqual(
          [facts.fit, facts.fingerprint, facts.checkValue],
          [true, fingerprint(key), null],
        )
        assert.deepEqual(shownDer(holder), canonical)
        assert.deepEqual(
          Buffer.from(vetPrivateKey(asymmetricSpec(spec), shownDer(holder)).pkcs8),
          canonical,
        )
      }
    })
  }

  const longLength = (bytes: Buffer): Buffer =>
    Buffer.concat([Buffer.of(0x30, 0x83, 0), bytes.subarray(2)])
  const inner = pkcs1Of(good)
  const padded = sequence(
    integer(0n),
    der(0x02, Buffer.of(0), integer(good.n).subarray(4)),
    inner.subarray(4 + 3 + 4 + 257),
  )
  const oddly: readonly (readonly [what: string, bytes: Buffer])[] = [
    ['a length with an extra byte', longLength(inner)],
    ['a length with an extra byte, PKCS#8', longLength(goodDer)],
    ['a number with an extra zero', padded],
    [
      'indefinite lengths',
      Buffer.concat([Buffer.of(0x30, 0x80), goodDer.subarray(4), Buffer.of(0, 0)]),
    ],
    ['attributes after it', pkcs8([rsaId, none], inner, explicit(0, sequence()))],
    ['no NULL after its algorithm', pkcs8([rsaId], inner)],
  ]
  for (const [what, bytes] of oddly) {
    test(`RSA with ${what}`, async () => {
      const { holder, answer } = await ask(bytes, 'RSA_2048')
      assert.equal(readFacts(answer).fit, true)
      assert.deepEqual(shownDer(holder), goodDer)
      assert.ok(vetPrivateKey(asymmetricSpec('RSA_2048'), shownDer(holder)))
    })
  }

  test('EC with and without its point and its curve, in PKCS#8 and SEC 1, with a scalar without its leading zeros', async () => {
    for (const [spec, curve, name, size] of [
      ['EC_P256', p256, 'prime256v1', 32],
      ['EC_P384', p384, 'secp384r1', 48],
      ['EC_P521', p521, 'secp521r1', 66],
      ['SECP256K1', secp256k1, 'secp256k1', 32],
      ['SM2', sm2, 'SM2', 32],
    ] as const) {
      const scalar = Buffer.concat([Buffer.alloc(2), Buffer.alloc(size - 2, 0x5a)])
      const ecdh = createECDH(name)
      ecdh.setPrivateKey(scalar)
      const [point, compressed] = [ecdh.getPublicKey(), ecdh.getPublicKey(null, 'compressed')]
      const inner = (of: Buffer, ...more: Buffer[]): Buffer =>
        sequence(integer(1n), octets(of), ...more)
      const [inside, withPoint] = [explicit(0, curve), explicit(1, bits(point))]
      const canonical = pkcs8([ecId, curve], inner(scalar, withPoint))
      const forms = [
        canonical,
        pkcs8([ecId, curve], inner(scalar)),
        pkcs8([ecId, curve], inner(scalar, inside)),
        pkcs8([ecId, curve], inner(scalar, inside, withPoint)),
        pkcs8([ecId, curve], inner(scalar, explicit(1, bits(compressed)))),
        pkcs8([ecId, curve], inner(scalar.subarray(2))),
        inner(scalar, inside),
        inner(scalar, inside, withPoint),
      ]
      for (const form of forms) {
        const { holder, answer } = await ask(form, spec)
        assert.equal(readFacts(answer).fit, true)
        assert.deepEqual(shownDer(holder), canonical)
        assert.deepEqual(
          Buffer.from(vetPrivateKey(asymmetricSpec(spec), shownDer(holder)).pkcs8),
          canonical,
        )
      }
    }
  })
})

describe('a bad RSA key fails the intended check', () => {
  /** Products of two primes are often a bit short, and then the key has another size. */
  const composite = (() => {
    for (;;) {
      const half = rsaPrime(512) * rsaPrime(512)
      if ((half * q).toString(2).length === 2048) return numbersOf(half, q)
    }
  })()
  const rows: readonly (readonly [what: string, key: Buffer, expected: string])[] = [
    [
      'exponent 3',
      pkcs8Of({ ...good, e: 3n }),
      'size | exponent | numbers close-primes roca signs',
    ],
    [
      'exponent 65536',
      pkcs8Of({ ...good, e: 65_536n }),
      'size | exponent | numbers close-primes roca signs',
    ],
    [
      'another exponent',
      pkcs8Of({ ...good, e: 65_539n }),
      'size exponent | numbers | close-primes roca signs',
    ],
    [
      'a modulus that is not p q',
      pkcs8Of({ ...good, n: good.n + 2n }),
      'size exponent | numbers | close-primes roca signs',
    ],
    [
      'wrong dp',
      pkcs8Of({ ...good, dp: good.dp + 2n }),
      'size exponent | numbers | close-primes roca signs',
    ],
    [
      'wrong coefficient',
      pkcs8Of({ ...good, qi: inverse(p, q) }),
      'size exponent | numbers | close-primes roca signs',
    ],
    [
      'primes exchanged, numbers not',
      pkcs8Of({ ...good, p: q, q: p }),
      'size exponent | numbers | close-primes roca signs',
    ],
    [
      'primes next to each other',
      pkcs8Of(numbersOf(nextPrime(p), p)),
      'size exponent numbers | close-primes | roca signs',
    ],
    [
      'primes 2^900 apart',
      pkcs8Of(numbersOf(nextPrime(p + (1n << 900n)), p)),
      'size exponent numbers | close-primes | roca signs',
    ],
    [
      'ROCA',
      pkcs8Of(numbersOf(rocaPrime(), rocaPrime())),
      'size exponent numbers close-primes | roca | signs',
    ],
    [
      'a composite number as a prime',
      pkcs8Of(composite),
      'size exponent numbers close-primes roca | signs | ',
    ],
  ]
  for (const [what, key, expected] of rows) {
    test(what, async () => {
      const facts = await factsOf(key, 'RSA_2048')
      assert.equal(verdict(facts.checks), expected)
      assert.equal(facts.fit, false)
    })
  }
})

describe('a bad EC key is refused as the server refuses it', () => {
  const ecdh = createECDH('prime256v1')
  ecdh.setPrivateKey(Buffer.alloc(32, 0x1f))
  const [scalar, point] = [ecdh.getPrivateKey(), ecdh.getPublicKey()]
  const other = createECDH('prime256v1').generateKeys()
  const order = Buffer.from(
    'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551',
    'hex',
  )
  const offCurve = Buffer.concat([point.subarray(0, 64), Buffer.of((point[64] ?? 0) ^ 1)])
  const key = (of: Buffer, ...more: Buffer[]): Buffer =>
    pkcs8([ecId, p256], sequence(integer(1n), octets(of), ...more))
  const rows: readonly (readonly [what: string, key: Buffer, reason: string])[] = [
    [
      'the public key of another key',
      key(scalar, explicit(1, bits(other))),
      'key-other-public-key',
    ],
    [
      'a public key off the curve',
      key(scalar, explicit(1, bits(offCurve))),
      'key-other-public-key',
    ],
    [
      'a public key cut short',
      key(scalar, explicit(1, bits(point.subarray(0, 64)))),
      'key-other-public-key',
    ],
    [
      'a public key that is not a whole number of bytes',
      key(scalar, explicit(1, der(0x03, Buffer.of(3), point))),
      'key-ec-form',
    ],
    ['the point at infinity', key(scalar, explicit(1, bits(Buffer.of(0)))), 'key-other-public-key'],
    ['private number 0', key(Buffer.alloc(32)), 'key-private-number'],
    ['private number the order', key(order, explicit(1, bits(point))), 'key-private-number'],
    ['private number of 33 bytes', key(Buffer.alloc(33, 0x1f)), 'key-private-number'],
  ]
  for (const [what, bytes, reason] of rows)
    test(what, async () => assert.equal((await refusalOf(bytes, 'EC_P256')).reason, reason))

  test('two curves in one key are no key', async () => {
    assert.equal(
      (await refusalOf(key(scalar, explicit(0, p384)), 'EC_P256')).reason,
      'key-two-curves',
    )
  })
})

test('ED25519 with a public key: its own, and a different one', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const canonical = privateKey.export({ format: 'der', type: 'pkcs8' })
  const withKey = (spki: Buffer): Buffer =>
    sequence(integer(1n), canonical.subarray(5), der(0x81, Buffer.of(0), spki.subarray(-32)))
  const { holder, answer } = await ask(
    withKey(publicKey.export({ format: 'der', type: 'spki' })),
    'ED25519',
  )
  assert.equal(readFacts(answer).fit, true)
  assert.deepEqual(shownDer(holder), canonical)
  const other = generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' })
  assert.equal((await refusalOf(withKey(other), 'ED25519')).reason, 'key-other-public-key')
})

test('ML_DSA_65 with an expanded key next to the seed: its own, a different one, and no seed at all', async () => {
  const canonical = generateKeyPairSync('ml-dsa-65').privateKey.export({
    format: 'der',
    type: 'pkcs8',
  })
  const seed = canonical.subarray(-32)
  const { secretKey: expanded } = ml_dsa65.keygen(seed)
  const form = (inner: Uint8Array): Buffer => sequence(canonical.subarray(2, 18), octets(inner))
  const { holder, answer } = await ask(form(sequence(octets(seed), octets(expanded))), 'ML_DSA_65')
  assert.equal(readFacts(answer).fit, true)
  assert.deepEqual(shownDer(holder), canonical)
  const wrong = expanded.with(500, (expanded[500] ?? 0) ^ 1)
  assert.equal(
    (await refusalOf(form(sequence(octets(seed), octets(wrong))), 'ML_DSA_65')).reason,
    'key-other-expanded',
  )
  assert.equal((await refusalOf(form(octets(expanded)), 'ML_DSA_65')).reason, 'key-no-seed')
})

describe('a good key of another spec is named', () => {
  const curve = (namedCurve: string): KeyObject =>
    generateKeyPairSync('ec', { namedCurve }).privateKey
  const rows: readonly (readonly [key: KeyObject, spec: string, found: string])[] = [
    [generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey, 'RSA_2048', 'RSA_1024'],
    [generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, 'RSA_4096', 'RSA_2048'],
    [curve('P-384'), 'EC_P256', 'EC_P384'],
    [curve('P-521'), 'EC_P256', 'EC_P521'],
    [curve('P-224'), 'EC_P256', 'EC secp224r1'],
    [curve('secp256k1'), 'EC_P256', 'SECP256K1'],
    [curve('brainpoolP256r1'), 'EC_P256', 'EC brainpoolP256r1'],
    [curve('sect283r1'), 'EC_P256', 'EC 1.3.132.0.17'],
    [generateKeyPairSync('ed25519').privateKey, 'EC_P256', 'ED25519'],
    [generateKeyPairSync('x448').privateKey, 'EC_P256', 'X448'],
    [curve('P-256'), 'RSA_2048', 'EC_P256'],
  ]
  for (const [key, spec, found] of rows) {
    test(`${found} for ${spec}`, async () => {
      const refused = await refusalOf(key.export({ format: 'der', type: 'pkcs8' }), spec)
      assert.deepEqual(refused, { kind: 'refused', reason: 'other-spec', values: { found, spec } })
    })
  }

  test('a key for PSS only', async () => {
    const { privateKey } = generateKeyPairSync('rsa-pss', { modulusLength: 2048 })
    assert.equal(
      (await refusalOf(privateKey.export({ format: 'der', type: 'pkcs8' }), 'RSA_2048')).reason,
      'key-rsa-pss',
    )
  })

  test('RSA of more than two primes', async () => {
    const several = sequence(pkcs1Of(good).subarray(4).fill(1, 2, 3), sequence())
    assert.equal((await refusalOf(several, 'RSA_2048')).reason, 'key-many-primes')
    assert.equal(
      (await refusalOf(pkcs8([rsaId, none], several), 'RSA_2048')).reason,
      'key-many-primes',
    )
  })
})

test('a key of another pair is refused with both fingerprints; the key of the same pair is accepted', async () => {
  const [own, other] = [newPrivateKey.EC_P256(), newPrivateKey.EC_P256()]
  const expected = { checkValue: null, fingerprint: fingerprint(own) }
  const pem = (key: KeyObject): string => key.export({ format: 'pem', type: 'pkcs8' }).toString()
  const same = readFacts((await ask(pem(own), 'EC_P256', false, expected)).answer)
  assert.equal(verdict(same.checks), 'curve point signs same-material |  | ')
  const found = readFacts((await ask(pem(other), 'EC_P256', false, expected)).answer)
  assert.equal(verdict(found.checks), 'curve point signs | same-material | ')
  assert.deepEqual(found.checks.at(-1)?.values, {
    found: fingerprint(other),
    expected: fingerprint(own),
  })
})

describe('pairs made by the browser’s cryptography are what OpenSSL would have written', () => {
  for (const spec of Object.keys(newPrivateKey)) {
    test(spec, async () => {
      const holder = new MaterialHolder()
      const facts = await holder.make({ target: target(spec) })
      assert.equal(facts.fit, true)
      const key = createPrivateKey(holder.show().text)
      assert.deepEqual(key.export({ format: 'der', type: 'pkcs8' }), shownDer(holder))
      assert.equal(facts.fingerprint, fingerprint(key))
      assert.deepEqual(
        Buffer.from(vetPrivateKey(asymmetricSpec(spec), shownDer(holder)).pkcs8),
        shownDer(holder),
      )
    })
  }
})
