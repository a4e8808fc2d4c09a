/**
 * Private keys that an import must refuse, each with the reason that it reports, and valid ones
 * that it must accept.
 */
import assert from 'node:assert/strict'
import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  generatePrimeSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { describe, test } from 'node:test'
import { p384, p521 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js'
import { generatePrivateKey, vetPrivateKey } from '../../src/crypto/asymmetric/private-keys.ts'
import { isSignatureOf, signatureOf } from '../../src/crypto/asymmetric/signatures.ts'
import { KmsError } from '../../src/domain/errors.ts'
import {
  type AsymmetricSpecName,
  asymmetricSpec,
  isAsymmetric,
  keySpecs,
} from '../../src/domain/keys/key-specs.ts'
import { sm2Curve } from '../../src/domain/material/sm2.ts'
import { bits, der, explicit, integer, none, octets, oid, pkcs8, sequence } from './der.ts'

const asymmetricNames = Object.values(keySpecs)
  .filter(isAsymmetric)
  .map(({ name }) => name)

const rsaId = oid('2a864886f70d010101')
const prime = (size: number): bigint => generatePrimeSync(size, { bigint: true, add: 4n, rem: 3n })
const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? a : gcd(b, a % b))

function inverse(a: bigint, modulus: bigint): bigint {
  let [r, s, x, y] = [a % modulus, modulus, 1n, 0n]
  while (s !== 0n) {
    const k = r / s
    ;[r, s, x, y] = [s, r - k * s, y, x - k * y]
  }
  return ((x % modulus) + modulus) % modulus
}

/**
 * A prime of exactly `size` bits whose top two bits are set, such that `e` does not divide the
 * prime minus one.
 */
function rsaPrime(size: number, e: bigint): bigint {
  for (;;) {
    const p = prime(size)
    if (p >> BigInt(size - 2) === 3n && gcd(p - 1n, e) === 1n) return p
  }
}

type Numbers = {
  n: bigint
  e: bigint
  d: bigint
  p: bigint
  q: bigint
  dp: bigint
  dq: bigint
  qi: bigint
}

function rsaNumbers(p: bigint, q: bigint, e = 65_537n): Numbers {
  const d = inverse(e, ((p - 1n) * (q - 1n)) / gcd(p - 1n, q - 1n))
  return { n: p * q, e, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) }
}

function rsaInner({ n, e, d, p, q, dp, dq, qi }: Numbers, version = 0n): Buffer {
  return sequence(integer(version), ...[n, e, d, p, q, dp, dq, qi].map(integer))
}

const rsaDer = (numbers: Numbers): Buffer => pkcs8([rsaId, none], rsaInner(numbers))

const e = 65_537n
const [p, q] = [rsaPrime(1024, e), rsaPrime(1024, e)]
const good = rsaNumbers(p, q)
const goodDer = rsaDer(good)
const lambda = ((p - 1n) * (q - 1n)) / gcd(p - 1n, q - 1n)
const exported = (key: KeyObject, type: 'pkcs8' | 'pkcs1' | 'sec1' = 'pkcs8'): Buffer =>
  key.export({ format: 'der', type })
const madeRsa = (modulusLength: number): KeyObject =>
  generateKeyPairSync('rsa', { modulusLength }).privateKey

function nextPrime(from: bigint): bigint {
  for (let candidate = from + 2n; ; candidate += 2n) {
    const key = rsaLike(candidate)
    if (key) return candidate
  }
}

/** A quick primality test, good enough to build examples. */
function rsaLike(candidate: bigint): boolean {
  const power = (base: bigint, exponent: bigint, modulus: bigint): bigint => {
    let [result, b, x] = [1n, base % modulus, exponent]
    for (; x > 0n; x >>= 1n) {
      if (x & 1n) result = (result * b) % modulus
      b = (b * b) % modulus
    }
    return result
  }
  if ([3n, 5n, 7n, 11n, 13n, 17n, 19n, 23n].some((small) => candidate % small === 0n)) return false
  return (
    [2n, 3n].every((base) => power(base, candidate - 1n, candidate) === 1n) &&
    gcd(candidate - 1n, e) === 1n
  )
}

