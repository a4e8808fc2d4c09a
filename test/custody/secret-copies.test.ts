/** Of material that is read, converted or shared, no copy is left but the one that is returned. */
import assert from 'node:assert/strict'
import { createPrivateKey, generateKeyPairSync, hash, type KeyObject } from 'node:crypto'
import { describe, test } from 'node:test'
import { openEncryptedPkcs8 } from '../../src/custody/material/encrypted-pkcs8.ts'
import { look, type Seen } from '../../src/custody/material/formats.ts'
import {
  makeOnCurve,
  nameOfKey,
  privateKeyFor,
  readPrivateKey,
} from '../../src/custody/material/private-key.ts'
import { makeSeedKey } from '../../src/custody/material/seed-keys.ts'
import { proposePassphrase, typedPassphrase } from '../../src/custody/passphrase.ts'
import { SharesError } from '../../src/custody/share-faults.ts'
import { shareWords } from '../../src/custody/share-words.ts'
import { combineShares, makeShares, readShares } from '../../src/custody/shares.ts'
import { asymmetricSpec, keySpec } from '../../src/domain/keys/key-specs.ts'
import { wipe } from '../../src/domain/material/wiped.ts'
import { copiesLeft, holds, isWiped, type Run } from '../secret-copies.ts'

// Always the same, since random bytes may begin like a structure.
const material = hash('sha256', 'material', 'buffer')
const line = material.subarray(0, 16)
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const ed = generateKeyPairSync('ed25519').privateKey
const der = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'pkcs8' })
const pem = (key: KeyObject): string => key.export({ format: 'pem', type: 'pkcs8' }).toString()
const jwk = (key: KeyObject, more = {}): string =>
  JSON.stringify({ ...key.export({ format: 'jwk' }), ...more })
/** A private number of a key, as it is in its encodings. */
function secretOf(key: KeyObject): Buffer {
  const { p, d } = key.export({ format: 'jwk' })
  return Buffer.from(p ?? d ?? '', 'base64url')
}

function keyIn(bytes: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.from(bytes), format: 'der', type: 'pkcs8' })
}

/** In BER: the length is not written, but where it ends is. */
function indefinite(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.of(0x30, 0x80), bytes.subarray(3), Buffer.of(0, 0)])
}

/** As xxd prints it. */
function dump(bytes: Buffer): string {
  const written = (at: number): string =>
    `${at.toString(16).padStart(8, '0')}: ${bytes.toString('hex', at, at + 16)}`
  return Array.from({ length: Math.ceil(bytes.length / 16) }, (_, i) => written(16 * i)).join('\n')
}

function secretsIn(seen: Seen): readonly Uint8Array[] {
  if (seen.kind === 'symmetric') return seen.readings.map((one) => one.material)
  if (seen.kind === 'material' || seen.kind === 'line-break') return [seen.material]
  return seen.kind === 'private-key' ? [seen.der] : []
}

type Row = readonly [what: string, spec: string, file: Uint8Array | string, secret: Uint8Array]

const oct = JSON.stringify({ kty: 'oct', k: material.toString('base64url') })
const openssh = `-----BEGIN OPENSSH PRIVATE KEY-----
${material.toString('base64')}
-----END OPENSSH PRIVATE KEY-----`
const read: readonly Row[] = [
  ['raw bytes', 'AES_256', material, material],
  ['hexadecimal', 'AES_256', material.toString('hex'), material],
  ['base64', 'AES_256', material.toString('base64'), material],
  ['a line break at the end', 'AES_256', Buffer.concat([material, Buffer.of(10)]), material],
  ['a JWK', 'AES_256', oct, material],
  ['a dump', 'AES_256', dump(material), line],
  ['PEM', 'EC_P256', pem(ec), secretOf(ec)],
  ['DER', 'EC_P256', der(ec), secretOf(ec)],
  ['DER in hexadecimal', 'EC_P256', der(ec).toString('hex'), secretOf(ec)],
  ['BER', 'EC_P256', indefinite(der(ec)), secretOf(ec)],
  ['PEM in base64', 'EC_P256', Buffer.from(pem(ec)).toString('base64'), secretOf(ec)],
  ['a dump of DER', 'EC_P256', dump(der(ec)), secretOf(ec)],
  ['an EC key as a JWK', 'EC_P256', jwk(ec), secretOf(ec)],
  ['an RSA key as a JWK', 'RSA_2048', jwk(rsa), secretOf(rsa)],
  ['an Ed25519 key as a JWK', 'ED25519', jwk(ed), secretOf(ed)],
]
const refused: readonly (readonly [...Row, reason: string])[] = [
  ['raw bytes of another size', 'HMAC_384', material, material, 'size'],
  ['hexadecimal of another size', 'HMAC_384', material.toString('hex'), material, 'size'],
  ['base64 of another size', 'HMAC_384', material.toString('base64'), material, 'size'],
  ['a JWK of another size', 'HMAC_384', oct, material, 'size'],
  ['a dump of another size', 'HMAC_384', dump(material), line, 'size'],
  [
    'a dump with a line missing',
    'AES_256',
    dump(Buffer.concat([material, material])).replace(/\n.*/, ''),
    line,
    'dump-cut',
  ],
  ['a dump that ends in words', 'AES_256', `${dump(material)}\n00000020: zz`, line, 'dump-words'],
  [
    'a dump that shows other bytes',
    'AES_256',
    `${dump(line)}  ${'?'.repeat(16)}`,
    line,
    'dump-words',
  ],
  ['PEM for symmetric material', 'AES_256', pem(ec), secretOf(ec), 'other-kind-found'],
  ['DER for symmetric material', 'AES_256', der(ec), secretOf(ec), 'other-kind-found'],
  ['an OpenSSH key', 'EC_P256', openssh, material, 'openssh'],
  ['several keys', 'EC_P256', pem(ec) + pem(rsa), secretOf(ec), 'several'],
  ['a JWK of the wrong length', 'EC_P256', jwk(ec, { x: 'AAAA' }), secretOf(ec), 'jwk-damaged'],
  ['a JWK with another public key', 'ED25519', jwk(ed, { x: 'AAAA' }), secretOf(ed), 'jwk-damaged'],
]

