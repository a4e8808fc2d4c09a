/**
 * Private keys under a passphrase: what OpenSSL 3 writes is opened, older formats are named, and no
 * file keeps the page busy forever.
 */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, test } from 'node:test'
import { integer, none, octets, oid, sequence } from '../../crypto/der.ts'
import { missing } from '../../tools.ts'
import { ask, fingerprint, openssl, readFacts, refusalOf } from './holding.ts'

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const pem = key.export({ format: 'pem', type: 'pkcs8' }).toString()
const passphrase = 'öpen sésame 钥'
const encrypted = (...args: string[]): Buffer =>
  openssl(pem, 'pkcs8', '-topk8', ...args, '-passout', `pass:${passphrase}`)

describe('opened by its passphrase, and by no other', { skip: missing('openssl') }, () => {
  const rows: readonly (readonly string[])[] = [
    [],
    ['-outform', 'DER'],
    ['-v2', 'aes-128-cbc'],
    ['-v2', 'aes-192-cbc'],
    ['-v2', 'aes-256-cbc', '-v2prf', 'hmacWithSHA1'],
    ['-v2', 'aes-256-cbc', '-v2prf', 'hmacWithSHA224'],
    ['-v2', 'aes-256-cbc', '-v2prf', 'hmacWithSHA384'],
    ['-v2', 'aes-256-cbc', '-v2prf', 'hmacWithSHA512'],
    ['-v2', 'aes-256-cbc', '-v2prf', 'hmacWithSHA512-224'],
    ['-v2', 'aes-256-cbc', '-v2prf', 'hmacWithSHA512-256'],
    ['-iter', '1'],
    ['-iter', '1000000'],
    ['-scrypt'],
    ['-scrypt', '-scrypt_N', '4096', '-scrypt_r', '4', '-scrypt_p', '2', '-v2', 'aes-128-cbc'],
  ]
  for (const args of rows) {
    test(`openssl pkcs8 -topk8 ${args.join(' ')}`, async () => {
      const { holder, answer } = await ask(encrypted(...args), 'EC_P256')
      assert.deepEqual(answer, { kind: 'passphrase', of: 'pkcs8' })
      const nothing = await holder.reply({ reply: { passphrase: '' } })
      assert.equal(nothing.kind === 'refused' && nothing.reason, 'typed-empty')
      for (const wrong of ['open sesame', `${passphrase} `])
        assert.deepEqual(await holder.reply({ reply: { passphrase: wrong } }), {
          kind: 'refused',
          reason: 'passphrase-wrong',
          values: {},
        })
      const read = await holder.reply({ reply: { passphrase } })
      assert.equal(read.kind === 'read' && read.form, 'encrypted-pkcs8')
      assert.equal(readFacts(read).fingerprint, fingerprint(key))
    })
  }

  test('what Node writes, and in base64 of its DER', async () => {
    const options = { type: 'pkcs8', cipher: 'aes-256-cbc', passphrase } as const
    for (const bytes of [
      key.export({ format: 'pem', ...options }),
      key.export({ format: 'der', ...options }).toString('base64'),
    ]) {
      const { holder } = await ask(bytes, 'EC_P256')
      assert.equal(readFacts(await holder.reply({ reply: { passphrase } })).fit, true)
    }
  })

  test('that a key is of another spec shows only once it is open', async () => {
    const { holder, answer } = await ask(encrypted(), 'RSA_2048')
    assert.equal(answer.kind, 'passphrase')
    const values = { found: 'EC_P256', spec: 'RSA_2048' }
    assert.deepEqual(await holder.reply({ reply: { passphrase } }), {
      kind: 'refused',
      reason: 'other-spec',
      values,
    })
  })
})

