/**
 * Every command with input that cannot be right: one line that says what is wrong, the exit code of
 * docs/cli.md, and never a stack.
 *
 * @also two-threads
 * @deep
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { missing } from '../../tools.ts'
import { newCertificate } from '../certificate.ts'
import { commandsOf } from '../commands-of.ts'
import { TestServer } from '../server.ts'
import { besidesLog } from '../service-log.ts'

const holdfast = fileURLToPath(new URL('../../../bin/holdfast.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const path = (name: string): string => join(folder, name)
const write = (name: string, content: string | Uint8Array): void =>
  writeFileSync(path(name), content, { mode: 0o600 })
const run = (...args: string[]) =>
  spawnSync(process.execPath, [holdfast, ...args], {
    cwd: folder,
    encoding: 'utf8',
    input: '',
    timeout: 60_000,
  })

write(
  'kept.key',
  new Uint8Array(32).map((_, i) => i * 7 + 3),
)
write(
  'junk',
  new Uint8Array(200).map((_, i) => i * 31 + 5),
)
write('null.json', 'null\n')
write('half.json', '{"key_id": "')
mkdirSync(path('folder'))
for (const name of ['locked', 'lock-junk', 'base', 'base-junk', 'half-start'])
  mkdirSync(path(name), { mode: 0o700 })
mkdirSync(path('locked/lock'))
write('lock-junk/lock', 'no lock')
mkdirSync(path('base/holdfast.db'))
write('base-junk/holdfast.db', 'no database')
write('half-start/bootstrap.json', '{}')
write('half-start/first-start', '')
const credentials = {
  endpoint: 'http://127.0.0.1:9',
  project_id: '0'.repeat(32),
  access_key: 'A'.repeat(20),
  secret_key: 's',
}
write('credentials.json', JSON.stringify(credentials))
write('odd.json', JSON.stringify({ ...credentials, project_id: 'größe' }))
write(
  'both.json',
  `${JSON.stringify(credentials)}\n${JSON.stringify({ ...credentials, project_id: '1'.repeat(32) })}\n`,
)
write('half-credentials.json', '{"endpoint": "http://127.0.0.1:9"}')

const id = '0d0466b0-e727-4d9c-b35d-f84bb474a37f'
const there = ['--credentials', 'credentials.json'] as const
const nobody = /^http:\/\/127\.0\.0\.1:9 cannot be reached: /
const noCredentials = /^credentials file none\.json not found; give its path with --credentials$/
const noFolder = /^there is no folder \S+none: name the data folder of the server with --data$/
const start = ['server', '--listen', '127.0.0.1:0', '--metrics-listen', 'off', '--data'] as const
const nowhere = ['--database-url', 'postgres://kms@127.0.0.1:9/kms'] as const
const unusable = /^the database in the data folder cannot be used: /

const table: readonly (readonly [args: readonly string[], code: 1 | 2 | 3, says: RegExp])[] = [
  [['status', '--credentials', 'none.json'], 2, noCredentials],
  [
    ['status', '--endpoint', 'https://127.0.0.1:9', '--ca', 'none.pem'],
    2,
    /^cannot read none\.pem: no such file or directory$/,
  ],
  [
    ['status', '--endpoint', 'https://127.0.0.1:9', '--ca', 'folder'],
    2,
    /^cannot read folder: it is a folder$/,
  ],
  [['key', 'list', '--credentials', 'folder'], 2, /^folder is not a regular file$/],
  [
    ['key', 'list', '--credentials', 'kept.key'],
    2,
    /^kept\.key is not valid UTF-8|^kept\.key contains a control character/,
  ],
  [
    ['key', 'list', '--credentials', 'odd.json'],
    2,
    /^odd\.json is not a credentials file: project_id is invalid$/,
  ],
  [
    ['key', 'list', '--credentials', 'half-credentials.json'],
    2,
    /^half-credentials\.json is not a credentials file: \w+ is missing$/,
  ],
  [
    ['key', 'list', '--credentials', 'both.json'],
    2,
    /^both\.json contains endpoint more than once; keep each project's credentials in a separate file$/,
  ],
  [
    ['key', 'show', 'x', '--credentials', 'credentials.json/below'],
    2,
    /^credentials file credentials\.json\/below not found/,
  ],
  [['key', 'show', 'größe \u0001', ...there], 3, nobody],
  [['key', 'create', '--alias', '', ...there], 3, nobody],
  [['key', 'import', 'x', '--material', 'none', ...there], 3, nobody],
  ...['enable', 'disable', 'cancel-deletion', 'rotate'].map(
    (name) => [['key', name, 'x', ...there], 3, nobody] as const,
  ),
  [['key', 'delete-material', 'x', ...there], 3, nobody],
  [['key', 'schedule-deletion', 'x', '--days', 'many', ...there], 3, nobody],
  [['key', 'succeed', 'x', '--material', 'folder', ...there], 3, nobody],
  [['key', 'alias', 'list', ...there], 3, nobody],
  [['key', 'alias', 'add', '', '', ...there], 3, nobody],
  [['key', 'alias', 'remove', 'x', 'y', ...there], 3, nobody],
  [['key', 'alias', 'move', 'x', 'y', '--credentials', 'none.json'], 2, noCredentials],
  [
    ['material', 'generate', '--spec', 'AES_256', '--out', 'folder'],
    2,
    /^folder is a folder; name a file in it$/,
  ],
  [['material', 'generate', '--spec', '__proto__', '--out', 'out'], 2, /^--spec must be one of: /],
  [
    [
      'material',
      'wrap',
      '--spec',
      'AES_256',
      '--material',
      'kept.key',
      '--parameters',
      'null.json',
      '--out',
      'out',
    ],
    2,
    /^null\.json /,
  ],
  [
    [
      'material',
      'wrap',
      '--spec',
      'AES_256',
      '--material',
      'kept.key',
      '--parameters',
      'half.json',
      '--out',
      'out',
    ],
    2,
    /^half\.json /,
  ],
  [
    [
      'material',
      'wrap',
      '--spec',
      'AES_256',
      '--material',
      'kept.key',
      '--parameters',
      'folder',
      '--out',
      'out',
    ],
    2,
    /^cannot read folder: it is a folder$/,
  ],
  [
    ['material', 'check', '--spec', 'EC_P256', '--key-id', id, '--material', 'folder'],
    2,
    /^folder is not a regular file$/,
  ],
  [
    ['material', 'check', '--spec', 'EC_P256', '--key-id', id, '--material', 'junk'],
    2,
    /private key/,
  ],
  [
    ['material', 'backup', '--material', 'none', '--out', 'out'],
    2,
    /^cannot read none: no such file or directory$/,
  ],
  [
    ['material', 'backup', '--material', 'kept.key', '--out', 'folder/none/out'],
    2,
    /; create the folder first: mkdir -p folder\/none$/,
  ],
  [
    ['material', 'backup', '--material', 'kept.key', '--out', 'out', '--recipient', 'age1nobody'],
    2,
    /^The recipient age1nobody is damaged/,
  ],
  [
    ['material', 'restore', '--backup', 'folder', '--out', 'out'],
    2,
    /^cannot read folder: it is a folder$/,
  ],
  [
    ['material', 'restore', '--share', 'none/', '--out', 'out'],
    2,
    /^cannot read none\/: no such file or directory$/,
  ],
  [
    ['material', 'restore', '--share', 'folder', '--out', 'out'],
    2,
    /^folder is not a regular file$/,
  ],
  [['material', 'drill', 'x', '--material', 'none', ...there], 3, nobody],
  [['completion', 'tcsh'], 2, /^completion is available for bash, zsh and fish$/],
  [['project', 'list', '--data', 'none'], 2, noFolder],
  [
    ['project', 'list', '--data', 'folder'],
    1,
    /^the folder \S+ is open to others; run: chmod 700 \S+$|^there is no deployment in /,
  ],
  [['project', 'create', 'two', '--data', 'none'], 2, noFolder],
  [['project', 'create', 'a/b', '--data', 'none'], 1, /^a project name must have /],
  [['clock', 'show', '--data', 'none'], 2, noFolder],
  [['clock', 'accept', '--data', 'none'], 2, noFolder],
  [['recover', '--data', 'none'], 2, noFolder],
  [['recover', '--accept-loss', '--data', 'base-junk'], 1, unusable],
  [['upgrade', '--data', 'none'], 2, noFolder],
  [['upgrade', '--hold', '--data', 'base-junk'], 1, unusable],
  [['upgrade', '--hold', '--finish', '--data', 'none'], 2, /^--hold and --finish exclude /],
  [['move', '--data', 'none'], 2, /^holdfast move needs the database to move to: /],
  [['move', '--data', 'none', ...nowhere], 2, noFolder],
  [['move', '--data', 'base', ...nowhere], 1, /^the database of --database-url cannot be used: /],
  [['move', '--data', 'half-start', ...nowhere], 2, /^there is no holdfast\.db in /],
  [['unlock', 'admin', '--data', 'none'], 2, noFolder],
  [['unlock', 'admin', '--data', 'base-junk'], 1, unusable],
  [[...start, 'kept.key'], 1, /kept\.key is not a folder$/],
  [[...start, 'kept.key/below'], 1, /kept\.key\/below: not a directory$/],
  [[...start, 'locked'], 1, unusable],
  [[...start, 'lock-junk'], 1, unusable],
  [[...start, 'base'], 1, unusable],
  [
    [...start, 'base-junk'],
    1,
    /^the database in the data folder cannot be used: file is not a database$/,
  ],
  [
    [...start, 'half-start'],
    2,
    /half-start\/bootstrap\.json is incomplete: endpoint is missing; remove it, and the next start creates new credentials$/,
  ],
  [[...start, 'fresh', '--root', 'file:folder'], 1, /folder is not a regular file$/],
  [
    [...start, 'fresh', '--root', 'file:none/root.key'],
    2,
    /^cannot write \S+root\.key: no such file or directory$/,
  ],
  [
    [...start, 'fresh', '--tls-cert', 'junk', '--tls-key', 'junk'],
    2,
    /^--tls-cert: junk contains no readable PEM certificate$/,
  ],
  [
    [...start, 'fresh', '--tls-cert', 'cert.pem', '--tls-key', 'junk'],
    2,
    /^--tls-key: junk contains no PEM private key that is readable without a passphrase$/,
  ],
  [
    [...start, 'fresh', '--tls-cert', 'cert.pem', '--tls-key', 'other.pem'],
    2,
    /^--tls-key: other\.pem is not the private key of the certificate in cert\.pem$/,
  ],
]
const noOpenssl = missing('openssl')
if (noOpenssl === false) {
  newCertificate(folder)
  renameSync(path('key.pem'), path('first.pem'))
  renameSync(path('cert.pem'), path('first-cert.pem'))
  newCertificate(folder)
  renameSync(path('key.pem'), path('other.pem'))
  renameSync(path('first-cert.pem'), path('cert.pem'))
}

describe('one line', () => {
  for (const [args, code, says] of table)
    test(args.join(' ').slice(0, 90), { skip: args.includes('cert.pem') && noOpenssl }, () => {
      const { status, stdout, stderr: printed } = run(...args)
      const stderr = args[0] === 'server' ? besidesLog(printed) : printed
      assert.match(stderr, /^holdfast: [^\n]+\n$/)
      assert.match(stderr.slice('holdfast: '.length, -1), says)
      assert.deepEqual([status, stdout], [code, ''])
      assert.equal(existsSync(path('out')), false)
      assert.equal(existsSync(path('none')), false, 'nothing is made where nothing was meant')
    })

  test('every command has a row', () => {
    const lines = table.map(([args]) => args.join(' '))
    const without = [...commandsOf(run('completion', 'bash').stdout).keys()].filter(
      (leaf) => !lines.some((line) => line.startsWith(leaf)),
    )
    assert.deepEqual(without, [])
  })

  test('a port that is taken is named, with the flag that gives another, which then starts', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const { port } = taken.address() as { port: number }
    const { status, stderr } = run(
      'server',
      '--data',
      'port',
      '--listen',
      `127.0.0.1:${port}`,
      '--metrics-listen',
      'off',
    )
    assert.equal(status, 1)
    assert.equal(
      besidesLog(stderr),
      `holdfast: another program already listens on 127.0.0.1:${port}: stop it, or choose another address with --listen HOST:PORT\n`,
    )
    await using server = await TestServer.start({
      data: path('port'),
      flags: ['--listen', '127.0.0.1:0'],
    })
    assert.match(server.url, /^http/)
    taken.close()
  })

  test('an interrupted first start continues once the file that the line names is removed', async () => {
    rmSync(path('half-start/bootstrap.json'))
    await using server = await TestServer.start({ data: path('half-start') })
    assert.match(server.url, /^http/)
  })

  test('a fault of Holdfast is one line with its place; its stack is printed only when that is asked for', () => {
    const script = `
      const { Command } = await import('commander')
      const parse = Command.prototype.parseAsync
      Command.prototype.parseAsync = function () { throw new RangeError('quotes what was given') }
      const { runCommand } = await import('./src/server/commands/command.ts')
      await runCommand(['status'])`
    const root = fileURLToPath(new URL('../../..', import.meta.url))
    const broken = (env: Readonly<Record<string, string>>) =>
      spawnSync(process.execPath, ['--input-type=module', '-e', script], {
        cwd: root,
        encoding: 'utf8',
        env: { ...process.env, ...env },
      })
    const quiet = broken({})
    assert.equal(quiet.status, 1)
    assert.match(
      quiet.stderr,
      /^holdfast: this is a fault of Holdfast \(RangeError at src\/server\/commands\/command\.ts:\d+\): please report it, with what HOLDFAST_STACK=1 prints after this line\n$/,
    )
    assert.match(
      broken({ HOLDFAST_STACK: '1' }).stderr,
      /\nRangeError: quotes what was given\n +at /,
    )
  })
})
