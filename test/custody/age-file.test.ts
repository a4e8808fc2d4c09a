/**
 * age files in every state in which they may arrive, and keys that do not open them: input -> the
 * sentence shown.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import {
  armor,
  Encrypter,
  generateHybridIdentity,
  generateX25519Identity,
  identityToRecipient,
  Stanza,
} from 'age-encryption'
import {
  BackupUnreadable,
  IdentityRefused,
  RecipientRefused,
} from '../../src/custody/age-faults.ts'
import { looksLikeAge } from '../../src/custody/age-file.ts'
import { identitiesIn } from '../../src/custody/age-keys.ts'
import { type BackupKey, openBackup, sealBackup } from '../../src/custody/backup-file.ts'
import { missing, tool } from '../tools.ts'

const material = randomBytes(100)
const passphrase = 'correct horse battery staple'
const [identity, other, hybrid] = [
  await generateX25519Identity(),
  await generateX25519Identity(),
  await generateHybridIdentity(),
]
const [recipient, quantum] = [
  await identityToRecipient(identity),
  await identityToRecipient(hybrid),
]

/** Encrypted with a passphrase, at a low work factor. */
async function sealedWithPassphrase(content: Uint8Array = material): Promise<Uint8Array> {
  const encrypter = new Encrypter()
  encrypter.setPassphrase(passphrase)
  encrypter.setScryptWorkFactor(2)
  return encrypter.encrypt(content)
}
const [forPassphrase, forIdentity] = [
  await sealedWithPassphrase(),
  await sealBackup(material, { recipients: [recipient] }),
]
const forHybrid = await sealBackup(material, { recipients: [quantum] })
/** Encrypted to a recipient with another kind of stanza. */
const sealedFor = (...args: string[]): Promise<Uint8Array> => {
  const encrypter = new Encrypter()
  encrypter.addRecipient({ wrapFileKey: () => [new Stanza(args, randomBytes(32))] })
  return encrypter.encrypt(material)
}

const [forSsh, forSshRsa, forYubiKey] = [
  await sealedFor('ssh-ed25519', 'AAAA', 'AAAA'),
  await sealedFor('ssh-rsa', 'AAAA'),
  await sealedFor('piv-p256', 'AAAA', 'AAAA'),
]

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1')
const text = (file: Uint8Array): string => Buffer.from(file).toString('latin1')
const edited = (file: Uint8Array, from: string | RegExp, to: string): Uint8Array =>
  bytes(text(file).replace(from, to))
/**
 * Replaces the base64 digit after the text with a different one, chosen by the current digit so
 * that it differs in every run.
 */
const otherDigit = (file: Uint8Array, after: string): Uint8Array =>
  bytes(
    text(file).replace(new RegExp(`(?<=${after})[A-Za-z0-9+/]`), (digit) =>
      digit === 'A' ? 'B' : 'A',
    ),
  )
const flipped = (file: Uint8Array, at: number): Uint8Array =>
  file.map((byte, i) => (i === (at + file.length) % file.length ? byte ^ 1 : byte))
const utf16 = (content: string): Uint8Array =>
  Buffer.concat([Uint8Array.of(0xff, 0xfe), Buffer.from(content, 'utf16le')])

async function says(file: Uint8Array, key: BackupKey): Promise<string> {
  const before = Uint8Array.from(file)
  try {
    const opened = await openBackup(file, key)
    assert.deepEqual(Buffer.from(opened), material)
    return 'opens'
  } catch (error) {
    if (error instanceof BackupUnreadable) return error.message
    throw error
  } finally {
    assert.deepEqual(Uint8Array.from(file), before, 'the file is unchanged')
  }
}

const [byPassphrase, byIdentity] = [{ passphrase }, { identities: [identity] }]
const damaged = {
  cut: 'This age file is cut off. Copy it again, or take another copy.',
  armor:
    'The text of this age file is damaged: a character was changed, added or lost. Take another copy.',
  header: 'The header of this age file is damaged. Take another copy.',
  content:
    'The content of this age file was changed or cut off after it was made. Take another copy.',
}
const wrongPassphrase =
  'This passphrase does not open the age file. If you are sure of it, the header of the file is damaged.'
const isUtf16 =
  'This age file was saved as UTF-16, as PowerShell does with ">". Text in it can be saved as UTF-8; a binary file must be made again, with -o.'

