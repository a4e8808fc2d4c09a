/**
 * Backups of age through the command line: the wrong file in the right flag, the message for it,
 * and the commands that the message names.
 *
 * @also two-threads
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption'
import { sealBackup } from '../../../src/custody/backup-file.ts'
import { missing, tool } from '../../tools.ts'

const holdfast = fileURLToPath(new URL('../../../bin/holdfast.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const run = (...args: string[]) =>
  spawnSync(process.execPath, [holdfast, ...args], { cwd: folder, encoding: 'utf8' })
const shell = (command: string) =>
  spawnSync('bash', ['-c', command], { cwd: folder, encoding: 'utf8' })
const write = (name: string, content: string | Uint8Array): void =>
  writeFileSync(join(folder, name), content, { mode: 0o600 })
const read = (name: string): Buffer => readFileSync(join(folder, name))

const material = randomBytes(32)
const [identity, other] = [await generateX25519Identity(), await generateX25519Identity()]
const recipient = await identityToRecipient(identity)
const encrypter = new Encrypter()
encrypter.setPassphrase('correct horse battery')
encrypter.setScryptWorkFactor(2)
const forPassphrase = await encrypter.encrypt(material)
const forIdentity = await sealBackup(material, { recipients: [recipient] })
write('kept.key', material)
write('passphrase.age', forPassphrase)
write('my identity.age', forIdentity)
write('passphrase.txt', 'correct horse battery\n')
write('wrong.txt', 'correct horse batterx\n')
write('identity.txt', `# public key: ${recipient}\n${identity}\n`)
write('other.txt', `${other}\n`)
write('recipient.txt', `${recipient}\n`)
write(
  'work.age',
  Buffer.from(Buffer.from(forPassphrase).toString('latin1').replace(/ 2\n/, ' 22\n'), 'latin1'),
)
write('cut.age', forIdentity.subarray(0, 60))
write('changed.age', forIdentity.with(-3, (forIdentity.at(-3) ?? 0) ^ 1))
write('empty.age', '')

describe('restore says what is wrong', () => {
  const table: readonly (readonly [flags: readonly string[], code: 1 | 2, says: string])[] = [
    [['--backup', 'empty.age'], 2, 'empty.age: This file is empty.'],
    [['--backup', 'kept.key'], 2, 'kept.key: This is not an age file.'],
    [
      ['--backup', 'cut.age'],
      1,
      'cut.age: This age file is cut off. Copy it again, or take another copy.',
    ],
    [
      ['--backup', 'changed.age', '--identity', 'identity.txt'],
      1,
      'changed.age: The content of this age file was changed or cut off after it was made. Take another copy.',
    ],
    [
      ['--backup', 'work.age'],
      2,
      'work.age: This age file needs more work than allowed (factor 22; at most 20). Open it with age itself. Run: (umask 077 && age -d -o material.key work.age)',
    ],
    [
      ['--backup', 'passphrase.age', '--passphrase-file', 'wrong.txt'],
      1,
      'passphrase.age: This passphrase does not open the age file. If you are sure of it, the header of the file is damaged.',
    ],
    [
      ['--backup', 'passphrase.age', '--identity', 'identity.txt'],
      2,
      'passphrase.age: This age file was made with a passphrase. An identity does not open it. Omit --identity.',
    ],
    [
      ['--backup', 'my identity.age', '--identity', 'other.txt'],
      1,
      'my identity.age: This age file was made for other recipients: none of the given identities opens it.',
    ],
    [
      ['--backup', 'my identity.age'],
      2,
      'my identity.age: This age file was made for recipients. A passphrase does not open it, but an identity (AGE-SECRET-KEY-1...) does. Give the identity file with --identity.',
    ],
    [
      ['--backup', 'my identity.age', '--identity', 'passphrase.txt'],
      2,
      'passphrase.txt: Line 1 is not an age identity (AGE-SECRET-KEY-1...). If it is a passphrase, give the file with --passphrase-file.',
    ],
    [
      ['--backup', 'my identity.age', '--identity', 'recipient.txt'],
      2,
      'recipient.txt: Line 1 holds a recipient, which only encrypts. Give the identity (AGE-SECRET-KEY-1...) that belongs to it.',
    ],
    [
      ['--backup', 'passphrase.age', '--passphrase-file', 'identity.txt'],
      2,
      'identity.txt holds an age identity, not a passphrase; give the file with --identity',
    ],
    [
      ['--backup', 'passphrase.age', '--passphrase-file', 'recipient.txt'],
      2,
      'recipient.txt holds an age recipient, not a passphrase; give the file of the matching identity with --identity',
    ],
  ]
  for (const [flags, code, says] of table)
    test(`${flags.join(' ')}: ${code}`, () => {
      const { status, stdout, stderr } = run('material', 'restore', '--out', 'never.key', ...flags)
      assert.deepEqual([status, stdout, stderr], [code, '', `holdfast: ${says}\n`])
      assert.equal(existsSync(join(folder, 'never.key')), false)
    })
})

describe('backup says what is wrong', () => {
  const table: readonly (readonly [flags: readonly string[], says: string])[] = [
    [
      ['--recipient', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI'],
      'SSH recipients are not supported. Make an age identity, and give its recipient (age1...). Run: age-keygen -o identity.txt',
    ],
    [['--recipient', 'somebody'], '"somebody" is not an age recipient (age1...).'],
    [
      ['--recipient', recipient.slice(0, -1)],
      `The recipient ${recipient.slice(0, -1)} is damaged: a character is wrong, missing or too many.`,
    ],
    [
      ['--recipient', 'recipient.txt'],
      '"recipient.txt" is not an age recipient (age1...). It is a file; pass its content: --recipient "$(cat recipient.txt)"',
    ],
    [
      ['--recipient', identity],
      'This is an identity, which is secret and decrypts. Give the recipient (age1...) that belongs to it. Print the recipient with: age-keygen -y FILE',
    ],
    [
      ['--passphrase-file', 'recipient.txt'],
      'recipient.txt holds an age recipient, not a passphrase; give it with --recipient "$(cat recipient.txt)"',
    ],
    [
      ['--passphrase-file', 'identity.txt'],
      'identity.txt holds an age identity, not a passphrase; give its recipient with --recipient',
    ],
  ]
  for (const [flags, says] of table)
    test(flags.join(' ').slice(0, 60), () => {
      const { status, stdout, stderr } = run(
        'material',
        'backup',
        '--material',
        'kept.key',
        '--out',
        'never.age',
        ...flags,
      )
      assert.deepEqual([status, stdout, stderr], [2, '', `holdfast: ${says}\n`])
      assert.equal(existsSync(join(folder, 'never.age')), false)
    })
})

describe('the commands in the messages work', () => {
  test('a backup for the recipient in a file, restored with the identity', () => {
    const line = `"${process.execPath}" "${holdfast}" material backup --material kept.key --out kept.age --recipient "$(cat recipient.txt)"`
    assert.equal(shell(line).status, 0)
    assert.equal(
      run(
        'material',
        'restore',
        '--backup',
        'kept.age',
        '--identity',
        'identity.txt',
        '--out',
        'back.key',
      ).status,
      0,
    )
    assert.deepEqual(read('back.key'), material)
  })

  test('an identity instead of an SSH key, its recipient printed', {
    skip: missing('age-keygen'),
  }, () => {
    const keygen = tool('age-keygen')
    const made = shell(
      `age-keygen() { "${keygen}" "$@"; }; age-keygen -o new-identity.txt && age-keygen -y new-identity.txt`,
    )
    assert.equal(made.status, 0, made.stderr)
    const backup = ['--material', 'kept.key', '--out', 'new.age', '--recipient', made.stdout.trim()]
    assert.equal(run('material', 'backup', ...backup).status, 0)
    assert.equal(
      run(
        'material',
        'restore',
        '--backup',
        'new.age',
        '--identity',
        'new-identity.txt',
        '--out',
        'new.key',
      ).status,
      0,
    )
    assert.deepEqual(read('new.key'), material)
  })

  test('a backup for an SSH key, opened by age as the message says', {
    skip: missing('age', 'ssh-keygen'),
  }, () => {
    assert.equal(
      spawnSync(tool('ssh-keygen'), ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'ssh')])
        .status,
      0,
    )
    assert.equal(
      spawnSync(tool('age'), ['-R', 'ssh.pub', '-o', 'for ssh.age', 'kept.key'], { cwd: folder })
        .status,
      0,
    )
    const { status, stderr } = run(
      'material',
      'restore',
      '--backup',
      'for ssh.age',
      '--out',
      'never.key',
    )
    assert.equal(status, 2)
    const says =
      /^holdfast: for ssh\.age: This age file was made for SSH keys, which are not supported here\. Open it with age itself\. Run: (.*)\n$/
    const [, command = ''] = says.exec(stderr) ?? []
    assert.equal(command, "(umask 077 && age -d -i SSH_KEY -o material.key 'for ssh.age')")
    const ran = shell(
      `umask 022; age() { "${tool('age')}" "$@"; }; ${command.replace('SSH_KEY', 'ssh')}`,
    )
    assert.equal(ran.status, 0, ran.stderr)
    assert.equal(
      statSync(join(folder, 'material.key')).mode & 0o077,
      0,
      'nobody else reads what it made',
    )
    assert.deepEqual(read('material.key'), material)
  })
})
