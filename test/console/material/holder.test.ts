/**
 * What is held: wrapped so that the server opens it, backed up as age and the command line do,
 * proved, and overwritten.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { generateHybridIdentity, generateX25519Identity, identityToRecipient } from 'age-encryption'
import { MaterialHolder } from '../../../console/src/material/holder.ts'
import { decryptOaep } from '../../../src/crypto/asymmetric/oaep.ts'
import { vetPrivateKey } from '../../../src/crypto/asymmetric/private-keys.ts'
import { checkValue } from '../../../src/crypto/formats/association.ts'
import { unwrapPadded } from '../../../src/crypto/key-wrap.ts'
import { openBackup, sealBackup } from '../../../src/custody/backup-file.ts'
import { asymmetricSpec } from '../../../src/domain/keys/key-specs.ts'
import { missing, tool } from '../../tools.ts'
import {
  ask,
  buffer,
  fingerprint,
  keyId,
  openssl,
  readFacts,
  shownDer,
  target,
  verdict,
} from './holding.ts'

const passphrase = 'ten-words-or-sixteen-letters'
const wrapping = [2048, 4096].map((modulusLength) => generateKeyPairSync('rsa', { modulusLength }))
const pair = (spec: string): KeyObject =>
  spec.startsWith('RSA')
    ? generateKeyPairSync('rsa', { modulusLength: Number(spec.slice(4)) }).privateKey
    : generateKeyPairSync('ec', { namedCurve: `P-${spec.slice(4)}` }).privateKey
const pemOf = (key: KeyObject): string => key.export({ format: 'pem', type: 'pkcs8' }).toString()

/** Unwraps with the very functions of the server. */
async function sent(
  holder: MaterialHolder,
  of: 'material' | 'backup',
  under = wrapping[0],
): Promise<Buffer> {
  const { publicKey, privateKey } = under as { publicKey: KeyObject; privateKey: KeyObject }
  const spki = publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
  const { wrappedMaterial, wrappedPrivateKey } = await holder.wrap({ publicKey: spki, of })
  const opened = decryptOaep(privateKey, Buffer.from(wrappedMaterial, 'base64')) as Uint8Array
  if (wrappedPrivateKey === null) return Buffer.from(opened)
  assert.equal(opened.length, 32)
  return Buffer.from(
    unwrapPadded('aes', opened, Buffer.from(wrappedPrivateKey, 'base64')) as Uint8Array,
  )
}

describe('wrapping', () => {
  for (const under of wrapping) {
    const bits = under.publicKey.asymmetricKeyDetails?.modulusLength
    test(`symmetric material under RSA_${bits}`, async () => {
      const material = randomBytes(32)
      assert.deepEqual(
        await sent((await ask(material, 'AES_256')).holder, 'material', under),
        material,
      )
    })
    for (const spec of ['RSA_2048', 'RSA_3072', 'RSA_4096', 'EC_P256', 'EC_P384']) {
      test(`${spec} under RSA_${bits}, as the server vets it`, async () => {
        const key = pair(spec)
        const arrived = await sent((await ask(pemOf(key), spec)).holder, 'material', under)
        assert.deepEqual(arrived, key.export({ format: 'der', type: 'pkcs8' }))
        assert.ok(vetPrivateKey(asymmetricSpec(spec), arrived))
      })
    }
  }

  test('a temporary key is another one each time', async () => {
    const { holder } = await ask(pemOf(pair('EC_P256')), 'EC_P256')
    const publicKey = wrapping[0]?.publicKey
      .export({ format: 'der', type: 'spki' })
      .toString('base64') as string
    const all = [
      await holder.wrap({ publicKey, of: 'material' }),
      await holder.wrap({ publicKey, of: 'material' }),
    ]
    assert.notEqual(all[0]?.wrappedPrivateKey, all[1]?.wrappedPrivateKey)
  })

  test('an invalid public key is an error, and nothing is lost by it', async () => {
    const { holder } = await ask(randomBytes(32), 'AES_256')
    const before = holder.show().text
    await assert.rejects(
      holder.wrap({ publicKey: Buffer.from('no key').toString('base64'), of: 'material' }),
    )
    assert.equal(holder.show().text, before)
  })
})

// Passphrases of age take a second each by design; identities open as quickly as they are typed.
const identity = await generateX25519Identity()
const lock = { recipients: [await identityToRecipient(identity)] }
const elsewhere = await identityToRecipient(await generateX25519Identity())