describe('an age file', () => {
  const armored = armor.encode(forIdentity)
  const headerEnd = text(forIdentity).indexOf('\n--- ')
  const table: readonly (readonly [
    what: string,
    file: Uint8Array,
    key: BackupKey,
    says: string,
  ])[] = [
    ['with its passphrase', forPassphrase, byPassphrase, 'opens'],
    ['with its identity', forIdentity, byIdentity, 'opens'],
    ['with its post-quantum identity', forHybrid, { identities: [hybrid] }, 'opens'],
    [
      'with one identity of several',
      forIdentity,
      { identities: [other, hybrid, identity] },
      'opens',
    ],
    ['armored', bytes(armored), byIdentity, 'opens'],
    [
      'armored, with line breaks of Windows',
      bytes(armored.replaceAll('\n', '\r\n')),
      byIdentity,
      'opens',
    ],
    ['armored, after a byte order mark', Buffer.from(`\ufeff${armored}`), byIdentity, 'opens'],
    ['armored, indented', bytes(armored.replaceAll(/^/gm, '    ')), byIdentity, 'opens'],
    [
      'armored, with a line before it',
      bytes(`the backup of orders:\n\n${armored}\n-- \nme`),
      byIdentity,
      'opens',
    ],
    [
      'armored, in one line with \\n, as in JSON',
      bytes(armored.replaceAll('\n', '\\n')),
      byIdentity,
      'opens',
    ],
    ['armored, wrapped again', bytes(armored.replaceAll(/^.{40}/gm, '$&\n')), byIdentity, 'opens'],
    ['armored, under a passphrase', bytes(armor.encode(forPassphrase)), byPassphrase, 'opens'],

    ['that is empty', new Uint8Array(), byPassphrase, 'This file is empty.'],
    ['that is something else', randomBytes(200), byPassphrase, 'This is not an age file.'],
    ['that is bare material', material, byPassphrase, 'This is not an age file.'],
    [
      'that is PEM',
      bytes('-----BEGIN PRIVATE KEY-----\nAAAA\n'),
      byPassphrase,
      'This is not an age file.',
    ],
    [
      'of a future version',
      edited(forIdentity, '/v1\n', '/v2\n'),
      byIdentity,
      'This age file has version v2. Only v1 is supported here.',
    ],
    [
      'whose first line is damaged',
      edited(forIdentity, '/v1\n', '/w1\n'),
      byIdentity,
      damaged.header,
    ],
    [
      'sent in text mode',
      edited(forIdentity, /\n/g, '\r\n'),
      byIdentity,
      'The line breaks of this age file were changed in transit, which destroyed it. Copy it again, in binary mode.',
    ],
    ['redirected by PowerShell', utf16(text(forIdentity)), byIdentity, isUtf16],
    ['armored and redirected by PowerShell', utf16(armored), byIdentity, isUtf16],

    ['cut within its first line', forIdentity.subarray(0, 10), byIdentity, damaged.cut],
    ['cut after its first line', forIdentity.subarray(0, 22), byIdentity, damaged.cut],
    ['cut within its header', forIdentity.subarray(0, 60), byIdentity, damaged.cut],
    [
      'cut before the code of its header',
      forIdentity.subarray(0, headerEnd + 10),
      byIdentity,
      damaged.cut,
    ],
    ['cut after its header', forIdentity.subarray(0, headerEnd + 50), byIdentity, damaged.cut],
    ['cut before its content is whole', forIdentity.subarray(0, -1), byIdentity, damaged.content],
    [
      'longer than it was',
      Buffer.concat([forIdentity, Uint8Array.of(10)]),
      byIdentity,
      damaged.content,
    ],
    ['armored and cut', bytes(armored.slice(0, -40)), byIdentity, damaged.cut],
    [
      'armored, with a damaged first line',
      bytes(armored.replace('BEGIN', 'BEGN')),
      byIdentity,
      'This is not an age file.',
    ],
    [
      'armored, with a lost character of its text',
      bytes(armored.replace(/\n(.{20})./, '\n$1')),
      byIdentity,
      damaged.armor,
    ],
    [
      'armored, with a wrong character',
      bytes(armored.replace(/\n(.{20})./, '\n$1!')),
      byIdentity,
      damaged.armor,
    ],
    [
      'armored around nothing',
      bytes('-----BEGIN AGE ENCRYPTED FILE-----\nAAAA\n-----END AGE ENCRYPTED FILE-----\n'),
      byIdentity,
      damaged.armor,
    ],
    [
      'with a changed code of its header',
      otherDigit(forIdentity, '--- '),
      byIdentity,
      damaged.header,
    ],
    [
      'with an invalid header',
      edited(forIdentity, '-> X25519', '=> X25519'),
      byIdentity,
      damaged.header,
    ],
    [
      'with a changed share of its header',
      otherDigit(forIdentity, '-> X25519 '),
      byIdentity,
      'This age file was made for other recipients: none of the given identities opens it.',
    ],
    [
      'with an extra recipient',
      edited(forIdentity, '-> X25519', '-> example-grease a\n\n-> X25519'),
      byIdentity,
      damaged.header,
    ],
    ['with a changed content', flipped(forIdentity, -5), byIdentity, damaged.content],

    ['with another passphrase', forPassphrase, { passphrase: `${passphrase}x` }, wrongPassphrase],
    ['with a damaged salt', otherDigit(forPassphrase, 'scrypt '), byPassphrase, wrongPassphrase],
    [
      'with another identity',
      forIdentity,
      { identities: [other] },
      'This age file was made for other recipients: none of the given identities opens it.',
    ],
    [
      'with a post-quantum identity',
      forIdentity,
      { identities: [hybrid] },
      'This age file was made for other recipients: none of the given identities opens it.',
    ],
    [
      'under a passphrase, with an identity',
      forPassphrase,
      byIdentity,
      'This age file was made with a passphrase. An identity does not open it.',
    ],
    [
      'for recipients, with a passphrase',
      forIdentity,
      byPassphrase,
      'This age file was made for recipients. A passphrase does not open it, but an identity (AGE-SECRET-KEY-1...) does.',
    ],
    ...['21', '22', '99', '123456789'].map(
      (factor) =>
        [
          `of work ${factor}`,
          edited(forPassphrase, / 2\n/, ` ${factor}\n`),
          byPassphrase,
          `This age file needs more work than allowed (factor ${factor.slice(0, 6)}; at most 20). Open it with age itself.`,
        ] as const,
    ),
    ['of work 02', edited(forPassphrase, / 2\n/, ' 02\n'), byPassphrase, damaged.header],
    [
      'for an SSH key',
      forSsh,
      byIdentity,
      'This age file was made for SSH keys, which are not supported here. Open it with age itself.',
    ],
    [
      'for an SSH key of RSA',
      forSshRsa,
      byPassphrase,
      'This age file was made for SSH keys, which are not supported here. Open it with age itself.',
    ],
    [
      'for a YubiKey',
      forYubiKey,
      byIdentity,
      'This age file was made for piv-p256, which only an age plugin can open. Open it with age itself.',
    ],
  ]
  for (const [what, file, key, sentence] of table)
    test(what, async () => assert.equal(await says(file, key), sentence))

  test('is recognised in every state, and nothing else is', () => {
    for (const [what, file, , sentence] of table) {
      const isOne = sentence !== 'This is not an age file.' && file.length > 20
      assert.equal(looksLikeAge(file), isOne, what)
    }
  })
})