/** A prime of the weak generator: k M + (65537^a mod M), M the product of the first primes. */
function rocaPrime(): bigint {
  const primes = [2n]
  for (let n = 3n; primes.length < 126; n += 2n)
    if (primes.every((one) => n % one !== 0n)) primes.push(n)
  const m = primes.reduce((a, b) => a * b, 1n)
  for (;;) {
    let power = 1n
    for (let a = BigInt(Math.floor(Math.random() * 1e6)); a >= 0n; a -= 1000n)
      power = (power * 65_537n) % m
    for (let tries = 0; tries < 2000; tries++) {
      const k = ((3n << 1022n) / m + BigInt(Math.floor(Math.random() * 2 ** 48))) | 1n
      const candidate = k * m + power
      if (candidate.toString(2).length === 1024 && rsaLike(candidate)) return candidate
    }
  }
}

const closePrime = nextPrime(p)
const nearPrime = nextPrime(p + (1n << 900n))
const unbalanced = ((): Numbers => {
  for (;;) {
    const numbers = rsaNumbers(rsaPrime(1000, e), rsaPrime(1048, e))
    if (numbers.n.toString(2).length === 2048) return numbers
  }
})()
const roca = rsaNumbers(rocaPrime(), rocaPrime())
/** Composites that only look prime: products of two primes. */
const composite = ((): Numbers => {
  for (;;) {
    const factors = [rsaPrime(512, e), rsaPrime(512, e)] as const
    const half = factors[0] * factors[1]
    const size = (half * q).toString(2).length
    if (half.toString(2).length === 1024 && size === 2048 && gcd(half - 1n, e) === 1n)
      return rsaNumbers(half, q)
  }
})()

type Bad = readonly [what: string, key: Uint8Array, reason: RegExp]
const anything = /./
const notDer = /DER/

