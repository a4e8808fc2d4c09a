/** What an alias may be, how many there may be, and where one may move. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  aliasesPerKey,
  checkAliasCount,
  checkAliasList,
  checkAliasName,
  checkMayMove,
  isAliasName,
} from '../../src/domain/keys/aliases.ts'
import type { KeySpecName, KeyUsage } from '../../src/domain/keys/key-specs.ts'
import type { KeyRow } from '../../src/domain/rows.ts'

const code = (check: () => void): string => {
  try {
    check()
    return 'fine'
  } catch (error) {
    return (error as { code: string }).code
  }
}

test('names', () => {
  const rows: readonly (readonly [name: string, expected: string])[] = [
    ['alias/a', 'fine'],
    ['alias/Orders_2026-db/eu', 'fine'],
    [`alias/${'a'.repeat(249)}`, 'fine'],
    ['alias/alias/x', 'fine'],
    ['alias/awsome', 'fine'],
    ['alias/my/aws/key', 'fine'],
    [`alias/${'a'.repeat(250)}`, 'alias-invalid'],
    ['alias/', 'alias-invalid'],
    ['alias', 'alias-invalid'],
    ['', 'alias-invalid'],
    ['orders', 'alias-invalid'],
    ['Alias/orders', 'alias-invalid'],
    [' alias/orders', 'alias-invalid'],
    ['alias/orders\n', 'alias-invalid'],
    ['alias/a b', 'alias-invalid'],
    ['alias/a:b', 'alias-invalid'],
    ['alias/a.b', 'alias-invalid'],
    ['alias/ä', 'alias-invalid'],
    ['alias/a\0', 'alias-invalid'],
    ['alias/aws/s3', 'alias-invalid'],
    ['alias/AWS/s3', 'alias-invalid'],
    ['alias/hws/evs', 'alias-invalid'],
  ]
  for (const [name, expected] of rows)
    assert.equal(
      code(() => checkAliasName(name)),
      expected,
      JSON.stringify(name),
    )
})

test('a reserved name is still well-formed: a page may begin after it', () => {
  assert.ok(isAliasName('alias/aws/s3'))
  assert.ok(!isAliasName('17'))
})

test('lists and counts', () => {
  const many = Array.from({ length: aliasesPerKey + 1 }, (_, i) => `alias/${i}`)
  const rows: readonly (readonly [names: readonly string[], expected: string])[] = [
    [['alias/a', 'alias/b'], 'fine'],
    [many.slice(1), 'fine'],
    [many, 'too-many-aliases'],
    [[], 'parameter-invalid'],
    [['alias/a', 'alias/b', 'alias/a'], 'parameter-invalid'],
    [['alias/a', 'b'], 'alias-invalid'],
  ]
  for (const [names, expected] of rows)
    assert.equal(
      code(() => checkAliasList(names)),
      expected,
      `${names.length} ${names[0]}`,
    )
  assert.equal(
    code(() => checkAliasCount(aliasesPerKey)),
    'fine',
  )
  assert.equal(
    code(() => checkAliasCount(aliasesPerKey + 1)),
    'too-many-aliases',
  )
})

test('an alias moves between keys of one usage and one family, and between no others', () => {
  const row = (spec: KeySpecName, usage: KeyUsage): KeyRow => ({ id: 'k', spec, usage }) as KeyRow
  const aes = row('AES_256', 'ENCRYPT_DECRYPT')
  const rsaEncrypts = row('RSA_2048', 'ENCRYPT_DECRYPT')
  const rsaSigns = row('RSA_4096', 'SIGN_VERIFY')
  const ecSigns = row('EC_P256', 'SIGN_VERIFY')
  const mac256 = row('HMAC_256', 'GENERATE_VERIFY_MAC')
  const macSm3 = row('HMAC_SM3', 'GENERATE_VERIFY_MAC')
  const rows: readonly (readonly [from: KeyRow, to: KeyRow, expected: string])[] = [
    [aes, aes, 'fine'],
    [rsaSigns, ecSigns, 'fine'],
    [ecSigns, rsaSigns, 'fine'],
    [rsaEncrypts, row('RSA_3072', 'ENCRYPT_DECRYPT'), 'fine'],
    [mac256, macSm3, 'fine'],
    [aes, rsaEncrypts, 'alias-target-differs'],
    [rsaEncrypts, aes, 'alias-target-differs'],
    [rsaEncrypts, rsaSigns, 'alias-target-differs'],
    [ecSigns, mac256, 'alias-target-differs'],
    [macSm3, aes, 'alias-target-differs'],
  ]
  for (const [from, to, expected] of rows)
    assert.equal(
      code(() => checkMayMove('alias/a', from, to)),
      expected,
      `${from.spec} ${from.usage} -> ${to.spec} ${to.usage}`,
    )
})
