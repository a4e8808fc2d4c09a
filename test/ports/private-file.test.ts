/**
 * Files that the service trusts: who may own them, who else may access them, and through which
 * links they may be reached.
 */
import assert from 'node:assert/strict'
import { execFileSync, execSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import {
  checkPrivateFolder,
  FileNotPrivate,
  privacyFault,
  readPrivateFile,
  type Secrecy,
} from '../../src/ports/private-file.ts'
import { newFolder } from '../e2e/server.ts'

const isWindows = process.platform === 'win32' && 'Windows has a different permission model'
/** Only root can give files away. */
const isNotRoot =
  process.getuid?.() !== 0 && 'only root can give files to others: these cases were left out'
const stranger = 65_534

describe('who may access a file', () => {
  const service = { uid: 1000, groups: [1000, 2000] }
  const root = { uid: 0, groups: [0] }
  const mounted = 'for a secret that Kubernetes mounts: defaultMode: 0440'
  const fits = undefined
  const written = (by: string) => `PATH can be written by others; ${by}: chmod go-w PATH`

  /**
   * Reader, owner:group and mode of the file, its secrecy -> what is wrong with it, and how to fix
   * it.
   */
  const rows: readonly (readonly [
    typeof service,
    owner: string,
    mode: number,
    Secrecy,
    verdict: string | undefined,
  ])[] = [
    [service, '1000:1000', 0o600, 'secret', fits],
    [service, '1000:1000', 0o400, 'secret', fits],
    [service, '1000:1000', 0o640, 'secret', fits],
    [service, '1000:1000', 0o440, 'secret', fits],
    [service, '1000:2000', 0o440, 'secret', fits],
    [service, '1000:3000', 0o600, 'secret', fits],
    [
      service,
      '1000:3000',
      0o640,
      'secret',
      'PATH can be read by group 3000, which this process is not in; run: chmod 600 PATH',
    ],
    [
      service,
      '1000:1000',
      0o644,
      'secret',
      `PATH can be read by others; run: chmod 600 PATH (${mounted})`,
    ],
    [
      service,
      '1000:1000',
      0o604,
      'secret',
      `PATH can be read by others; run: chmod 600 PATH (${mounted})`,
    ],
    [service, '1000:1000', 0o644, 'public', fits],
    [service, '1000:1000', 0o660, 'secret', written('run')],
    [service, '1000:2000', 0o660, 'secret', written('run')],
    [service, '1000:1000', 0o602, 'secret', written('run')],
    [service, '1000:1000', 0o666, 'public', written('run')],
    [service, '0:0', 0o400, 'secret', fits],
    [service, '0:0', 0o440, 'secret', fits],
    [service, '0:1000', 0o440, 'secret', fits],
    [service, '0:2000', 0o440, 'secret', fits],
    [service, '0:2000', 0o640, 'secret', fits],
    [
      service,
      '0:2000',
      0o444,
      'secret',
      `PATH can be read by others; run as root: chmod o= PATH (${mounted})`,
    ],
    [service, '0:2000', 0o460, 'secret', written('run as root')],
    [
      service,
      '0:3000',
      0o440,
      'secret',
      `PATH can be read by group 3000, which this process is not in; run as root: chgrp 1000 PATH (${mounted}, and fsGroup: 3000)`,
    ],
    [service, '0:3000', 0o444, 'public', fits],
    [
      service,
      '1001:1000',
      0o440,
      'secret',
      'PATH belongs to another user, who can change it; run as root: chown 1000 PATH',
    ],
    [
      service,
      '1001:1000',
      0o444,
      'public',
      'PATH belongs to another user, who can change it; run as root: chown 1000 PATH',
    ],
    [root, '0:0', 0o640, 'secret', fits],
    [root, '0:0', 0o644, 'secret', `PATH can be read by others; run: chmod 600 PATH (${mounted})`],
    [
      root,
      '0:2000',
      0o440,
      'secret',
      'PATH can be read by group 2000, which this process is not in; run: chmod 600 PATH',
    ],
    [
      root,
      '1000:1000',
      0o600,
      'secret',
      'PATH belongs to another user, who can change it; run: chown 0 PATH',
    ],
  ]
  for (const [reader, owner, mode, secrecy, verdict] of rows)
    test(`user ${reader.uid} reads a ${secrecy} file of ${owner}, mode 0${mode.toString(8)}`, () => {
      const [uid = 0, gid = 0] = owner.split(':').map(Number)
      assert.equal(
        privacyFault('PATH', { uid, gid, mode, isFile: () => true }, secrecy, reader),
        verdict,
      )
    })
})

describe('a path in a command is one shell word', { skip: isWindows }, () => {
  const folder = newFolder()
  after(() => rmSync(folder, { recursive: true }))
  const names = [
    'with blanks.key',
    "it's.key",
    'a;b&c|d.key',
    '$(id).key',
    '`id`.key',
    '*.key',
    '"quoted".key',
    '~root.key',
    'Schlüssel.key',
    'a\\b.key',
    '#1.key',
  ]
  for (const name of names)
    test(name, () => {
      const path = join(folder, name)
      writeFileSync(path, 'content')
      chmodSync(path, 0o644)
      const message = ((): string => {
        try {
          return readPrivateFile(path).toString()
        } catch (error) {
          if (error instanceof FileNotPrivate) return error.message
          throw error
        }
      })()
      const start = `${path} can be read by others; run: `
      assert.ok(message.startsWith(start), message)
      const [command = ''] = message
        .slice(start.length)
        .split(' (for a secret that Kubernetes mounts')
      execFileSync('bash', ['-euc', command])
      assert.equal(readPrivateFile(path).toString(), 'content')
    })

  test('of a folder', () => {
    const path = join(folder, "it's a folder")
    mkdirSync(path, { mode: 0o755 })
    chmodSync(path, 0o755)
    const message = `the folder ${path} is open to others; run: `
    assert.throws(
      () => checkPrivateFolder(path),
      (error: Error) => {
        assert.ok(error.message.startsWith(message), error.message)
        execFileSync('bash', ['-euc', error.message.slice(message.length)])
        return true
      },
    )
    checkPrivateFolder(path)
  })
})

describe('a file that the service trusts', { skip: isWindows }, () => {
  const folder = newFolder()
  after(() => rmSync(folder, { recursive: true }))
  let files = 0
  const file = (mode: number, owner?: { uid?: number; gid?: number }): string => {
    const path = join(folder, `file-${files++}`)
    writeFileSync(path, 'content')
    if (owner !== undefined) chownSync(path, owner.uid ?? 0, owner.gid ?? 0)
    chmodSync(path, mode)
    return path
  }
  const says = (path: string, secrecy?: 'public'): string => {
    try {
      return readPrivateFile(path, secrecy).toString()
    } catch (error) {
      if (error instanceof FileNotPrivate)
        return error.message.replaceAll(path, 'PATH').replaceAll(folder, 'FOLDER')
      throw error
    }
  }

  test('of another owner, or readable by a group that is not ours', { skip: isNotRoot }, () => {
    assert.match(
      says(file(0o600, { uid: stranger })),
      /^PATH belongs to another user, who can change it; run: chown 0 PATH$/,
    )
    assert.match(says(file(0o644, { uid: stranger }), 'public'), /belongs to another user/)
    assert.match(
      says(file(0o640, { gid: stranger })),
      /^PATH can be read by group 65534, which this process is not in; run: chmod 600 PATH$/,
    )
    assert.equal(says(file(0o600, { gid: stranger })), 'content')
  })

  test('that is refused until the commands in the messages are run', { skip: isNotRoot }, () => {
    for (const path of [
      file(0o666, { uid: stranger, gid: stranger }),
      file(0o640, { gid: stranger }),
      file(0o644),
      file(0o620),
    ]) {
      let runs = 0
      for (; says(path) !== 'content' && runs < 4; runs++) {
        const [, command = ''] = /; run: ([^(]+)/.exec(says(path)) ?? []
        execSync(command.replaceAll('PATH', path))
      }
      assert.ok(runs > 0 && says(path) === 'content', says(path))
    }
  })

  test('of root, read by a service of its own user through its group, as systemd and Kubernetes hand it out', {
    skip: isNotRoot,
  }, () => {
    // Kubernetes gives the fsGroup to the file, and to the process in addition to its own groups.
    const fsGroup = 2000
    const given = [
      file(0o440, { gid: stranger }),
      file(0o440, { uid: stranger, gid: stranger }),
      file(0o440, { gid: fsGroup }),
      file(0o640, { gid: fsGroup }),
    ]
    const node = `import('${new URL('../../src/ports/private-file.ts', import.meta.url)}').then(({ readPrivateFile: r }) => console.log([...process.argv.slice(1)].map((p) => String(r(p))).join()))`
    chmodSync(folder, 0o711)
    const run = ['--input-type=module', '-e', node, ...given]
    const read = execFileSync(
      'setpriv',
      [
        `--reuid=${stranger}`,
        `--regid=${stranger}`,
        `--groups=${fsGroup}`,
        process.execPath,
        ...run,
      ],
      { encoding: 'utf8' },
    )
    assert.equal(read, 'content,content,content,content\n')
  })

  test('that is not a regular file, or does not exist', () => {
    const pipe = join(folder, 'pipe')
    execFileSync('mkfifo', ['-m', '600', pipe])
    assert.match(says(pipe), /is not a regular file/)
    assert.match(says(folder), /is not a regular file/)
    assert.throws(() => readPrivateFile(join(folder, 'nothing')), { code: 'ENOENT' })
    assert.throws(() => readPrivateFile(join(file(0o600), 'below')), { code: /ENOTDIR|ENOENT/ })
  })

  /**
   * A secret as Kubernetes mounts it: `name` leads to `..data/name`, and `..data` to a folder of a
   * revision.
   */
  const mounted = (): string => {
    const volume = join(folder, `volume-${files++}`)
    mkdirSync(join(volume, '..2026'), { recursive: true })
    writeFileSync(join(volume, '..2026', 'name'), 'content', { mode: 0o440 })
    symlinkSync('..2026', join(volume, '..data'))
    symlinkSync(join('..data', 'name'), join(volume, 'name'))
    return volume
  }

  test('reached through our own links', () => {
    assert.equal(says(join(mounted(), 'name')), 'content')
    const absolute = join(folder, 'absolute')
    symlinkSync(file(0o600), absolute)
    assert.equal(says(absolute), 'content')
  })

  test('reached through somebody else’s link, anywhere along the path', {
    skip: isNotRoot,
  }, () => {
    for (const link of ['name', '..data']) {
      const volume = mounted()
      lchownSync(join(volume, link), stranger, stranger)
      assert.match(
        says(join(volume, 'name')),
        /goes through the link \S+, which belongs to another user/,
        link,
      )
    }
  })

  test('reached through a link to itself, or below a folder that anyone can write to', () => {
    const circle = join(folder, 'circle')
    symlinkSync('circle', circle)
    assert.match(says(circle), /is a circular link/)
    const open = join(folder, 'open')
    mkdirSync(open)
    writeFileSync(join(open, 'file'), 'content', { mode: 0o600 })
    chmodSync(open, 0o777)
    assert.match(
      says(join(open, 'file')),
      /is below FOLDER\/open, where anyone could replace it; run: chmod o-w/,
    )
    chmodSync(open, 0o1777)
    assert.equal(says(join(open, 'file')), 'content')
  })

  test('a folder is its owner’s alone', () => {
    const own = join(folder, 'own')
    mkdirSync(own, { mode: 0o700 })
    checkPrivateFolder(own)
    chmodSync(own, 0o750)
    assert.throws(() => checkPrivateFolder(own), /is open to others; run: chmod 700/)
    chmodSync(own, 0o700)
    assert.throws(() => checkPrivateFolder(file(0o600)), /is not a folder/)
  })

  test('a folder of another user is not accepted', { skip: isNotRoot }, () => {
    const other = join(folder, 'other')
    mkdirSync(other, { mode: 0o700 })
    chownSync(other, stranger, stranger)
    assert.throws(() => checkPrivateFolder(other), {
      constructor: FileNotPrivate,
      message: /belongs to another user; run: chown 0 /,
    })
  })
})
