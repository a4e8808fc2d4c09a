/**
 * The root of trust at start: file and passphrase, missing, wrong, damaged; and folders that must
 * not be used.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { missing, tool } from '../../tools.ts'
import { newFolder, TestServer } from '../server.ts'

const refusal =
  (says: RegExp, code: 1 | 2 = 1) =>
  (error: Error) => {
    assert.match(error.message, /the server ended with [12]: holdfast: [^\n]+\n$/)
    assert.ok(error.message.startsWith(`the server ended with ${code}: `), error.message)
    assert.match(error.message, says)
    return true
  }

test('the files of a first start are for their owner alone', async () => {
  await using server = await TestServer.start()
  for (const file of ['bootstrap.json', 'root.key', 'holdfast.db', 'holdfast.db-wal']) {
    assert.equal(statSync(join(server.data, file)).mode & 0o077, 0, file)
  }
  assert.equal(statSync(server.data).mode & 0o077, 0)
  const bootstrap = JSON.parse(readFileSync(join(server.data, 'bootstrap.json'), 'utf8'))
  assert.match(bootstrap.project_id, /^[0-9a-f]{32}$/)
  assert.match(bootstrap.domain_id, /^[0-9a-f]{32}$/)
  assert.match(bootstrap.account_id, /^\d{12}$/)
  assert.match(bootstrap.access_key, /^[A-Z0-9]{20}$/)
  assert.match(bootstrap.secret_key, /^[A-Za-z0-9]{40}$/)
})

test('a second server on the same folder is refused', async () => {
  await using server = await TestServer.start()
  await assert.rejects(TestServer.start({ data: server.data }), refusal(/in use by another server/))
  const client = server.client()
  assert.equal((await client.get('user-quotas')).status, 200)
  client.close()
})

test('a folder that others can read is refused', async () => {
  const data = newFolder()
  chmodSync(data, 0o755)
  await assert.rejects(TestServer.start({ data }), refusal(/chmod 700/))
  rmSync(data, { recursive: true })
})

test('a root key that is missing, cut off, or of another deployment or none: a line says which, and nothing is written', {
  timeout: 60_000,
}, async () => {
  const [data, other] = [newFolder(), newFolder()]
  for (const folder of [data, other]) await (await TestServer.start({ data: folder })).stop()
  const kept = newFolder()
  cpSync(data, kept, { recursive: true })
  const rootKey = join(data, 'root.key')
  const damages: readonly [says: RegExp, damage: () => void][] = [
    [/missing/, () => rmSync(rootKey)],
    [/damaged/, () => truncateSync(rootKey, 40)],
    [/does not belong to this deployment/, () => cpSync(join(other, 'root.key'), rootKey)],
    [/not a Holdfast root key file/, () => writeFileSync(rootKey, 'x'.repeat(58))],
  ]
  const database = readFileSync(join(kept, 'holdfast.db'))
  for (const [says, damage] of damages) {
    damage()
    const before = existsSync(rootKey) ? readFileSync(rootKey) : undefined
    await assert.rejects(TestServer.start({ data }), refusal(says))
    assert.deepEqual(readFileSync(join(data, 'holdfast.db')), database)
    assert.deepEqual(
      existsSync(rootKey) ? readFileSync(rootKey) : undefined,
      before,
      'no root is made over what is there',
    )
    cpSync(join(kept, 'root.key'), rootKey)
  }
  await (await TestServer.start({ data })).stop()
  for (const folder of [data, other, kept]) rmSync(folder, { recursive: true })
})

test('files that others can access are not trusted, and a line says how to fix that; nothing is changed', {
  timeout: 60_000,
}, async () => {
  const data = newFolder()
  const key = join(data, 'root.key')
  await (await TestServer.start({ data })).stop()
  chmodSync(key, 0o666)
  await assert.rejects(
    TestServer.start({ data }),
    refusal(/root\.key can be written by others; run: chmod go-w /),
  )
  chmodSync(key, 0o604)
  await assert.rejects(
    TestServer.start({ data }),
    refusal(/root\.key can be read by others; run: chmod 600 /),
  )
  chmodSync(key, 0o600)
  chmodSync(data, 0o750)
  await assert.rejects(TestServer.start({ data }), refusal(/is open to others; run: chmod 700 /))
  chmodSync(data, 0o700)
  await (await TestServer.start({ data })).stop()
  const file = join(data, 'passphrase')
  writeFileSync(file, 'correct horse battery staple\n', { mode: 0o644 })
  const flags = ['--root', 'passphrase', '--passphrase-file', file]
  await assert.rejects(
    TestServer.start({ flags }),
    refusal(/passphrase can be read by others; run: chmod 600 /, 2),
  )
  const url = join(data, 'url')
  writeFileSync(url, 'postgres://holdfast@127.0.0.1:1/kms', { mode: 0o604 })
  await assert.rejects(
    TestServer.start({ flags: ['--database-url-file', url] }),
    /--database-url-file: \S+ can be read by others/,
  )
  rmSync(data, { recursive: true })
})

test('credentials that were not made by a first start of this folder are not accepted', {
  timeout: 60_000,
}, async () => {
  const [data, planted] = [newFolder(), newFolder()]
  await (await TestServer.start({ data })).stop()
  cpSync(join(data, 'bootstrap.json'), join(planted, 'bootstrap.json'))
  await assert.rejects(
    TestServer.start({ data: planted }),
    refusal(/bootstrap\.json exists without the database and the root/),
  )
  assert.ok(!readdirSync(planted).includes('root.key'), 'no root is made for them')
  rmSync(join(planted, 'bootstrap.json'))
  await (await TestServer.start({ data: planted })).stop()
  assert.deepEqual(readdirSync(planted).includes('first-start'), false)
  for (const folder of [data, planted]) rmSync(folder, { recursive: true })
})

test('a passphrase opens what it sealed; another one does not', { timeout: 60_000 }, async () => {
  const data = newFolder()
  const file = join(newFolder(), 'passphrase')
  writeFileSync(file, 'correct horse battery staple\n', { mode: 0o600 })
  const flags = ['--root', 'passphrase', '--passphrase-file', file]
  const first = await TestServer.start({ data, flags })
  const client = first.client()
  const id = await client.createKey()
  const ciphertext = await client.encrypt(id, 'kept')
  client.close()
  await first.stop()
  assert.equal(existsSync(join(data, 'root.key')), false, 'there is no key in the folder')
  const second = await TestServer.start({ data, flags })
  const again = second.client()
  assert.equal(await again.decrypt(ciphertext), 'kept')
  again.close()
  await second.stop()
  writeFileSync(file, 'correct horse battery stable\n')
  await assert.rejects(TestServer.start({ data, flags }), refusal(/passphrase is wrong/))
  await assert.rejects(TestServer.start({ data }), refusal(/no root slot of kind file/))
  await assert.rejects(
    TestServer.start({ data, flags: ['--root', 'passphrase'] }),
    refusal(/--passphrase-file/),
  )
  writeFileSync(file, 'short\n')
  const empty = newFolder()
  await assert.rejects(TestServer.start({ data: empty, flags }), refusal(/at least 12 bytes/))
  for (const folder of [data, empty]) rmSync(folder, { recursive: true, force: true })
})

test('a passphrase file opens what its bytes sealed when a byte order mark was part of them', {
  timeout: 60_000,
}, async () => {
  const data = newFolder()
  const file = join(newFolder(), 'passphrase')
  const flags = ['--root', 'passphrase', '--passphrase-file', file]
  // Of two marks one is left out, so the root is sealed as an earlier release sealed it with a file
  // that has one.
  writeFileSync(file, '\ufeff\ufeffcorrect horse battery staple\n', { mode: 0o600 })
  await (await TestServer.start({ data, flags })).stop()
  writeFileSync(file, '\ufeffcorrect horse battery staple\n')
  await (await TestServer.start({ data, flags })).stop()
  writeFileSync(file, 'correct horse battery staple\n')
  await assert.rejects(TestServer.start({ data, flags }), refusal(/passphrase is wrong/))
  rmSync(data, { recursive: true, force: true })
})

test('on a terminal a passphrase is asked for without being shown, and a new one twice', {
  timeout: 60_000,
  skip: missing('python3'),
}, () => {
  const data = newFolder()
  const start = (...typed: string[]): { status: number | null; stdout: string } => {
    const command = [
      process.execPath,
      '--disable-warning=ExperimentalWarning',
      'src/main.ts',
      'server',
      '--data',
      data,
      '--listen',
      '127.0.0.1:0',
      '--root',
      'passphrase',
    ]
    return spawnSync(tool('python3'), ['test/e2e/terminal.py', ...typed, '--', ...command], {
      encoding: 'utf8',
    })
  }
  const differing = start('correct horse battery', 'correct horse batter')
  assert.match(differing.stdout, /the two passphrases differ/)
  assert.equal(differing.status, 1)
  const first = start('correct horse battery', 'correct horse battery')
  assert.match(
    first.stdout,
    /New root passphrase: \r\nRepeat it: \r\n(?:\[.*\r\n)*holdfast ready on/,
  )
  assert.equal(first.status, 0)
  const again = start('correct horse batterx\u007fy')
  assert.match(again.stdout, /^Root passphrase: \r\nholdfast ready on/m)
  const wrong = start('correct horse batter')
  assert.match(wrong.stdout, /passphrase is wrong/)
  assert.doesNotMatch(
    [differing, first, again, wrong].map(({ stdout }) => stdout).join(''),
    /horse/,
  )
  rmSync(data, { recursive: true })
})

test('a schema that a newer release did more than add to is refused, and stays unchanged', async () => {
  const data = newFolder()
  await (await TestServer.start({ data })).stop()
  const db = new DatabaseSync(join(data, 'holdfast.db'))
  db.exec('PRAGMA user_version=99; DROP INDEX users_name')
  db.close()
  await assert.rejects(TestServer.start({ data }), refusal(/newer Holdfast/))
  rmSync(data, { recursive: true })
})