const badRsa: readonly Bad[] = [
  ['public exponent 1', rsaDer({ ...good, e: 1n, d: 1n, dp: 1n, dq: 1n }), /exponent/],
  ['public exponent 3', rsaDer({ ...good, e: 3n }), /exponent/],
  ['public exponent 17', rsaDer({ ...good, e: 17n }), /exponent/],
  ['public exponent 65535', rsaDer({ ...good, e: 65_535n }), /exponent/],
  ['public exponent 65536', rsaDer({ ...good, e: 65_536n }), /exponent/],
  ['public exponent even and large', rsaDer({ ...good, e: 65_538n }), /exponent/],
  ['public exponent above 2^256', rsaDer({ ...good, e: (1n << 256n) + 1n }), /exponent/],
  ['another public exponent', rsaDer({ ...good, e: 65_539n }), /does not belong/],
  ['modulus of 512 bits', exported(madeRsa(512)), /512 bits/],
  ['modulus of 1024 bits', exported(madeRsa(1024)), /1024 bits/],
  [
    'modulus of 2047 bits',
    rsaDer(rsaNumbers(prime(1023) | 1n, rsaPrime(1024, e))),
    /bits|DER|product/,
  ],
  ['modulus of 2056 bits', exported(madeRsa(2056)), /2056 bits/],
  ['modulus of 3072 bits', exported(madeRsa(3072)), /3072 bits/],
  ['modulus of 4096 bits', exported(madeRsa(4096)), /4096 bits/],
  ['modulus that is not p q', rsaDer({ ...good, n: good.n + 2n }), /product/],
  ['modulus even', rsaDer({ ...good, n: good.n - 1n }), /product|DER/],
  ['modulus negative', rsaDer({ ...good, n: -good.n }), anything],
  ['modulus 0', rsaDer({ ...good, n: 0n }), anything],
  ['both primes equal', rsaDer({ ...rsaNumbers(p, q), n: p * p, q: p, dq: good.dp }), /product/],
  ['p composite', rsaDer(composite), /not prime/],
  [
    'q composite',
    rsaDer({
      ...composite,
      p: q,
      q: composite.p,
      dp: composite.dq,
      dq: composite.dp,
      qi: inverse(composite.p, q),
    }),
    /not prime/,
  ],
  ['p is 1', rsaDer({ ...good, p: 1n, q: good.n }), anything],
  ['p even', rsaDer({ ...good, p: p + 1n }), /product/],
  ['p negative', rsaDer({ ...good, p: -p }), anything],
  ['primes of unequal size', rsaDer(unbalanced), /1024 bits each/],
  ['primes next to each other', rsaDer(rsaNumbers(closePrime, p)), /close|Fermat/],
  ['primes 2^900 apart', rsaDer(rsaNumbers(nearPrime, p)), /close/],
  ['a modulus of the ROCA generator', rsaDer(roca), /ROCA/],
  ['private exponent one too large', rsaDer({ ...good, d: good.d + 1n }), /does not belong/],
  ['private exponent 0', rsaDer({ ...good, d: 0n }), anything],
  ['private exponent 1', rsaDer({ ...good, d: 1n }), /private exponent/],
  [
    'short private exponent (Wiener)',
    rsaDer({ ...good, d: (1n << 500n) + 1n }),
    /private exponent/,
  ],
  [
    'private exponent not reduced',
    rsaDer({ ...good, d: good.d + (good.n / lambda + 1n) * lambda }),
    anything,
  ],
  ['private exponent negative', rsaDer({ ...good, d: good.d - lambda }), anything],
  ['wrong dp', rsaDer({ ...good, dp: good.dp + 2n }), /CRT/],
  ['wrong dq', rsaDer({ ...good, dq: good.dq + 2n }), /CRT/],
  ['dp 0', rsaDer({ ...good, dp: 0n }), /CRT/],
  ['wrong coefficient', rsaDer({ ...good, qi: good.qi + 1n }), /CRT/],
  ['coefficient 0', rsaDer({ ...good, qi: 0n }), /CRT/],
  ['coefficient not reduced', rsaDer({ ...good, qi: good.qi + p }), /CRT/],
  ['primes exchanged, numbers not', rsaDer({ ...good, p: q, q: p }), /CRT/],
  [
    'a byte after it',
    Buffer.concat([goodDer, Buffer.of(1)]),
    /1 bytes that are not zero padding follow it/,
  ],
  ['two keys', Buffer.concat([goodDer, goodDer]), /follow it/],
  ['its last byte missing', goodDer.subarray(0, -1), notDer],
  ['nothing', Buffer.alloc(0), notDer],
  ['zeros', Buffer.alloc(1218), notDer],
  ['PEM', Buffer.from(madeRsa(2048).export({ format: 'pem', type: 'pkcs8' })), /PEM/],
  [
    'encrypted PKCS#8',
    madeRsa(2048).export({ format: 'der', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' }),
    /encrypted/,
  ],
  [
    'a public key',
    generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({
      format: 'der',
      type: 'spki',
    }),
    /public key/,
  ],
  [
    'indefinite length',
    Buffer.concat([Buffer.of(0x30, 0x80), goodDer.subarray(4), Buffer.of(0, 0)]),
    notDer,
  ],
  [
    'a length with an extra byte',
    Buffer.concat([Buffer.of(0x30, 0x83, 0), goodDer.subarray(2)]),
    notDer,
  ],
  ['a number with an extra zero', pkcs8([rsaId, none], paddedModulus(good)), notDer],
  ['more than two primes', pkcs8([rsaId, none], rsaInner(good, 1n)), /more than two primes/],
  [
    'a key for PSS only',
    exported(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey),
    /RSA-PSS key/,
  ],
  [
    'an EC key',
    exported(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey),
    /not an RSA key/,
  ],
  ['an Ed25519 key', exported(generateKeyPairSync('ed25519').privateKey), /not an RSA key/],
  ['longer than any key', Buffer.concat([goodDer, Buffer.alloc(16_384)]), /longer/],
]

function paddedModulus(numbers: Numbers): Buffer {
  const inner = rsaInner(numbers)
  const [version, rest] = [inner.subarray(4, 7), inner.subarray(7)]
  const modulus = rest.subarray(4, 4 + 257)
  return sequence(version, der(0x02, Buffer.of(0), modulus), rest.subarray(4 + 257))
}

const ecId = oid('2a8648ce3d0201')
const p256Id = oid('2a8648ce3d030107')
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const scalarBytes = (value: bigint, size = 32): Buffer =>
  Buffer.from(value.toString(16).padStart(size * 2, '0'), 'hex')

function pointOf(scalar: Buffer): Buffer {
  const ecdh = createECDH('prime256v1')
  ecdh.setPrivateKey(scalar)
  return ecdh.getPublicKey()
}

const scalar = scalarBytes(0x1f2e3d4c5b6a79880123456789abcdef0f1e2d3c4b5a69788796a5b4c3d2e1f0n)
const point = pointOf(scalar)
const otherPoint = pointOf(scalarBytes(0x7777n))

function ecDer(inner: readonly Uint8Array[], curve: Buffer = p256Id): Buffer {
  return pkcs8([ecId, curve], sequence(integer(1n), ...inner))
}

const prime256 = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn
const fieldId = (modulus: bigint): Buffer => sequence(oid('2a8648ce3d0101'), integer(modulus))
const generator = Buffer.from(
  '046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5',
  'hex',
)
const curveB = scalarBytes(0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn)
const explicitCurve = (modulus: bigint, ...cofactor: Buffer[]): Buffer =>
  sequence(
    integer(1n),
    fieldId(modulus),
    sequence(octets(scalarBytes(modulus - 3n)), octets(curveB)),
    octets(generator),
    integer(order),
    ...cofactor,
  )
const publicKey = (content: Buffer): Buffer => explicit(1, bits(content))
const onCurve = (namedCurve: string): Buffer =>
  exported(generateKeyPairSync('ec', { namedCurve }).privateKey)
const goodEc = ecDer([octets(scalar), publicKey(point)])

const offCurve = Buffer.concat([point.subarray(0, 64), Buffer.of((point[64] ?? 0) ^ 1)])

const badEc: readonly Bad[] = [
  ['private number 0', ecDer([octets(scalarBytes(0n)), publicKey(point)]), anything],
  ['private number 0 without a public key', ecDer([octets(scalarBytes(0n))]), anything],
  [
    'private number equal to the order',
    ecDer([octets(scalarBytes(order)), publicKey(point)]),
    anything,
  ],
  [
    'private number above the order',
    ecDer([octets(scalarBytes(order + 1n)), publicKey(pointOf(scalarBytes(1n)))]),
    anything,
  ],
  ['private number all ones', ecDer([octets(Buffer.alloc(32, 0xff)), publicKey(point)]), anything],
  [
    'private number one byte short',
    ecDer([octets(scalar.subarray(1)), publicKey(point)]),
    anything,
  ],
  [
    'private number one byte long',
    ecDer([octets(Buffer.concat([Buffer.of(1), scalar])), publicKey(point)]),
    /private number/,
  ],
  ['private number empty', ecDer([octets(Buffer.alloc(0)), publicKey(point)]), anything],
  [
    'the public key of another key',
    ecDer([octets(scalar), publicKey(otherPoint)]),
    /does not belong/,
  ],
  ['the public key negated', ecDer([octets(scalar), publicKey(negated(point))]), /does not belong/],
  ['a public key off the curve', ecDer([octets(scalar), publicKey(offCurve)]), anything],
  ['the point at infinity', ecDer([octets(scalar), publicKey(Buffer.of(0))]), anything],
  [
    'a compressed public key of the other sign',
    ecDer([
      octets(scalar),
      publicKey(Buffer.concat([Buffer.of(3 - ((point[64] ?? 0) & 1)), point.subarray(1, 33)])),
    ]),
    /does not belong/,
  ],
  [
    'a public key with a byte missing',
    ecDer([octets(scalar), publicKey(point.subarray(0, 64))]),
    anything,
  ],
  [
    'a public key with an extra byte',
    ecDer([octets(scalar), publicKey(Buffer.concat([point, Buffer.of(0)]))]),
    anything,
  ],
  [
    'a hybrid public key',
    ecDer([
      octets(scalar),
      publicKey(Buffer.concat([Buffer.of(6 + ((point[64] ?? 0) & 1)), point.subarray(1)])),
    ]),
    /does not belong/,
  ],
  [
    'explicit curve parameters with another prime',
    ecDer([octets(scalar), publicKey(point)], explicitCurve(prime256 - 2n, integer(1n))),
    /differs from prime256v1 in: p/,
  ],
  [
    'another curve inside',
    ecDer([octets(scalar), explicit(0, oid('2b81040022')), publicKey(point)]),
    anything,
  ],
  ['P-224', onCurve('P-224'), /named curve/],
  ['P-384', onCurve('P-384'), /named curve/],
  ['P-521', onCurve('P-521'), /named curve/],
  ['P-192', onCurve('prime192v1'), /named curve/],
  ['secp256k1', onCurve('secp256k1'), /named curve/],
  ['the curve of SM2', onCurve('SM2'), /named curve/],
  ['brainpoolP256r1', onCurve('brainpoolP256r1'), /named curve/],
  ['an RSA key', goodDer, /not an EC key/],
  ['an X25519 key', exported(generateKeyPairSync('x25519').privateKey), /not an EC key/],
  ['a byte after it', Buffer.concat([goodEc, Buffer.of(1)]), /follow it/],
  ['its last byte missing', goodEc.subarray(0, -1), notDer],
  [
    'version 0 inside',
    pkcs8([ecId, p256Id], sequence(integer(0n), octets(scalar), publicKey(point))),
    notDer,
  ],
]

function negated(of: Buffer): Buffer {
  const y = BigInt(`0x${of.subarray(33).toString('hex')}`)
  return Buffer.concat([of.subarray(0, 33), scalarBytes(prime256 - y)])
}

function refusal(spec: AsymmetricSpecName, key: Uint8Array): KmsError {
  try {
    vetPrivateKey(asymmetricSpec(spec), key)
  } catch (error) {
    if (error instanceof KmsError) return error
    throw error
  }
  throw new assert.AssertionError({ message: 'the key was accepted' })
}

/** The other curves: name, identifier, order, length of a private number. */
const otherCurves: readonly (readonly [
  spec: AsymmetricSpecName,
  name: string,
  id: Buffer,
  order: bigint,
  size: number,
])[] = [
  ['EC_P384', 'secp384r1', oid('2b81040022'), p384.Point.Fn.ORDER, 48],
  ['EC_P521', 'secp521r1', oid('2b81040023'), p521.Point.Fn.ORDER, 66],
  ['SECP256K1', 'secp256k1', oid('2b8104000a'), secp256k1.Point.Fn.ORDER, 32],
  ['SM2', 'SM2', oid('2a811ccf5501822d'), sm2Curve.n, 32],
]

describe('keys on the other curves', () => {
  for (const [spec, name, id, n, size] of otherCurves) {
    const at = (value: bigint): Buffer => {
      const ecdh = createECDH(name)
      ecdh.setPrivateKey(scalarBytes(value, size))
      return ecdh.getPublicKey()
    }
    const small = scalarBytes(0x5a5a5an, size)
    const own = at(0x5a5a5an)
    const form = (of: Buffer, ...more: Buffer[]): Buffer =>
      pkcs8([ecId, id], sequence(integer(1n), octets(of), ...more))
    const whole = form(small, publicKey(own))

    test(`${spec}: the four encodings are one key`, () => {
      const curve = explicit(0, id)
      for (const one of [
        whole,
        form(small),
        form(small, curve),
        form(small, curve, publicKey(own)),
      ])
        assert.deepEqual(Buffer.from(vetPrivateKey(asymmetricSpec(spec), one).pkcs8), whole)
      // For the last SM2 scalar, 1 + d has no inverse, so it is left out.
      const last = scalarBytes(spec === 'SM2' ? n - 2n : n - 1n, size)
      assert.ok(vetPrivateKey(asymmetricSpec(spec), form(last)))
    })

    const bad: readonly Bad[] = [
      ['0', form(scalarBytes(0n, size), publicKey(own)), anything],
      ['the order', form(scalarBytes(n, size), publicKey(own)), anything],
      ['above the order', form(scalarBytes(n + 1n, size), publicKey(at(1n))), anything],
      ['the key of another', form(small, publicKey(at(7n))), /does not belong/],
      ['another curve inside', form(small, explicit(0, p256Id), publicKey(own)), anything],
      ['a byte after it', Buffer.concat([whole, Buffer.of(1)]), /follow it/],
      ['cut short', whole.subarray(0, -1), notDer],
      ['a P-256 key', goodEc, /named curve/],
    ]
    for (const [what, key, reason] of bad)
      test(`${spec}: ${what} is refused`, () => assert.match(refusal(spec, key).message, reason))
  }
})

describe('Ed25519', () => {
  const made = generateKeyPairSync('ed25519')
  const whole = exported(made.privateKey)
  const seed = whole.subarray(16)
  const id = sequence(oid('2b6570'))
  const own = made.publicKey.export({ format: 'der', type: 'spki' }).subarray(12)
  const other = generateKeyPairSync('ed25519')
    .publicKey.export({ format: 'der', type: 'spki' })
    .subarray(12)
  const form = (version: bigint, inner: Uint8Array, ...rest: Uint8Array[]): Buffer =>
    sequence(integer(version), id, octets(inner), ...rest)
  const withPublicKey = (key: Uint8Array): Buffer => der(0x81, Buffer.of(0), key)

  test('with and without its public key it is the same key, stored without', () => {
    for (const one of [whole, form(0n, octets(seed)), form(1n, octets(seed), withPublicKey(own))]) {
      const vetted = vetPrivateKey(asymmetricSpec('ED25519'), one)
      assert.deepEqual(Buffer.from(vetted.pkcs8), whole)
      assert.deepEqual(Buffer.from(vetted.spki.subarray(12)), own)
    }
  })

  const bad: readonly Bad[] = [
    ['the public key of another', form(1n, octets(seed), withPublicKey(other)), /does not belong/],
    ['version 2', form(2n, octets(seed), withPublicKey(own)), /version is 2/],
    ['two public keys', form(1n, octets(seed), withPublicKey(own), withPublicKey(own)), /RFC 5958/],
    ['a seed of 31 bytes', form(0n, octets(seed.subarray(1))), anything],
    ['a seed of 33 bytes', form(0n, octets(Buffer.concat([seed, Buffer.of(0)]))), anything],
    ['a seed without its tag', form(0n, seed), anything],
    [
      'NULL after its algorithm',
      sequence(integer(0n), sequence(oid('2b6570'), none), octets(octets(seed))),
      anything,
    ],
    ['a byte after it', Buffer.concat([whole, Buffer.of(1)]), /follow it/],
    ['an X25519 key', exported(generateKeyPairSync('x25519').privateKey), /not a key of ED25519/],
    ['an Ed448 key', exported(generateKeyPairSync('ed448').privateKey), /not a key of ED25519/],
    ['an EC key', goodEc, /not a key of ED25519/],
  ]
  for (const [what, key, reason] of bad)
    test(`${what} is refused`, () => assert.match(refusal('ED25519', key).message, reason))
})

describe('ML-DSA', () => {
  for (const [spec, second, arc] of [
    ['ML_DSA_44', ml_dsa44, '11'],
    ['ML_DSA_65', ml_dsa65, '12'],
    ['ML_DSA_87', ml_dsa87, '13'],
  ] as const) {
    const seed = randomBytes(32)
    const { publicKey: own, secretKey: expanded } = second.keygen(seed)
    const id = sequence(oid(`6086480165030403${arc}`))
    const form = (inner: Uint8Array, ...rest: Uint8Array[]): Buffer =>
      sequence(integer(0n), id, octets(inner), ...rest)
    const whole = form(der(0x80, seed))
    const both = form(sequence(octets(seed), octets(expanded)))
    const flipped = (at: number): Uint8Array =>
      expanded.map((byte, i) => (i === at ? byte ^ 1 : byte))

    test(`${spec}: the seed alone and with the expanded key are the same key, stored as the seed; a second implementation derives the same public key`, () => {
      for (const one of [whole, both]) {
        const vetted = vetPrivateKey(asymmetricSpec(spec), one)
        assert.deepEqual(Buffer.from(vetted.pkcs8), whole)
        assert.deepEqual(Buffer.from(vetted.spki.subarray(-own.length)), Buffer.from(own))
      }
    })

    test(`${spec}: each implementation verifies the other's signatures`, () => {
      const message = randomBytes(77)
      const privateKey = createPrivateKey({ key: whole, format: 'der', type: 'pkcs8' })
      const publicKey = createPublicKey(privateKey)
      const what = { kind: 'message', bytes: message } as const
      const signature = signatureOf(privateKey, publicKey, 'ML_DSA_SHAKE_256', what)
      assert.ok(second.verify(signature, message, own))
      assert.ok(isSignatureOf(publicKey, 'ML_DSA_SHAKE_256', what, second.sign(message, expanded)))
      assert.equal(
        isSignatureOf(
          publicKey,
          'ML_DSA_SHAKE_256',
          what,
          signature.with(9, (signature[9] ?? 0) ^ 1),
        ),
        false,
      )
      assert.equal(isSignatureOf(publicKey, 'ML_DSA_SHAKE_256', what, signature.subarray(1)), false)
    })

    const bad: readonly Bad[] = [
      ['the expanded key alone', form(octets(expanded)), /holds no seed/],
      [
        'the expanded key of another seed',
        form(sequence(octets(randomBytes(32)), octets(expanded))),
        anything,
      ],
      ...[0, 40, 70, 200, expanded.length - 1].map(
        (at) =>
          [
            `the expanded key wrong at ${at}`,
            form(sequence(octets(seed), octets(flipped(at)))),
            anything,
          ] as const,
      ),
      ['a seed without its tag', form(seed), /neither a seed/],
      ['a seed in an octet string', form(octets(seed)), anything],
      ['a seed of 31 bytes', form(der(0x80, seed.subarray(1))), anything],
      ['a byte after it', Buffer.concat([whole, Buffer.of(1)]), /follow it/],
      ['a byte after both', Buffer.concat([both, Buffer.of(1)]), /follow it/],
      [
        'an Ed25519 key',
        exported(generateKeyPairSync('ed25519').privateKey),
        /not a key of ML_DSA_\d\d/,
      ],
    ]
    for (const [what, key, reason] of bad)
      test(`${spec}: ${what} is refused`, () => assert.match(refusal(spec, key).message, reason))
  }
})

test('SM2: the order minus one is refused, since it cannot sign anything', () => {
  const one = scalarBytes(sm2Curve.n - 1n)
  const key = pkcs8([ecId, oid('2a811ccf5501822d')], sequence(integer(1n), octets(one)))
  assert.match(refusal('SM2', key).message, /does not sign/)
})

describe('bad private keys are refused', () => {
  test('there are at least 60 of them', () => assert.ok(badRsa.length + badEc.length >= 60))
  for (const [spec, corpus] of [
    ['RSA_2048', badRsa],
    ['EC_P256', badEc],
  ] as const) {
    for (const [what, key, reason] of corpus) {
      test(`${spec}: ${what}`, () => {
        const error = refusal(spec, key)
        assert.equal(error.code, 'private-key-invalid')
        assert.match(error.message, reason)
      })
    }
  }

  test('a key of one size is refused as a key of every other', () => {
    const made = {
      RSA_2048: exported(madeRsa(2048)),
      RSA_3072: exported(madeRsa(3072)),
      EC_P256: onCurve('P-256'),
      EC_P384: onCurve('P-384'),
      EC_P521: onCurve('P-521'),
      SECP256K1: onCurve('secp256k1'),
      SM2: onCurve('SM2'),
      ED25519: exported(generateKeyPairSync('ed25519').privateKey),
      ML_DSA_44: exported(generateKeyPairSync('ml-dsa-44').privateKey),
      ML_DSA_65: exported(generateKeyPairSync('ml-dsa-65').privateKey),
      ML_DSA_87: exported(generateKeyPairSync('ml-dsa-87').privateKey),
    }
    for (const [of, key] of Object.entries(made)) {
      for (const spec of asymmetricNames) {
        if (spec !== of)
          assert.equal(refusal(spec, key).code, 'private-key-invalid', `${of} as ${spec}`)
      }
    }
  })

  test('a good key with any single byte changed is refused, except in its version', () => {
    const version = 5
    for (let at = 0; at < goodEc.length; at++) {
      const changed = Uint8Array.from(goodEc)
      changed[at] = (changed[at] ?? 0) ^ 1
      if (at === version)
        assert.deepEqual(
          Buffer.from(vetPrivateKey(asymmetricSpec('EC_P256'), changed).pkcs8),
          goodEc,
        )
      else assert.equal(refusal('EC_P256', changed).code, 'private-key-invalid', `byte ${at}`)
    }
  })
})

describe('good private keys are accepted', () => {
  test('the base of the corpus is good', () => {
    assert.ok(vetPrivateKey(asymmetricSpec('RSA_2048'), goodDer))
    assert.ok(vetPrivateKey(asymmetricSpec('EC_P256'), goodEc))
  })

  test('RSA with a private exponent modulo (p-1)(q-1), with e of 256 bits, with p below q', () => {
    const older =
      good.d + lambda < good.n && gcd(p - 1n, q - 1n) > 1n ? { ...good, d: good.d + lambda } : good
    assert.ok(vetPrivateKey(asymmetricSpec('RSA_2048'), rsaDer(older)))
    const wide = (1n << 255n) + 1_000_003n
    const wideOk = gcd(lambda, wide) === 1n ? wide : 65_539n
    assert.ok(vetPrivateKey(asymmetricSpec('RSA_2048'), rsaDer(rsaNumbers(p, q, wideOk))))
    assert.ok(vetPrivateKey(asymmetricSpec('RSA_2048'), rsaDer(rsaNumbers(q, p))))
  })

  test('EC without its public key, as Java writes it, and with its curve inside: the same key', () => {
    const curve = explicit(0, p256Id)
    const forms = [
      [octets(scalar)],
      [octets(scalar), curve],
      [octets(scalar), curve, publicKey(point)],
      [octets(scalar), publicKey(point)],
    ]
    const vetted = forms.map((form) => vetPrivateKey(asymmetricSpec('EC_P256'), ecDer(form)))
    for (const { pkcs8: canonical, spki } of vetted) {
      assert.deepEqual(canonical, vetted[0]?.pkcs8)
      assert.deepEqual(spki, vetted[0]?.spki)
    }
  })

  test('every spec: a key generated here passes, is returned unchanged, and has its own public key', () => {
    for (const name of asymmetricNames) {
      const spec = asymmetricSpec(name)
      const made = generatePrivateKey(spec)
      assert.deepEqual(vetPrivateKey(spec, made.pkcs8), made)
      assert.equal(
        createPrivateKey({ key: Buffer.from(made.pkcs8), format: 'der', type: 'pkcs8' }).type,
        'private',
      )
    }
  })

  test('10,000 keys: 9,500 of P-256, 450 of P-384, 50 of RSA', () => {
    const make = (count: number, spec: AsymmetricSpecName, one: () => KeyObject): void => {
      for (let i = 0; i < count; i++) vetPrivateKey(asymmetricSpec(spec), exported(one()))
    }
    make(9500, 'EC_P256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
    make(450, 'EC_P384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey)
    make(50, 'RSA_2048', () => madeRsa(2048))
  })
})