describe('backups', () => {
  test('an age file holds the bare bytes, or PKCS#8 in DER', async () => {
    const material = randomBytes(32)
    const symmetric = await (await ask(material, 'AES_256')).holder.seal({ passphrase })
    assert.deepEqual(
      Buffer.from(await openBackup(new Uint8Array(symmetric.file), { passphrase })),
      material,
    )
    const key = pair('EC_P384')
    const ofPair = await (await ask(pemOf(key), 'EC_P384')).holder.seal({ passphrase })
    assert.deepEqual(
      Buffer.from(await openBackup(new Uint8Array(ofPair.file), { passphrase })),
      key.export({ format: 'der', type: 'pkcs8' }),
    )
  })

  test('a file that a person sealed proves the backup with the private key in any form, and is sent in the one form', async () => {
    for (const spec of ['RSA_2048', 'EC_P256']) {
      const key = pair(spec)
      const der = key.export({ format: 'der', type: 'pkcs8' })
      const old = key.export({ format: 'der', type: spec === 'RSA_2048' ? 'pkcs1' : 'sec1' })
      const facts = { checkValue: null, fingerprint: fingerprint(key) }
      for (const content of [der, old, Buffer.from(pemOf(key))]) {
        const file = buffer(await sealBackup(content, lock))
        const { holder } = await ask(der, spec)
        assert.deepEqual(await holder.prove({ file: file.slice(0), passphrase: identity }), {
          kind: 'matches',
          ...facts,
        })
        assert.deepEqual(await sent(holder, 'backup'), der)
        const restored = await ask(new Uint8Array(file), spec)
        assert.deepEqual(restored.answer, { kind: 'passphrase', of: 'age' })
        const read = await restored.holder.reply({ reply: { passphrase: identity } })
        assert.equal(read.kind === 'read' && read.form, 'age')
        assert.equal(readFacts(read).fingerprint, facts.fingerprint)
      }
    }
  })

  const secret = randomBytes(32)
  const whole: readonly (readonly [
    what: string,
    content: Uint8Array | string,
    question?: object,
  ])[] = [
    ['raw bytes', secret],
    ['hexadecimal', `${secret.toString('hex')}\n`],
    ['base64', secret.toString('base64')],
    ['a JWK', JSON.stringify({ kty: 'oct', k: secret.toString('base64url') })],
    [
      'a dump',
      `00000000: ${secret.toString('hex').slice(0, 32)}\n00000010: ${secret.toString('hex').slice(32)}\n`,
    ],
    [
      'raw bytes and a line break',
      Buffer.concat([secret, Buffer.from('\n')]),
      { kind: 'line-break', sizeBytes: 32 },
    ],
  ]
  for (const [what, content, question] of whole)
    test(`what material backup takes proves and restores in the page: ${what}`, async () => {
      const file = await sealBackup(Buffer.from(content), lock)
      const { holder } = await ask(secret, 'AES_256')
      const proof = await holder.prove({ file: buffer(file), passphrase: identity })
      assert.deepEqual(proof, {
        kind: 'matches',
        checkValue: checkValue(keyId, 'AES_256', secret),
        fingerprint: null,
      })
      assert.deepEqual(await sent(holder, 'backup'), secret)
      const restored = await ask(file, 'AES_256')
      const first = await restored.holder.reply({ reply: { passphrase: identity } })
      if (question !== undefined) assert.deepEqual(first, question)
      const read =
        question === undefined
          ? first
          : await restored.holder.reply({ reply: { leaveOutLineBreak: true } })
      assert.equal(readFacts(read).checkValue, checkValue(keyId, 'AES_256', secret))
    })

  const held = pair('EC_P256')
  const unproved: readonly (readonly [
    what: string,
    spec: string,
    content: () => Promise<Uint8Array> | Uint8Array,
    reason: string,
  ])[] = [
    ['15 bytes too few', 'AES_256', () => secret.subarray(15), 'size'],
    ['a private key', 'AES_256', () => Buffer.from(pemOf(held)), 'other-kind-found'],
    ['another backup', 'AES_256', () => sealBackup(secret, lock), 'nested'],
    ['another backup', 'EC_P256', () => sealBackup(Buffer.from(pemOf(held)), lock), 'nested'],
    [
      'a private key under a passphrase of its own',
      'EC_P256',
      () =>
        Buffer.from(
          held.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'inner' }),
        ),
      'locked-inside',
    ],
  ]
  for (const [what, spec, content, reason] of unproved)
    test(`a backup of ${spec} proves nothing when it holds ${what}`, async () => {
      const { holder } = await ask(spec === 'AES_256' ? secret : pemOf(held), spec)
      const proof = await holder.prove({
        file: buffer(await sealBackup(await content(), lock)),
        passphrase: identity,
      })
      assert.equal(proof.kind === 'refused' && proof.reason, reason)
    })

  const typed: readonly (readonly [what: string, passphrase: string, answer: string])[] = [
    ['with a byte order mark', '\ufeffinner', 'read'],
    ['with a line break behind it', 'inner\n', 'read'],
    ['another one', 'outer', 'passphrase-wrong'],
    ['with half a character', 'inner\ud83d', 'typed-not-utf-8'],
    ['with a control character', 'inner\u0007', 'typed-control-character'],
    ['of two lines', 'inner\ninner', 'typed-several-lines'],
    ['far too long', 'x'.repeat(1025), 'typed-too-long'],
    ['a byte order mark alone', '\ufeff', 'typed-empty'],
  ]
  for (const [what, secret, expected] of typed)
    test(`the passphrase of a private key as it was typed, ${what}: ${expected}`, async () => {
      const locked = pair('EC_P256').export({
        format: 'pem',
        type: 'pkcs8',
        cipher: 'aes-256-cbc',
        passphrase: 'inner',
      })
      const { holder } = await ask(locked.toString(), 'EC_P256')
      const answer = await holder.reply({ reply: { passphrase: secret } })
      assert.equal(answer.kind === 'refused' ? answer.reason : answer.kind, expected)
      if (answer.kind !== 'refused') return
      assert.equal(
        (await holder.reply({ reply: { passphrase: 'inner' } })).kind,
        'read',
        'the question waits for the right one',
      )
    })

  test('a passphrase that no file can hold opens no backup, and says so', async () => {
    const { holder } = await ask(randomBytes(32), 'AES_256')
    const file = buffer(await sealBackup(randomBytes(32), lock))
    const proof = await holder.prove({ file, passphrase: 'key \ud83d' })
    assert.deepEqual(proof, { kind: 'refused', reason: 'typed-not-utf-8', values: { most: 1024 } })
  })

  test('a private key that is encrypted inside its backup is asked for its own passphrase', {
    skip: missing('openssl'),
  }, async () => {
    const key = pair('EC_P256')
    const inner = openssl(pemOf(key), 'pkcs8', '-topk8', '-passout', 'pass:inner')
    const { holder } = await ask(await sealBackup(inner, lock), 'EC_P256')
    assert.deepEqual(await holder.reply({ reply: { passphrase: identity } }), {
      kind: 'passphrase',
      of: 'pkcs8',
    })
    assert.equal(
      readFacts(await holder.reply({ reply: { passphrase: 'inner' } })).fingerprint,
      fingerprint(key),
    )
  })

  test('a proof with a backup of other material names that material, and leaves nothing to wrap', async () => {
    const [material, other] = [randomBytes(32), randomBytes(32)]
    const { holder } = await ask(material, 'AES_256')
    const proof = await holder.prove({
      file: buffer(await sealBackup(other, lock)),
      passphrase: identity,
    })
    assert.deepEqual(proof, {
      kind: 'other',
      checkValue: checkValue(keyId, 'AES_256', other),
      fingerprint: null,
    })
    await assert.rejects(async () => sent(holder, 'backup'), /no backup was proved/)
    const [own, another] = [pair('EC_P256'), pair('EC_P256')]
    const pairHolder = (await ask(pemOf(own), 'EC_P256')).holder
    const sealed = buffer(await sealBackup(Buffer.from(pemOf(another)), lock))
    assert.deepEqual(await pairHolder.prove({ file: sealed, passphrase: identity }), {
      kind: 'other',
      checkValue: null,
      fingerprint: fingerprint(another),
    })
  })

  const refusals: readonly (readonly [
    what: string,
    file: () => Promise<Uint8Array> | Uint8Array,
    reason: string,
  ])[] = [
    ['no byte', () => new Uint8Array(), 'age-empty'],
    ['a file that is no backup', () => randomBytes(200), 'age-not-age'],
    ['the key itself', () => Buffer.from(pemOf(pair('EC_P256'))), 'age-not-age'],
    [
      'a backup for another identity',
      () => sealBackup(randomBytes(32), { recipients: [elsewhere] }),
      'age-identity',
    ],
    [
      'a backup cut short',
      async () => (await sealBackup(randomBytes(32), lock)).subarray(0, -1),
      'age-content',
    ],
    [
      'a backup of something that is not a key',
      () => sealBackup(randomBytes(32), lock),
      'unreadable',
    ],
    [
      'a backup of another kind of key',
      () =>
        sealBackup(
          generateKeyPairSync('ed448').privateKey.export({ format: 'der', type: 'pkcs8' }),
          lock,
        ),
      'other-spec',
    ],
  ]
  for (const [what, file, reason] of refusals) {
    test(`no proof: ${what}`, async () => {
      const { holder } = await ask(pemOf(pair('EC_P256')), 'EC_P256')
      const proof = await holder.prove({ file: buffer(await file()), passphrase: identity })
      assert.equal(proof.kind === 'refused' && proof.reason, reason)
    })
  }

  test('the identities of a file are tried in turn, hybrid ones too', async () => {
    const hybrid = await generateHybridIdentity()
    const material = randomBytes(32)
    const { holder } = await ask(material, 'AES_256')
    const file = buffer(
      await sealBackup(material, { recipients: [await identityToRecipient(hybrid)] }),
    )
    const secret = `# created: 2026-11-25\n${identity}\n${hybrid}\n`
    assert.equal((await holder.prove({ file, passphrase: secret })).kind, 'matches')
    const proof = await holder.prove({ file: file.slice(0), passphrase: identity })
    assert.deepEqual(proof, { kind: 'refused', reason: 'age-identity', values: {} })
  })

  test('a backup of the wrong size is refused with its size', async () => {
    const { holder } = await ask(await sealBackup(randomBytes(16), lock), 'AES_256')
    const values = { spec: 'AES_256', n: 32, m: 16, reading: 'raw' }
    assert.deepEqual(await holder.reply({ reply: { passphrase: identity } }), {
      kind: 'refused',
      reason: 'size',
      values,
    })
  })

  test('what age sealed, armored and not, opens by the file that age-keygen wrote', {
    skip: missing('age', 'age-keygen'),
  }, async () => {
    const made = execFileSync(tool('age-keygen'), {
      stdio: ['ignore', 'pipe', 'ignore'],
    }).toString()
    const recipient = /public key: (age1\S+)/.exec(made)?.[1] as string
    const material = randomBytes(32)
    for (const armor of [[], ['-a']]) {
      const file = execFileSync(tool('age'), [...armor, '-r', recipient], { input: material })
      const { holder } = await ask(material, 'AES_256')
      assert.equal((await holder.prove({ file: buffer(file), passphrase: made })).kind, 'matches')
      for (const isText of [false, true]) {
        if (isText && armor.length === 0) continue
        const restored = await ask(file, 'AES_256', isText)
        assert.equal(
          readFacts(await restored.holder.reply({ reply: { passphrase: made } })).checkValue,
          checkValue(keyId, 'AES_256', material),
        )
      }
    }
  })
})

