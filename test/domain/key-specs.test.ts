/** What keys of each spec are for, as a table written from the documentation: every operation on every spec, and nothing else. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { macAlgorithms } from '../../src/domain/algorithms.ts'
import { KmsError } from '../../src/domain/errors.ts'
import { type KeySpec, keySpecs, keyUsages } from '../../src/domain/key-specs.ts'
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

  test(`${name}: ${bytes} bytes of material, one usage, one algorithm, MACs that are as long as its material`, () => {
    assert.ok(spec.kind === 'hmac')
    assert.deepEqual([spec.materialBytes, spec.usages, spec.macs], [bytes, ['GENERATE_VERIFY_MAC'], [algorithm]])
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
    answers('rotation-of-external-key', () => rules.checkRotates(rowOf({ origin: 'external' }), spec))
  })
}

const macRefusals: Readonly<Record<Exclude<KeySpec['kind'], 'hmac'>, string>> = {
  symmetric: 'key-is-symmetric',
  rsa: 'key-is-asymmetric',
  ec: 'key-is-asymmetric',
}
for (const spec of Object.values(keySpecs) as KeySpec[]) {
  if (spec.kind === 'hmac') continue
  test(`${spec.name} neither makes nor checks MACs: ${macRefusals[spec.kind]}`, () => {
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

/** Who agrees on secrets: keys on curves whose usage it is, with ECDH, and they do nothing else. */
const agreementRefusals: Readonly<Record<KeySpec['kind'], string>> = {
  symmetric: 'key-is-symmetric',
  hmac: 'key-is-hmac',
  rsa: 'key-is-asymmetric',
  ec: 'yes',
}
for (const spec of Object.values(keySpecs) as KeySpec[]) {
  const expected = agreementRefusals[spec.kind]
  test(`${spec.name} and key agreement: ${expected}`, () => {
    answers(expected === 'yes' ? 'yes' : 'parameter-invalid', () => rules.usageOf(spec, 'KEY_AGREEMENT'))
    const row = rowOf({ usage: 'KEY_AGREEMENT' })
    answers(expected, () => rules.checkAgrees(row, spec, 'ECDH'))
    if (expected !== 'yes') return
    assert.notEqual(rules.usageOf(spec, null), 'KEY_AGREEMENT')
    for (const algorithm of ['ecdh', 'SM2KAP', 'constructor', ''])
      answers('agreement-algorithm-unsupported', () => rules.checkAgrees(row, spec, algorithm))
    for (const usage of keyUsages)
      if (usage !== 'KEY_AGREEMENT') answers('key-does-not-agree', () => rules.checkAgrees(rowOf({ usage }), spec, 'ECDH'))
    for (const algorithm of spec.signing) answers('key-is-for-agreement', () => rules.checkSigns(row, spec, algorithm))
  })
}
