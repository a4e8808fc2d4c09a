/**
 * What bytes are taken for, and why they are refused. Files are written by OpenSSL and ssh-keygen
 * where those can write them.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import fc from 'fast-check'
import { MaterialHolder } from '../../../console/src/material/holder.ts'
import { checkValue } from '../../../src/crypto/formats/association.ts'
import { look } from '../../../src/custody/material/formats.ts'
import { keySpec, type SymmetricSpec } from '../../../src/domain/keys/key-specs.ts'
import { missing, tool } from '../../tools.ts'
import {
  ask,
  buffer,
  fingerprint,
  keyId,
  openssl,
  readFacts,
  refusalOf,
  target,
} from './holding.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-formats-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const path = (name: string): string => join(folder, name)

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const rsaPem = rsa.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
const ecPem = ec.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
const certificate = openssl(
  rsaPem,
  'req',
  '-x509',
  '-key',
  '@',
  '-subj',
  '/CN=x',
  '-days',
  '1',
).toString()
const pkcs12 = openssl(rsaPem + certificate, 'pkcs12', '-export', '-in', '@', '-passout', 'pass:x')

describe('private keys are found anywhere in a file', { skip: missing('openssl') }, () => {
  const rows: readonly (readonly [what: string, bytes: Uint8Array | string])[] = [
    ['after its certificate', certificate + rsaPem],
    ['before its certificate', rsaPem + certificate],
    [
      'with the lines of OpenSSL’s pkcs12 around it',
      openssl(pkcs12, 'pkcs12', '-noenc', '-passin', 'pass:x'),
    ],
    ['with a comment that is not ASCII', `    friendlyName: Schlüssel für Müller\n${rsaPem}`],
    ['with line breaks of Windows', rsaPem.replaceAll('\n', '\r\n')],
    ['without a last line break', rsaPem.trimEnd()],
    [
      'in base64 of its DER, in base64url too',
      rsa.privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64url'),
    ],
    [
      'in hexadecimal of its DER, in capitals',
      rsa.privateKey.export({ format: 'der', type: 'pkcs1' }).toString('hex').toUpperCase(),
    ],
  ]
  for (const [what, bytes] of rows) {
    test(what, async () => {
      for (const isText of [false, true])
        assert.equal(
          readFacts((await ask(bytes, 'RSA_2048', isText)).answer).fingerprint,
          fingerprint(rsa.privateKey),
        )
    })
  }

  test('after the parameters that openssl ecparam writes first', async () => {
    const made = openssl('', 'ecparam', '-name', 'secp384r1', '-genkey')
    assert.match(made.toString(), /BEGIN EC PARAMETERS/)
    assert.equal(readFacts((await ask(made, 'EC_P384')).answer).fit, true)
  })
})

describe('what is not material is refused with its own reason', {
  skip: missing('openssl'),
}, () => {
  const publicDer = rsa.publicKey.export({ format: 'der', type: 'spki' })
  const traditional = openssl(rsaPem, 'rsa', '-traditional', '-aes128', '-passout', 'pass:x')
  const openssh =
    '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END OPENSSH PRIVATE KEY-----\n'
  const rows: readonly (readonly [
    what: string,
    bytes: Uint8Array | string,
    spec: string,
    reason: string,
    values?: object,
  ])[] = [
    ['no byte', '', 'AES_256', 'empty'],
    ['no byte, for a pair', '', 'EC_P256', 'empty'],
    ['a public key in hexadecimal', publicDer.toString('hex'), 'RSA_2048', 'public-key'],
    ['a public key in base64', publicDer.toString('base64'), 'RSA_2048', 'public-key'],
    [
      'an EC public key',
      ec.publicKey.export({ format: 'pem', type: 'spki' }),
      'EC_P256',
      'public-key',
    ],
    [
      'a PKCS#1 public key',
      rsa.publicKey.export({ format: 'pem', type: 'pkcs1' }),
      'RSA_2048',
      'public-key',
    ],
    ['a certificate', certificate, 'RSA_2048', 'certificate'],
    [
      'a request for a certificate',
      openssl(rsaPem, 'req', '-new', '-key', '@', '-subj', '/CN=x'),
      'RSA_2048',
      'certificate-request',
    ],
    [
      'a public key of OpenSSH',
      'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample me@here\n',
      'EC_P256',
      'public-key',
    ],
    ['PKCS#12', pkcs12, 'RSA_2048', 'pkcs12'],
    ['PKCS#12 in base64', pkcs12.toString('base64'), 'RSA_2048', 'pkcs12'],
    ['PKCS#12 for a symmetric key', pkcs12, 'AES_256', 'key-store'],
    ['an OpenSSH private key', openssh, 'EC_P256', 'openssh'],
    ['an OpenSSH private key after a certificate', certificate + openssh, 'RSA_2048', 'openssh'],
    [
      'a private key for a symmetric key',
      ecPem,
      'AES_256',
      'other-kind-found',
      { found: 'EC_P256' },
    ],
    [
      'a private key in DER for a symmetric key',
      rsa.privateKey.export({ format: 'der', type: 'pkcs1' }),
      'AES_256',
      'other-kind-found',
    ],
    [
      'an encrypted private key for a symmetric key',
      openssl(ecPem, 'pkcs8', '-topk8', '-passout', 'pass:x'),
      'AES_256',
      'other-kind',
    ],
    [
      'an encrypted key in the old format for a symmetric key',
      traditional,
      'AES_256',
      'other-kind',
    ],
    [
      'PEM that holds rubbish',
      '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n',
      'EC_P256',
      'pem-damaged',
    ],
    ['PEM without an end', ecPem.slice(0, -30), 'EC_P256', 'pem-cut'],
    [
      'encrypted PEM that holds rubbish',
      '-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n',
      'EC_P256',
      'pem-damaged',
    ],
    [
      'PEM of something else',
      '-----BEGIN DH PARAMETERS-----\nMAA=\n-----END DH PARAMETERS-----\n',
      'EC_P256',
      'other-content',
    ],
    [
      'age’s armor around nothing',
      '-----BEGIN AGE ENCRYPTED FILE-----\nAAAA\n-----END AGE ENCRYPTED FILE-----\n',
      'AES_256',
      'age-armor',
    ],
    ['a word', 'password', 'EC_P256', 'unreadable'],
    ['a word for a symmetric key', 'password', 'AES_256', 'size', { m: 8, reading: 'raw' }],
    [
      '31 bytes',
      Buffer.alloc(31, 0xf1),
      'AES_256',
      'size',
      { spec: 'AES_256', n: 32, m: 31, reading: 'raw' },
    ],
    ['hexadecimal of 33 bytes', 'ab'.repeat(33), 'AES_256', 'size', { m: 33, reading: 'hex' }],
    [
      '63 hexadecimal digits, which are not whole bytes',
      'a'.repeat(63),
      'AES_256',
      'hex-odd',
      { m: 63, n: 64, spec: 'AES_256' },
    ],
    [
      'base64 of 31 bytes',
      Buffer.alloc(31, 0xf1).toString('base64'),
      'AES_256',
      'size',
      { m: 31, reading: 'base64' },
    ],
    [
      'base64 of 33 bytes, unpadded',
      'QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZn',
      'AES_256',
      'size',
      { m: 33, reading: 'base64' },
    ],
    [
      'a key of 32 bytes in hexadecimal',
      'a1'.repeat(32),
      'HMAC_384',
      'size',
      { spec: 'HMAC_384', n: 48, m: 32, reading: 'hex' },
    ],
    [
      'two extra line breaks',
      Buffer.concat([Buffer.alloc(32, 0xf1), Buffer.from('\n\n')]),
      'AES_256',
      'size',
      { m: 34 },
    ],
  ]
  for (const [what, bytes, spec, reason, values = {}] of rows) {
    test(what, async () => {
      const found = await refusalOf(bytes, spec)
      assert.equal(found.reason, reason)
      assert.deepEqual({ ...found.values, ...values }, found.values)
    })
  }

  test('white space alone, pasted, is empty', async () =>
    assert.equal((await refusalOf(' \r\n\n', 'AES_256', true)).reason, 'blank'))

  test('what ssh-keygen writes, and what its conversion gives', {
    skip: missing('ssh-keygen'),
  }, async () => {
    execFileSync(tool('ssh-keygen'), [
      '-q',
      '-t',
      'ecdsa',
      '-b',
      '256',
      '-N',
      '',
      '-f',
      path('ssh'),
    ])
    assert.equal((await refusalOf(readFileSync(path('ssh')), 'EC_P256')).reason, 'openssh')
    assert.equal((await refusalOf(readFileSync(path('ssh.pub')), 'EC_P256')).reason, 'public-key')
    execFileSync(tool('ssh-keygen'), [
      '-q',
      '-p',
      '-P',
      '',
      '-N',
      '',
      '-m',
      'pkcs8',
      '-f',
      path('ssh'),
    ])
    assert.equal(readFacts((await ask(readFileSync(path('ssh')), 'EC_P256')).answer).fit, true)
  })
})

describe('symmetric material is read in one way or asked about, never guessed', () => {
  const material = Buffer.from(
    '8b1d8bd1b3a4a0c53ee5b8cf2e4f8ad5c0c7f1a3f90f6fd2b4c6f1ae12f3c4d5',
    'hex',
  )
  const value = checkValue(keyId, 'AES_256', material)

  test('line breaks at the end of hexadecimal and base64 never matter', async () => {
    for (const form of ['hex', 'base64', 'base64url'] as const)
      for (const end of ['', '\n', '\r\n', '\n\n'])
        for (const isText of [false, true])
          assert.equal(
            readFacts((await ask(material.toString(form) + end, 'AES_256', isText)).answer)
              .checkValue,
            value,
          )
  })

  test('32 letters that are hexadecimal of 16 bytes are 32 bytes, which the check of text refuses', async () => {
    const facts = readFacts((await ask(randomBytes(16).toString('hex'), 'AES_256')).answer)
    assert.deepEqual(
      facts.checks.filter(({ result }) => result === 'failed').map(({ check }) => check),
      ['text'],
    )
  })

  for (const [spec, size] of [
    ['HMAC_256', 32],
    ['HMAC_384', 48],
    ['HMAC_512', 64],
    ['HMAC_SM3', 32],
  ] as const)
    test(`${spec}: ${size} bytes, raw, in hexadecimal and in base64; made here too`, async () => {
      const secret = randomBytes(size)
      for (const form of [
        secret,
        secret.toString('hex'),
        secret.toString('base64'),
        secret.toString('base64url'),
      ]) {
        const facts = readFacts((await ask(form, spec)).answer)
        assert.deepEqual([facts.fit, facts.checkValue], [true, checkValue(keyId, spec, secret)])
      }
      const made = await new MaterialHolder().make({ target: target(spec) })
      assert.deepEqual([made.fit, made.sizeBytes, made.fingerprint], [true, size, null])
    })

  test('a reply without a question, or to another question, is a defect of the page', async () => {
    const { holder } = await ask(Buffer.concat([material, Buffer.from('\n')]), 'AES_256')
    await assert.rejects(holder.reply({ reply: { passphrase: 'x' } }), TypeError)
    await holder.reply({ reply: { leaveOutLineBreak: true } })
    await assert.rejects(holder.reply({ reply: { leaveOutLineBreak: true } }), TypeError)
  })

  test('where two readings give the size, both are offered; only a size of 1 can do that, which no spec has', () => {
    const tiny = { ...(keySpec('AES_256') as SymmetricSpec), materialBytes: 1 }
    const seen = look(Buffer.from('ab'), false, tiny)
    assert.deepEqual(seen.kind === 'symmetric' && seen.readings.map(({ reading }) => reading), [
      'hex',
      'base64',
    ])
    const sizes = fc.record({
      size: fc.integer({ min: 2, max: 66 }),
      text: fc.string({ unit: fc.constantFrom(...'0aAfF-_+/= :\n'), maxLength: 140 }),
    })
    fc.assert(
      fc.property(sizes, ({ size, text }) => {
        const found = look(Buffer.from(text), false, { ...tiny, materialBytes: size })
        assert.ok(found.kind !== 'symmetric' || found.readings.length === 1)
      }),
      { numRuns: 2000 },
    )
  })

  test('of random bytes, raw, hexadecimal and base64 are read as the same material', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 32, maxLength: 32 }), async (bytes) => {
        const raw = Buffer.from(bytes)
        const grouped = raw.toString('hex').match(/../g)?.join(':') ?? ''
        const wrapped = raw.toString('base64').replaceAll(/.{16}/g, '$&\r\n')
        for (const form of [
          raw,
          `0x${raw.toString('hex')}`,
          grouped,
          raw.toString('base64'),
          wrapped,
          raw.toString('base64url'),
        ]) {
          const { checkValue: found } = readFacts((await ask(form, 'AES_256')).answer)
          assert.equal(found, checkValue(keyId, 'AES_256', raw))
        }
      }),
      { numRuns: 200 },
    )
  })

  test('DER, PEM and texts that were damaged anywhere never make it fail', {
    skip: missing('openssl'),
  }, async () => {
    const specs = fc.constantFrom('AES_256', 'RSA_2048', 'EC_P256')
    const encrypted = openssl(ecPem, 'pkcs8', '-topk8', '-outform', 'DER', '-passout', 'pass:x')
    const ecDer = ec.privateKey.export({ format: 'der', type: 'pkcs8' })
    const whole = [ecDer, encrypted, pkcs12, Buffer.from(ecPem), Buffer.from(ecDer.toString('hex'))]
    const damaged = fc.record({
      of: fc.constantFrom(...whole),
      at: fc.nat(3000),
      to: fc.nat(255),
      cut: fc.nat(3000),
    })
    await fc.assert(
      fc.asyncProperty(damaged, specs, async ({ of, at, to, cut }, spec) => {
        const bytes = Uint8Array.from(
          of.subarray(0, cut % 7 === 0 ? cut % (of.length + 1) : of.length),
        )
        if (bytes.length > 0) bytes[at % bytes.length] = to
        const { answer, holder } = await ask(bytes, spec)
        assert.ok(['read', 'ask', 'line-break', 'passphrase', 'refused'].includes(answer.kind))
        // The passphrase may open it or not: it is an answer and no exception.
        if (answer.kind === 'passphrase')
          assert.ok(
            ['read', 'refused'].includes((await holder.reply({ reply: { passphrase: 'x' } })).kind),
          )
      }),
      { numRuns: 600 },
    )
  })

  test('a megabyte that is crafted to be slow is answered at once', async () => {
    const nested = Buffer.alloc(1_000_000)
    for (let i = 0; i < nested.length; i += 2) nested.writeUInt16BE(0x3080, i)
    const started = performance.now()
    for (const bytes of [
      nested,
      '30'.repeat(500_000),
      ' '.repeat(1_000_000),
      '-----BEGIN '.repeat(90_000),
      'A='.repeat(500_000),
    ])
      await refusalOf(bytes, 'EC_P256')
    assert.ok(performance.now() - started < 5000)
  })
})

test('look leaves its input unchanged, and what it returns is in memory of its own', () => {
  const forms = [
    randomBytes(32),
    Buffer.concat([randomBytes(32).fill(1), Buffer.from('\n')]),
    ec.privateKey.export({ format: 'der', type: 'pkcs8' }),
  ]
  for (const [i, form] of forms.entries()) {
    const given = new Uint8Array(buffer(form))
    const seen = look(given, false, keySpec(i === 2 ? 'EC_P256' : 'AES_256'))
    assert.deepEqual(Buffer.from(given), form)
    const taken =
      seen.kind === 'symmetric'
        ? seen.readings[0]?.material
        : seen.kind === 'line-break'
          ? seen.material
          : 'der' in seen
            ? seen.der
            : undefined
    assert.ok(taken !== undefined && taken.buffer !== given.buffer)
  }
})
