/**
 * The owner's files on a disk that fills up, and a generated passphrase that nobody can see:
 * nothing half-written stays, and the next try works.
 *
 * @also two-threads
 * @deep
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openBackup } from '../../../src/custody/backup-file.ts'
import { newFolder, TestServer } from '../server.ts'
import { besidesLog } from '../service-log.ts'

const holdfast = fileURLToPath(new URL('../../../bin/holdfast.js', import.meta.url))
const [disk, away] = [newFolder(), mkdtempSync(join(tmpdir(), 'holdfast-test-'))]
const mount = (...options: string[]) =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', options.join(), 'tmpfs', disk]).status === 0
const isMounted = mount('size=64k', 'mode=700')
after(() => {
  if (isMounted) spawnSync('umount', [disk])
  for (const folder of [disk, away]) rmSync(folder, { recursive: true, force: true })
})
const run = (...args: string[]) =>
  spawnSync(process.execPath, [holdfast, ...args], { cwd: away, encoding: 'utf8' })

/** Leaves room for `pages` pages of 4 KiB. */
function fillBut(pages: number): void {
  const filler = join(disk, 'filler')
  rmSync(filler, { force: true })
  for (let size = 65_536; size >= 4096; size /= 2) {
    try {
      for (;;) writeFileSync(filler, Buffer.alloc(size), { flag: 'a' })
    } catch {}
  }
  const room = readFileSync(filler).length - pages * 4096
  writeFileSync(filler, Buffer.alloc(room))
}

writeFileSync(join(away, 'kept.key'), randomBytes(32), { mode: 0o600 })
const { publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { format: 'der', type: 'spki' },
  privateKeyEncoding: { format: 'der', type: 'pkcs8' },
})
const keyId = '0d0466b0-e727-4d9c-b35d-f84bb474a37f'
writeFileSync(
  join(away, 'parameters.json'),
  JSON.stringify({ key_id: keyId, import_token: 'AAAA', public_key: publicKey.toString('base64') }),
)
assert.equal(
  run('material', 'backup', '--material', 'kept.key', '--out', 'part', '--shares', '3').status,
  0,
)
const shares = [1, 2, 3].map((n) => `part-share-${n}-of-3.txt`)

describe('on a full disk', {
  skip: !isMounted && 'this machine does not allow mounting a tmpfs',
}, () => {
  const commands: readonly (readonly [
    what: string,
    args: readonly string[],
    room: number,
    files: readonly string[],
  ])[] = [
    [
      'generate',
      ['material', 'generate', '--spec', 'AES_256', '--out', join(disk, 'out')],
      0,
      ['out'],
    ],
    [
      'backup',
      ['material', 'backup', '--material', 'kept.key', '--out', join(disk, 'out')],
      0,
      ['out'],
    ],
    [
      'backup in shares, room for two of five',
      ['material', 'backup', '--material', 'kept.key', '--out', join(disk, 'out'), '--shares', '5'],
      2,
      [1, 2, 3, 4, 5].map((n) => `out-share-${n}-of-5.txt`),
    ],
    [
      'restore',
      ['material', 'restore', '--share', ...shares, '--out', join(disk, 'out')],
      0,
      ['out'],
    ],
    [
      'wrap',
      [
        'material',
        'wrap',
        '--spec',
        'AES_256',
        '--material',
        'kept.key',
        '--parameters',
        'parameters.json',
        '--out',
        join(disk, 'out'),
      ],
      0,
      ['out'],
    ],
  ]
  for (const [what, args, room, files] of commands) {
    test(`${what}: one line, nothing stays, and with room again it works`, () => {
      fillBut(room)
      const { status, stdout, stderr } = run(...args)
      assert.deepEqual([status, stdout], [2, ''])
      assert.match(
        stderr,
        /^holdfast: cannot write \S+: no space left on device; nothing was written\n$/,
      )
      assert.deepEqual(readdirSync(disk), ['filler'])
      rmSync(join(disk, 'filler'))
      const again = run(...args)
      assert.equal(again.status, 0, again.stderr)
      assert.deepEqual(readdirSync(disk).toSorted(), files)
      for (const file of files) rmSync(join(disk, file))
    })
  }

  test('a first start: one line, and with room again it goes on', async () => {
    const data = join(disk, 'data')
    const first = run('server', '--data', data, '--listen', '127.0.0.1:0')
    assert.notEqual(first.status, 0)
    assert.match(besidesLog(first.stderr), /^holdfast: [^\n]+\n$/)
    assert.ok(mount('remount', 'size=16m'))
    await using server = await TestServer.start({ data })
    assert.ok(readdirSync(server.data).includes('bootstrap.json'))
    const client = server.client()
    assert.match(await client.createKey(), /-/)
    client.close()
  })
})