describe('another cipher is named', { skip: missing('openssl') }, () => {
  const rows: readonly (readonly [args: readonly string[], cipher: string])[] = [
    [['-v2', 'des3'], 'DES-EDE3-CBC'],
    [['-v2', 'camellia-256-cbc'], 'CAMELLIA-256-CBC'],
    [['-v2', 'aria-128-cbc'], 'ARIA-128-CBC'],
    [['-v1', 'PBE-SHA1-3DES'], 'PBE-SHA1-3DES'],
    [['-v1', 'PBE-SHA1-2DES'], 'PBE-SHA1-2DES'],
  ]
  for (const [args, cipher] of rows) {
    test(args.join(' '), async () => {
      assert.deepEqual(await refusalOf(encrypted(...args), 'EC_P256'), {
        kind: 'refused',
        reason: 'cipher',
        values: { cipher, command: 'pem' },
      })
    })
  }
  test('PEM in the old format, by its DEK-Info', async () => {
    const old = openssl(pem, 'ec', '-aes256', '-passout', 'pass:x')
    assert.match(old.toString(), /Proc-Type: 4,ENCRYPTED/)
    assert.deepEqual((await refusalOf(old, 'EC_P256')).values, {
      cipher: 'AES-256-CBC',
      command: 'pem',
    })
  })
})

describe('numbers that no tool writes', () => {
  const pbes2 = oid('2a864886f70d01050d')
  const aes = sequence(oid('60864801650304012a'), octets(Buffer.alloc(16)))
  const info = (kdf: Buffer, cipher = aes, data = octets(Buffer.alloc(64))): Buffer =>
    sequence(sequence(pbes2, sequence(kdf, cipher)), data)
  const salt = octets(Buffer.alloc(16))
  const pbkdf2 = (...parameters: Buffer[]): Buffer =>
    sequence(oid('2a864886f70d01050c'), sequence(...parameters))
  const scrypt = (...numbers: bigint[]): Buffer =>
    sequence(oid('2b06010401da47040b'), sequence(salt, ...numbers.map(integer)))
  const md5 = sequence(oid('2a864886f70d0206'), none)
  const rows: readonly (readonly [what: string, bytes: Buffer, reason: string])[] = [
    ['10,000,001 iterations', info(pbkdf2(salt, integer(10_000_001n))), 'work'],
    ['2^80 iterations', info(pbkdf2(salt, integer(1n << 80n))), 'work'],
    ['0 iterations', info(pbkdf2(salt, integer(0n))), 'unreadable'],
    ['-1 iterations', info(pbkdf2(salt, integer(-1n))), 'unreadable'],
    ['no iterations', info(pbkdf2(salt)), 'unreadable'],
    ['scrypt with 2 GiB', info(scrypt(1n << 21n, 8n, 1n)), 'work'],
    ['scrypt again and again', info(scrypt(1n << 14n, 8n, 1000n)), 'work'],
    ['scrypt with N of 2^90', info(scrypt(1n << 90n, 8n, 1n)), 'work'],
    ['scrypt with N that is no power of 2', info(scrypt(1000n, 8n, 1n)), 'unreadable'],
    ['scrypt with r of 0', info(scrypt(1024n, 0n, 1n)), 'unreadable'],
    ['an unknown HMAC', info(pbkdf2(salt, integer(1n), md5)), 'cipher'],
    [
      'an unknown key derivation',
      info(sequence(oid('2a864886f70d010501'), sequence(salt, integer(1n)))),
      'cipher',
    ],
    ['a cipher without its name', info(pbkdf2(salt, integer(1n)), sequence(none)), 'unreadable'],
    [
      'an initial value of 8 bytes',
      info(pbkdf2(salt, integer(1n)), sequence(oid('60864801650304012a'), octets(Buffer.alloc(8)))),
      'unreadable',
    ],
    ['PBES2 without parameters', sequence(sequence(pbes2), octets(Buffer.alloc(64))), 'unreadable'],
  ]
  for (const [what, bytes, reason] of rows) {
    test(what, async () => {
      const started = performance.now()
      const refused = await refusalOf(bytes, 'EC_P256')
      assert.equal(refused.reason, reason)
      if (reason === 'cipher') assert.notEqual(refused.values.cipher, '')
      assert.ok(performance.now() - started < 1000)
    })
  }
})