describe('shares', () => {
  test('the fewest and the most there can be', async () => {
    const { holder } = await ask(randomBytes(32), 'AES_256')
    for (const [count, threshold] of [
      [2, 2],
      [16, 2],
      [16, 16],
    ] as const) {
      const { shares } = await holder.share({ count, threshold })
      assert.deepEqual(
        shares.map(({ number }) => number),
        Array.from({ length: count }, (_, i) => i + 1),
      )
      const texts = shares.slice(-threshold).map(({ words }) => words.join(' '))
      assert.equal((await holder.proveShares({ texts })).kind, 'matches')
      const few = await holder.proveShares({ texts: texts.slice(1) })
      assert.deepEqual(few, {
        kind: 'refused',
        reason: 'share-too-few',
        values: { found: threshold - 1, expected: threshold },
      })
    }
    await assert.rejects(holder.share({ count: 17, threshold: 2 }), RangeError)
    await assert.rejects(holder.share({ count: 3, threshold: 4 }), RangeError)
  })

  test('every transcription error is refused with the same fault and values as in the shared code', async () => {
    const { holder } = await ask(randomBytes(32), 'AES_256')
    const words = async (): Promise<string[]> =>
      (await holder.share({ count: 3, threshold: 2 })).shares.map((share) => share.words.join(' '))
    const [one = '', two = ''] = await words()
    const stranger =
      (
        await (await ask(randomBytes(32), 'AES_256')).holder.share({ count: 3, threshold: 2 })
      ).shares[1]?.words.join(' ') ?? ''
    const swapped = two
      .split(' ')
      .map((word, i, all) => all[[1, 0][i] ?? i] ?? word)
      .join(' ')
    const rows: readonly (readonly [
      texts: string[],
      reason: string,
      values: Readonly<Record<string, string | number>>,
    ])[] = [
      [[], 'share-none', {}],
      [[one, 'holdfast'], 'share-not-a-share', { which: 2 }],
      [[one, 'absurd blouse'], 'share-missing', { which: 2, found: 2, expected: 32 }],
      [[swapped, one], 'share-swapped', { which: 1, place: 1, other: 2 }],
      [[one, one], 'share-twice', { which: 2 }],
    ]
    for (const [texts, reason, values] of rows) {
      assert.deepEqual(await holder.proveShares({ texts }), { kind: 'refused', reason, values })
      const answer = await new MaterialHolder().readShares({ target: target('AES_256'), texts })
      assert.deepEqual(answer, { kind: 'refused', reason, values })
    }
    const foreign = await holder.proveShares({ texts: [one, stranger] })
    assert.equal(foreign.kind === 'refused' && foreign.reason, 'share-other-set')
  })
})