describe('a generated passphrase', {
  skip: process.platform === 'win32' && 'its shells and devices are different',
}, () => {
  const backup = ['material', 'backup', '--material', 'kept.key', '--out', 'drawn.age'] as const
  const cannot: readonly (readonly [what: string, redirect: string, why: string])[] = [
    ['standard output is closed', '>&-', 'standard output is closed or discarded'],
    ['standard output is discarded', '>/dev/null', 'standard output is closed or discarded'],
    ['standard output is full', '>/dev/full', 'no space left on device'],
    ['nobody reads the pipe', '> >(exec true)', 'broken pipe'],
  ]
  for (const [what, redirect, why] of cannot)
    for (const json of what.endsWith('full') ? ['', ' --json'] : ['']) {
      test(`cannot be shown if ${what}${json}: then no file is kept`, () => {
        const line = `"$0" "$@"${json} ${redirect}`
        const { status, stderr } = spawnSync(
          'bash',
          ['-c', line, process.execPath, holdfast, ...backup],
          {
            cwd: away,
            encoding: 'utf8',
          },
        )
        assert.equal(status, 1)
        assert.equal(stderr, `holdfast: the passphrase cannot be shown: ${why}; nothing was kept\n`)
        assert.ok(
          !readdirSync(away).some((name) => name.startsWith('drawn') || name.startsWith('.')),
        )
      })
    }

  test('opens the file, also if it was written to a file itself', async () => {
    const out = openSync(join(away, 'shown.txt'), 'w', 0o600)
    const { status } = spawnSync(process.execPath, [holdfast, ...backup], {
      cwd: away,
      stdio: ['ignore', out, 'inherit'],
    })
    closeSync(out)
    assert.equal(status, 0)
    const [, passphrase = ''] =
      /^passphrase: (\S+)$/m.exec(readFileSync(join(away, 'shown.txt'), 'utf8')) ?? []
    const opened = await openBackup(readFileSync(join(away, 'drawn.age')), { passphrase })
    assert.deepEqual(Buffer.from(opened), readFileSync(join(away, 'kept.key')))
  })

  test('an answer that cannot be written is a failure, and the message says that the work is done', () => {
    const line = '"$0" "$@" >/dev/full'
    const generate = ['material', 'generate', '--spec', 'AES_256', '--out', 'made.key']
    const { status, stderr } = spawnSync(
      'bash',
      ['-c', line, process.execPath, holdfast, ...generate],
      {
        cwd: away,
        encoding: 'utf8',
      },
    )
    assert.equal(status, 1)
    assert.equal(
      stderr,
      'holdfast: the answer could not be written to standard output: no space left on device; the command itself was carried out\n',
    )
    assert.equal(readFileSync(join(away, 'made.key')).length, 32)
  })

  test('a missing folder can be created with the command that the message names', () => {
    const generate = ['material', 'generate', '--spec', 'AES_256', '--out', 'my keys/made.key']
    const { status, stderr } = run(...generate)
    assert.equal(status, 2)
    const [, command = ''] = /; create the folder first: (.*)\n$/.exec(stderr) ?? []
    assert.equal(command, "mkdir -p 'my keys'")
    assert.equal(spawnSync('bash', ['-c', command], { cwd: away }).status, 0)
    assert.equal(run(...generate).status, 0)
  })
})