describe('identities', () => {
  const damagedIdentity = identity.replace(/.$/, (last) => (last === 'Q' ? 'P' : 'Q'))
  const openSsh = '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n'
  const table: readonly (readonly [
    what: string,
    text: string,
    says: string | readonly string[],
  ])[] = [
    [
      'as age-keygen writes them',
      `# created: 2026-11-25T10:00:00Z\n# public key: ${recipient}\n${identity}\n`,
      [identity],
    ],
    [
      'with line breaks of Windows, indented',
      `\r\n  ${identity}\r\n\t${hybrid}\r\n`,
      [identity, hybrid],
    ],
    ['in small letters', identity.toLowerCase(), [identity]],
    ['that are missing', '# nothing\n\n', 'It holds no age identity (AGE-SECRET-KEY-1...).'],
    ['that are a passphrase', passphrase, 'Line 1 is not an age identity (AGE-SECRET-KEY-1...).'],
    [
      'before something else',
      `${identity}\nmore\n`,
      'Line 2 is not an age identity (AGE-SECRET-KEY-1...).',
    ],
    [
      'with a wrong character',
      `#\n${damagedIdentity}`,
      'The identity in line 2 is damaged: a character is wrong, missing or too many.',
    ],
    [
      'with a lost character',
      identity.slice(0, -1),
      'The identity in line 1 is damaged: a character is wrong, missing or too many.',
    ],
    [
      'that are a recipient',
      `# key of payments\n${recipient}\n`,
      'Line 2 holds a recipient, which only encrypts. Give the identity (AGE-SECRET-KEY-1...) that belongs to it.',
    ],
    ['of SSH', openSsh, 'An SSH key begins in line 1. SSH keys are not supported here.'],
    [
      'of a plugin',
      'AGE-PLUGIN-YUBIKEY-1QQQQQ',
      'Line 1 holds a plugin identity, which only age itself can use.',
    ],
    [
      'in an age file, armored',
      armor.encode(forPassphrase),
      'This identity file is itself an age file. Decrypt it first, with age.',
    ],
    [
      'in an age file',
      'age-encryption.org/v1\n-> scrypt',
      'This identity file is itself an age file. Decrypt it first, with age.',
    ],
  ]
  for (const [what, given, says_] of table)
    test(what, () => {
      if (typeof says_ !== 'string') return assert.deepEqual(identitiesIn(given), says_)
      assert.throws(
        () => identitiesIn(given),
        (error) => {
          assert.ok(error instanceof IdentityRefused)
          assert.equal(error.message, says_)
          assert.ok(!error.message.includes(identity.slice(20, 30)))
          return true
        },
      )
    })
})

