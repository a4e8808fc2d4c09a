/**
 * What keys of each spec are for, as a table written from the documentation: every operation on
 * every spec, and nothing else.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  macAlgorithms,
  type SigningAlgorithmName,
  signingAlgorithms,
} from '../../src/domain/algorithms.ts'
import { KmsError } from '../../src/domain/errors.ts'
import {
  type AsymmetricSpecName,
  type KeySpec,
  keySpecs,
  keyUsages,
} from '../../src/domain/keys/key-specs.ts'
import type { KeyRow } from '../../src/domain/rows.ts'
import * as rules from '../../src/domain/rules.ts'

type Row = Pick<KeyRow, 'id' | 'usage' | 'origin'>
const rowOf = (row: Partial<Row>): KeyRow => ({ id: 'k', origin: 'made-here', ...row }) as KeyRow

/** @param expected code of the refusal, or `yes`. */
function answers(expected: string, check: () => unknown): void {
  let answer = 'yes'
  try {
    check()
  } catch (error) {
    assert.ok(error instanceof KmsError)
    answer = error.code
  }
  assert.equal(answer, expected)
}

const hmacSpecs = {
  HMAC_256: { bytes: 32, algorithm: 'HMAC_SHA_256' },
  HMAC_384: { bytes: 48, algorithm: 'HMAC_SHA_384' },
  HMAC_512: { bytes: 64, algorithm: 'HMAC_SHA_512' },
  HMAC_SM3: { bytes: 32, algorithm: 'HMAC_SM3' },
} as const

for (const [name, { bytes, algorithm }] of Object.entries(hmacSpecs)) {
  const spec = keySpecs[name as keyof typeof hmacSpecs]
  const row = rowOf({ usage: 'GENERATE_VERIFY_MAC' })

  test(`${name}: ${bytes} bytes of material, one usage, one algorithm, MACs as long as its material`, () => {
    assert.ok(spec.kind === 'hmac')
    assert.deepEqual(
      [spec.materialBytes, spec.usages, spec.macs],
      [bytes, ['GENERATE_VERIFY_MAC'], [algorithm]],
    )
    assert.equal(macAlgorithms[algorithm].macBytes, bytes)
    for (const usage of keyUsages) {
      const expected = usage === 'GENERATE_VERIFY_MAC' ? 'yes' : 'parameter-invalid'
      answers(expected, () => rules.usageOf(spec, usage))
    }
    assert.equal(rules.usageOf(spec, null), 'GENERATE_VERIFY_MAC')
  })

  test(`${name}: MACs with its own algorithm, and no other operation`, () => {
    for (const other of Object.keys(macAlgorithms)) {
      const expected = other === algorithm ? 'yes' : 'mac-algorithm-unsupported'
      answers(expected, () => rules.checkMacs(row, spec, other))
    }
    const others: readonly (() => unknown)[] = [
      () => rules.checkEncrypts(row, spec, 'SYMMETRIC_DEFAULT'),
      () => rules.checkEncrypts(row, spec, 'RSAES_OAEP_SHA_256'),
      () => rules.checkSigns(row, spec, 'ECDSA_SHA_256'),
      () => rules.symmetricOnly(row, spec),
      () => rules.asymmetricOnly(row, spec),
      () => rules.checkRotates(row, spec),
    ]
    for (const check of others) answers('key-is-hmac', check)
    for (const usage of ['ENCRYPT_DECRYPT', 'SIGN_VERIFY'] as const)
      answers('key-is-hmac', () => rules.checkMacs(rowOf({ usage }), spec, algorithm))
  })

  test(`${name}: imported, its material may expire and be deleted, and never rotates`, () => {
    assert.equal(rules.isPermanent(spec), false)
    answers('yes', () => rules.checkExpiry(spec, 2, 1))
    answers('rotation-of-external-key', () =>
      rules.checkRotates(rowOf({ origin: 'external' }), spec),
    )
  })
}

const macRefusals: Readonly<Record<Exclude<KeySpec['kind'], 'hmac'>, string>> = {
  symmetric: 'key-is-symmetric',
  rsa: 'key-is-asymmetric',
  ec: 'key-is-asymmetric',
  ed: 'key-is-asymmetric',
  'ml-dsa': 'key-is-asymmetric',
}
for (const spec of Object.values(keySpecs) as KeySpec[]) {
  if (spec.kind === 'hmac') continue
  test(`${spec.name} neither generates nor verifies MACs: ${macRefusals[spec.kind]}`, () => {
    // Not even with the usage of another spec in its row.
    for (const usage of keyUsages)
      for (const algorithm of Object.keys(macAlgorithms))
        answers(macRefusals[spec.kind], () => rules.checkMacs(rowOf({ usage }), spec, algorithm))
  })
}

for (const [size, expected] of [
  [0, 'message-invalid'],
  [1, 'yes'],
  [4096, 'yes'],
  [4097, 'message-invalid'],
] as const)
  test(`a message of ${size} bytes: ${expected}`, () => {
    answers(expected, () => rules.checkMessage(new Uint8Array(size)))
  })

/**
 * Every spec of key pairs: what its keys sign with, and whether they accept a ready-made digest.
 */
const pairSpecs = {
  RSA_2048: { digests: true, encrypts: true },
  RSA_3072: { digests: true, encrypts: true },
  RSA_4096: { digests: true, encrypts: true },
  EC_P256: { signs: 'ECDSA_SHA_256', digests: true },
  EC_P384: { signs: 'ECDSA_SHA_384', digests: true },
  EC_P521: { signs: 'ECDSA_SHA_512', digests: true },
  SECP256K1: { signs: 'ECDSA_SHA_256', digests: true },
  SM2: { signs: 'SM2DSA_SM3', digests: true },
  ED25519: { signs: 'ED25519_SHA_512', digests: false },
  ML_DSA_44: { signs: 'ML_DSA_SHAKE_256', digests: false },
  ML_DSA_65: { signs: 'ML_DSA_SHAKE_256', digests: false },
  ML_DSA_87: { signs: 'ML_DSA_SHAKE_256', digests: false },
} as const satisfies Record<
  AsymmetricSpecName,
  { signs?: string; digests: boolean; encrypts?: boolean }
