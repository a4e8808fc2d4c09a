/**
 * Stored secrets, edge cases and root slots, compared with golden files of the second
 * implementation.
 */
import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { linkSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Header, open, type SuiteNumber, seal } from '../../src/crypto/envelope.ts'
import { association, checkValue } from '../../src/crypto/formats/association.ts'
import { encodeCanonical } from '../../src/crypto/formats/canonical.ts'
import { contextBytes } from '../../src/crypto/formats/context.ts'
import { type Purpose, purposes } from '../../src/crypto/formats/labels.ts'
import { type Binding, Sealer } from '../../src/crypto/keyring.ts'
import { argon2id, hashPassword, verifyPassword } from '../../src/crypto/password.ts'
import { Secret } from '../../src/crypto/secret.ts'
import { idBytes } from '../../src/domain/ids.ts'
import { systemRandom } from '../../src/ports/random.ts'
import { FileKeeper } from '../../src/root/file-keeper.ts'
import { PassphraseKeeper } from '../../src/root/passphrase-keeper.ts'
import { readGolden, unhex } from '../golden/golden.ts'

type Pairs = [string, string][]
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

type Stored = {
  name: string
  suite: SuiteNumber
  purpose: Purpose
  keyId: string
  version: number
  material: string
  salt: string
  context: Pairs
  plaintext: string
  sealed: string
}

test('every stored secret is sealed for its place as in the golden file, and opens only there', () => {
  const golden = [
    ...readGolden<Stored[]>('stored-secrets'),
    ...readGolden<{ secrets: Stored[] }>('password-hash').secrets,
  ]
  assert.ok(golden.length >= 9)
  for (const one of golden) {
    const places = Object.fromEntries(one.context)
    const sealer = new Sealer(
      createSecretKey(unhex(one.material)),
      places.deployment ?? '',
      one.keyId,
      one.version,
    )
    const { project, key, version, spec, origin, token, user } = places
    const binding: Binding = {
      ...(project !== undefined && { project }),
      ...(key !== undefined && { key }),
      ...(version !== undefined && { version: Number(version) }),
      ...(spec !== undefined && { spec }),
      ...(origin !== undefined && { origin }),
      ...(token !== undefined && { token }),
      ...(user !== undefined && { user }),
      ...(places['access-key'] !== undefined && { accessKey: places['access-key'] }),
    }
    assert.equal(
      hex(sealer.seal(one.purpose, binding, unhex(one.plaintext), () => unhex(one.salt))),
      one.sealed,
      one.name,
    )
    assert.equal(
      sealer.open(one.purpose, binding, unhex(one.sealed))?.use(hex),
      one.plaintext,
      one.name,
    )
    for (const place of Object.keys(binding) as (keyof Binding)[]) {
      const other = { ...binding, [place]: place === 'version' ? 99 : 'elsewhere' }
      assert.equal(
        sealer.open(one.purpose, other, unhex(one.sealed)),
        undefined,
        `${one.name}: ${place}`,
      )
    }
    for (const purpose of Object.values(purposes)) {
      if (purpose !== one.purpose)
        assert.equal(sealer.open(purpose, binding, unhex(one.sealed)), undefined, one.name)
    }
  }
})

test('contexts, associations and refusals at the edges match the golden file', () => {
  type Tie = {
    key: string
    keyId: string
    spec: string
    material: string
    association: string
    checkValue: string
  }
  const golden = readGolden<{
    contexts: { name: string; pairs: Pairs; bytes: string }[]
    refusedContexts: { name: string; pairs: Pairs }[]
    ties: Tie[]
  }>('edges')
  for (const { name, pairs, bytes } of golden.contexts)
    assert.equal(hex(contextBytes(pairs)), bytes, name)
  for (const { name, pairs } of golden.refusedContexts)
    assert.throws(() => contextBytes(pairs), { code: 'context-invalid' }, name)
  for (const tie of golden.ties) {
    assert.equal(
      hex(association(createSecretKey(unhex(tie.key)), tie.keyId, tie.spec, unhex(tie.material))),
      tie.association,
    )
    assert.equal(checkValue(tie.keyId, tie.spec, unhex(tie.material)), tie.checkValue)
  }
})