describe('recipients', () => {
  const table: readonly (readonly [what: string, recipients: readonly string[], says: string])[] = [
    ['one', [recipient], 'seals'],
    ['with a blank after it', [`${recipient}\n`], 'seals'],
    ['post-quantum', [quantum], 'seals'],
    [
      'post-quantum and not',
      [recipient, quantum],
      'A post-quantum recipient (age1pq1...) gives no protection together with an ordinary one. Give only one kind.',
    ],
    [
      'with a wrong character',
      [`${recipient.slice(0, -1)}b`],
      `The recipient ${recipient.slice(0, -1)}b is damaged: a character is wrong, missing or too many.`,
    ],
    [
      'of SSH',
      ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI me@here'],
      'SSH recipients are not supported. Make an age identity, and give its recipient (age1...).',
    ],
    [
      'of SSH with RSA',
      ['ssh-rsa AAAA'],
      'SSH recipients are not supported. Make an age identity, and give its recipient (age1...).',
    ],
    [
      'of somebody at GitHub',
      ['github:somebody'],
      'SSH recipients are not supported. Make an age identity, and give its recipient (age1...).',
    ],
    [
      'of a YubiKey',
      ['age1yubikey1qqqq'],
      'The recipient age1yubikey1qqqq belongs to an age plugin. Files encrypted to it cannot be opened here.',
    ],
    [
      'of hardware, by tag',
      ['age1tag1qqqq'],
      'The recipient age1tag1qqqq belongs to an age plugin. Files encrypted to it cannot be opened here.',
    ],
    [
      'that is an identity',
      [identity],
      'This is an identity, which is secret and decrypts. Give the recipient (age1...) that belongs to it.',
    ],
    ['that is a file', ['recipient.txt'], '"recipient.txt" is not an age recipient (age1...).'],
    ['that is nothing', [''], '"" is not an age recipient (age1...).'],
  ]
  for (const [what, recipients, says_] of table)
    test(what, async () => {
      if (says_ === 'seals') return void (await sealBackup(material, { recipients }))
      await assert.rejects(sealBackup(material, { recipients }), (error) => {
        assert.ok(error instanceof RecipientRefused)
        assert.equal(error.message, says_)
        return true
      })
    })
})

describe('files of age itself', { skip: missing('age', 'age-keygen') }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  after(() => rmSync(folder, { recursive: true }))
  const age = (...args: string[]): Uint8Array => {
    const { status, stdout, stderr } = spawnSync(tool('age'), args, { input: material })
    assert.equal(status, 0, String(stderr))
    return stdout
  }

  test('open, armored and not, with the file that age-keygen wrote', async () => {
    assert.equal(spawnSync(tool('age-keygen'), ['-o', join(folder, 'identity')]).status, 0)
    const kept = readFileSync(join(folder, 'identity'), 'utf8')
    const [, own = ''] = /public key: (age1\S+)/.exec(kept) ?? []
    for (const file of [age('-r', own), age('-a', '-r', own, '-r', recipient)])
      assert.equal(await says(file, { identities: identitiesIn(kept) }), 'opens')
  })

  test('for an SSH key are recognised', { skip: missing('ssh-keygen') }, async () => {
    assert.equal(
      spawnSync(tool('ssh-keygen'), ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'ssh')])
        .status,
      0,
    )
    const file = age('-R', join(folder, 'ssh.pub'))
    assert.match(await says(file, byIdentity), /^This age file was made for SSH keys/)
    assert.throws(() => identitiesIn(readFileSync(join(folder, 'ssh'), 'utf8')), IdentityRefused)
  })
})

test('content of many chunks, cut between two of them, is reported as changed', async () => {
  const long = randomBytes(3 * 65_536)
  const file = await sealedWithPassphrase(long)
  assert.deepEqual(Buffer.from(await openBackup(file, byPassphrase)), long)
  await assert.rejects(openBackup(file.subarray(0, file.length - 65_552), byPassphrase), {
    message: damaged.content,
  })
})