describe('a file', () => {
  const looked = (spec: string, file: Row[2], secret: Uint8Array): Promise<Run<Seen>> =>
    copiesLeft(secret, () => look(Buffer.from(file), false, keySpec(spec)), {
      slices: holds(material, secret),
    })

  for (const [what, spec, file, secret] of read)
    test(`read: ${what}`, async () => {
      const { result, left } = await looked(spec, file, secret)
      const returned = secretsIn(result)
      assert.ok(returned.length > 0 && returned.every((bytes) => holds(bytes, secret)))
      assert.deepEqual(
        left.filter((bytes) => !returned.includes(bytes)),
        [],
      )
    })

  for (const [what, spec, file, secret, reason] of refused)
    test(`refused: ${what}`, async () => {
      const { result, left } = await looked(spec, file, secret)
      assert.equal(result.kind === 'refused' && result.reason, reason)
      assert.deepEqual(left, [])
    })
})

describe('a private key', () => {
  for (const [spec, key] of Object.entries({ EC_P256: ec, RSA_2048: rsa, ED25519: ed }))
    test(`${spec}: read for its spec and for another, its bytes are wiped`, async () => {
      const secret = secretOf(key)
      const own = Uint8Array.from(der(key))
      const taken = await copiesLeft(secret, () => privateKeyFor(asymmetricSpec(spec), own))
      assert.ok(taken.result.kind === 'key' && holds(taken.result.pkcs8, secret))
      assert.deepEqual(taken.left, [taken.result.pkcs8])
      assert.ok(isWiped(own))
      const other = Uint8Array.from(der(key))
      const { result, left } = await copiesLeft(secret, () =>
        privateKeyFor(asymmetricSpec('EC_P384'), other),
      )
      assert.equal(result.kind, 'refused')
      assert.deepEqual(left, [])
      assert.ok(isWiped(other))
    })

  test('bytes that are not a private key are wiped too', () => {
    const bytes = Uint8Array.from(material)
    assert.equal(privateKeyFor(asymmetricSpec('EC_P256'), bytes).kind, 'refused')
    assert.ok(isWiped(bytes))
  })

  test('its name is found without a copy', async () => {
    for (const key of [ec, rsa, ed]) {
      const { result, left } = await copiesLeft(secretOf(key), () => nameOfKey(der(key)))
      assert.match(result ?? '', /^(?:EC_P256|RSA_2048|ED25519)$/)
      assert.deepEqual(left, [])
    }
  })

  test('with the public point of another key, no copy is left', async () => {
    const point = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    const bytes = Buffer.concat([der(ec).subarray(0, -64), der(point).subarray(-64)])
    const { result, left } = await copiesLeft(secretOf(ec), () => readPrivateKey(bytes))
    assert.equal(result?.kind === 'fault' && result.fault, 'other-public-key')
    assert.deepEqual(left, [])
  })

  test('of a new one on a curve, only the key is left', async () => {
    const secret = Buffer.alloc(32)
    const { result, left } = await copiesLeft(secret, () => {
      const made = makeOnCurve('secp256k1')
      secretOf(keyIn(made)).copy(secret)
      return made
    })
    assert.deepEqual(left, [result])
  })

  test('encrypted: what the passphrase gives is wiped, and what is opened but is not a key', async (t) => {
    const options = { cipher: 'aes-256-cbc', passphrase: 'open sesame' }
    const locked = ec.export({ format: 'der', type: 'pkcs8', ...options })
    const passphrase = Buffer.from(options.passphrase)
    const imported = t.mock.method(crypto.subtle, 'importKey').mock
    const opened = await openEncryptedPkcs8(locked, passphrase)
    assert.ok(opened.kind === 'opened' && holds(opened.pkcs8, secretOf(ec)))
    const key = imported.calls.find((call) => Object.values(call.arguments).includes('AES-CBC'))
    assert.deepEqual(key?.arguments[1], new Uint8Array(32))
    const noise = Uint8Array.from(material)
    t.mock.method(crypto.subtle, 'decrypt', async () => noise.buffer)
    assert.equal((await openEncryptedPkcs8(locked, passphrase)).kind, 'passphrase-wrong')
    assert.ok(isWiped(noise))
  })

  test('the seed of a new one is wiped', (t) => {
    const drawn = t.mock.method(crypto, 'getRandomValues').mock
    const made = makeSeedKey('ED25519') ?? assert.fail('no key was made')
    assert.deepEqual(drawn.calls[0]?.result, new Uint8Array(32))
    assert.ok(!isWiped(secretOf(keyIn(made))))
  })
})

