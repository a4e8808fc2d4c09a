/** Encrypted backups: different age implementations open each other's files. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Decrypter, generateX25519Identity, identityToRecipient } from 'age-encryption'
import { BackupUnreadable } from '../../src/custody/age-faults.ts'
import { backupFileName, openBackup, sealBackup } from '../../src/custody/backup-file.ts'
import { isLongEnough, proposePassphrase } from '../../src/custody/passphrase.ts'
import { missing, tool } from '../tools.ts'

const draw = (bytes: Uint8Array): void =>
  void crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>)

test('a passphrase opens what it sealed; another does not, and a changed file does not open', async () => {
  const material = randomBytes(32)
  const passphrase = proposePassphrase(draw)
  const file = await sealBackup(material, { passphrase })
  assert.deepEqual(Buffer.from(await openBackup(file, { passphrase })), material)
  await assert.rejects(openBackup(file, { passphrase: `${passphrase}x` }), BackupUnreadable)
  for (const at of [0, 30, file.length >> 1, file.length - 1]) {
    const changed = Uint8Array.from(file)
    changed[at] = (changed[at] ?? 0) ^ 1
    await assert.rejects(openBackup(changed, { passphrase }), BackupUnreadable)
  }
  await assert.rejects(
    openBackup(file.subarray(0, file.length - 1), { passphrase }),
    BackupUnreadable,
  )
})

test('the key of a file is wiped, whether its content opens or not', async (t) => {
  const identity = await generateX25519Identity()
  const file = await sealBackup(randomBytes(32), {
    recipients: [await identityToRecipient(identity)],
  })
  const keys = t.mock.method(Decrypter.prototype, 'decryptHeader').mock
  await openBackup(file, { identities: [identity] })
  await assert.rejects(openBackup(file.subarray(0, -1), { identities: [identity] }))
  const found = await Promise.allSettled(keys.calls.map(({ result }) => result))
  assert.deepEqual(
    found.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])),
    [new Uint8Array(16), new Uint8Array(16)],
  )
})

test('age opens our files, and we open files of age', {
  skip: missing('age', 'age-keygen'),
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  const path = (name: string): string => join(folder, name)
  const material = randomBytes(1218)
  assert.equal(spawnSync(tool('age-keygen'), ['-o', path('identity')]).status, 0)
  const identity = readFileSync(path('identity'), 'utf8')
  const recipient = /public key: (age1\S+)/.exec(identity)?.[1] as string
  writeFileSync(path('ours.age'), await sealBackup(material, { recipients: [recipient] }))
  const opened = spawnSync(tool('age'), ['-d', '-i', path('identity'), path('ours.age')])
  assert.deepEqual(opened.stdout, material)
  const sealed = spawnSync(tool('age'), ['-r', recipient], { input: material })
  const secret = /AGE-SECRET-KEY-\S+/.exec(identity)?.[0] as string
  assert.deepEqual(Buffer.from(await openBackup(sealed.stdout, { identities: [secret] })), material)
  rmSync(folder, { recursive: true })
})

test('a proposed passphrase has ten words and is different each time; a chosen one has at least 16 characters', () => {
  const proposed = new Set(Array.from({ length: 100 }, () => proposePassphrase(draw)))
  assert.equal(proposed.size, 100)
  for (const passphrase of proposed) assert.match(passphrase, /^[a-z]{3,8}(-[a-z]{3,8}){9}$/)
  assert.deepEqual(
    ['x'.repeat(15), 'x'.repeat(16), '🔑'.repeat(15), '🔑'.repeat(16)].map(isLongEnough),
    [false, true, false, true],
  )
})

test('the file name identifies key and material, and is safe for every file system', () => {
  assert.equal(backupFileName('orders-db', '7f3a91c204bed815'), 'holdfast-orders-db-7F3A91C2.age')
  assert.equal(
    backupFileName('alias/orders:db', '7f3a91c204bed815'),
    'holdfast-alias-orders-db-7F3A91C2.age',
  )
})
