/**
 * Passphrases and other secret texts from files and from a terminal, through the command line: what
 * is accepted, and the messages for the rest.
 *
 * @also two-threads
 * @deep
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption'
import { openBackup, sealBackup } from '../../../src/custody/backup-file.ts'
import { missing, tool } from '../../tools.ts'
import { besidesLog } from '../service-log.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const holdfast = join(root, 'bin/holdfast.js')
const utf16 = (text: string): Buffer =>
  Buffer.concat([Uint8Array.of(0xff, 0xfe), Buffer.from(text, 'utf16le')])

describe('secret texts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  const path = (name: string): string => join(folder, name)
  const write = (name: string, content: string | Uint8Array): void =>
    writeFileSync(path(name), content, { mode: 0o600 })
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [holdfast, ...args], { cwd: folder, encoding: 'utf8' })
  write('kept.key', randomBytes(32))
  const encrypter = new Encrypter()
  encrypter.setPassphrase('correct horse battery')
  encrypter.setScryptWorkFactor(2)
  before(async () => {
    write('some.age', await encrypter.encrypt(randomBytes(32)))
    const recipients = [await identityToRecipient(await generateX25519Identity())]
    write('sealed.age', await sealBackup(randomBytes(32), { recipients }))
  })

  const faults: readonly (readonly [what: string, content: string | Uint8Array, says: string])[] = [
    [
      'UTF-16',
      utf16('correct horse battery\r\n'),
      'is UTF-16, as PowerShell and some Windows editors save text; save it as UTF-8 (in PowerShell 7: Set-Content -Encoding utf8)',
    ],
    [
      'Latin-1',
      Buffer.from('größer als eine Brücke', 'latin1'),
      'is not valid UTF-8, so other programs may read it differently; save it as UTF-8',
    ],
    [
      'a 0',
      'correct horse\0battery',
      'contains a control character, which cannot be typed; remove it',
    ],
    [
      'two lines',
      'correct horse battery\nstaple\n',
      'has several lines but should have one; keep only that line',
    ],
    ['nothing', '\n', 'is empty'],
    ['a long file', 'x'.repeat(2000), 'is longer than 1024 bytes; it is probably the wrong file'],
  ]
  for (const [what, content, says] of faults) {
    test(`a passphrase file of ${what} is refused`, () => {
      write('passphrase', content)
      const file = ['--passphrase-file', 'passphrase']
      const commands = [
        ['material', 'backup', '--material', 'kept.key', '--out', 'never', ...file],
        ['material', 'restore', '--backup', 'some.age', '--out', 'never', ...file],
        ['server', '--data', 'data', '--listen', '127.0.0.1:0', '--root', 'passphrase', ...file],
      ]
      // All commands behave the same, but a start of the server takes time.
      for (const command of what === 'UTF-16' ? commands : commands.slice(0, 1)) {
        const { status, stdout, stderr } = run(...command)
        assert.deepEqual(
          [status, stdout, besidesLog(stderr)],
          [2, '', `holdfast: passphrase ${says}\n`],
          command.join(' '),
        )
        assert.equal(existsSync(path('never')), false)
      }
      rmSync(path('data'), { recursive: true, force: true })
    })
  }

  test('identities, shares, credentials and the URL of a database are read in the same way', () => {
    write('text', utf16('anything\r\n'))
    const says = /^holdfast: (--database-url-file: )?text is UTF-16, [^\n]*\n$/
    for (const command of [
      ['material', 'restore', '--backup', 'sealed.age', '--identity', 'text', '--out', 'never'],
      ['material', 'restore', '--share', 'text', '--out', 'never'],
      ['key', 'list', '--credentials', 'text'],
    ]) {
      const { status, stderr } = run(...command)
      assert.equal(status, 2)
      assert.match(stderr, says)
    }
    const { stderr } = run('server', '--data', 'data', '--database-url-file', 'text')
    assert.match(stderr, says)
  })

  test('a byte order mark and a line break are not part of a passphrase', async () => {
    write('passphrase', '\ufeffgrößer als 字 🔑 horse\r\n')
    assert.equal(
      run(
        'material',
        'backup',
        '--material',
        'kept.key',
        '--out',
        'marked.age',
        '--passphrase-file',
        'passphrase',
      ).status,
      0,
    )
    const opened = await openBackup(readFileSync(path('marked.age')), {
      passphrase: 'größer als 字 🔑 horse',
    })
    assert.deepEqual(Buffer.from(opened), readFileSync(path('kept.key')))
  })

  test('a backup that was sealed with a byte order mark in its passphrase opens with the file that has it', async () => {
    const material = randomBytes(32)
    write('old.age', await sealBackup(material, { passphrase: '\ufeffcorrect horse battery' }))
    write('plain', 'correct horse battery\n')
    write('passphrase', '\ufeffcorrect horse battery\n')
    const restore = (file: string) =>
      run(
        'material',
        'restore',
        '--backup',
        'old.age',
        '--out',
        'old.key',
        '--passphrase-file',
        file,
      )
    assert.match(restore('plain').stderr, /This passphrase does not open the age file/)
    const { status, stderr } = restore('passphrase')
    assert.equal(status, 0, stderr)
    assert.deepEqual(readFileSync(path('old.key')), material)
  })

  describe('on a terminal', { skip: missing('python3') }, () => {
    const typed = (keys: readonly string[], ...args: string[]) =>
      spawnSync(
        tool('python3'),
        [join(root, 'test/e2e/terminal.py'), ...keys, '--', process.execPath, holdfast, ...args],
        {
          cwd: folder,
          encoding: 'utf8',
        },
      )

    test('characters are edited, a line is cleared and typed again, and nothing is shown', async () => {
      const keys = [
        'wrong\u0015grö\u007föße 字字\u007f 👩‍👩‍👧‍👦\u007f🔑 battery x\u0017',
        '\u001b[200~größe 字 🔑 battery \u001b[201~\u0004',
      ]
      const { stdout, status } = typed(
        keys,
        'material',
        'backup',
        '--material',
        'kept.key',
        '--out',
        'typed.age',
      )
      assert.equal(status, 0, stdout)
      assert.doesNotMatch(stdout, /größe|字|battery|wrong/)
      const opened = await openBackup(readFileSync(path('typed.age')), {
        passphrase: 'größe 字 🔑 battery ',
      })
      assert.deepEqual(Buffer.from(opened), readFileSync(path('kept.key')))
    })

    const ends: readonly (readonly [what: string, keys: readonly string[], says: RegExp])[] = [
      ['Ctrl-C', ['correct\u0003'], /no passphrase was given\r\n\n$/],
      ['Ctrl-D on an empty line', ['\u0004'], /no passphrase was given\r\n\n$/],
      ['Enter on an empty line', [''], /no passphrase was given: the line is empty\r\n\n$/],
      [
        'two lines pasted',
        ['correct horse\rbattery staple'],
        /several lines were pasted, but a passphrase is one line; paste only that line\r\n\n$/,
      ],
      [
        'two lines pasted in brackets',
        ['\u001b[200~correct horse\rbattery\u001b[201~'],
        /several lines were pasted/,
      ],
      [
        'too much',
        ['x'.repeat(1100)],
        /the input is longer than any passphrase; was something else pasted\?\r\n\n$/,
      ],
      [
        'a different one the second time',
        ['correct horse battery', 'correct horse batterj'],
        /the two passphrases differ; nothing was created\r\n\n$/,
      ],
    ]
    for (const [what, keys, says] of ends) {
      test(`${what}: nothing is made`, () => {
        const { stdout, status } = typed(
          keys,
          'material',
          'backup',
          '--material',
          'kept.key',
          '--out',
          'none.age',
        )
        assert.equal(status, 1, stdout)
        assert.match(stdout, says)
        assert.equal(existsSync(path('none.age')), false)
      })
    }
  })
})