describe('shares', () => {
  const wordsOf = async (): Promise<string[]> =>
    (await makeShares(material, 3, 2)).map(({ words }) => words.join(' '))

  test('made: the material stays, and no copy of it is left', async () => {
    const given = Uint8Array.from(material)
    const { left } = await copiesLeft(material, () => makeShares(given, 3, 2))
    assert.deepEqual(left, [])
    assert.ok(holds(given, material))
  })

  test('made: of each share only its words are left', async () => {
    const secret = Buffer.alloc(material.length + 1)
    const { left } = await copiesLeft(secret, async () => {
      const [first] = await makeShares(material, 3, 2)
      const [read] = readShares([first?.words.join(' ') ?? ''])
      Buffer.from(read?.share ?? []).copy(secret)
      wipe(read?.share)
    })
    assert.ok(!isWiped(secret))
    assert.deepEqual(left, [])
  })

  test('combined: only the material is left, and no share', async () => {
    const texts = await wordsOf()
    const shares = readShares(texts).map(({ share }) => share)
    for (const secret of [material, ...shares]) {
      const { result, left } = await copiesLeft(secret, () => combineShares(texts), {
        slices: true,
      })
      assert.ok(holds(result, material))
      assert.deepEqual(
        left.filter((bytes) => bytes !== result),
        [],
      )
    }
  })

  test('read twice in one text, a share is returned once, without another copy', async () => {
    const [one = ''] = await wordsOf()
    const [share] = readShares([one])
    const secret = Buffer.from(share?.share ?? [])
    const { result, left } = await copiesLeft(secret, () => readShares([`${one}\n${one}`]), {
      slices: true,
      sources: true,
    })
    assert.equal(result.length, 1)
    assert.deepEqual(left, [result[0]?.share])
  })

  const failing: readonly (readonly [why: string, more: (one: string) => string[]])[] = [
    ['another text holds no share', () => ['holdfast']],
    ['it is there again with an extra word', (one) => [one.replace(/^(\S+ ){5}/, '$&zoo ')]],
    ['there are too few', () => []],
  ]
  for (const [why, more] of failing)
    test(`no share is left if ${why}`, async () => {
      const [one = ''] = await wordsOf()
      const [share] = readShares([one])
      const secret = Buffer.from(share?.share ?? [])
      const { left } = await copiesLeft(
        secret,
        () => assert.rejects(combineShares([one, ...more(one)]), SharesError),
        { slices: true, sources: true },
      )
      assert.deepEqual(left, [])
    })

  test('nothing is left of one of another version', async () => {
    const body = Buffer.concat([Buffer.of(2, 2, 3), Buffer.alloc(4), material, Buffer.of(1)])
    const { left } = await copiesLeft(
      body,
      () => assert.rejects(combineShares([shareWords(body).join(' ')]), { reason: 'version' }),
      { slices: true },
    )
    assert.deepEqual(left, [])
  })
})

describe('a passphrase', () => {
  test('the bytes that a proposed one is made of are wiped', () => {
    let drawn: Uint8Array = new Uint8Array()
    const words = proposePassphrase((bytes) => {
      drawn = bytes.fill(0xa7)
    })
    assert.equal(words.split('-').length, 10)
    assert.equal(drawn.length, 20)
    assert.ok(isWiped(drawn))
  })

  test('the bytes of one that was typed are wiped, accepted or not', async () => {
    for (const text of ['open sesame', 'open sesame\nopen']) {
      const secret = Buffer.from('open sesame')
      const { left } = await copiesLeft(secret, () => {
        try {
          return typedPassphrase(text)
        } catch {
          return undefined
        }
      })
      assert.deepEqual(left, [])
    }
  })
})