describe('one material at a time, and none when it is done', () => {
  test('the bytes that were handed in are always overwritten', async () => {
    const key = pair('EC_P256')
    const rows: readonly (readonly [bytes: Uint8Array | string, spec: string])[] = [
      [randomBytes(32), 'AES_256'],
      [randomBytes(32).toString('hex'), 'AES_256'],
      [randomBytes(31), 'AES_256'],
      [Buffer.concat([randomBytes(32), Buffer.from('\n')]), 'AES_256'],
      [pemOf(key), 'EC_P256'],
      [pemOf(key), 'RSA_2048'],
      [pemOf(key), 'AES_256'],
      [key.export({ format: 'der', type: 'sec1' }), 'EC_P256'],
    ]
    for (const [bytes, spec] of rows) {
      const given = buffer(bytes)
      await new MaterialHolder().read({ target: target(spec), bytes: given, isText: false })
      assert.ok(new Uint8Array(given).every((byte) => byte === 0))
    }
  })

  test('new material replaces the old and its backup; a refusal leaves none', async () => {
    const { holder } = await ask(randomBytes(32), 'AES_256')
    const { file } = await holder.seal({ passphrase })
    assert.equal((await holder.prove({ file, passphrase })).kind, 'matches')
    await holder.make({ target: target('AES_256') })
    await assert.rejects(async () => sent(holder, 'backup'), /no backup was proved/)
    await holder.read({ target: target('AES_256'), bytes: buffer(randomBytes(7)), isText: false })
    assert.throws(() => holder.show(), /no material is held/)
  })

  test('after wipe nothing is held and no question is open', async () => {
    const { holder } = await ask(Buffer.concat([randomBytes(32), Buffer.from('\n')]), 'AES_256')
    holder.wipe()
    await assert.rejects(holder.reply({ reply: { leaveOutLineBreak: true } }), TypeError)
    await holder.make({ target: target('EC_P256') })
    holder.wipe()
    assert.throws(() => holder.show(), /no material is held/)
    assert.throws(() => holder.wrap({ publicKey: '', of: 'material' }), /no material is held/)
    await assert.rejects(holder.seal({ passphrase }), /no material is held/)
    await assert.rejects(holder.share({ count: 3, threshold: 2 }), /no material is held/)
    assert.deepEqual(holder.wipe(), {})
  })

  test('the material of the key is accepted however weak; other material is refused with both check values', async () => {
    const weak = Buffer.alloc(32, 7)
    const expected = { checkValue: checkValue(keyId, 'AES_256', weak), fingerprint: null }
    assert.equal(
      verdict(readFacts((await ask(weak, 'AES_256')).answer).checks),
      'size | one-byte | pattern counting text published',
    )
    assert.equal(
      verdict(readFacts((await ask(weak, 'AES_256', false, expected)).answer).checks),
      'size same-material |  | ',
    )
    const other = readFacts((await ask(randomBytes(32), 'AES_256', false, expected)).answer)
    assert.equal(verdict(other.checks), 'size | same-material | ')
    assert.deepEqual(other.checks.at(-1)?.values, {
      found: other.checkValue,
      expected: expected.checkValue,
    })
  })

  test('a private key is shown as the PEM that OpenSSL reads, material as hexadecimal', {
    skip: missing('openssl'),
  }, async () => {
    const { holder } = await ask(pemOf(pair('RSA_2048')), 'RSA_2048')
    assert.equal(
      createPrivateKey(holder.show().text).export({ format: 'pem', type: 'pkcs8' }),
      holder.show().text,
    )
    assert.deepEqual(
      openssl(holder.show().text, 'pkcs8', '-topk8', '-nocrypt', '-outform', 'DER'),
      shownDer(holder),
    )
    const material = randomBytes(32)
    assert.equal((await ask(material, 'AES_256')).holder.show().text, material.toString('hex'))
  })
})
