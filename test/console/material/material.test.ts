/**
 * What the console does with key material: every form it reads, every check, wrapping, backups. The
 * worker's own code, without the worker.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  type KeyObject,
  privateDecrypt,
  randomBytes,
} from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import fc from 'fast-check'
import { MaterialHolder } from '../../../console/src/material/holder.ts'
import type { ReadAnswer, Refused, Target } from '../../../console/src/material/protocol.ts'
import { vetPrivateKey } from '../../../src/crypto/asymmetric/private-keys.ts'
import { checkValue } from '../../../src/crypto/formats/association.ts'
import { unwrapPadded } from '../../../src/crypto/key-wrap.ts'
import { asymmetricSpec } from '../../../src/domain/keys/key-specs.ts'
import { newPrivateKey } from '../../crypto/new-private-key.ts'
import { missing, tool } from '../../tools.ts'

const keyId = '6f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9'
const folder = mkdtempSync(join(tmpdir(), 'holdfast-console-'))
after(() => rmSync(folder, { recursive: true, force: true }))

function target(spec: string, expected: Target['expected'] = null): Target {
  return { keyId, spec, expected }
}

function buffer(bytes: Uint8Array | string): ArrayBuffer {
  return Uint8Array.from(typeof bytes === 'string' ? Buffer.from(bytes) : bytes)
    .buffer as ArrayBuffer
}

function read(
  bytes: Uint8Array | string,
  spec: string,
  more: { isText?: boolean; expected?: Target['expected'] } = {},
) {
  const { isText = false, expected = null } = more
  const holder = new MaterialHolder()
  return holder.read({ target: target(spec, expected), bytes: buffer(bytes), isText })
}

async function refusal(answer: Promise<ReadAnswer> | ReadAnswer): Promise<Refused> {
  const found = await answer
  assert.equal(found.kind, 'refused', JSON.stringify(found))
  return found as Refused
}

/** Runs the real OpenSSL on a file. */
function openssl(input: string | Uint8Array, ...args: string[]): Buffer {
  if (missing('openssl') !== false) return Buffer.alloc(0)
  const file = join(folder, `in-${randomBytes(4).toString('hex')}`)
  writeFileSync(file, input)
  return execFileSync(tool('openssl'), [...args.map((arg) => (arg === '@' ? file : arg))], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
}

describe('symmetric material is read in the form it comes in', () => {
  const material = Buffer.from(
    '8b1d8bd1b3a4a0c53ee5b8cf2e4f8ad5c0c7f1a3f90f6fd2b4c6f1ae12f3c4d5',
    'hex',
  )
  const hex = material.toString('hex')
  const rows: readonly (readonly [name: string, bytes: Uint8Array | string, form: string])[] = [
    ['raw bytes', material, 'raw'],
    ['hexadecimal', hex, 'hex'],
    ['hexadecimal in capitals with a line break', `${hex.toUpperCase()}\n`, 'hex'],
    ['hexadecimal with 0x and colons', `0x${hex.match(/../g)?.join(':')}`, 'hex'],
    ['hexadecimal in lines', hex.match(/.{32}/g)?.join('\r\n') ?? '', 'hex'],
    ['base64', material.toString('base64'), 'base64'],
    ['base64 without padding', material.toString('base64').replace('=', ''), 'base64'],
    ['base64url', `${material.toString('base64url')}\n`, 'base64'],
  ]
  for (const [name, bytes, form] of rows) {
    for (const isText of [false, true]) {
      if (isText && form === 'raw') continue
      test(`${name}, ${isText ? 'pasted' : 'from a file'}`, async () => {
        const answer = await read(bytes, 'AES_256', { isText })
        assert.equal(answer.kind, 'read')
        if (answer.kind !== 'read') return
        assert.equal(answer.form, form)
        assert.equal(answer.facts.fit, true)
        assert.equal(answer.facts.checkValue, checkValue(keyId, 'AES_256', material))
      })
    }
  }

  test('an extra line break is reported, and left out when asked', async () => {
    for (const end of ['\n', '\r\n']) {
      const holder = new MaterialHolder()
      const bytes = buffer(Buffer.concat([material, Buffer.from(end)]))
      const asked = await holder.read({ target: target('AES_256'), bytes, isText: false })
      assert.deepEqual(asked, { kind: 'line-break', sizeBytes: 32 })
      const answer = await holder.reply({ reply: { leaveOutLineBreak: true } })
      assert.equal(
        answer.kind === 'read' && answer.facts.checkValue,
        checkValue(keyId, 'AES_256', material),
      )
    }
  })

  const refusals: readonly (readonly [
    name: string,
    bytes: Uint8Array | string,
    reason: string,
    values: object,
  ])[] = [
    ['no byte', '', 'empty', {}],
    ['31 bytes', randomBytes(31).fill(0xf1), 'size', { n: 32, m: 31, reading: 'raw' }],
    ['33 bytes', randomBytes(33).fill(0xf1), 'size', { n: 32, m: 33, reading: 'raw' }],
    ['62 hexadecimal digits', hex.slice(2), 'size', { n: 32, m: 31, reading: 'hex' }],
    ['base64 of 16 bytes', 'MTIzNDU2Nzg5MDEyMzQ1Ng==', 'size', { n: 32, m: 16, reading: 'base64' }],
  ]
  for (const [name, bytes, reason, values] of refusals) {
    test(`refused: ${name}`, async () => {
      const found = await refusal(read(bytes, 'AES_256'))
      assert.equal(found.reason, reason)
      assert.deepEqual({ ...found.values, ...values }, found.values)
    })
  }

  test('32 random bytes are read as raw; their hexadecimal and base64 give the same material', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 32, maxLength: 32 }), async (bytes) => {
        const values = []
        for (const form of [
          bytes,
          Buffer.from(bytes).toString('hex'),
          Buffer.from(bytes).toString('base64'),
        ]) {
          const answer = await read(form, 'AES_256')
          // Bytes that happen to be text can be read in two ways; then the user is asked.
          if (answer.kind === 'read') values.push(answer.facts.checkValue)
          else assert.equal(answer.kind, 'ask')
        }
        assert.ok(new Set(values).size <= 1)
      }),
      { numRuns: 200 },
    )
  })

  test('no bytes make it fail: it reads, asks or refuses', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.boolean(),
        fc.constantFrom('AES_256', 'EC_P256'),
        async (bytes, isText, spec) => {
          const answer = await read(bytes, spec, { isText })
          assert.ok(['read', 'ask', 'line-break', 'passphrase', 'refused'].includes(answer.kind))
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('checks of symmetric material', () => {
  const rows: readonly (readonly [check: string, material: Uint8Array])[] = [
    ['one-byte', Buffer.alloc(32, 7)],
    ['pattern', Buffer.from('0102'.repeat(16), 'hex')],
    ['pattern', Buffer.concat([randomBytes(16)].flatMap((half) => [half, half]))],
    ['counting', Buffer.from(Array.from({ length: 32 }, (_, i) => 3 * i + 9))],
    ['text', Buffer.from('correct horse battery staple now')],
    [
      'published',
      Buffer.from('603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4', 'hex'),
    ],
  ]
  for (const [check, material] of rows) {
    test(`${check} is refused, and the checks after it are not run`, async () => {
      const answer = await read(material, 'AES_256')
      assert.equal(answer.kind, 'read')
      if (answer.kind !== 'read') return
      assert.equal(answer.facts.fit, false)
      const failed = answer.facts.checks.findIndex(({ result }) => result === 'failed')
      assert.equal(answer.facts.checks[failed]?.check, check)
      assert.ok(answer.facts.checks.slice(0, failed).every(({ result }) => result === 'passed'))
      assert.ok(answer.facts.checks.slice(failed + 1).every(({ result }) => result === 'not-run'))
    })
  }

  test('the material of the key is accepted again, other material is refused with both check values', async () => {
    const weak = Buffer.alloc(32, 7)
    const expected = { checkValue: checkValue(keyId, 'AES_256', weak), fingerprint: null }
    const same = await read(weak, 'AES_256', { expected })
    assert.equal(same.kind === 'read' && same.facts.fit, true)
    const other = await read(randomBytes(32), 'AES_256', { expected })
    const row = other.kind === 'read' ? other.facts.checks.at(-1) : undefined
    assert.deepEqual(
      [row?.check, row?.result, row?.values.expected],
      ['same-material', 'failed', expected.checkValue],
    )
  })
})

function fingerprintOf(key: KeyObject): string {
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
  return hash('sha256', spki, 'hex')
}

describe('private keys are read in the form they come in', { skip: missing('openssl') }, () => {
  for (const spec of [
    'RSA_2048',
    'RSA_4096',
    'EC_P256',
    'EC_P384',
    'EC_P521',
    'SECP256K1',
    'SM2',
  ] as const) {
    const key = newPrivateKey[spec]()
    const isRsa = spec.startsWith('RSA')
    const pem = key.export({ format: 'pem', type: 'pkcs8' })
    const der = key.export({ format: 'der', type: 'pkcs8' })
    const traditional = key.export({ format: 'pem', type: isRsa ? 'pkcs1' : 'sec1' })
    const traditionalDer = key.export({ format: 'der', type: isRsa ? 'pkcs1' : 'sec1' })
    const rows: readonly (readonly [name: string, bytes: Uint8Array | string])[] = [
      ['PKCS#8 PEM', pem],
      ['PKCS#8 DER', der],
      ['DER in hexadecimal', der.toString('hex')],
      ['DER in base64', der.toString('base64')],
      [isRsa ? 'PKCS#1 PEM' : 'SEC1 PEM', traditional],
      [isRsa ? 'PKCS#1 DER' : 'SEC1 DER', traditionalDer],
      ['PEM with text before it', `a key\n${pem}`],
    ]
    for (const [name, bytes] of rows) {
      test(`${spec}, ${name}`, async () => {
        const holder = new MaterialHolder()
        const answer = await holder.read({
          target: target(spec),
          bytes: buffer(bytes),
          isText: false,
        })
        assert.equal(answer.kind, 'read', JSON.stringify(answer))
        if (answer.kind !== 'read') return
        assert.deepEqual(
          answer.facts.checks.filter(({ result }) => result !== 'passed'),
          [],
        )
        assert.equal(answer.facts.fingerprint, fingerprintOf(key))
        // What is held is what the server takes.
        const held = createPrivateKey(holder.show().text)
        vetPrivateKey(asymmetricSpec(spec), held.export({ format: 'der', type: 'pkcs8' }))
      })
    }

    for (const [name, args] of [
      ['openssl pkcs8 -topk8', ['-topk8']],
      ['-v2 aes-128-cbc', ['-topk8', '-v2', 'aes-128-cbc']],
      ['-v2prf hmacWithSHA512', ['-topk8', '-v2', 'aes-256-cbc', '-v2prf', 'hmacWithSHA512']],
      ['-scrypt', ['-topk8', '-scrypt']],
    ] as const) {
      test(`${spec} under a passphrase, ${name}`, async () => {
        const encrypted = openssl(pem, 'pkcs8', '-in', '@', ...args, '-passout', 'pass:open sesame')
        const holder = new MaterialHolder()
        const asked = await holder.read({
          target: target(spec),
          bytes: buffer(encrypted),
          isText: false,
        })
        assert.deepEqual(asked, { kind: 'passphrase', of: 'pkcs8' })
        const wrong = await refusal(holder.reply({ reply: { passphrase: 'open barley' } }))
        assert.equal(wrong.reason, 'passphrase-wrong')
        const answer = await holder.reply({ reply: { passphrase: 'open sesame' } })
        assert.equal(answer.kind === 'read' && answer.facts.fingerprint, fingerprintOf(key))
      })
    }
  }

  const rsa = newPrivateKey.RSA_2048()
  const pem = rsa.export({ format: 'pem', type: 'pkcs8' }).toString()
  const ec = newPrivateKey.EC_P256()
  const certificate = (): Buffer =>
    openssl(pem, 'req', '-x509', '-key', '@', '-subj', '/CN=x', '-days', '1')
  const pkcs12 = (): Buffer => {
    const file = join(folder, 'certificate.pem')
    writeFileSync(file, certificate())
    return openssl(pem, 'pkcs12', '-export', '-inkey', '@', '-in', file, '-passout', 'pass:x')
  }
  const rows: readonly (readonly [
    name: string,
    bytes: () => Uint8Array | string,
    spec: string,
    reason: string,
    values: object,
  ])[] = [
    [
      'a public key, PEM',
      () => createPublicKey(rsa).export({ format: 'pem', type: 'spki' }),
      'RSA_2048',
      'public-key',
      {},
    ],
    [
      'a public key, DER',
      () => createPublicKey(rsa).export({ format: 'der', type: 'spki' }),
      'RSA_2048',
      'public-key',
      {},
    ],
    [
      'a public key, PKCS#1',
      () => createPublicKey(rsa).export({ format: 'der', type: 'pkcs1' }),
      'RSA_2048',
      'public-key',
      {},
    ],
    ['a certificate, PEM', certificate, 'RSA_2048', 'certificate', {}],
    [
      'a certificate, DER',
      () => openssl(certificate(), 'x509', '-in', '@', '-outform', 'DER'),
      'RSA_2048',
      'certificate',
      {},
    ],
    ['a PKCS#12 file', pkcs12, 'RSA_2048', 'pkcs12', {}],
    [
      'an OpenSSH key',
      () =>
        '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk=\n-----END OPENSSH PRIVATE KEY-----\n',
      'EC_P256',
      'openssh',
      {},
    ],
    [
      'a key of another size',
      () => pem,
      'RSA_4096',
      'other-spec',
      { found: 'RSA_2048', spec: 'RSA_4096' },
    ],
    ['a key of another kind', () => pem, 'EC_P256', 'other-spec', { found: 'RSA_2048' }],
    [
      'a key of another curve',
      () => ec.export({ format: 'pem', type: 'pkcs8' }),
      'EC_P384',
      'other-spec',
      { found: 'EC_P256' },
    ],
    [
      'an Ed25519 key',
      () => generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }),
      'EC_P256',
      'other-spec',
      { found: 'ED25519' },
    ],
    [
      'a private key for a symmetric key',
      () => pem,
      'AES_256',
      'other-kind-found',
      { found: 'RSA_2048' },
    ],
    ['32 bytes for a private key', () => randomBytes(32), 'EC_P256', 'unreadable', {}],
    [
      'Triple DES',
      () => openssl(pem, 'pkcs8', '-in', '@', '-topk8', '-v2', 'des3', '-passout', 'pass:x'),
      'RSA_2048',
      'cipher',
      { cipher: 'DES-EDE3-CBC' },
    ],
    [
      'PKCS#12 3DES',
      () =>
        openssl(pem, 'pkcs8', '-in', '@', '-topk8', '-v1', 'PBE-SHA1-3DES', '-passout', 'pass:x'),
      'RSA_2048',
      'cipher',
      { cipher: 'PBE-SHA1-3DES' },
    ],
    [
      'an encrypted PEM in the old format',
      () => openssl(pem, 'rsa', '-in', '@', '-traditional', '-aes128', '-passout', 'pass:x'),
      'RSA_2048',
      'cipher',
      { cipher: 'AES-128-CBC' },
    ],
  ]
  for (const [name, bytes, spec, reason, values] of rows) {
    test(`refused: ${name}`, async () => {
      const found = await refusal(read(bytes(), spec))
      assert.equal(found.reason, reason)
      assert.deepEqual({ ...found.values, ...values }, found.values)
    })
  }
})

