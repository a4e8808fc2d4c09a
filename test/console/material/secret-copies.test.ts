/**
 * What the worker holds is one copy of the material and one of its backup, and it is overwritten as
 * soon as it is dropped or replaced.
 */
import assert from 'node:assert/strict'
import { generateKeyPairSync, hash, randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import { pairBackup, secretBackup } from '../../../console/src/material/backups.ts'
import { MaterialHolder } from '../../../console/src/material/holder.ts'
import type { ProveAnswer } from '../../../console/src/material/protocol.ts'
import { wrapMaterial } from '../../../console/src/material/wrap.ts'
import { sealBackup } from '../../../src/custody/backup-file.ts'
import { makeShares } from '../../../src/custody/shares.ts'
import { asymmetricSpec, keySpec, type SecretSpec } from '../../../src/domain/keys/key-specs.ts'
import { copiesLeft, isWiped } from '../../secret-copies.ts'
import { ask, buffer, target } from './holding.ts'

// Always the same, since random bytes may begin like a structure.
const material = hash('sha256', 'material', 'buffer')
const broken = Buffer.concat([material, Buffer.of(10)])
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const der = ec.export({ format: 'der', type: 'pkcs8' })
const pem = ec.export({ format: 'pem', type: 'pkcs8' }).toString()
const scalar = Buffer.from(ec.export({ format: 'jwk' }).d ?? '', 'base64url')
const locked = ec.export({
  format: 'der',
  type: 'pkcs8',
  cipher: 'aes-256-cbc',
  passphrase: 'open sesame',
})
const identity = await generateX25519Identity()
const sealed = buffer(
  await sealBackup(Buffer.from(pem), { recipients: [await identityToRecipient(identity)] }),
)
const texts = (await makeShares(material, 2, 2)).map(({ words }) => words.join(' '))

type Held = readonly [spec: string, file: Uint8Array | string, secret: Uint8Array]
type Prove = (holder: MaterialHolder) => Promise<ProveAnswer>

/** Shares prove material, since age makes copies of what it opens; those of PEM are text. */
const held: readonly (readonly [...Held, Prove])[] = [
  ['AES_256', material, material, (holder) => holder.proveShares({ texts })],
  [
    'EC_P256',
    pem,
    scalar,
    (holder) => holder.prove({ file: sealed.slice(0), passphrase: identity }),
  ],
]

/** What ends that something is held. */
const ends: readonly (readonly [
  what: string,
  end: (holder: MaterialHolder, spec: string) => unknown,
])[] = [
  ['it is wiped', (holder) => holder.wipe()],
  ['other material is made', (holder, spec) => holder.make({ target: target(spec) })],
  ['other material is read', (holder) => read(holder, 'AES_256', randomBytes(32))],
  ['a file is refused', (holder) => read(holder, 'AES_256', randomBytes(7))],
  ['shares are refused', (holder, spec) => holder.readShares({ target: target(spec), texts: [] })],
]

function read(holder: MaterialHolder, spec: string, bytes: Uint8Array | string) {
  return holder.read({ target: target(spec), bytes: buffer(bytes), isText: false })
}

/** The number of copies of a secret that are left. */
async function copies(secret: Uint8Array, run: () => Promise<unknown>): Promise<number> {
  return (await copiesLeft(secret, run)).left.length
}

describe('material', () => {
  for (const [spec, file, secret] of held) {
    test(`of ${spec} is held once`, async () => {
      assert.equal(await copies(secret, () => ask(file, spec)), 1)
    })

    for (const [what, end] of ends)
      test(`of ${spec} is overwritten when ${what}`, async () => {
        const left = await copies(secret, async () => end((await ask(file, spec)).holder, spec))
        assert.equal(left, 0)
      })
  }

  test('that was made is held once, and overwritten when it is wiped', async () => {
    for (const [isWipedAfter, expected] of [
      [false, 1],
      [true, 0],
    ] as const) {
      const secret = Buffer.alloc(32)
      const left = await copies(secret, async () => {
        const holder = new MaterialHolder()
        await holder.make({ target: target('AES_256') })
        secret.write(holder.show().text, 'hex')
        if (isWipedAfter) holder.wipe()
      })
      assert.equal(left, expected)
    }
  })

  test('that is refused is not kept', async () => {
    assert.equal(await copies(scalar, () => ask(pem, 'EC_P384')), 0)
    assert.equal(await copies(scalar, () => ask(pem, 'AES_256')), 0)
  })

  test('is wrapped under a key that is wiped', async (t) => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const spki = publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
    const drawn = t.mock.method(crypto, 'getRandomValues').mock
    await wrapMaterial(spki, der, true)
    assert.deepEqual(drawn.calls[0]?.result, new Uint8Array(32))
  })
})