test('material of another length never seals or opens, though HMAC would pad it to the same key', () => {
  const material = randomBytes(32)
  const header: Header = { suite: 1, purpose: purposes.data, keyId: randomBytes(16), version: 1 }
  const none = contextBytes([])
  const sealed = seal(material, header, randomBytes(32), none, Buffer.from('x'))
  assert.ok(open(material, header, none, sealed))
  for (const other of [Buffer.concat([material, Buffer.alloc(1)]), material.subarray(0, 31)]) {
    assert.equal(open(other, header, none, sealed), undefined)
    assert.throws(() => seal(other, header, randomBytes(32), none, Buffer.from('x')), TypeError)
  }
})

test('an identifier has exactly one text form', () => {
  assert.equal(
    hex(idBytes('1f0e9c1a-7b52-4d3e-9a64-0c5b8e2f7d10')),
    '1f0e9c1a7b524d3e9a640c5b8e2f7d10',
  )
  for (const wrong of [
    '',
    '1F0E9C1A-7b52-4d3e-9a64-0c5b8e2f7d10',
    'zz',
    '1f0e9c1a7b52-4d3e-9a64-0c5b8e2f7d10',
  ])
    assert.throws(() => idBytes(wrong), TypeError)
})

type RootSlot = {
  infos: { deployment: string; slot: string; kind: string; generation: number; info: string }[]
  keyFile: { privateKey: string; publicKey: string; file: string }
  passphrase: {
    passphrase: string
    salt: string
    memoryKib: number
    passes: number
    lanes: number
    stretched: string
    privateKey: string
    publicKey: string
  }
}

test('the info of a root slot, its key file and a passphrase’s key pair match the golden file', async () => {
  const golden = readGolden<RootSlot>('root-slot')
  for (const { deployment, slot, kind, generation, info } of golden.infos) {
    assert.equal(
      hex(encodeCanonical(['holdfast/v1/root-slot', deployment, slot, kind, generation])),
      info,
    )
  }
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  const path = join(folder, 'root.key')
  writeFileSync(path, unhex(golden.keyFile.file), { mode: 0o600 })
  // The state after a first start that was interrupted between the two names.
  linkSync(path, join(folder, `.holdfast-${crypto.randomUUID()}.new`))
  const pair = await new FileKeeper(path).create()
  assert.deepEqual(readdirSync(folder), ['root.key'])
  assert.deepEqual(
    [hex(pair.privateKey), hex(pair.publicKey)],
    [golden.keyFile.privateKey, golden.keyFile.publicKey],
  )
  rmSync(folder, { recursive: true })

  const { passphrase, salt, memoryKib, passes, lanes, stretched, privateKey, publicKey } =
    golden.passphrase
  const bytes = Buffer.from(passphrase)
  assert.equal(hex(await argon2id(bytes, unhex(salt), { memoryKib, passes, lanes })), stretched)
  const keeper = new PassphraseKeeper({
    passphrase: async () => Secret.move(Buffer.from(passphrase)),
    random: systemRandom,
  })
  const parameters = JSON.stringify({ salt, memoryKib, passes, lanes })
  const recovered = await keeper.recover({ parameters, publicKey: unhex(publicKey) } as never)
  assert.deepEqual([hex(recovered.privateKey), hex(recovered.publicKey)], [privateKey, publicKey])
})

test('the right password is accepted, another is not, and the hash records its cost', async () => {
  const cheap = { memoryKib: 64, passes: 1, lanes: 1 }
  const hashed = await hashPassword(Buffer.from('password'), randomBytes(16), cheap)
  assert.match(hashed, /^\$argon2id\$v=19\$m=64,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  assert.equal(await verifyPassword(Buffer.from('password'), hashed), true)
  assert.equal(await verifyPassword(Buffer.from('Password'), hashed), false)
  await assert.rejects(verifyPassword(Buffer.from('x'), 'no hash'), TypeError)
})

test('a secret is lent, never shown, and gone once wiped', async () => {
  const { inspect } = await import('node:util')
  const bytes = new Uint8Array(32).fill(7)
  const secret = Secret.own(bytes)
  for (const shown of [
    String(secret),
    JSON.stringify({ secret }),
    inspect(secret),
    inspect({ deep: [secret] }),
  ])
    assert.match(shown, /\[secret\]/)
  assert.equal(
    secret.use((lent) => lent[0]),
    7,
  )
  secret.wipe()
  assert.ok(bytes.every((byte) => byte === 0))
  assert.throws(() => secret.use(() => 0), TypeError)
  assert.throws(() => Secret.own(Buffer.from('a slice of the pool')), TypeError)
})