describe('made, wrapped, backed up, proved, wiped', () => {
  for (const spec of ['AES_256', 'EC_P256', 'EC_P384', 'RSA_2048'] as const) {
    test(spec, async () => {
      const holder = new MaterialHolder()
      const facts = await holder.make({ target: target(spec) })
      assert.equal(facts.fit, true, JSON.stringify(facts.checks))
      const shown = holder.show().text
      const bytes =
        spec === 'AES_256'
          ? Buffer.from(shown, 'hex')
          : createPrivateKey(shown).export({ format: 'der', type: 'pkcs8' })

      const wrapping = generateKeyPairSync('rsa', { modulusLength: 2048 })
      const publicKey = wrapping.publicKey
        .export({ format: 'der', type: 'spki' })
        .toString('base64')
      const opened = async (of: 'material' | 'backup'): Promise<Uint8Array | undefined> => {
        const { wrappedMaterial, wrappedPrivateKey } = await holder.wrap({ publicKey, of })
        const first = privateDecrypt(
          { key: wrapping.privateKey, oaepHash: 'sha256' },
          Buffer.from(wrappedMaterial, 'base64'),
        )
        if (wrappedPrivateKey === null) return first
        assert.equal(first.length, 32)
        return unwrapPadded('aes', first, Buffer.from(wrappedPrivateKey, 'base64'))
      }
      assert.deepEqual(Buffer.from((await opened('material')) ?? []), bytes)
      assert.throws(() => holder.wrap({ publicKey, of: 'backup' }), /no backup was proved/)

      const { file } = await holder.seal({ passphrase: 'ten-words-or-sixteen-letters' })
      const wrong = await holder.prove({ file: file.slice(0), passphrase: 'another passphrase' })
      assert.equal(wrong.kind === 'refused' && wrong.reason, 'age-passphrase')
      const proved = await holder.prove({
        file: file.slice(0),
        passphrase: 'ten-words-or-sixteen-letters',
      })
      assert.deepEqual(proved, {
        kind: 'matches',
        checkValue: facts.checkValue,
        fingerprint: facts.fingerprint,
      })
      assert.deepEqual(Buffer.from((await opened('backup')) ?? []), bytes)

      const elsewhere = new MaterialHolder()
      const asked = await elsewhere.read({
        target: target(spec),
        bytes: file.slice(0),
        isText: false,
      })
      assert.deepEqual(asked, { kind: 'passphrase', of: 'age' })
      const restored = await elsewhere.reply({
        reply: { passphrase: 'ten-words-or-sixteen-letters' },
      })
      assert.equal(restored.kind === 'read' && restored.facts.checkValue, facts.checkValue)
      assert.equal(restored.kind === 'read' && restored.facts.fingerprint, facts.fingerprint)

      await elsewhere.make({ target: target(spec) })
      const other = await elsewhere.prove({
        file: file.slice(0),
        passphrase: 'ten-words-or-sixteen-letters',
      })
      assert.equal(other.kind, 'other')

      holder.wipe()
      assert.throws(() => holder.show(), /no material is held/)
    })
  }

  test('any 3 of 5 shares restore it, 2 do not', async () => {
    const holder = new MaterialHolder()
    const facts = await holder.make({ target: target('AES_256') })
    const { shares } = await holder.share({ count: 5, threshold: 3 })
    const texts = shares.map(({ words }) => words.join(' '))
    for (const chosen of [
      [0, 1, 2],
      [4, 2, 0],
      [1, 3, 4],
    ]) {
      const proved = await holder.proveShares({ texts: chosen.map((i) => texts[i] as string) })
      assert.equal(proved.kind, 'matches')
    }
    const few = await holder.proveShares({ texts: texts.slice(0, 2) })
    assert.equal(few.kind === 'refused' && few.reason, 'share-too-few')
    const elsewhere = new MaterialHolder()
    const answer = await elsewhere.readShares({ target: target('AES_256'), texts: texts.slice(2) })
    assert.equal(answer.kind === 'read' && answer.facts.checkValue, facts.checkValue)
    const slipped = await elsewhere.readShares({
      target: target('AES_256'),
      texts: [texts[0] ?? '', 'nonsense', texts[2] ?? ''],
    })
    assert.deepEqual(slipped, {
      kind: 'refused',
      reason: 'share-not-a-share',
      values: { which: 2 },
    })
  })

  test('the bytes that were handed in are overwritten', async () => {
    const bytes = buffer(randomBytes(32))
    await new MaterialHolder().read({ target: target('AES_256'), bytes, isText: false })
    assert.ok(new Uint8Array(bytes).every((byte) => byte === 0))
  })
})