describe('an open question', () => {
  const asking: readonly (readonly [what: string, ...Held])[] = [
    ['whether a line break belongs to it', 'AES_256', broken, material],
    ['for the passphrase of a private key', 'EC_P256', locked, locked],
  ]
  for (const [what, spec, file, secret] of asking) {
    test(`${what}: one copy waits`, async () => {
      assert.equal(await copies(secret, () => ask(file, spec)), 1)
    })

    for (const [ending, end] of ends)
      test(`${what}: the copy is overwritten when ${ending}`, async () => {
        const left = await copies(secret, async () => end((await ask(file, spec)).holder, spec))
        assert.equal(left, 0)
      })
  }

  test('that was answered leaves only what is held', async () => {
    const left = await copies(material, async () =>
      (await ask(broken, 'AES_256')).holder.reply({ reply: { leaveOutLineBreak: true } }),
    )
    assert.equal(left, 1)
    const reply = { passphrase: 'open sesame' }
    for (const secret of [locked, Buffer.from(reply.passphrase)]) {
      const { holder } = await ask(locked, 'EC_P256')
      assert.equal(await copies(secret, () => holder.reply({ reply })), 0)
    }
    const opened = async (): Promise<unknown> =>
      (await ask(locked, 'EC_P256')).holder.reply({ reply })
    assert.equal(await copies(locked, opened), 0)
    assert.equal(await copies(scalar, opened), 1)
  })

  test('is not asked about a private key that cannot be opened, and no copy of it is left', async () => {
    const cipher = 'des-ede3-cbc'
    const file = ec.export({ format: 'der', type: 'pkcs8', cipher, passphrase: 'open sesame' })
    const { result, left } = await copiesLeft(file, () => ask(file, 'EC_P256'))
    assert.equal(result.answer.kind === 'refused' && result.answer.reason, 'cipher')
    assert.deepEqual(left, [])
  })
})

describe('a backup', () => {
  for (const [spec, file, secret, prove] of held) {
    const proved = async (): Promise<MaterialHolder> => {
      const { holder } = await ask(file, spec)
      await prove(holder)
      return holder
    }

    test(`of ${spec} is held once`, async () => {
      assert.equal(await copies(secret, proved), 2)
      assert.equal(await copies(secret, async () => prove(await proved())), 2)
    })

    for (const [what, end] of ends)
      test(`of ${spec} is overwritten when ${what}`, async () => {
        assert.equal(await copies(secret, async () => end(await proved(), spec)), 0)
      })

    test(`of other material than that of ${spec} is not kept`, async () => {
      const other = new MaterialHolder()
      await other.make({ target: target(spec) })
      const { result, left } = await copiesLeft(secret, () => prove(other))
      assert.equal(result.kind, 'other')
      assert.deepEqual(left, [])
    })
  }

  test('that is restored is held once', async () => {
    const restored = async (): Promise<unknown> =>
      (await ask(new Uint8Array(sealed), 'EC_P256')).holder.reply({
        reply: { passphrase: identity },
      })
    assert.equal(await copies(scalar, restored), 1)
    const { left } = await copiesLeft(
      material,
      () => new MaterialHolder().readShares({ target: target('AES_256'), texts }),
      { sources: true },
    )
    assert.equal(left.length, 1)
  })

  test('that nothing can be compared with is not kept', async () => {
    const holder = new MaterialHolder()
    await holder.readShares({ target: target('AES_256'), texts: [] })
    const { left } = await copiesLeft(
      material,
      () => assert.rejects(holder.proveShares({ texts }), /no material is held/),
      { sources: true },
    )
    assert.deepEqual(left, [])
  })

  const aes = keySpec('AES_256') as SecretSpec
  const p256 = asymmetricSpec('EC_P256')
  const contents: readonly (readonly [
    what: string,
    open: (content: Uint8Array) => object,
    content: Uint8Array,
  ])[] = [
    ['material', (content) => secretBackup(aes, target('AES_256'), content, null), material],
    ['something else', (content) => secretBackup(aes, target('AES_256'), content, null), der],
    ['a private key', (content) => pairBackup(p256, content), der],
    ['an encrypted private key', (content) => pairBackup(p256, content), locked],
    ['no private key', (content) => pairBackup(p256, content), material],
  ]
  for (const [what, open, content] of contents)
    test(`is wiped once it was opened: ${what}`, async () => {
      const given = Uint8Array.from(content)
      const { result, left } = await copiesLeft(content, () => open(given))
      assert.ok(isWiped(given))
      assert.equal(left.length, 'material' in result ? 1 : 0)
    })
})