>

for (const [name, expected] of Object.entries(pairSpecs)) {
  const spec = keySpecs[name as AsymmetricSpecName]
  const row = rowOf({ usage: 'SIGN_VERIFY' })

  test(`${name}: permanent, never rotates, and has no data keys`, () => {
    assert.equal(rules.isPermanent(spec), true)
    answers('expiry-not-allowed', () => rules.checkExpiry(spec, 2, 1))
    answers('rotation-not-supported', () => rules.checkRotates(row, spec))
    answers('rotation-of-external-key', () =>
      rules.checkRotates(rowOf({ origin: 'external' }), spec),
    )
    answers('key-is-asymmetric', () => rules.symmetricOnly(row, spec))
    answers('yes', () => rules.asymmetricOnly(row, spec))
    answers('encrypts' in expected ? 'key-does-not-encrypt' : 'spec-does-not-encrypt', () =>
      rules.checkEncrypts(row, spec, 'RSAES_OAEP_SHA_256'),
    )
  })

  test(`${name}: its algorithms, and what they sign`, () => {
    if ('signs' in expected) assert.deepEqual(spec.signing, [expected.signs])
    for (const algorithm of Object.keys(signingAlgorithms) as SigningAlgorithmName[]) {
      const isOwn = spec.signing.includes(algorithm)
      answers(isOwn ? 'yes' : 'signing-algorithm-unsupported', () =>
        rules.checkSigns(row, spec, algorithm),
      )
      if (!isOwn) continue
      const { digestBytes } = signingAlgorithms[algorithm]
      const digest = (size: number) => ({ kind: 'digest', bytes: new Uint8Array(size) }) as const
      assert.equal(digestBytes !== null, expected.digests)
      answers(expected.digests ? 'yes' : 'digest-not-taken', () =>
        rules.checkToSign(algorithm, digest(digestBytes ?? 64)),
      )
      answers(expected.digests ? 'digest-length-wrong' : 'digest-not-taken', () =>
        rules.checkToSign(algorithm, digest((digestBytes ?? 64) + 1)),
      )
      answers('message-invalid', () =>
        rules.checkToSign(algorithm, { kind: 'message', bytes: new Uint8Array(4097) }),
      )
    }
  })
}

for (const [name, bytes, suite] of [
  ['AES_256', 32, 1],
  ['SM4', 16, 3],
] as const)
  test(`${name}: ${bytes} bytes of material, sealed with suite ${suite}; it rotates, expires, and does not sign`, () => {
    const spec = keySpecs[name]
    const row = rowOf({ usage: 'ENCRYPT_DECRYPT' })
    assert.ok(spec.kind === 'symmetric')
    assert.deepEqual(
      [spec.materialBytes, spec.suite, spec.usages],
      [bytes, suite, ['ENCRYPT_DECRYPT']],
    )
    answers('yes', () => rules.checkEncrypts(row, spec, 'SYMMETRIC_DEFAULT'))
    answers('algorithm-unsupported', () => rules.checkEncrypts(row, spec, 'RSAES_OAEP_SHA_256'))
    answers('yes', () => rules.checkRotates(row, spec))
    answers('yes', () => rules.symmetricOnly(row, spec))
    answers('yes', () => rules.checkExpiry(spec, 2, 1))
    answers('spec-does-not-sign', () => rules.checkSigns(row, spec, 'SM2DSA_SM3'))
    answers('key-is-symmetric', () => rules.asymmetricOnly(row, spec))
  })

/**
 * Which keys agree on secrets: those on curves that have that usage, with ECDH, and they do nothing
 * else.
 */
const agreementRefusals: Readonly<Record<KeySpec['kind'], string>> = {
  symmetric: 'key-is-symmetric',
  hmac: 'key-is-hmac',
  rsa: 'key-is-asymmetric',
  ec: 'yes',
  ed: 'key-is-asymmetric',
  'ml-dsa': 'key-is-asymmetric',
}
for (const spec of Object.values(keySpecs) as KeySpec[]) {
  // These curves are for signatures only.
  const signsOnly = spec.name === 'SECP256K1' || spec.name === 'SM2'
  const expected = signsOnly ? 'key-is-asymmetric' : agreementRefusals[spec.kind]
  test(`${spec.name} and key agreement: ${expected}`, () => {
    answers(expected === 'yes' ? 'yes' : 'parameter-invalid', () =>
      rules.usageOf(spec, 'KEY_AGREEMENT'),
    )
    const row = rowOf({ usage: 'KEY_AGREEMENT' })
    answers(expected, () => rules.checkAgrees(row, spec, 'ECDH'))
    if (expected !== 'yes') return
    assert.notEqual(rules.usageOf(spec, null), 'KEY_AGREEMENT')
    for (const algorithm of ['ecdh', 'SM2KAP', 'constructor', ''])
      answers('agreement-algorithm-unsupported', () => rules.checkAgrees(row, spec, algorithm))
    for (const usage of keyUsages)
      if (usage !== 'KEY_AGREEMENT')
        answers('key-does-not-agree', () => rules.checkAgrees(rowOf({ usage }), spec, 'ECDH'))
    for (const algorithm of spec.signing)
      answers('key-is-for-agreement', () => rules.checkSigns(row, spec, algorithm))
  })
}
